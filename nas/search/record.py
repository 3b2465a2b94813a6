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
        if self._again:
            return self._ask_again(self._again.popleft())
        while not self.standing.ended:
            with self._journal:
                trial = self._study.ask()
                point = dict(trial.relative_params)
                for key in point:
                    trial.suggest_categorical(key, self._options[key])
                candidate = self._candidates.at(point)
                card = candidate.card
                for name in ("genotype", "hash", "macs", "params"):
                    self._set(trial.number, name, getattr(card, name))
                refused = self._refusal(trial.number, candidate)
                if refused:
                    self._write(refused, ())
            if not refused:
                self._candidates.seen[card.hash] = trial.number
                return self._start(Job(trial.number, card.genotype, self._job_seed(trial.number)))
            self.standing.add(refused.kind, reason=refused.reason)
        return None

    def tell(self, outcome: Outcome) -> Outcome:
        """Write what came of a running trial; returns it as recorded.

        A complete trial whose figures aren't finite is recorded as diverged, one that lacks a figure
        of the objective as crashed. Telling of a trial that isn't running changes nothing.
        """
        job = self._running.get(outcome.number)
        if job is None:
            return outcome
        attributes = self._study_attributes(outcome.number)
        sizes = {name: float(attributes[name]) for name in ("macs", "params")}
        outcome, values = self._judge(outcome, sizes)
        with self._journal:
            self._write(outcome, values)
        del self._running[outcome.number]
        self.standing.add(outcome.kind, outcome.seconds, outcome.reason)
        if outcome.kind == Kind.COMPLETE:
            figures = {**outcome.figures, **sizes}
            self.standing.complete(
                Finished(job.number, job.genotype, job.seed, values, figures)
            )
        return outcome
