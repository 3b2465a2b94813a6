"""Every comparison with the peers, in one go; under 15 minutes on two quiet cores.

python studies/speed/all.py                                  # printed
python studies/speed/all.py --out studies/speed/results/quiet.md
python studies/speed/all.py --only counting building --threads 1
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TextIO

HERE = Path(__file__).parent
SECTIONS = {  # name -> heading, module, what in it yields the lines
    "counting": ("Counting", "counting", "report"),
    "building": ("Building", "building", "report"),
    "inference": ("Inference", "steps", "inference"),
    "training": ("A training step", "steps", "train"),
    "compiled": ("torch.compile", "steps", "compiled"),
    "memory": ("Memory", "steps", "memory"),
    "optuna": ("Trials beside raw Optuna", "searching", "beside_optuna"),
    "ray": ("Trials beside raw Ray Tune", "searching", "beside_ray"),
    "pace": ("What a search does most often", "searching", "pace"),
    "nodes": ("Growth with a network's nodes", "growth", "nodes"),
    "trials": ("Growth with a run's trials", "growth", "trials"),
}
ASKED = ("compiled",)  # only where it is named: a minute of compiling for each network


def write(names: list[str], threads: int, out: TextIO | None) -> None:
    """Print the sections, and write them to `out` as they come."""
    import machine
    import torch

    def say(line: str) -> None:
        print(line, flush=True)
        if out:
            out.write(f"{line}\n")
            out.flush()

    torch.set_num_threads(threads)
    say("# Beside the peers\n")
    say("  \n".join(machine.told()))
    for name in names:
        begun, used = time.perf_counter(), time.process_time()
        head, module, what = SECTIONS[name]
        say(f"\n## {head}\n")
        lines: Iterator[str] = getattr(import_module(module), what)()
        torch.set_num_threads(threads)
        gc.collect()
        gc.freeze()  # what was imported is not looked through before every run
        for line in lines:
            say(line)
        wall, cpu = time.perf_counter() - begun, time.process_time() - used
        say(f"\n`{name}` took {wall:.0f} s, {cpu:.0f} s of this process's CPU.")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Every comparison with the peers.")
    usual = [name for name in SECTIONS if name not in ASKED]
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=usual, help="these sections")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of torch's")
    parser.add_argument("--out", type=Path, help="a file to write them to, too")
    given = parser.parse_args(words)
    if given.out is None:
        write(given.only, given.threads, None)
    else:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        with given.out.open("w", encoding="utf-8") as out:
            write(given.only, given.threads, out)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = str(HERE)
    main(sys.argv[1:])
