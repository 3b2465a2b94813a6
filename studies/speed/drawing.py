"""What a feasible candidate costs to draw: its decisions, its expression, its exact MACs and
parameters; no hash, nothing built.

python studies/speed/drawing.py                      # mbconv, mbconv_layerwise under 400M MACs
python studies/speed/drawing.py plain dense          # others of search_spaces/, without a limit
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from caches import forget_all, forget_networks

from nas.costs import cost, figures
from nas.errors import GenotypeError
from nas.search.candidates import Candidates
from nas.search.limits import Limits
from nas.space import Space, load

LIMITED = ("mbconv", "mbconv_layerwise")
LIMIT = Limits(macs=400_000_000)
REPEATS = 7
BATCH = 1000  # feasible candidates of each repeat


def drawn(among: Candidates, rng: np.random.Generator, count: int) -> int:
    """Draw until `count` are feasible; how many draws that took."""
    tries = 0
    while count:
        tries += 1
        count -= among.at(among.space.sample(rng)).excess <= 1
    return tries


def timed(do: Callable[[], int]) -> tuple[float, int]:
    """(CPU seconds, what it returned), garbage collected before and not within."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    result = do()
    spent = time.process_time() - start
    gc.enable()
    return spent, result


def spread(seconds: list[float]) -> str:
    """Median with least and most, in milliseconds, and what that is a second."""
    middle = statistics.median(seconds)
    low, high = min(seconds), max(seconds)
    return (
        f"{1e3 * middle:.3f} ms CPU ({1e3 * low:.3f}-{1e3 * high:.3f}) a feasible candidate, "
        f"{1 / middle:,.0f} a second"
    )


def uncached(text: str, limits: Limits, count: int) -> list[float]:
    """CPU seconds of a feasible candidate each, every cache emptied before it (not counted) and
    the space read anew; its sampling, resolving and counting is."""
    found = []
    genotype = load(text)
    rng = np.random.default_rng(2)
    for _ in range(count):
        space = Space(genotype)
        among = Candidates(space, limits)
        forget_all()
        spent, _ = timed(lambda among=among: drawn(among, rng, 1))  # type: ignore[misc]
        found.append(spent)
    return found


def measure(name: str, limits: Limits) -> None:
    """Print the figures of one space."""
    forget_all()
    start = time.process_time()
    space = Space(load(name))
    among, rng = Candidates(space, limits), np.random.default_rng(0)
    read = time.process_time() - start
    first, tries = timed(lambda: drawn(among, rng, BATCH))
    runs = [timed(lambda: drawn(among, rng, BATCH)) for _ in range(REPEATS)]
    drawing = [spent / BATCH for spent, _ in runs]
    share = (REPEATS + 1) * BATCH / (tries + sum(tries for _, tries in runs))
    print(f"{name}, {limits}: {share:.0%} of the draws fit; space read in {1e3 * read:.0f} ms")
    print(f"  first {BATCH} of a process: {spread([first / BATCH])}")
    print(f"  the next {REPEATS} x {BATCH}: {spread(drawing)}")
    print(f"  without any cache: {spread(uncached(name, limits, 15))}")
    changes = [timed(lambda: moved(among, rng, BATCH))[0] / BATCH for _ in range(REPEATS)]
    print(f"  a mutant, feasible or not, with its costs: {1e3 * statistics.median(changes):.3f} ms")
    print(f"  checked: {checked(among, rng)} candidates cost what the whole network is counted to")


def moved(among: Candidates, rng: np.random.Generator, count: int) -> int:
    """Mutate a candidate that many times, each mutant counted."""
    here = among.space.sample(rng)
    for _ in range(count):
        among.at(among.space.mutate(here, rng))
    return count


def checked(among: Candidates, rng: np.random.Generator, count: int = 50) -> int:
    """How many of so many candidates have the costs that counting them whole, uncached, gives."""
    equal = 0
    for _ in range(count):
        network = among.space.resolve(among.space.sample(rng))
        forget_networks()
        try:
            whole = cost(network)
        except GenotypeError:
            count -= 1
            continue
        parts = figures(network)
        told = (parts.macs, parts.params, parts.memory)
        equal += told == (whole.macs, whole.params, whole.inference_memory())
    assert equal == count
    return equal


def main(names: list[str]) -> None:
    """Measure the named spaces, or those with a figure to hold."""
    for name in names or LIMITED:
        measure(name, Limits() if names else LIMIT)


if __name__ == "__main__":
    main(sys.argv[1:])
