"""Prints one line for each reference: its figures here and at the source, how far its outputs are
from the public implementation's with the same weights, seconds to count and to compile.

`python studies/zoo/table.py [NAME ...] [--family FAMILY] [--skip-outputs] [--into FILE]`
"""

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "zoo")]
warnings.simplefilter("ignore")

import torch  # noqa: E402
from cases import Case, difference, flat, pair  # noqa: E402
from witnesses import find, recorded  # noqa: E402

import nas  # noqa: E402
from nas.zoo import Reference, references  # noqa: E402

HUGE = 400_000_000  # parameters: larger networks aren't run
HEADS = (
    "year",
    "network",
    "parameters",
    "at the source",
    "MACs",
    "at the source",
    "eval",
    "training",
    "count s",
    "compile s",
    "source",
)


def line(reference: Reference, outputs: bool) -> tuple[str, ...]:
    """A row of the table."""
    case = Case(reference)
    start = time.perf_counter()
    cost = nas.cost(reference.genotype)
    counted = time.perf_counter()
    nas.compile(reference.genotype, device="meta")
    compiled = time.perf_counter()
    witness = find(reference)
    rows = [row for row in recorded(reference) if row["params"] == cost.training_params]
    params = macs = "-"
    if rows:
        params, macs = f"{rows[0]['params']:,}", f"{rows[0]['macs']:,}"
        if rows[0]["resolution"] != cost.graph.input.size[0]:
            macs += f" at {rows[0]['resolution']}"
    elif witness:
        params = f"{sum(p.numel() for p in witness.build().parameters()):,}"
    apart = ("-", "-")
    if outputs and witness and cost.training_params <= HUGE:
        apart = differences(case)
    return (
        str(reference.year),
        reference.name,
        f"{cost.training_params:,}",
        params,
        f"{cost.macs:,}",
        macs,
        *apart,
        f"{counted - start:.3f}",
        f"{compiled - counted:.3f}",
        f"{witness.source} {witness.model}" if witness else "",
    )


def differences(case: Case) -> tuple[str, str]:
    """Relative to the output's scale: in eval mode, and in training mode without dropout."""
    theirs, ours, batch = pair(case)
    with torch.no_grad():
        evaluated = difference(theirs(batch), ours(batch))
        theirs.train()
        ours.train()
        trained = zip(flat(theirs(batch)), flat(ours(batch)), strict=True)
        return f"{evaluated:.1e}", f"{max(difference(a, b) for a, b in trained):.1e}"


def main() -> None:
    """Each row as soon as it is there; rows that FILE has are left as they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--family")
    parser.add_argument("--skip-outputs", action="store_true")
    parser.add_argument("--into", type=Path, help="a Markdown table to fill up")
    options = parser.parse_args()
    if not os.environ.get("NAS_BENCH_DATA"):
        parser.error("set NAS_BENCH_DATA to the folder of reference_models.json")
    torch.set_num_threads(1)
    head = [f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    done = {}
    if options.into and options.into.exists():
        lines = options.into.read_text().splitlines()[len(head) :]
        done = {text.split(" | ")[1]: text for text in lines}
    for reference in references().values():
        wanted = not options.names or reference.name in options.names
        if not wanted or options.family not in (None, reference.family) or reference.name in done:
            continue
        text = f"| {' | '.join(line(reference, not options.skip_outputs))} |"
        print(text, flush=True)
        done[reference.name] = text
        if options.into:
            rows = [done[name] for name in references() if name in done]
            options.into.write_text("\n".join([*head, *rows]) + "\n")


if __name__ == "__main__":
    main()
