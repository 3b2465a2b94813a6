"""A search by a cheap evaluator: what may be asked of it, how it divides its budget, and how far it
can be trusted in the end."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low

from nas.errors import UsageError
from nas.evaluate.cheap import TRAIN, figures
from nas.report.trust import Trained, Trust
from nas.search.objective import MNASNET, SCORE
from nas.search.record import Record
from nas.search.screening import Screening
from nas.study.settings import TABLE, ZERO_COST, Budget, Study

OPTIONS = {"proxy": ZERO_COST, "table": TABLE}  # of which evaluator
MEASURED = ("accuracy", "loss", SCORE)
FIRST = 2  # candidates drawn at random before the scoring
CLOSED = "closed"  # what the journal notes once scoring has ended: the budget
LEAST = 0.1  # of the time that goes to scoring, at least


def screened(study: Study) -> Screening | None:
    """Who is trained, None where all are, or none. Raises `UsageError` for a number that can't
    be."""
    trained = study.evaluation.trained
    return Screening(trained) if trained else None


def check(study: Study) -> None:
    """Raise `UsageError`, in one sentence, for what an evaluator can't do."""
    name, evaluation = study.evaluation.cheap, study.evaluation
    known = figures(name or TRAIN)
    for option, whose in OPTIONS.items():
        value = getattr(evaluation, option)
        if value is not None and name != whose:
            raise UsageError(f"--{option} {value}: only with --evaluator {whose}")
    for objective in study.goal.objectives:
        needs = "accuracy" if objective == MNASNET else objective
        if needs in MEASURED and needs not in known:
            raise UsageError(_unmeasured(objective, name or TRAIN, known))
    screened(study)
    if name is None:
        if evaluation.survivors is not None:
            raise UsageError(
                f"--survivors {evaluation.survivors}: only with a cheap --evaluator, such as "
                "zero-cost; otherwise all candidates are trained"
            )
        return
    training, goal = study.training, study.goal
    if training.rungs is not None:
        raise UsageError(
            f"--rungs: not with --evaluator {name}, which decides who is trained; give --epochs"
        )
    if training.inherit:
        raise UsageError(
            f"--inherit: not with --evaluator {name}, which trains a few candidates only; leave "
            "one of them out"
        )
    if goal.warm_start is not None:
        raise UsageError(
            f"--warm-start {goal.warm_start}: not with --evaluator {name}; the other run's "
            "candidates have no figures of it"
        )


def _unmeasured(objective: str, name: str, known: tuple[str, ...]) -> str:
    if objective == SCORE:
        return (
            f"--objective score: --evaluator {name} measures {' and '.join(known)}; only "
            "zero-cost gives a score"
        )
    if known == (SCORE,):
        return (
            f"--objective {objective}: a score of --evaluator {name} has no accuracy's scale or "
            "sign; take --objective score, with --max-macs to keep candidates small, or "
            "--objectives score,macs"
        )
    return f"--objective {objective}: --evaluator {name} measures {' and '.join(known)} only"


@dataclass(slots=True)
class Plan:
    """How a run that is screened divides its budget.

    At first two candidates are drawn at random and trained, which shows how long a training takes.
    Then candidates are scored: until there are as many as `--trials`, or until what is left of
    `--time` is just enough to train half of the survivors, the best by score, and as many random
    ones that all of them take as long as scoring and the best did; but for a tenth of the time at
    least. It is noted when scoring ends, so that a resumed run doesn't begin it again.
    """

    screening: Screening
    budget: Budget
    record: Record
    prepared: float = 0.0  # seconds before the first candidate, counted as scoring
    closed: bool = False  # nothing more is scored but what is drawn at random

    def __post_init__(self) -> None:
        self.closed = self.record.noted(CLOSED) == self._budget

    @property
    def scoring(self) -> float:
        """Seconds that scoring what the sampler drew took until now."""
        return self.prepared + self.record.scoring

    @property
    def usual(self) -> float:
        """Seconds that a training takes; 0 before the first, whose imports take long too."""
        spent = self.record.training.values()
        return median_low(spent) if spent else 0.0

    def begins(self, elapsed: float) -> bool:
        """Whether one more candidate is to be scored."""
        if not self.closed and not self._goes_on(elapsed):
            self.closed = True
            self.record.note(CLOSED, self._budget)
        return not self.closed

    def _goes_on(self, elapsed: float) -> bool:
        budget, record = self.budget, self.record
        if record.standing.ended:  # nothing is new
            return False
        if budget.trials is not None:
            drawn = max(0, self._first - self._usable)  # still to be
            if record.begun + drawn >= budget.trials:
                return False
        if budget.seconds is None or self.scoring < LEAST * budget.seconds:
            return True
        at_once = max(1.0, record.standing.seconds / max(elapsed, 1e-9))  # jobs, in the mean
        trained = sum(each in self.record.training for each in self.record.drawn)
        least = (self.screening.at_random - trained) * self.usual
        missing = max(0.0, least, self._search - self._random)
        return elapsed + (self._left + missing) / at_once < budget.seconds

    def at_random(self, begins: bool) -> int:
        """How many random candidates are to be trained by now."""
        drawn = self._usable
        if begins:
            return min(FIRST, self._first)
        if drawn < self._first:
            return self._first
        if self.record.sent < self._survivors:  # some of the best by score were drawn, too
            return drawn + 1
        if self.budget.seconds is None:
            return drawn
        drawing = (each for each, bad in self.record.drawn.items() if not bad)
        planned = sum(each not in self.record.training for each in drawing)
        fair = self._random + (planned + 0.5) * self.usual < self._search
        return drawn + 1 if fair else drawn

    def fits(self, elapsed: float) -> bool:
        """Whether at least half of a training fits into the time; the first always does."""
        seconds = self.budget.seconds
        return seconds is None or not self.usual or seconds - elapsed > self.usual / 2

    @property
    def _budget(self) -> list[float | None]:
        return [self.budget.seconds, self.budget.trials]

    @property
    def _survivors(self) -> int:
        """How many are trained, at least."""
        trials, most = self.budget.trials, self.screening.survivors
        return most if trials is None else min(most, trials)

    @property
    def _first(self) -> int:
        """How many are drawn at random, at least."""
        return min(self.screening.at_random, -(-self._survivors // 2))

    @property
    def _usable(self) -> int:
        """How many were drawn at random and haven't failed."""
        return sum(not bad for bad in self.record.drawn.values())

    @property
    def _chosen(self) -> dict[int, float]:
        """Seconds of training of those that were chosen by their score, by trial."""
        drawn = self.record.drawn
        return {each: spent for each, spent in self.record.training.items() if each not in drawn}

    @property
    def _left(self) -> float:
        """Seconds that the best by score are still to be trained."""
        return max(0, self.screening.by_score - len(self._chosen)) * self.usual

    @property
    def _search(self) -> float:
        """Seconds that the search will have taken, without its random part."""
        return self.scoring + sum(self._chosen.values()) + self._left

    @property
    def _random(self) -> float:
        """Seconds that random candidates were trained until now."""
        return sum(self.record.training.get(each, 0.0) for each in self.record.drawn)


def plan(study: Study, record: Record, prepared: float) -> Plan | None:
    """How a run divides its budget, None where nobody is screened."""
    found = screened(study)
    return None if found is None else Plan(found, study.budget, record, prepared)


def trust(study: Study, record: Record, scoring: float) -> Trust:
    """How far the evaluator can be trusted on this run; `scoring` in seconds."""
    figure = figures(study.evaluation.evaluator or TRAIN)[0]
    goal = study.goal
    names = tuple("accuracy" if name == SCORE else name for name in goal.objectives)
    objective = names[names.index("accuracy") if "accuracy" in names else 0]
    trained = (
        Trained(
            each.number, each.chosen, each.random, each.scored[figure],
            each.trained["accuracy"], each.gain, each.seconds,
        )
        for each in record.screened()
    )  # fmt: skip
    return Trust(study.evaluation.by, objective, scoring, tuple(trained))
