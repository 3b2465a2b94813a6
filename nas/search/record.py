"""The record: one Optuna study, in which every trial is asked and told by one driver.

A trial that was running when its driver died keeps its number and is asked again, with the same
genotype and seed, so a resumed search is the uninterrupted one. With rungs, a trial stays RUNNING
in Optuna while it waits for a promotion; `sent` among its attributes is the rung it was last sent
to, `rung.<r>` the result there.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from nas.errors import RunError
from nas.search.book import Book
from nas.search.candidates import Candidate
from nas.search.card import sizes
from nas.search.kept import KeptTrial, recall, results
from nas.search.objective import Objective
from nas.search.rungs import WHOLE, Climb, Climbs, Rungs, promote
from nas.search.samplers._base import SpaceSampler
from nas.search.standing import FAILURES, Finished, Standing
from nas.search.warm_start import Known, WarmStart
from nas.trial import Job, Kind, Outcome

PARTS = 2  # that a step's batch is cut into once memory ran out


class Record:
    """Asks for jobs, is told outcomes; `standing` is how the search stands.

    `settings` is what must not change in a resumed run, with the space's text as `"space"`. Raises
    `RunError`: the journal at `path` is held, damaged, or was made with other settings.
    """

    def __init__(
        self,
        path: Path,
        sampler: SpaceSampler,
        objective: Objective,
        settings: Mapping[str, Any],
        rungs: Rungs = WHOLE,
        failures: int = FAILURES,
    ) -> None:
        self.path = path
        self.standing = Standing(objective, failures)
        self._rungs = rungs
        self._sampler = sampler
        self._candidates = sampler.candidates
        self._objective = objective
        named = (*sampler.candidates.limits.names, *objective.figures)
        self._figures = tuple(dict.fromkeys(named))  # kept of each candidate, and what is basic
        self._seed = sampler.seed
        self._running: dict[int, Job] = {}
        self._waiting: dict[int, Job] = {}  # by its last job; it may be promoted
        self._again: deque[Job] = deque()
        self._climbs = Climbs()
        self._open: dict[int, _Open] = {}  # what is known of trials that haven't ended
        self._book = Book(path, sampler, objective, settings)
        self._study = self._book.study
        try:
            for trial in self._book.trials:
                self._recall(trial)
            self.standing.forgive()
        except BaseException:
            self._book.close()
            raise

    @property
    def cut(self) -> int:
        """Bytes of a half-written entry that were cut off the journal's end on opening."""
        return self._book.journal.cut

    @property
    def running(self) -> tuple[int, ...]:
        """The numbers of the trials that were asked and not told yet."""
        return tuple(self._running)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The numbers of the trials that wait at a rung for a promotion."""
        return tuple(self._waiting)

    @property
    def unfinished(self) -> tuple[int, ...]:
        """The numbers of all trials that have begun and not ended."""
        return tuple(self._open)

    @property
    def begun(self) -> int:
        """How many trials count towards a budget, or will unless they fail."""
        return self.standing.good + len(self._open)

    def ask(self, begin: bool = True) -> Job | None:
        """The next job, in the journal before it is returned; None where there is none for now.

        First what was lost, then a promotion, then, if one may `begin`, a new candidate. Infeasible
        and repeated candidates are told at once, and the next one is drawn. Once nothing runs and
        nothing may begin (or `standing.ended` says why), None is for good.
        """
        while self._again:
            job = self._again.popleft()
            if self._ask_again(job):
                return job
        while not self.standing.ended or self.standing.spent:
            begins = begin and not self.standing.ended
            closing = not begins and not self._running
            number = promote(self._climbs, self._rungs, closing=closing)
            if number is not None:
                return self._promoted(number)
            if not begins:
                return None
            new = self._new()
            if new is not None:
                return new
        return None

    def tell(self, outcome: Outcome) -> Outcome:
        """Write what came of a running trial's job; returns it as recorded.

        A complete job whose figures aren't finite is recorded as diverged, one that lacks a figure
        of the objective as crashed. A job that is complete below the top rung leaves its trial
        waiting. One that was lost is asked again; one that ran out of memory too, once, with its
        batches cut in two. Telling of a trial that isn't running changes nothing.
        """
        job = self._running.get(outcome.number)
        if job is None:
            return outcome
        if outcome.kind == Kind.LOST and job.attempt <= FAILURES:
            self._again.append(replace(job, attempt=job.attempt + 1))
            del self._running[job.number]
            return outcome
        self.standing.seconds += outcome.seconds
        known = self._open[job.number]
        known.seconds += outcome.seconds
        if outcome.kind == Kind.OUT_OF_MEMORY and job.accumulate == 1:
            return self._retried(job, outcome)
        outcome, values = self._valued(outcome, known)
        del self._running[job.number]
        with self._book:
            if outcome.kind == Kind.COMPLETE and self._rungs.epochs:
                self._book.result(job, outcome, values)
                self._book.set(job.number, seconds=round(known.seconds, 3))
            if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
                self._book.end(replace(outcome, seconds=known.seconds), values)
        if outcome.kind == Kind.COMPLETE:
            self._reached(job, values, outcome.figures)
        if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
            self._end(job.number)
            self.standing.add(outcome.kind, outcome.reason)
        return outcome

    def finish(self) -> None:
        """End the search: trials that wait for a promotion are pruned."""
        with self._book:
            for number in self._waiting:
                known = self._open[number]
                last = known.figures
                self._book.end(Outcome(number, Kind.PRUNED, last, known.seconds))
        for number in self.waiting:
            del self._waiting[number]
            self._end(number)
            self.standing.add(Kind.PRUNED)

    def take(self, known: WarmStart) -> None:
        """Begin with what another run has measured, as complete trials that samplers learn from.

        None of them is trained again. They count neither towards the budget nor as incumbents, as
        their weights are in the other run. Raises `RunError`, and takes none, where the other run
        didn't measure what this one optimizes.
        """
        taken = [(each.point, *self._taken(each, known.run)) for each in known.trials]
        with self._book:
            for point, values, held in taken:
                self._book.add(point, values, held)
            self._book.note("warm_start", str(known))
        for trial in self._book.trials:
            self._recall(trial)

    def believed(self) -> Finished | None:
        """The complete trial of this run that the sampler predicts to be best, if it predicts."""
        number = self._sampler.believed(self._study)
        if number is None:
            return None
        trial = self._book.trials[number]
        kept = _kept(trial)
        return kept.finished(self._job_seed(number))[-1] if kept.own else None

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` beside the trials."""
        self._book.note(key, value)

    def noted(self, key: str) -> Any:
        """What `note` kept under `key`, or None."""
        return self._book.noted(key)

    def close(self) -> None:
        """Free the run for another driver; trials that are running stay so, and are asked again."""
        self._book.close()

    def _new(self) -> Job | None:
        """Draw a candidate: its job, or None if it was refused and told."""
        with self._book:
            drawn = self._book.draw()
            number = drawn.number
            candidate = self._candidates.at(drawn.params)
            card = candidate.card
            refused = self._refusal(number, candidate)
            self._book.begin(drawn, card.stored(self._figures), refused)
        if refused:
            self.standing.add(refused.kind, refused.reason)
            return None
        self._candidates.seen[card.hash] = number
        job = self._job(number, card.genotype)
        self._open[job.number] = _Open(card.sizes(self._figures))
        self._climbs[job.number] = Climb()
        self._running[job.number] = job
        return job

    def _job(self, number: int, genotype: str, rung: int = 0) -> Job:
        epochs, total = self._rungs.span(rung)
        return Job(number, genotype, self._job_seed(number), rung, epochs=epochs, total=total)

    def _taken(self, known: Known, run: str) -> tuple[tuple[float, ...], dict[str, Any]]:
        """The objectives' values of a trial of another run, and its attributes in this one."""
        card = self._candidates.at(known.point).card
        try:
            values = self._objective.values({**known.figures, **card.sizes(self._figures)})
        except KeyError as error:
            raise RunError(f"{run}: its trials measured no {error}") from error
        return values, {
            **card.stored(self._figures),
            "outcome": Kind.COMPLETE.value,
            "figures": dict(known.figures),
            "source": {"run": run, "trial": known.number},
        }

    def _promoted(self, number: int) -> Job:
        last = self._waiting.pop(number)
        rung = last.rung + 1
        with self._book:
            self._book.set(number, sent=rung)
        epochs, total = self._rungs.span(rung)
        job = replace(last, rung=rung, epochs=epochs, total=total)
        self._climbs[number] = replace(self._climbs[number], sent=rung)
        self._running[number] = job
        return job

    def _ask_again(self, job: Job) -> bool:
        """Write that a lost trial runs once more; False if it was lost too often to try again."""
        self._running[job.number] = job
        if job.attempt > FAILURES:
            reason = f"its driver died {FAILURES} times while it ran (out of memory?)"
            self.tell(Outcome(job.number, Kind.LOST, reason=reason))
            return False
        with self._book:
            self._book.set(job.number, attempt=job.attempt)
        self.standing.counts[Kind.LOST] += 1
        return True

    def _retried(self, job: Job, outcome: Outcome) -> Outcome:
        """Leave the trial to be asked again with its batches cut in two."""
        again = replace(job, attempt=job.attempt + 1, accumulate=PARTS)
        with self._book:
            seconds = round(self._open[job.number].seconds, 3)
            self._book.set(job.number, attempt=again.attempt, accumulate=PARTS, seconds=seconds)
        self.standing.retried += 1
        del self._running[job.number]
        self._again.append(again)
        cause = outcome.reason.splitlines()[0] if outcome.reason else outcome.kind.value
        return replace(outcome, reason=f"{cause}; tried again with its batch in {PARTS} parts")

    def _valued(self, outcome: Outcome, known: _Open) -> tuple[Outcome, tuple[float, ...]]:
        """The outcome as it is recorded, and the objectives' values if it is complete."""
        outcome = _finite(outcome)
        if outcome.kind != Kind.COMPLETE:
            return outcome, ()
        try:
            return outcome, self._objective.values({**outcome.figures, **known.sizes})
        except KeyError as error:
            reason = f"the evaluator measured no {error}"
            return replace(outcome, kind=Kind.CRASHED, reason=reason), ()

    def _reached(self, job: Job, values: tuple[float, ...], figures: Mapping[str, float]) -> None:
        """Take a result into the standing and among those that may be promoted."""
        number, known = job.number, self._open[job.number]
        known.figures = figures
        climb = self._climbs[number]
        gains = self._objective.gains(values)
        self._climbs[number] = replace(climb, gains=(*climb.gains, gains))
        self._waiting[number] = job
        figures = {**figures, **known.sizes}
        self.standing.reached(
            Finished(number, job.genotype, job.seed, values, figures, job.rung, job.accumulate)
        )

    def _end(self, number: int) -> None:
        self._climbs[number] = replace(self._climbs[number], ended=True)
        self._waiting.pop(number, None)
        del self._open[number]

    def _refusal(self, number: int, candidate: Candidate) -> Outcome | None:
        if candidate.excess > 1:
            return Outcome(number, Kind.INFEASIBLE, reason=candidate.reason)
        first = self._candidates.seen.get(candidate.card.hash)
        if first is not None:
            return Outcome(number, Kind.DUPLICATE, reason=f"the same network as trial {first}")
        return None

    def _job_seed(self, number: int) -> int:
        return int(np.random.SeedSequence([self._seed, number, 1]).generate_state(1)[0])

    def _recall(self, trial: FrozenTrial) -> None:
        """Take a trial that the journal holds into the standing, or among those to ask again."""
        held, number = trial.user_attrs, trial.number
        if "hash" not in held:  # written by another program, as we write a trial whole
            if not trial.state.is_finished():
                self._study.tell(number, state=TrialState.FAIL)
            return
        kept, seed = _kept(trial), self._job_seed(number)
        if kept.kind not in (Kind.DUPLICATE, Kind.INFEASIBLE):
            self._candidates.seen[held["hash"]] = number
        if not kept.own:
            return
        found = recall(self.standing, kept, seed)
        gains = tuple(self._objective.gains(each.values) for each in found)
        self._climbs[number] = Climb(gains, kept.sent, kept.ended)
        if kept.ended:
            return
        known = _Open(sizes(held), held.get("seconds", 0.0))
        known.figures = results(held)[-1]["figures"] if found else {}
        self._open[number] = known
        job = self._job(number, held["genotype"], kept.sent)
        job = replace(job, attempt=kept.attempt, accumulate=kept.parts)
        if kept.waits:
            self._waiting[number] = job
        else:
            self._again.append(replace(job, attempt=job.attempt + 1))


@dataclass(slots=True)
class _Open:
    """What a trial that hasn't ended is known by, besides its job."""

    sizes: Mapping[str, float]  # MACs, parameters, and what else is asked for
    seconds: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)  # of its last result


def _kept(trial: FrozenTrial) -> KeptTrial:
    values = tuple(trial.values or ())
    return KeptTrial(trial.number, trial.user_attrs, trial.state.is_finished(), values)


def _finite(outcome: Outcome) -> Outcome:
    """`outcome` without figures that aren't finite; having had some, it diverged."""
    kept = {name: value for name, value in outcome.figures.items() if math.isfinite(value)}
    if len(kept) == len(outcome.figures) or outcome.kind != Kind.COMPLETE:
        return replace(outcome, figures=kept)
    bad = ", ".join(name for name in outcome.figures if name not in kept)
    return replace(outcome, kind=Kind.DIVERGED, figures=kept, reason=f"not finite: {bad}")
