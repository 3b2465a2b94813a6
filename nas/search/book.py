"""The book: the Optuna study of a search in its journal, and what is written into it of a trial."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.errors import RunError
from nas.search.candidates import Point
from nas.search.journal import OneWriterJournal
from nas.search.objective import Objective
from nas.search.samplers._base import SpaceSampler
from nas.trial import Job, Kind, Outcome

REASON = 4096  # characters kept of a trial's reason: the last frames of a traceback
_STUDY = 0  # the only one in the journal, so a trial's id in the storage is its number
_STATES = {Kind.COMPLETE: TrialState.COMPLETE, Kind.PRUNED: TrialState.PRUNED}


class Book:
    """What is written `with book:` is on the disk afterwards, all of it or nothing.

    Raises `RunError`: the journal at `path` is held, damaged, or was made with other `settings`.
    """

    def __init__(
        self, path: Path, sampler: SpaceSampler, objective: Objective, settings: Mapping[str, Any]
    ) -> None:
        self.path = path
        self._sampler = sampler
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.journal = OneWriterJournal(path)
        try:
            self._storage = self._read()
            with self:
                self.study = self._open(objective)
                self._check(settings)
            self._count = self._storage.get_n_trials(_STUDY)
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
    def trials(self) -> Sequence[FrozenTrial]:
        """All trials by number; not copies."""
        return _Trials(self._storage, self._count)

    def draw(self, point: Point | None = None) -> FrozenTrial:
        """The next trial, with `point` or else what the sampler proposes for it as its parameters;
        not written."""
        drawn = self._storage.drawn = FrozenTrial(
            number=self._count,
            trial_id=self._count,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=datetime.now(),
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )
        study = copy.copy(self.study)  # which doesn't remember the trials that were there before
        space = self._sampler.distributions
        drawn.params = dict(point or self._sampler.sample_relative(study, drawn, space))
        drawn.distributions = {key: space[key] for key in drawn.params}
        return drawn

    def begin(
        self, drawn: FrozenTrial, attributes: Mapping[str, Any], refused: Outcome | None = None
    ) -> None:
        """Write the trial that was drawn, as one that runs or, if it was refused, has ended so."""
        drawn.user_attrs = dict(attributes)
        if refused:
            drawn.user_attrs |= _ending(refused)
            drawn.state, drawn.datetime_complete = TrialState.FAIL, datetime.now()
        self._create(drawn)
        self._storage.drawn = None

    def set(self, number: int, **attributes: Any) -> None:
        """Let a trial that runs have these attributes (JSON values)."""
        for key, value in attributes.items():
            self._storage.set_trial_user_attr(number, key, value)

    def result(
        self,
        job: Job,
        outcome: Outcome,
        values: tuple[float, ...],
        own: Sequence[Mapping[str, float]] = (),
    ) -> None:
        """Write a result at a rung, where it is a seed with that one's `own` figures, the last of
        those so far; the trial goes on running."""
        seconds = round(outcome.seconds, 3)
        held: dict[str, Any] = {
            "values": values,
            "figures": dict(outcome.figures),
            "seconds": seconds,
        }
        if own:
            held |= {"own": own[-1], "seed": job.seed}
        self.set(job.number, **{f"rung.{job.rung}": held})
        if len(values) == 1 and job.epochs is not None:  # Optuna's own form, for one objective
            self._storage.set_trial_intermediate_value(job.number, job.epochs, values[0])

    def end(self, outcome: Outcome, values: tuple[float, ...] = ()) -> None:
        """Write how a trial ended."""
        self.set(outcome.number, **_ending(outcome))
        state = _STATES.get(outcome.kind, TrialState.FAIL)
        if state == TrialState.PRUNED:  # its value is the last that it reported, as Optuna has it
            reported = self._storage.get_trial(outcome.number).intermediate_values
            values = (reported[max(reported)],) if reported else ()
        self._storage.set_trial_state_values(outcome.number, state, values or None)

    def add(self, point: Point, values: tuple[float, ...], attributes: Mapping[str, Any]) -> None:
        """Write a complete trial that was never asked."""
        self._create(
            create_trial(
                values=values,
                params=dict(point),
                distributions={key: self._sampler.distributions[key] for key in point},
                user_attrs=dict(attributes),
            )
        )

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` beside the trials."""
        self.study.set_user_attr(key, value)

    def noted(self, key: str) -> Any:
        """What `note` kept under `key`, or None."""
        return self.study.user_attrs.get(key)

    def _create(self, trial: FrozenTrial) -> None:
        self._storage.create_new_trial(_STUDY, trial)
        self._count += 1

    def _read(self) -> _Storage:
        try:
            return _Storage(self.journal)
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.path}: is no journal of a search ({type(error).__name__}: {error}); "
                "restore the file from a copy, or begin a new run (nothing was changed)"
            ) from error

    def _open(self, objective: Objective) -> optuna.Study:
        if self._storage.get_all_studies():
            return optuna.load_study(study_name=None, storage=self._storage, sampler=self._sampler)
        return optuna.create_study(
            study_name="nas",
            storage=self._storage,
            sampler=self._sampler,
            directions=objective.directions,
        )

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
            if _given(was) != _given(now):
                raise RunError(
                    f"{self.path.parent}: its trials were made with {key} = {_short(was)}, not "
                    f"{_short(now)}; put that back into study.toml, or begin a new run"
                )


class _Storage(JournalStorage):
    """Optuna's, in which a trial is created once it is drawn, whole: what Optuna's samplers note of
    it before goes with it."""

    drawn: FrozenTrial | None = None

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        if self.drawn is not None and trial_id == self.drawn.number:
            self.drawn.system_attrs[key] = value
        else:
            super().set_trial_system_attr(trial_id, key, value)


class _Trials(Sequence[FrozenTrial]):
    """The storage's trials by number: to look at one takes the same time however many there are."""

    def __init__(self, storage: _Storage, count: int) -> None:
        self._storage, self._count = storage, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[FrozenTrial]:
        return iter(self._storage.get_all_trials(_STUDY, deepcopy=False))

    @overload
    def __getitem__(self, number: int) -> FrozenTrial: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[FrozenTrial]: ...
    def __getitem__(self, number: int | slice) -> FrozenTrial | Sequence[FrozenTrial]:
        if isinstance(number, slice):
            return [*self][number]
        if not 0 <= number < self._count:
            raise IndexError(number)
        return self._storage.get_trial(number)


def _ending(outcome: Outcome) -> dict[str, Any]:
    """The attributes that say how a trial ended."""
    known = {
        "outcome": outcome.kind.value,
        "seconds": round(outcome.seconds, 3),
        "figures": dict(outcome.figures),
        "reason": outcome.reason[-REASON:],
    }
    return {key: value for key, value in known.items() if value}


def _given(value: Any) -> Any:
    """A setting without what is None, False or 0, which a run that is older doesn't know."""
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if each}
    return value or None


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
