"""The course of a search: where each of its trials stands, kept as they are told, and the same
again when they are read from the journal."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from nas.search.candidates import Point
from nas.search.card import sizes
from nas.search.kept import REFERENCE, KeptTrial, recall, results
from nas.search.objective import Objective
from nas.search.parents import Parents, nearest
from nas.search.repeats import Repeats, mean
from nas.search.rungs import Climb, Climbs, Rungs
from nas.search.screening import Screening
from nas.search.standing import Finished, Standing
from nas.trial import Job, Kind, Outcome

RANDOM = "random"  # the attribute of a trial that its sampler didn't draw
PARENT = "parent"  # another: whose weights it begins with


@dataclass(slots=True)
class Open:
    """What a trial that hasn't ended is known by, besides its job."""

    sizes: Mapping[str, float]  # MACs, parameters, and what else is asked for
    seconds: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)  # of its last result
    own: list[dict[str, float]] = field(default_factory=list)  # of each seed, where it is repeated
    reference: bool = False


class Course:
    """Where the trials stand that climb `rungs`; a job of one is made from the `seed`.

    Those in `running` were asked and not told yet, those in `waiting` may be promoted and are there
    by their last job, and `again` holds the jobs of those that were lost or ran out of memory.
    """

    def __init__(
        self,
        objective: Objective,
        rungs: Rungs | Screening | Repeats,
        seed: int,
        failures: int,
        inherit: bool = False,
    ) -> None:
        self.standing = Standing(objective, failures)
        self.running: dict[int, Job] = {}
        self.waiting: dict[int, Job] = {}
        self.again: deque[Job] = deque()
        self.climbs = Climbs()
        self.open: dict[int, Open] = {}
        self.parents = Parents() if inherit else None
        self.scoring = 0.0  # seconds at rung 0, of what the sampler drew
        self.training: dict[int, float] = {}  # seconds at higher rungs, by trial
        self._objective = objective
        self._rungs = rungs
        self._seed = seed

    def job(self, number: int, genotype: str, rung: int = 0) -> Job:
        """The first job of a trial at a rung."""
        epochs, total = self._rungs.span(rung)
        seed = self.job_seed(number, rung)
        return Job(number, genotype, seed, rung, epochs=epochs, total=total)

    def job_seed(self, number: int, rung: int = 0) -> int:
        """The seed of a trial's job; with repeats, of every trial's at that rung."""
        if isinstance(self._rungs, Repeats):
            return self._rungs.seed(self._seed, rung)
        return int(np.random.SeedSequence([self._seed, number, 1]).generate_state(1)[0])

    def begin(self, job: Job, known: Open, random: bool) -> None:
        """A trial runs, which was drawn at `random` or by the sampler."""
        self.open[job.number] = known
        self.climbs[job.number] = Climb(random=random)
        self.running[job.number] = job

    def promote(self, number: int) -> Job:
        """A trial that waited runs at its next rung; its job."""
        last = self.waiting.pop(number)
        rung = last.rung + 1
        epochs, total = self._rungs.span(rung)
        seed = self.job_seed(number, rung)
        job = replace(last, seed=seed, rung=rung, epochs=epochs, total=total)
        self.climbs[number] = replace(self.climbs[number], sent=rung)
        self.running[number] = job
        return job

    def parent(self, point: Point, trials: Sequence[FrozenTrial]) -> int | None:
        """The trial whose weights a candidate begins with, if it is to inherit any."""
        if self.parents is None:
            return None
        main = self._objective.main
        front = [each.number for each in self.standing.front]
        complete = [
            number
            for number in dict.fromkeys((*self.parents.young, *front))
            if trials[number].state == TrialState.COMPLETE
        ]
        return nearest(
            point,
            ((each, trials[each].params, self.climbs[each].gains[-1][main]) for each in complete),
        )

    def born(self, job: Job, parent: int | None, trials: Sequence[FrozenTrial]) -> Job:
        """The job of a trial that begins with another one's weights, if it does."""
        if parent is None or self.parents is None:
            return job
        self.parents.of[job.number] = parent
        return replace(job, parent=parent, parent_genotype=trials[parent].user_attrs["genotype"])

    def took(self, number: int, rung: int, seconds: float) -> None:
        """Take the time of an evaluation into account."""
        if rung:
            self.training[number] = self.training.get(number, 0.0) + seconds
        elif not self.climbs[number].random:
            self.scoring += seconds

    def valued(self, outcome: Outcome, job: Job) -> tuple[Outcome, tuple[float, ...]]:
        """The outcome as it is recorded, and the objectives' values if it is complete."""
        known, outcome = self.open[job.number], _finite(outcome)
        if outcome.kind != Kind.COMPLETE:
            return outcome, ()
        if isinstance(self._rungs, Repeats):
            known.own.append(dict(outcome.figures))
            outcome = replace(outcome, figures=mean(known.own))
        objective = self._objective.trained if job.rung else self._objective
        try:
            return outcome, objective.values({**outcome.figures, **known.sizes})
        except KeyError as error:
            reason = f"the evaluator measured no {error}"
            return replace(outcome, kind=Kind.CRASHED, reason=reason), ()

    def reached(self, job: Job, values: tuple[float, ...], figures: Mapping[str, float]) -> None:
        """Take a result into the standing and among those that may be promoted."""
        number, known = job.number, self.open[job.number]
        known.figures = figures
        climb = self.climbs[number]
        gains = self._objective.gains(values)
        self.climbs[number] = replace(climb, gains=(*climb.gains, gains))
        self.waiting[number] = job
        figures = {**figures, **known.sizes}
        parts, reference = job.accumulate, known.reference
        self.standing.reached(
            Finished(
                number, job.genotype, job.seed, values, figures, job.rung, parts, reference
            )
        )  # fmt: skip

    def end(self, outcome: Outcome) -> None:
        """Count a trial that has ended, and forget what it needed."""
        number = outcome.number
        self.climbs[number] = replace(self.climbs[number], ended=True)
        self.waiting.pop(number, None)
        del self.open[number]
        self.standing.add(outcome.kind, outcome.reason)
        if self.parents:
            self.parents.of.pop(number, None)
            if outcome.kind == Kind.COMPLETE:
                self.parents.young.append(number)
            if outcome.better is not None:
                self.parents.next.append(outcome.better)

    def recall(self, kept: KeptTrial, trials: Sequence[FrozenTrial]) -> None:
        """Take a trial of this run as the journal holds it: into the standing, and one that hasn't
        ended among those that wait or are asked again."""
        held, number = kept.held, kept.number
        found = recall(self.standing, kept, self.job_seed(number))
        gains = tuple(self._objective.gains(each.values) for each in found)
        self.climbs[number] = Climb(gains, kept.sent, kept.ended, RANDOM in held)
        total = held.get("seconds", 0.0)
        first = results(held)[0]["seconds"] if kept.sent else total
        self.took(number, 0, first)
        if kept.sent:
            self.took(number, kept.sent, total - first)
        if self.parents and kept.kind == Kind.COMPLETE:
            self.parents.young.append(number)
        if kept.ended:
            return
        known = Open(sizes(held), total, reference=REFERENCE in held)
        known.figures = results(held)[-1]["figures"] if found else {}
        known.own = [each["own"] for each in results(held) if "own" in each]
        self.open[number] = known
        job = self.born(self.job(number, held["genotype"], kept.sent), held.get(PARENT), trials)
        job = replace(job, attempt=kept.attempt, accumulate=kept.parts)
        if kept.waits:
            self.waiting[number] = job
        else:
            self.again.append(replace(job, attempt=job.attempt + 1))


def kept(trial: FrozenTrial) -> KeptTrial:
    """What the record keeps of a trial of Optuna's."""
    values = tuple(trial.values or ())
    return KeptTrial(trial.number, trial.user_attrs, trial.state.is_finished(), values)


def _finite(outcome: Outcome) -> Outcome:
    """`outcome` without figures that aren't finite; having had some, it diverged."""
    kept = {name: value for name, value in outcome.figures.items() if math.isfinite(value)}
    if len(kept) == len(outcome.figures) or outcome.kind != Kind.COMPLETE:
        return replace(outcome, figures=kept)
    bad = ", ".join(name for name in outcome.figures if name not in kept)
    return replace(outcome, kind=Kind.DIVERGED, figures=kept, reason=f"not finite: {bad}")
