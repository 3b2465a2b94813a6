"""The record: one Optuna study, in which every trial is asked and told by one driver.

A trial that was running when its driver died keeps its number and is asked again, with the same
genotype and seed, so a resumed search is the uninterrupted one. With rungs, a trial stays RUNNING
in Optuna while it waits for a promotion; `sent` among its attributes is the rung it was last sent
to, `rung.<r>` the result there. With a cheap evaluator (`Screening`) the numbers of the trials that
were drawn at random, to be trained whatever their score, are noted as `drawn`.
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
from nas.search.candidates import Candidate, Point
from nas.search.card import sizes
from nas.search.kept import REFERENCE, KeptTrial, recall, results
from nas.search.objective import Objective
from nas.search.parents import Parents, nearest
from nas.search.repeats import Repeats, mean
from nas.search.rungs import WHOLE, Climb, Climbs, Rungs
from nas.search.samplers._base import SpaceSampler
from nas.search.screening import Screened, Screening, failed
from nas.search.standing import FAILURES, Finished, Standing
from nas.search.warm_start import Known, WarmStart
from nas.trial import Job, Kind, Outcome

DRAWN = "drawn"  # what is noted of a screening
RANDOM = "random"  # the attribute of a trial that its sampler didn't draw
DRAWS = 100  # before nothing more is drawn at random, as all was
PARENT = "parent"  # among a trial's attributes: whose weights it begins with
SCORES = "scores"  # there, too: by zero-cost proxies, for the sampler
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
        self.scoring = 0.0  # seconds at rung 0, of what the sampler drew
        self.training: dict[int, float] = {}  # seconds at higher rungs, by trial
        self._open: dict[int, _Open] = {}  # what is known of trials that haven't ended
        self._parents = Parents() if inherit else None
        self._book = Book(path, sampler, objective, settings)
        self._drawn: list[int] = list(self._book.noted(DRAWN) or ())
        self.exhausted = False  # nothing is left to draw at random
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
    def parents(self) -> set[int]:
        """The numbers of the trials whose weights others begin with, or may."""
        return self._parents.needed if self._parents else set()

    def inherited(self, number: int) -> bool:
        """Whether a trial began with another one's weights."""
        return PARENT in self._book.trials[number].user_attrs

    @property
    def begun(self) -> int:
        """How many trials count towards a budget, or will unless they fail."""
        return self.standing.good + len(self._open)

    @property
    def drawn(self) -> dict[int, bool]:
        """The trials that were drawn at random, to be trained whatever their score, and whether
        they failed."""
        return {each: failed(self._climbs[each]) for each in self._drawn}

    @property
    def sent(self) -> int:
        """How many trials are trained, or being so, after a score."""
        return sum(one.sent > 0 and not failed(one) for one in self._climbs.values())

    def ask(self, begin: bool = True, at_random: int = 0) -> Job | None:
        """The next job, in the journal before it is returned; None where there is none for now.

        First what was lost, then a promotion, then, until there are so many, a candidate drawn
        `at_random` (of a screening), then, if one may `begin`, a new one by the sampler. Infeasible
        and repeated candidates are told at once, and the next one is drawn. Once nothing runs and
        nothing may begin (or `standing.ended` says why), None is for good.
        """
        while self._again:
            job = self._again.popleft()
            if self._ask_again(job):
                return job
        while not self.standing.ended or self.standing.spent:
            begins = begin and not self.standing.ended and self._sampler.left
            number = self._rungs.promoted(
                self._climbs, begins=begins, busy=bool(self._running), drawn=self._drawn
            )
            if number is not None:
                return self._promoted(number)
            usable = sum(not bad for bad in self.drawn.values())
            if usable < at_random and not self.exhausted:
                new = self._at_random()
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
        job = self._running.get(outcome.number)
        if job is None:
            return outcome
        if outcome.kind == Kind.LOST and job.attempt <= FAILURES:
            self._again.append(replace(job, attempt=job.attempt + 1))
            del self._running[job.number]
            return outcome
        self.standing.seconds += outcome.seconds
        self._count(job.number, job.rung, outcome.seconds)
        known = self._open[job.number]
        known.seconds += outcome.seconds
        if outcome.kind == Kind.OUT_OF_MEMORY and job.accumulate == 1:
            return self._retried(job, outcome)
        outcome, values = self._valued(outcome, job, known)
        del self._running[job.number]
        with self._book:
            if outcome.kind == Kind.COMPLETE and self._rungs.top:
                self._book.result(job, outcome, values, known.own)
                self._book.set(job.number, seconds=round(known.seconds, 3))
            if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
                self._book.end(replace(outcome, seconds=known.seconds), values)
        if outcome.kind == Kind.COMPLETE:
            self._reached(job, values, outcome.figures)
        if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
            self._end(job.number)
            self.standing.add(outcome.kind, outcome.reason)
            if self._parents and outcome.kind == Kind.COMPLETE:
                self._parents.young.append(job.number)
            if self._parents and outcome.better is not None:
                self._parents.next.append(outcome.better)
        return outcome

    def finish(self) -> None:
        """End the search: trials that wait for a promotion are pruned; those that wait for a seed
        stay, as none of them was found worse."""
        if isinstance(self._rungs, Repeats):
            return
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

    def believed(self) -> tuple[Finished, ...]:
        """The complete trials of this run that the sampler predicts to be the front, or the best of
        one objective; none if it predicts nothing."""
        if isinstance(self._rungs, Screening):
            return ()  # it has learnt from the scores
        numbers = self._sampler.believed(self._study, self._objective.measured)
        kept = [_kept(self._book.trials[number]) for number in numbers]
        return tuple(each.finished(self._job_seed(each.number))[-1] for each in kept if each.own)

    def screened(self) -> tuple[Screened, ...]:
        """What a screening has trained, by number."""
        if not isinstance(self._rungs, Screening):
            return ()
        main, trials = self._objective.main, self._book.trials
        best = set(self._rungs.best(self._climbs))
        found = []
        for number in sorted(self.training):
            told = results(trials[number].user_attrs)
            if len(told) > 1:
                scored, trained = (dict(each["figures"]) for each in told)
                gain = self._objective.gains(tuple(told[1]["values"]))[main]
                random = number in self._drawn
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
        if self._parents and self._parents.next:
            return self._child(self._parents.next.popleft())
        return self._begun()

    def _child(self, parent: int) -> Job | None:
        """A mutant of a trial, to begin with its weights as they are by now."""
        trials, space = self._book.trials, self._candidates.space
        rng = np.random.default_rng([self._seed, len(trials), 4])
        point = self._candidates.first(lambda: space.mutate(trials[parent].params, rng))
        return self._begun(point, parent=parent)

    def _at_random(self) -> Job | None:
        """Draw a candidate at random: its job, or None where it is known already (it may then be
        promoted), or was refused, or nothing is left."""
        for attempt in range(DRAWS):
            rng = np.random.default_rng([self._seed, len(self._drawn), attempt, 2])
            found = self._candidates.at_random(rng)
            number = self._candidates.seen.get(found.card.hash)
            if number is None:
                return self._begun(found.point, random=True)
            if number in self._drawn or failed(self._climbs[number]):
                continue
            self._drawn.append(number)
            self.note(DRAWN, self._drawn)
            return None
        self.exhausted = True
        return None

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
                parent = self._parent(drawn.params)
            if parent is not None:
                held[PARENT] = parent
            if self._candidates.scores and not refused:
                held[SCORES] = self._candidates.scores.stored(card.genotype)
            self._book.begin(drawn, held, refused)
            if random and not refused:
                self._drawn.append(number)
                self._book.note(DRAWN, self._drawn)
        if refused:
            self.standing.add(refused.kind, refused.reason)
            return None
        self._candidates.seen[card.hash] = number
        job = self._born(self._job(number, card.genotype), parent)
        self._open[job.number] = _Open(card.sizes(self._figures), reference=REFERENCE in held)
        self._climbs[job.number] = Climb(random=random)
        self._running[job.number] = job
        return job

    def _job(self, number: int, genotype: str, rung: int = 0) -> Job:
        epochs, total = self._rungs.span(rung)
        seed = self._job_seed(number, rung)
        return Job(number, genotype, seed, rung, epochs=epochs, total=total)

    def _parent(self, point: Point) -> int | None:
        """The trial whose weights a candidate begins with, if it is to inherit any."""
        if self._parents is None:
            return None
        trials, main = self._book.trials, self._objective.main
        front = [each.number for each in self.standing.front]
        complete = [
            number
            for number in dict.fromkeys((*self._parents.young, *front))
            if trials[number].state == TrialState.COMPLETE
        ]
        return nearest(
            point,
            ((each, trials[each].params, self._climbs[each].gains[-1][main]) for each in complete),
        )

    def _born(self, job: Job, parent: int | None) -> Job:
        """The job of a trial that begins with another one's weights."""
        if parent is None or self._parents is None:
            return job
        self._parents.of[job.number] = parent
        text = self._book.trials[parent].user_attrs["genotype"]
        return replace(job, parent=parent, parent_genotype=text)

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
        seed = self._job_seed(number, rung)
        job = replace(last, seed=seed, rung=rung, epochs=epochs, total=total)
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

    def _valued(
        self, outcome: Outcome, job: Job, known: _Open
    ) -> tuple[Outcome, tuple[float, ...]]:
        """The outcome as it is recorded, and the objectives' values if it is complete."""
        outcome = _finite(outcome)
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
            Finished(
                number,
                job.genotype,
                job.seed,
                values,
                figures,
                job.rung,
                job.accumulate,
                known.reference,
            )
        )

    def _count(self, number: int, rung: int, seconds: float) -> None:
        """Take the time of an evaluation into account."""
        if rung:
            self.training[number] = self.training.get(number, 0.0) + seconds
        elif not self._climbs[number].random:
            self.scoring += seconds

    def _end(self, number: int) -> None:
        self._climbs[number] = replace(self._climbs[number], ended=True)
        self._waiting.pop(number, None)
        del self._open[number]
        if self._parents:
            self._parents.of.pop(number, None)

    def _refusal(self, number: int, candidate: Candidate) -> Outcome | None:
        if candidate.excess > 1:
            return Outcome(number, Kind.INFEASIBLE, reason=candidate.reason)
        first = self._candidates.seen.get(candidate.card.hash)
        if first is not None:
            return Outcome(number, Kind.DUPLICATE, reason=f"the same network as trial {first}")
        return None

    def _job_seed(self, number: int, rung: int = 0) -> int:
        if isinstance(self._rungs, Repeats):
            return self._rungs.seed(self._seed, rung)
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
        if self._candidates.scores and SCORES in held:
            self._candidates.scores.recall(held["genotype"], held[SCORES])
        if not kept.own:
            return
        found = recall(self.standing, kept, seed)
        gains = tuple(self._objective.gains(each.values) for each in found)
        self._climbs[number] = Climb(gains, kept.sent, kept.ended, RANDOM in held)
        total = held.get("seconds", 0.0)
        first = results(held)[0]["seconds"] if kept.sent else total
        self._count(number, 0, first)
        if kept.sent:
            self._count(number, kept.sent, total - first)
        if self._parents and kept.kind == Kind.COMPLETE:
            self._parents.young.append(number)
        if kept.ended:
            return
        known = _Open(sizes(held), held.get("seconds", 0.0), reference=REFERENCE in held)
        known.figures = results(held)[-1]["figures"] if found else {}
        known.own = [each["own"] for each in results(held) if "own" in each]
        self._open[number] = known
        job = self._job(number, held["genotype"], kept.sent)
        job = self._born(job, held.get(PARENT))
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
    own: list[dict[str, float]] = field(default_factory=list)  # of each seed, where it is repeated
    reference: bool = False


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
