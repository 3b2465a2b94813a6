"""Warm start: the complete trials of another run, as far as this space has their networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from nas.errors import GenotypeError, RunError, SpaceError
from nas.search.candidates import Candidates, Point
from nas.space import Space
from nas.space.locate import Locator


@dataclass(frozen=True, slots=True)
class Known:
    """A trial of another run: its number there, its point in this space, and what was measured."""

    number: int
    point: Point
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What is taken from a run, and how many of its trials don't fit, with the first's reason."""

    run: str
    trials: tuple[Known, ...]
    misfits: int = 0
    reason: str = ""

    def __str__(self) -> str:
        count = len(self.trials) + self.misfits
        known = f"{len(self.trials)} of {count} trials of {self.run} are known"
        best = max((each.figures.get("accuracy", 0.0) for each in self.trials), default=0.0)
        if best:
            known += f", the best with accuracy {best:.4f}"
        if not self.misfits:
            return known
        return f"{known}; {self.misfits} don't fit this space: {self.reason}"


def stored(journal: Path, complete: bool = True) -> tuple[Mapping[str, Any], list[FrozenTrial]]:
    """The settings and the complete trials of a run, or all of its trials; another process may be
    writing it.

    Raises `RunError` where there is no journal of a search.
    """
    if not journal.is_file():
        raise RunError(f"{journal.parent}: holds no run (no {journal.name})")
    try:
        storage = JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.load_study(study_name="nas", storage=storage)
        settings = study.user_attrs["settings"]
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        raise RunError(
            f"{journal}: is no journal of a search ({type(error).__name__}: {error})"
        ) from error
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,) if complete else None)
    return settings, [trial for trial in trials if "hash" in trial.user_attrs]


def warm_start(
    run: str, trials: Sequence[FrozenTrial], space: Space, candidates: Candidates
) -> WarmStart:
    """What of a run's complete trials is in `space` and within the limits of `candidates`, whose
    space it is."""
    locator = Locator(space)
    known: list[Known] = []
    reason = ""
    for trial in trials:
        held = trial.user_attrs
        try:
            candidate = candidates.at(locator.find(trial.params, held["genotype"]))
        except (SpaceError, GenotypeError) as error:
            reason = reason or f"{error} (trial {trial.number})"
            continue
        if candidate.excess > 1:
            reason = reason or f"{candidate.reason} (trial {trial.number})"
            continue
        known.append(Known(trial.number, candidate.point, held["figures"]))
    return WarmStart(run, tuple(known), len(trials) - len(known), reason)
