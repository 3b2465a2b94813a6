"""Prints a line for each reference: its model.py written to a folder with weights, loaded from
there and run beside the compiled network.

`python studies/standalone/check.py [NAME ...] [--into FILE]`
"""

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
from networks import lively  # noqa: E402
from rows import FAULT, fill  # noqa: E402

import nas  # noqa: E402
from nas.compiler.standalone import standalone  # noqa: E402
from nas.train.checkpoint import save  # noqa: E402
from nas.zoo import references  # noqa: E402

HUGE = 400_000_000  # parameters: larger networks aren't run
TRAINED = 10_000_000_000  # MACs: larger networks run in eval mode only
HEADS = ("network", "parameters", "lines", "classes", "imports", "ruff", "eval", "training")


def cells(name: str) -> tuple[str, ...]:
    """A row of the table."""
    genotype = references()[name].genotype
    cost = nas.cost(genotype)
    text = standalone(genotype)
    others = sorted(imported(text) - set(sys.stdlib_module_names))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "model.py").write_text(text)
        return (
            f"{cost.training_params:,}",
            str(len(text.splitlines())),
            str(text.count("\nclass ")),
            "torch" if others == ["torch"] else f"{FAULT}: {', '.join(others)}",
            ruffled(folder),
            *differences(genotype, folder, cost.macs),
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
    return f"{FAULT}: {' and '.join(wrong)}" if wrong else "clean"


def differences(genotype: nas.Genotype, folder: Path, macs: int) -> tuple[str, str]:
    """Whether the outputs are the same bits, in eval mode and in training mode."""
    ours = nas.compile(genotype, seed=0)
    lively(ours)
    save(ours, folder / "weights.safetensors")
    theirs = module(folder).load(folder / "weights.safetensors")
    if list(theirs.state_dict()) != list(ours.state_dict()):
        return f"{FAULT}: other names", "-"
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
        found.append("same bits" if alike else f"{FAULT}: other bits")
    return found[0], found[1]


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


def names() -> list[str]:
    """The references that aren't huge, small ones first."""
    costs = {name: nas.cost(each.genotype) for name, each in references().items()}
    kept = [name for name, cost in costs.items() if cost.training_params <= HUGE]
    return sorted(kept, key=lambda name: costs[name].macs)


if __name__ == "__main__":
    fill(__doc__, HEADS, names(), cells, list(references()))
