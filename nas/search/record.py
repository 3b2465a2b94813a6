"""The record: one Optuna study, in which every trial is asked and told by one driver.

A trial that was running when its driver died keeps its number and is asked again, with the same
genotype and seed, so a resumed search is the uninterrupted one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from nas.errors import RunError
from nas.search.candidates import Candidate
from nas.search.journal import OneWriterJournal
from nas.search.objective import Objective
from nas.search.samplers._base import SpaceSampler
from nas.search.standing import FAILURES, Finished, Standing
from nas.trial import Job, Kind, Outcome

REASON = 4096  # characters kept of a trial's reason: the last frames of a traceback
_STATES = {Kind.COMPLETE: TrialState.COMPLETE, Kind.PRUNED: TrialState.PRUNED}


class Record:
    """Asks for jobs, is told outcomes; `standing` is how the search stands.

    `settings` is what must not change in a resumed run, with the space's text as `"space"`. Raises
    `RunError`: the journal at `path` is held, damaged, or was made with other settings.
    """

    def __init__(
        self, path: Path, sampler: SpaceSampler, objective: Objective, settings: Mapping[str, Any]
    ) -> None:
        self.path = path
        self.standing = Standing(objective)
        self._candidates = sampler.candidates
        self._options = {each.key: each.options for each in sampler.candidates.space.decisions}
        self._objective = objective
        self._seed = sampler.seed
        self._running: dict[int, Job] = {}
        self._sizes: dict[int, dict[str, int]] = {}  # MACs and parameters of those running
        self._again: deque[Job] = deque()
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

    def ask(self) -> Job | None:
        """The next job, in the journal before it is returned; None where `standing.ended` says why.

        Infeasible and repeated candidates are told at once, and the next one is drawn.
        """
        while self._again:
            job = self._again.popleft()
            if self._ask_again(job):
                return job
        while not self.standing.ended:
            with self._journal:
                trial = self._study.ask()
                point = trial.relative_params
                for key in point:
                    trial.suggest_categorical(key, self._options[key])
                candidate = self._candidates.at(point)
                card = candidate.card
                self._set(trial.number, **card.stored())
                refused = self._refusal(trial.number, candidate)
                if refused:
                    self._write(refused, ())
            if refused:
                self.standing.add(refused.kind, reason=refused.reason)
                continue
            self._candidates.seen[card.hash] = trial.number
            job = Job(trial.number, card.genotype, self._job_seed(trial.number))
            self._running[job.number] = job
            self._sizes[job.number] = {"macs": card.macs, "params": card.params}
            return job
        return None

    def tell(self, outcome: Outcome) -> Outcome:
        """Write what came of a running trial; returns it as recorded.

        A complete trial whose figures aren't finite is recorded as diverged, one that lacks a
        figure of the objective as crashed. Telling of a trial that isn't running changes nothing.
        """
        job = self._running.get(outcome.number)
        if job is None:
            return outcome
        if outcome.kind == Kind.LOST and job.attempt <= FAILURES:
            self._again.append(replace(job, attempt=job.attempt + 1))
            del self._running[job.number]
            return outcome
        sizes = self._sizes[job.number]
        outcome = _finite(outcome)
        values: tuple[float, ...] = ()
        if outcome.kind == Kind.COMPLETE:
            try:
                values = self._objective.values({**outcome.figures, **sizes})
            except KeyError as error:
                outcome = replace(
                    outcome, kind=Kind.CRASHED, reason=f"the evaluator measured no {error}"
                )
        with self._journal:
            self._write(outcome, values)
        del self._running[job.number], self._sizes[job.number]
        self.standing.add(outcome.kind, outcome.seconds, outcome.reason)
        if outcome.kind == Kind.COMPLETE:
            figures = {**outcome.figures, **sizes}
            self.standing.complete(Finished(job.number, job.genotype, job.seed, values, figures))
        return outcome

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` beside the trials."""
        self._study.set_user_attr(key, value)

    def noted(self, key: str) -> Any:
        """What `note` kept under `key`, or None."""
        return self._study.user_attrs.get(key)

    def close(self) -> None:
        """Free the run for another driver; trials that are running stay so, and are asked again."""
        self._journal.close()

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
            if was != now:
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
        kind = Kind(held["outcome"]) if trial.state.is_finished() else None
        attempt = held.get("attempt", 1)
        self.standing.counts[Kind.LOST] += attempt - 1
        sizes = {"macs": held["macs"], "params": held["params"]}
        if kind not in (Kind.DUPLICATE, Kind.INFEASIBLE):
            self._candidates.seen[held["hash"]] = number
        if kind is None:
            seed = self._job_seed(number)
            self._again.append(Job(number, held["genotype"], seed, attempt=attempt + 1))
            self._sizes[number] = sizes
            return
        self.standing.add(kind, held.get("seconds", 0.0), held.get("reason", ""))
        if kind == Kind.COMPLETE:
            figures = {**held["figures"], **sizes}
            self.standing.complete(
                Finished(
                    number, held["genotype"], self._job_seed(number), tuple(trial.values), figures
                )
            )


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
