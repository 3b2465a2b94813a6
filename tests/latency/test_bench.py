import math
import random
import time

import pytest
import torch
from bench_of_arithmetic import Arithmetic, Moved, Taking

import nas
from nas.errors import LatencyError
from nas.latency import measure
from nas.latency.bench import AT_ONCE, LEAST, Bench, Clock, interval
from nas.latency.measured import ENOUGH, measured

SMALL = nas.parse("image(3, 8, 8) >> conv(8, 3) >> classifier(10)")


class Fixed(Bench):
    """Each network takes so many seconds."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        super().__init__(threads=1, clock=clock)
        self.seconds = seconds

    def network(self, genotype: nas.Genotype) -> Taking:
        return Taking(self.seconds)


def test_steady_runs_end_as_soon_as_the_interval_is_tight() -> None:
    found = measured(Fixed(0.25, Moved()), SMALL, 1000)
    assert (found.median, found.low, found.high, found.least) == (0.25, 0.25, 0.25, 0.25)
    assert found.runs == ENOUGH


def test_unsteady_runs_end_with_the_time() -> None:
    clock = Moved((1.0, 3.0))
    found = measured(Fixed(0.5, clock), SMALL, 100)
    assert found.low == found.least == 0.5
    assert found.high == 1.5
    assert 100 <= clock.now() <= 100 + 1.5


def test_a_run_longer_than_the_time_is_still_measured() -> None:
    assert measured(Fixed(60, Moved()), SMALL, 5).runs == LEAST


def test_the_interval_is_that_of_the_tables() -> None:
    # ranks for n = 100 and 95 %: 40 and 61 (order statistics of a binomial distribution)
    assert interval([float(i) for i in range(100, 0, -1)]) == (40, 61)
    assert interval([3.0, 1.0, 2.0]) == (1, 3)


@pytest.mark.parametrize("count", [10, 40, 200])
def test_the_interval_holds_the_median_19_times_in_20(count: int) -> None:
    rng = random.Random(count)
    held = 0
    for _ in range(2000):
        low, high = interval([rng.expovariate(1) for _ in range(count)])
        held += low <= math.log(2) <= high
    assert held / 2000 > 0.94  # 0.95 less three deviations of what 2000 draws tell


def test_in_turns_the_least_counts_and_delays_do_not() -> None:
    bench = Arithmetic(delays=(1.0, 7.0, 30.0))  # of seven calls, each meets all three delays
    wanted = [0.1 * number for number in range(1, 8)]
    found = bench.in_turns([lambda s=s: Taking(s) for s in wanted], [1] * 7, 10_000)
    assert found == pytest.approx(wanted)


def test_in_turns_ends_when_nothing_gets_faster() -> None:
    bench = Arithmetic()
    bench.in_turns([lambda: Taking(0.01)] * 3, [1] * 3, 1e9)
    assert bench.clock.now() < 3


def test_what_there_is_no_time_for_is_left_out() -> None:
    bench = Arithmetic()
    huge = AT_ONCE  # each is a group of its own
    found = bench.in_turns([lambda: Taking(1)] * 20, [huge] * 20, 30)
    assert found[0] == 1
    assert found[-1] is None
    assert bench.clock.now() <= 30 + LEAST


def test_groups_lose_nothing() -> None:
    sizes = [AT_ONCE / 3] * 10
    found = Arithmetic().in_turns(
        [lambda s=s: Taking(s) for s in range(1, 11)],
        sizes,
        1e6,  # type: ignore[misc]
    )
    assert found == list(range(1, 11))
    assert Arithmetic().in_turns([], [], 1) == []


def test_threads_are_those_of_the_bench_while_it_is_open() -> None:
    before = torch.get_num_threads()
    with Bench(threads=before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_one_thread_undisturbed_is_told_by_what_it_works() -> None:
    def idle() -> None:
        time.sleep(0.05)

    with Bench(threads=1, undisturbed=True) as bench:
        assert bench.clock.time(idle) < 0.05  # waiting is no work
    with Bench(threads=1) as bench:
        assert bench.clock.time(idle) >= 0.05  # as nas cost --latency tells it
    assert type(Bench(threads=2, undisturbed=True).clock) is type(Bench(threads=1).clock)


def test_a_network_is_measured() -> None:
    found = measure(SMALL, batch=2, threads=1, seconds=0.05)
    assert 0 < found.least <= found.low <= found.median <= found.high
    assert found.runs >= LEAST


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"batch": 0}, "batch must be at least 1, but got 0"),
        ({"threads": 0}, "threads must be at least 1, but got 0"),
        ({"device": "abacus"}, "'abacus': there is no such device here"),
    ],
)
def test_a_wrong_bench_is_told(options: dict[str, object], told: str) -> None:
    with pytest.raises(LatencyError, match=told):
        measure(SMALL, **options)  # type: ignore[arg-type]


def test_memory_that_runs_out_is_one_sentence() -> None:
    class Small(Bench):
        def network(self, genotype: nas.Genotype) -> Taking:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(LatencyError, match="lower the batch"):
        measured(Small(threads=1), SMALL, 1)
