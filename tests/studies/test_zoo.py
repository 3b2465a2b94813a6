"""studies/zoo: its command prints what its table holds, and the table holds every reference."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nas
from nas.zoo import references

STUDY = Path(__file__).parents[2] / "studies" / "zoo"
LINES = (STUDY / "results" / "table.md").read_text().splitlines()[2:]
ROWS = {row[1]: row for row in ([cell.strip() for cell in x.split("|")[1:-1]] for x in LINES)}
TOLERANCE = 1e-4


@pytest.mark.skipif("NAS_BENCH_DATA" not in os.environ, reason="NAS_BENCH_DATA names no folder")
def test_the_command_prints_the_table_s_row() -> None:
    command = [sys.executable, STUDY / "table.py", "lenet5_1998"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cells = [cell.strip() for cell in printed.split("|")[1:-1]]
    timed = (8, 9)
    assert len(cells) == len(ROWS["lenet5_1998"])
    for place, cell in enumerate(cells):
        assert place in timed or cell == ROWS["lenet5_1998"][place]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_holds(name: str) -> None:
    _, _, params, source, macs, recorded, evaluated, trained, *_ = ROWS[name]
    cost = nas.cost(name)
    assert (f"{cost.training_params:,}", f"{cost.macs:,}") == (params, macs)
    assert source in (params, "-")
    if recorded != "-" and " at " not in recorded:
        assert cost.macs == pytest.approx(int(recorded.replace(",", "")), rel=0.005)
    for apart in (evaluated, trained):
        assert apart == "-" or float(apart) <= TOLERANCE


def test_the_page_says_what_the_table_holds() -> None:
    page = " ".join((STUDY / "README.md").read_text().split())
    run = [row for row in ROWS.values() if row[6] != "-"]
    libraries = [row for row in run if row[10].startswith(("torchvision", "timm"))]
    exact = [row for row in libraries if float(row[6]) == 0]
    assert f"Result: {len(ROWS)} rows" in page
    assert f"Of {len(run)} networks that were run" in page
    for place, mode in ((6, "eval"), (7, "training")):
        worst = max(run, key=lambda row: float(row[place]))
        assert f"{worst[place]} in {mode} mode ({worst[1]})" in page
    assert f"{len(exact)} of the {len(libraries)} that torchvision or timm have" in page


@pytest.mark.slow
def test_no_row_is_missing() -> None:
    assert set(ROWS) == set(references())
