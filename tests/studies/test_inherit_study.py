import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "studies" / "inherit"


@pytest.mark.slow
def test_the_studys_command_runs_and_stays_within_its_tolerance():
    command = [sys.executable, STUDY / "children.py", "--parents", "2", "--children", "2"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line for line in lines[1:-1] if "mean of" not in line]
    assert len(rows) == 4
    for row in rows:
        parent, before, inherited, scratch, _ = map(float, row.split()[:5])
        assert inherited > scratch
        if "another function" not in row:
            assert before == parent


def test_the_results_say_what_the_page_says():
    results = (STUDY / "results.txt").read_text().splitlines()
    page = (STUDY / "README.md").read_text()
    means = [line.split()[:5] for line in results if "mean of" in line]
    assert len(means) == 2
    for row in means:
        assert " | ".join(row) in page
