"""Every reference scaled to 0.25 to 4 times its MACs: how near, and how much CPU time it takes.

`python studies/efficientnet_scaling/targets.py [FAMILY ...] [--law LAW]`
"""

import argparse
import gc
import statistics
import time

from nas.costs import figures
from nas.errors import ScalingError
from nas.scaling import Budget, laws, solve
from nas.zoo import references

HEADS = (
    "family", "networks", "targets", "within 3 %", "both neighbours told", "out of reach",
    "farthest", "CPU time, median", "largest",
)  # fmt: skip
TIMES = (0.25, 0.5, 2, 4)


def macs(network: object) -> int:
    return figures(network).macs


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*")
    parser.add_argument("--law", default="compound")
    args = parser.parse_args()
    law = laws.make(args.law)
    families: dict[str, list[str]] = {}
    for name, reference in references().items():
        families.setdefault(reference.family, []).append(name)
    print(f"| {' | '.join(HEADS)} |")
    print(f"| --- |{' ---: |' * (len(HEADS) - 1)}")
    rows = []
    for family, names in families.items():
        if args.families and family not in args.families:
            continue
        rows.append(measured(family, names, law))
        print(rows[-1][0], flush=True)
    seconds = [each for _, found in rows for each in found]
    print(f"\n{len(seconds)} targets: median {statistics.median(seconds) * 1e3:.0f} ms,", end=" ")
    print(f"slowest {max(seconds):.2f} s of CPU time")


def measured(family: str, names: list[str], law: laws.ScalingLaw) -> tuple[str, list[float]]:
    misses, refused, seconds = [], 0, []
    for name in names:
        base = references()[name].genotype
        own = macs(base)
        for times in TIMES:
            gc.collect()
            gc.freeze()  # what counting other networks left isn't gone through in this one's time
            start = time.process_time()
            try:
                found = solve(base, law, [Budget("MACs", own * times, macs)])
                misses.append(abs(found.miss))
                assert found.close or (found.below and found.above)
            except ScalingError:
                refused += 1
            seconds.append(time.process_time() - start)
    close = sum(miss <= 0.03 for miss in misses)
    cells = (
        family, len(names), len(seconds), close, len(misses) - close, refused,
        f"{max(misses, default=0):.1%}", f"{statistics.median(seconds) * 1e3:.0f} ms",
        f"{max(seconds):.2f} s",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |", seconds


if __name__ == "__main__":
    main()
