"""A bench whose clock is moved by what it measures, so that laws hold exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

from nas.genotype import Genotype
from nas.latency.bench import Bench, Call, Clock
from nas.latency.runs import Run, runs

SPACE = """image(3, 32, 32) >> conv(choice(8, 16), choice(3, 5), stride=2)
>> mbconv(choice(8, 16), expand=choice(2, 3), se=choice(0, 0.25)) * choice(1, 2, 3)
>> classifier(10)"""


@dataclass(frozen=True)
class Taking:
    """A call that takes so many seconds."""

    seconds: float

    def __call__(self) -> None:
        """Nothing is done."""


class Moved(Clock):
    """A clock that stands still but for what is timed; each delay is a factor, in turns."""

    def __init__(self, delays: tuple[float, ...] = (1.0,)) -> None:
        self.moment, self.delays, self.timed = 0.0, cycle(delays), 0

    def now(self) -> float:
        return self.moment

    def time(self, call: Call) -> float:
        assert isinstance(call, Taking)
        seconds = call.seconds * next(self.delays)
        self.moment += seconds
        self.timed += 1
        return seconds


def by_work(run: Run) -> float:
    """Seconds of a run by a law that the rates can express."""
    macs, moved = run.work
    return 1e-9 * macs + 2e-10 * moved + 5e-6 * len(run.steps)


class Arithmetic(Bench):
    """Runs take what `alone` says, networks 1.3 times the sum of theirs and 50 us."""

    def __init__(
        self,
        alone: Callable[[Run], float] = by_work,
        delays: tuple[float, ...] = (1.0,),
        batch: int = 1,
        building: float = 0.0,
    ) -> None:
        self.moved = Moved(delays)
        super().__init__(batch=batch, threads=1, clock=self.moved)
        self.alone, self.building = alone, building  # seconds each

    def run(self, run: Run) -> Call:
        return Taking(self.alone(run))

    def network(self, genotype: Genotype) -> Call:
        self.moved.moment += self.building
        total = sum(self.alone(run) * count for run, count in runs(genotype).items())
        return Taking(1.3 * total + 50e-6)
