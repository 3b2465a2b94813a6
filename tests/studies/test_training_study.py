import argparse
import re
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import nas
from nas.cli import train
from nas.train import Recipe

STUDY = Path(__file__).parents[2] / "studies" / "training"
PAGE = (STUDY / "README.md").read_text()
COMMANDS = [each for each in PAGE.splitlines() if each.startswith("nas train ")]


@pytest.mark.slow
def test_the_loop_costs_no_more_than_a_plain_one():
    words = [sys.executable, STUDY / "pace.py", "--rounds", "5"]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    ratios = [float(re.search(r"plain loop (\d\.\d+)", line)[1]) for line in lines]
    assert len(ratios) == 3
    assert statistics.median(ratios) < 1.03


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_understood_and_their_networks_as_small_as_said(command):
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    args = parser.parse_args(shlex.split(command)[2:])
    assert nas.cost(nas.genotype(args.genotype)).params < 500_000
    assert args.test
    assert len(COMMANDS) == 2
    assert Recipe.load(args.recipe).name == "small"
