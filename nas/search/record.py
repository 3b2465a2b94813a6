"""The record: one Optuna study, in which every trial is asked and told by one driver.

A trial that was running when its driver died keeps its number and is asked again, with the same
genotype and seed, so a resumed search is the uninterrupted one. With rungs, a trial stays RUNNING
in Optuna while it waits for a promotion; `sent` among its attributes is the rung it was last sent
to, `rung.<r>` the result there.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.errors import RunError
from nas.search.candidates import Candidate
from nas.search.card import sizes
from nas.search.journal import OneWriterJournal
from nas.search.kept import KeptTrial, recall, results
from nas.search.objective import Objective
from nas.search.rungs import WHOLE, Climb, Rungs, promote
from nas.search.samplers._base import SpaceSampler
from nas.search.standing import FAILURES, Finished, Standing
from nas.search.warm_start import Known, WarmStart
from nas.trial import Job, Kind, Outcome

REASON = 4096  # characters kept of a trial's reason: the last frames of a traceback
PARTS = 2  # that a step's batch is cut into once memory ran out
_STATES = {Kind.COMPLETE: TrialState.COMPLETE, Kind.PRUNED: TrialState.PRUNED}


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
        self._options = {each.key: each.options for each in sampler.candidates.space.decisions}
        self._objective = objective
        named = (*sampler.candidates.limits.names, *objective.figures)
        self._figures = tuple(dict.fromkeys(named))  # kept of each candidate, and what is basic
        self._seed = sampler.seed
        self._running: dict[int, Job] = {}
        self._waiting: dict[int, Job] = {}  # by its last job; it may be promoted
        self._again: deque[Job] = deque()
        self._climbs: dict[int, Climb] = {}
        self._open: dict[int, _Open] = {}  # what is known of trials that haven't ended
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._journal = OneWriterJournal(path)
        try:
            self._storage = self._read()
            with self._journal:
                self._study = optuna.create_study(
                    storage=self._storage,
                    study_name="nas",
                    directions=objective.directions,
                    sampler=sampler,
                    load_if_exists=True,
                )
                self._check(settings)
            for trial in self._study.get_trials(deepcopy=False):
                self._recall(trial)
            self.standing.forgive()
        except BaseException:
            self._journal.close()
            raise

    @property
    def cut(self) -> int:
        """Bytes of a half-written entry that were cut off the journal's end on opening."""
        return self._journal.cut

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
        with self._journal:
            if outcome.kind == Kind.COMPLETE and self._rungs.epochs:
                self._write_rung(job, outcome, values)
            if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
                self._write(replace(outcome, seconds=known.seconds), values)
        if outcome.kind == Kind.COMPLETE:
            self._reached(job, values, outcome.figures)
        if outcome.kind != Kind.COMPLETE or job.rung == self._rungs.top:
            self._end(job.number)
            self.standing.add(outcome.kind, outcome.reason)
        return outcome

    def finish(self) -> None:
        """End the search: trials that wait for a promotion are pruned."""
        with self._journal:
            for number in self._waiting:
                known = self._open[number]
                last = known.figures
                self._write(Outcome(number, Kind.PRUNED, last, known.seconds), ())
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
        trials = [self._taken(each, known.run) for each in known.trials]
        with self._journal:
            for trial in trials:
                self._study.add_trial(trial)
            self.note("warm_start", str(known))
        for trial in self._study.get_trials(deepcopy=False):
            self._recall(trial)

    def believed(self) -> Finished | None:
        """The complete trial of this run that the sampler predicts to be best, if it predicts."""
        number = self._sampler.believed(self._study)
        if number is None:
            return None
        trial = self._study.get_trials(deepcopy=False)[number]
        kept = _kept(trial)
        return kept.finished(self._job_seed(number))[-1] if kept.own else None

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` beside the trials."""
        self._study.set_user_attr(key, value)

    def noted(self, key: str) -> Any:
        """What `note` kept under `key`, or None."""
        return self._study.user_attrs.get(key)

    def close(self) -> None:
        """Free the run for another driver; trials that are running stay so, and are asked again."""
        self._journal.close()

    def _new(self) -> Job | None:
        """Draw a candidate: its job, or None if it was refused and told."""
        with self._journal:
            trial = self._study.ask()
            point = trial.relative_params
            for key in point:
                trial.suggest_categorical(key, self._options[key])
            candidate = self._candidates.at(point)
            card = candidate.card
            self._set(trial.number, **card.stored(self._figures))
            refused = self._refusal(trial.number, candidate)
            if refused:
                self._write(refused, ())
        if refused:
            self.standing.add(refused.kind, refused.reason)
            return None
        self._candidates.seen[card.hash] = trial.number
        job = self._job(trial.number, card.genotype)
        self._open[job.number] = _Open(card.sizes(self._figures))
        self._climbs[job.number] = Climb()
        self._running[job.number] = job
        return job

    def _job(self, number: int, genotype: str, rung: int = 0) -> Job:
        epochs, total = self._rungs.span(rung)
        return Job(number, genotype, self._job_seed(number), rung, epochs=epochs, total=total)

    def _taken(self, known: Known, run: str) -> FrozenTrial:
        card = self._candidates.at(known.point).card
        try:
            values = self._objective.values({**known.figures, **card.sizes(self._figures)})
        except KeyError as error:
            raise RunError(f"{run}: its trials measured no {error}") from error
        options: dict[str, BaseDistribution] = {
            key: CategoricalDistribution(self._options[key]) for key in known.point
        }
        held = {
            **card.stored(self._figures),
            "outcome": Kind.COMPLETE.value,
            "figures": dict(known.figures),
            "source": {"run": run, "trial": known.number},
        }
        return create_trial(
            values=values, params=dict(known.point), distributions=options, user_attrs=held
        )

    def _promoted(self, number: int) -> Job:
        last = self._waiting.pop(number)
        rung = last.rung + 1
        with self._journal:
            self._set(number, sent=rung)
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
        with self._journal:
            self._set(job.number, attempt=job.attempt)
        self.standing.counts[Kind.LOST] += 1
        return True

    def _retried(self, job: Job, outcome: Outcome) -> Outcome:
        """Leave the trial to be asked again with its batches cut in two."""
        again = replace(job, attempt=job.attempt + 1, accumulate=PARTS)
        with self._journal:
            seconds = round(self._open[job.number].seconds, 3)
            self._set(job.number, attempt=again.attempt, accumulate=PARTS, seconds=seconds)
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

    def _write(self, outcome: Outcome, values: tuple[float, ...]) -> None:
        known = {
            "outcome": outcome.kind.value,
            "seconds": round(outcome.seconds, 3),
            "figures": dict(outcome.figures),
            "reason": outcome.reason[-REASON:],
        }
        self._set(outcome.number, **{key: value for key, value in known.items() if value})
        state = _STATES.get(outcome.kind, TrialState.FAIL)
        self._study.tell(outcome.number, values or None, state=state)

    def _write_rung(self, job: Job, outcome: Outcome, values: tuple[float, ...]) -> None:
        seconds = round(outcome.seconds, 3)
        held = {"values": values, "figures": dict(outcome.figures), "seconds": seconds}
        total = round(self._open[job.number].seconds, 3)
        self._set(job.number, **{f"rung.{job.rung}": held, "seconds": total})
        if len(values) == 1 and job.epochs is not None:  # Optuna's own form, for one objective
            self._storage.set_trial_intermediate_value(job.number, job.epochs, values[0])

    def _set(self, number: int, **attributes: Any) -> None:
        # One study in the journal, so a trial's id in the storage is its number.
        for key, value in attributes.items():
            self._storage.set_trial_user_attr(number, key, value)

    def _job_seed(self, number: int) -> int:
        return int(np.random.SeedSequence([self._seed, number, 1]).generate_state(1)[0])

    def _read(self) -> JournalStorage:
        try:
            return JournalStorage(self._journal)
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.path}: is no journal of a search ({type(error).__name__}: {error}); "
                "restore the file from a copy, or begin a new run (nothing was changed)"
            ) from error

    def _check(self, settings: Mapping[str, Any]) -> None:
        """Write the settings into a new study; of an old one, see that they are the same."""
        settings = json.loads(json.dumps(settings))
        held = self._study.user_attrs
        if "settings" not in held:
            self.note("settings", settings)
            self.note("space_sha256", hashlib.sha256(settings["space"].encode()).hexdigest())
            return
        for key in sorted({*settings, *held["settings"]}):
            was, now = held["settings"].get(key), settings.get(key)
            if (was or None) != (now or None):  # what an older run doesn't know is not given
                raise RunError(
                    f"{self.path.parent}: its trials were made with {key} = {_short(was)}, not "
                    f"{_short(now)}; put that back into study.toml, or begin a new run"
                )

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


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
