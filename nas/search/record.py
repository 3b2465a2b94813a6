"""The record: one Optuna study, in which every trial is asked and told by one driver.

A trial that was running when its driver died keeps its number and is asked again, with the same
genotype and seed, so a resumed search is the uninterrupted one. With rungs, a trial stays RUNNING
in Optuna while it waits for a promotion; `sent` among its attributes is the rung it was last sent
to, `rung.<r>` the result there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from nas.errors import RunError
from nas.search.book import Book
from nas.search.candidates import Candidate, Point
from nas.search.course import PARENT, RANDOM, Course, Open, kept
from nas.search.drawn import Drawn
from nas.search.kept import REFERENCE, results
from nas.search.objective import Objective
from nas.search.repeats import Repeats
from nas.search.rungs import WHOLE, Rungs
from nas.search.samplers._base import SpaceSampler
from nas.search.screening import Screened, Screening, failed
from nas.search.standing import FAILURES, Finished
from nas.search.warm_start import Known, WarmStart
from nas.trial import Job, Kind, Outcome

SCORES = "scores"  # among a trial's attributes: by zero-cost proxies, for the sampler
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
        rungs: Rungs | Screening | Repeats = WHOLE,
        failures: int = FAILURES,
        inherit: bool = False,
    ) -> None:
        self.path = path
        self._course = Course(objective, rungs, sampler.seed, failures, inherit)
        self.standing = self._course.standing
        self._rungs = rungs
        self._sampler = sampler
        sampler.counted = objective.counted
        self._candidates = sampler.candidates
        self._objective = objective
        named = (*sampler.candidates.limits.names, *objective.figures)
        self._figures = tuple(dict.fromkeys(named))  # kept of each candidate, and what is basic
        self._seed = sampler.seed
        self._book = Book(path, sampler, objective, settings)
        self._drawn = Drawn(self._book, sampler.candidates, sampler.seed)
        self._study = self._book.study
        try:
            self._recall_all()
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
        return tuple(self._course.running)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The numbers of the trials that wait at a rung for a promotion."""
        return tuple(self._course.waiting)

    @property
    def unfinished(self) -> tuple[int, ...]:
        """The numbers of all trials that have begun and not ended."""
        return tuple(self._course.open)

    @property
    def scoring(self) -> float:
        """Seconds at the first rung, of what the sampler drew."""
        return self._course.scoring

    @property
    def training(self) -> Mapping[int, float]:
        """Seconds at higher rungs, by trial."""
        return self._course.training

    @property
    def parents(self) -> set[int]:
        """The numbers of the trials whose weights others begin with, or may."""
        parents = self._course.parents
        return parents.needed if parents else set()

    def inherited(self, number: int) -> bool:
        """Whether a trial began with another one's weights."""
        return PARENT in self._book.trials[number].user_attrs

    @property
    def begun(self) -> int:
        """How many trials count towards a budget, or will unless they fail."""
        return self.standing.good + len(self._course.open)

    @property
    def drawn(self) -> dict[int, bool]:
        """The trials that were drawn at random, to be trained whatever their score, and whether
        they failed."""
        return self._drawn.failures(self._course.climbs)

    @property
    def sent(self) -> int:
        """How many trials are trained, or being so, after a score."""
        climbs = self._course.climbs.values()
        return sum(one.sent > 0 and not failed(one) for one in climbs)

    def ask(self, begin: bool = True, at_random: int = 0) -> Job | None:
        """The next job, in the journal before it is returned; None where there is none for now.

        First what was lost, then a promotion, then, until there are so many, a candidate drawn
        `at_random` (of a screening), then, if one may `begin`, a new one by the sampler. Infeasible
        and repeated candidates are told at once, and the next one is drawn. Once nothing runs and
        nothing may begin (or `standing.ended` says why), None is for good.
        """
        course = self._course
        while course.again:
            job = course.again.popleft()
            if self._ask_again(job):
                return job
        while not self.standing.ended or self.standing.spent:
            begins = begin and not self.standing.ended and self._sampler.left
            number = self._rungs.promoted(
                course.climbs, begins=begins, busy=bool(course.running), drawn=self._drawn.numbers
            )
            if number is not None:
                return self._promoted(number)
            usable = sum(not bad for bad in self.drawn.values())
            if usable < at_random and not self._drawn.exhausted:
                point = self._drawn.next(course.climbs)
                new = None if point is None else self._begun(point, random=True)
            elif begins:
                new = self._new()
            else:
                return None
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
        course = self._course
        job = course.running.get(outcome.number)
        if job is None:
            return outcome
        if outcome.kind == Kind.LOST and job.attempt <= FAILURES:
            course.again.append(replace(job, attempt=job.attempt + 1))
            del course.running[job.number]
            return outcome
        self.standing.seconds += outcome.seconds
        course.took(job.number, job.rung, outcome.seconds)
        known = course.open[job.number]
        known.seconds += outcome.seconds
        if outcome.kind == Kind.OUT_OF_MEMORY and job.accumulate == 1:
            return self._retried(job, outcome)
        outcome, values = course.valued(outcome, job)
        del course.running[job.number]
        with self._book:
            if outcome.kind == Kind.COMPLETE and self._rungs.top:
                self._book.result(job, outcome, values, known.own)
                self._book.set(job.number, seconds=round(known.seconds, 3))
            if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
                self._book.end(replace(outcome, seconds=known.seconds), values)
        if outcome.kind == Kind.COMPLETE:
            course.reached(job, values, outcome.figures)
        if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
            course.end(outcome)
        return outcome

    def finish(self) -> None:
        """End the search: trials that wait for a promotion are pruned; those that wait for a seed
        stay, as none of them was found worse."""
        if isinstance(self._rungs, Repeats):
            return
        pruned = []
        for number in self.waiting:
            known = self._course.open[number]
            pruned.append(Outcome(number, Kind.PRUNED, known.figures, known.seconds))
        with self._book:
            for each in pruned:
                self._book.end(each)
        for each in pruned:
            self._course.end(each)

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
        self._recall_all()

    def believed(self) -> tuple[Finished, ...]:
        """The complete trials of this run that the sampler predicts to be the front, or the best of
        one objective; none if it predicts nothing."""
        if isinstance(self._rungs, Screening):
            return ()  # it has learnt from the scores
        numbers = self._sampler.believed(self._study)
        trials, seed = self._book.trials, self._course.job_seed
        known = [kept(trials[number]) for number in numbers]
        return tuple(each.finished(seed(each.number))[-1] for each in known if each.own)

    def screened(self) -> tuple[Screened, ...]:
        """What a screening has trained, by number."""
        if not isinstance(self._rungs, Screening):
            return ()
        main, trials = self._objective.main, self._book.trials
        best = set(self._rungs.best(self._course.climbs))
        found = []
        for number in sorted(self.training):
            told = results(trials[number].user_attrs)
            if len(told) > 1:
                scored, trained = (dict(each["figures"]) for each in told)
                gain = self._objective.gains(tuple(told[1]["values"]))[main]
                random = number in self._drawn.numbers
                chosen = number in best or not random
                seconds = self.training[number]
                found.append(Screened(number, chosen, random, scored, trained, seconds, gain))
        return tuple(found)

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
        """Draw a candidate, a mutant of the next trial that is to have a child or else what the
        sampler proposes: its job, or None if it was refused and told."""
        parents = self._course.parents
        if parents and parents.next:
            return self._child(parents.next.popleft())
        return self._begun()

    def _child(self, parent: int) -> Job | None:
        """A mutant of a trial, to begin with its weights as they are by now."""
        trials, space = self._book.trials, self._candidates.space
        rng = np.random.default_rng([self._seed, len(trials), 4])
        point = self._candidates.first(lambda: space.mutate(trials[parent].params, rng))
        return self._begun(point, parent=parent)

    def _begun(
        self, point: Point | None = None, random: bool = False, parent: int | None = None
    ) -> Job | None:
        """A new trial's job: at `point`, which may have been drawn at `random`, or else at what the
        sampler proposes; None if it was refused and told. It begins with the weights of `parent`
        or, with `--inherit`, of the nearest."""
        with self._book:
            drawn = self._book.draw(point)
            number = drawn.number
            candidate = self._candidates.at(drawn.params)
            card = candidate.card
            refused = self._refusal(number, candidate)
            held: dict[str, Any] = {**card.stored(self._figures)}
            if random:
                held[RANDOM] = True
            if drawn.params == self._candidates.reference:
                held[REFERENCE] = True
            if parent is None and not refused:
                parent = self._course.parent(drawn.params, self._book.trials)
            if parent is not None:
                held[PARENT] = parent
            if self._candidates.scores and not refused:
                held[SCORES] = self._candidates.scores.stored(card.genotype)
            self._book.begin(drawn, held, refused)
            if random and not refused:
                self._drawn.add(number)
        if refused:
            self.standing.add(refused.kind, refused.reason)
            return None
        self._candidates.seen[card.hash] = number
        course = self._course
        job = course.born(course.job(number, card.genotype), parent, self._book.trials)
        course.begin(job, Open(card.sizes(self._figures), reference=REFERENCE in held), random)
        return job

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
        with self._book:
            self._book.set(number, sent=self._course.waiting[number].rung + 1)
        return self._course.promote(number)

    def _ask_again(self, job: Job) -> bool:
        """Write that a lost trial runs once more; False if it was lost too often to try again."""
        self._course.running[job.number] = job
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
            seconds = round(self._course.open[job.number].seconds, 3)
            self._book.set(job.number, attempt=again.attempt, accumulate=PARTS, seconds=seconds)
        self.standing.retried += 1
        del self._course.running[job.number]
        self._course.again.append(again)
        cause = outcome.reason.splitlines()[0] if outcome.reason else outcome.kind.value
        return replace(outcome, reason=f"{cause}; tried again with its batch in {PARTS} parts")

    def _refusal(self, number: int, candidate: Candidate) -> Outcome | None:
        if candidate.excess > 1:
            return Outcome(number, Kind.INFEASIBLE, reason=candidate.reason)
        first = self._candidates.seen.get(candidate.card.hash)
        if first is not None:
            return Outcome(number, Kind.DUPLICATE, reason=f"the same network as trial {first}")
        return None

    def _recall_all(self) -> None:
        for trial in self._book.trials:
            self._recall(trial)

    def _recall(self, trial: FrozenTrial) -> None:
        """Take a trial of the journal into the course, its network among those seen."""
        held, number = trial.user_attrs, trial.number
        if "hash" not in held:  # written by another program, as we write a trial whole
            if not trial.state.is_finished():
                self._study.tell(number, state=TrialState.FAIL)
            return
        known = kept(trial)
        if known.kind not in (Kind.DUPLICATE, Kind.INFEASIBLE):
            self._candidates.seen[held["hash"]] = number
        if self._candidates.scores and SCORES in held:
            self._candidates.scores.recall(held["genotype"], held[SCORES])
        if known.own:
            self._course.recall(known, self._book.trials)
