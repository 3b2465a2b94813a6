"""Prints a line for each reference: its model.py written to a folder with weights, loaded from
there and run beside the compiled network.

`python studies/standalone/check.py [NAME ...] [--into FILE]`
"""

import argparse
import ast
import importlib.util
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

warnings.simplefilter("ignore")

import torch  # noqa: E402

import nas  # noqa: E402
from nas.compiler.standalone import standalone  # noqa: E402
from nas.train.checkpoint import save  # noqa: E402
from nas.zoo import Reference, references  # noqa: E402

HUGE = 400_000_000  # parameters: larger networks aren't run
TRAINED = 10_000_000_000  # MACs: larger networks run in eval mode only
HEADS = ("network", "parameters", "lines", "classes", "imports", "ruff", "eval", "training")


def line(reference: Reference, folder: Path) -> tuple[str, ...]:
    """A row of the table."""
    cost = nas.cost(reference.genotype)
    text = standalone(reference.genotype)
    (folder / "model.py").write_text(text)
    same = differences(reference, folder, cost.macs)
    return (
        reference.name,
        f"{cost.training_params:,}",
        str(len(text.splitlines())),
        str(text.count("\nclass ")),
        ", ".join(sorted(imported(text) - set(sys.stdlib_module_names))),
        ruffled(folder),
        *same,
    )


def imported(text: str) -> set[str]:
    """The packages that are imported anywhere in the text."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def ruffled(folder: Path) -> str:
    """What ruff says, by its own rules, and whether it would format it otherwise."""
    command = [sys.executable, "-m", "ruff", "--isolated"]
    check = subprocess.run(
        [*command, "check", "--no-cache", "--quiet", "model.py"], cwd=folder, capture_output=True
    )
    laid = subprocess.run(
        [*command, "format", "--no-cache", "--quiet", "--check", "--line-length=100", "model.py"],
        cwd=folder, capture_output=True,
    )  # fmt: skip
    wrong = ["check"] * bool(check.returncode) + ["format"] * bool(laid.returncode)
    return " and ".join(wrong) + " not clean" if wrong else "clean"


def differences(reference: Reference, folder: Path, macs: int) -> tuple[str, str]:
    """Whether the outputs are the same bits, in eval mode and in training mode."""
    ours = nas.compile(reference.genotype, seed=0)
    lively(ours)
    save(ours, folder / "weights.safetensors")
    theirs = module(folder).load(folder / "weights.safetensors")
    if list(theirs.state_dict()) != list(ours.state_dict()):
        return "other names", "other names"
    found = []
    for train in (False, True):
        if train and macs > TRAINED:
            found.append("-")
            continue
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(1 + train, *ours.input_shape, generator=generator)
        outputs = []
        for network in (ours, theirs):
            torch.manual_seed(0)
            with torch.no_grad():
                outputs.append(flat(network.train(train)(images)))
        alike = all(map(torch.equal, *outputs)) and len(outputs[0]) == len(outputs[1])
        found.append("same bits" if alike else "DIFFERENT")
    return found[0], found[1]


def lively(network: torch.nn.Module) -> None:
    """Let the gains that begin at zero be others, so that no branch is idle."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim <= 1:
                parameter.add_(torch.rand(parameter.shape, generator=generator) * 0.1)


def flat(output: object) -> list[torch.Tensor]:
    """The logits and those of auxiliary heads."""
    if isinstance(output, torch.Tensor):
        return [output]
    logits, heads = output
    return [logits, *heads]


def module(folder: Path) -> ModuleType:
    """The model.py of a folder, as it is imported."""
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def main() -> None:
    """Each row as soon as it is there, small networks first; rows that FILE has are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--into", type=Path, help="a Markdown table to fill up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    head = [f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    done = {}
    if options.into and options.into.exists():
        lines = options.into.read_text().splitlines()[len(head) :]
        done = {text.split(" | ")[0].removeprefix("| "): text for text in lines}
    wanted = options.names or list(references())
    chosen = [each for each in references().values() if each.name in wanted]
    costs = {each.name: nas.cost(each.genotype) for each in chosen}
    for each in sorted(chosen, key=lambda each: costs[each.name].macs):
        if each.name in done or costs[each.name].training_params > HUGE:
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = f"| {' | '.join(line(each, Path(folder)))} |"
        print(text, flush=True)
        done[each.name] = text
        if options.into:
            rows = [done[name] for name in references() if name in done]
            options.into.write_text("\n".join([*head, *rows]) + "\n")
    wrong = [text for text in done.values() if "DIFF" in text or "other" in text or "not" in text]
    print(f"{len(done)} networks, {len(done) - len(wrong)} without fault")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
