import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "studies" / "proxy"


@pytest.mark.slow
def test_the_studys_command_runs_and_stays_within_its_tolerance():
    command = [sys.executable, STUDY / "measure.py", "--candidates", "6"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == 6 + 4
    between, seeds = (float(lines[-2].split()[at]) for at in (2, 5))
    assert between > seeds
    assert float(lines[-1].split()[-1]) >= 0.2  # six candidates bear less than twelve


def test_the_results_say_what_the_page_says():
    results = (STUDY / "results.txt").read_text()
    page = " ".join((STUDY / "README.md").read_text().split())
    assert "0.100 between candidates, 0.045 between seeds" in results
    assert "0.100 between candidates, 0.045 between seeds; tau 0.68" in page
    assert "tau between the seeds: 0.68" in results
