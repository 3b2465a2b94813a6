"""studies/standalone: its tables hold every reference and family, without fault, and its command
prints their lines."""

import subprocess
import sys
from pathlib import Path

import nas
from nas.zoo import references

STUDY = Path(__file__).parents[2] / "studies" / "standalone"


def rows(name: str) -> dict[str, str]:
    """The lines of a table by their first cell."""
    lines = (STUDY / "results" / name).read_text().splitlines()[2:]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def test_every_reference_under_400_million_parameters_is_there() -> None:
    costs = {name: nas.cost(each.genotype) for name, each in references().items()}
    wanted = [name for name, cost in costs.items() if cost.training_params <= 400_000_000]
    held = rows("table.md")
    assert list(held) == wanted
    assert not [line for line in held.values() if "FAILED" in line]


def test_every_family_is_there() -> None:
    """A file fails only of a network whose own rounding is more than the files' tolerance."""
    families = {each.family for each in references().values()}
    exported, optimized = rows("exports.md"), rows("optimized.md")
    assert set(exported) == set(optimized) == families
    assert not [line for line in optimized.values() if "FAILED" in line]
    for family, line in exported.items():
        rounding = float(optimized[family].split(" | ")[2])
        assert "FAILED" not in line or rounding > 1e-4, family


def test_a_line_is_printed_again() -> None:
    done = subprocess.run(
        [sys.executable, STUDY / "check.py", "lenet5", "squeezenet1_1"],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    held = rows("table.md")
    *lines, last = done.stdout.splitlines()
    assert lines == [held["lenet5"], held["squeezenet1_1"]]
    assert last == "2 rows, 2 without fault"
