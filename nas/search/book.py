"""The book: the Optuna study of a search in its journal, and what is written into it of a trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.errors import RunError
from nas.search.candidates import Point
from nas.search.journal import OneWriterJournal
from nas.search.objective import Objective
from nas.search.samplers._base import SpaceSampler
from nas.trial import Job, Kind, Outcome

REASON = 4096  # characters kept of a trial's reason: the last frames of a traceback
_STATES = {Kind.COMPLETE: TrialState.COMPLETE, Kind.PRUNED: TrialState.PRUNED}


class Book:
    """What is written `with book:` is on the disk afterwards, all of it or nothing.

    Raises `RunError`: the journal at `path` is held, damaged, or was made with other `settings`.
    """

    def __init__(
        self, path: Path, sampler: SpaceSampler, objective: Objective, settings: Mapping[str, Any]
    ) -> None:
        self.path = path
        self._options = {each.key: each.options for each in sampler.candidates.space.decisions}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.journal = OneWriterJournal(path)
        try:
            self._storage = self._read()
            with self:
                self.study = optuna.create_study(
                    storage=self._storage,
                    study_name="nas",
                    directions=objective.directions,
                    sampler=sampler,
                    load_if_exists=True,
                )
                self._check(settings)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        self.journal.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.journal.__exit__(kind, error, trace)

    def close(self) -> None:
        """Free the journal for another driver."""
        self.journal.close()

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials by number; not copies."""
        return self.study.get_trials(deepcopy=False)

    def draw(self) -> tuple[int, Point]:
        """A new trial's number, and what the sampler proposes for it."""
        trial = self.study.ask()
        point = trial.relative_params
        for key in point:
            trial.suggest_categorical(key, self._options[key])
        return trial.number, point

    def set(self, number: int, **attributes: Any) -> None:
        """Let a trial that runs have these attributes (JSON values)."""
        # One study in the journal, so a trial's id in the storage is its number.
        for key, value in attributes.items():
            self._storage.set_trial_user_attr(number, key, value)

    def result(self, job: Job, outcome: Outcome, values: tuple[float, ...]) -> None:
        """Write a result at a rung; the trial goes on running."""
        seconds = round(outcome.seconds, 3)
        held = {"values": values, "figures": dict(outcome.figures), "seconds": seconds}
        self.set(job.number, **{f"rung.{job.rung}": held})
        if len(values) == 1 and job.epochs is not None:  # Optuna's own form, for one objective
            self._storage.set_trial_intermediate_value(job.number, job.epochs, values[0])

    def end(self, outcome: Outcome, values: tuple[float, ...] = ()) -> None:
        """Write how a trial ended."""
        known = {
            "outcome": outcome.kind.value,
            "seconds": round(outcome.seconds, 3),
            "figures": dict(outcome.figures),
            "reason": outcome.reason[-REASON:],
        }
        self.set(outcome.number, **{key: value for key, value in known.items() if value})
        state = _STATES.get(outcome.kind, TrialState.FAIL)
        self.study.tell(outcome.number, values or None, state=state)

    def add(self, point: Point, values: tuple[float, ...], attributes: Mapping[str, Any]) -> None:
        """Write a complete trial that was never asked."""
        options: dict[str, BaseDistribution] = {
            key: CategoricalDistribution(self._options[key]) for key in point
        }
        trial = create_trial(
            values=values, params=dict(point), distributions=options, user_attrs=dict(attributes)
        )
        self.study.add_trial(trial)

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` beside the trials."""
        self.study.set_user_attr(key, value)

    def noted(self, key: str) -> Any:
        """What `note` kept under `key`, or None."""
        return self.study.user_attrs.get(key)

    def _read(self) -> JournalStorage:
        try:
            return JournalStorage(self.journal)
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.path}: is no journal of a search ({type(error).__name__}: {error}); "
                "restore the file from a copy, or begin a new run (nothing was changed)"
            ) from error

    def _check(self, settings: Mapping[str, Any]) -> None:
        """Write the settings into a new study; of an old one, see that they are the same."""
        settings = json.loads(json.dumps(settings))
        held = self.noted("settings")
        if held is None:
            self.note("settings", settings)
            self.note("space_sha256", hashlib.sha256(settings["space"].encode()).hexdigest())
            return
        for key in sorted({*settings, *held}):
            was, now = held.get(key), settings.get(key)
            if (was or None) != (now or None):  # what an older run doesn't know is not given
                raise RunError(
                    f"{self.path.parent}: its trials were made with {key} = {_short(was)}, not "
                    f"{_short(now)}; put that back into study.toml, or begin a new run"
                )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
