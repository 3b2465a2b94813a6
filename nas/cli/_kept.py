"""The network in a folder: one that `nas compile` or `nas train` left, or a run's trial."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import RunError, UsageError

if TYPE_CHECKING:
    from nas.genotype import Genotype

JOURNAL, BEST, TRIALS = "journal.log", "best", "trials"
WEIGHTS, DATA = "weights.safetensors", "data.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A network with weights on disk, and what to say of them."""

    title: str
    genotype: Genotype
    weights: Path
    told: str  # "trained by the search in runs/a, trial 3"
    data: dict[str, Any] | None = None  # the card of what it was trained on, if that is known


def kept(folder: Path, trial: int | None = None) -> Kept:
    """The network in `folder`; of a run's its best, or that of `trial`. Nothing is executed.

    Raises `RunError` where there is none or its weights weren't kept, `GenotypeError` where its
    genotype can't be read, `UsageError` for a trial of what is no run.
    """
    from nas.genotype import load

    if not (folder / JOURNAL).exists():
        if trial is not None:
            raise UsageError(f"--trial {trial}: {folder} holds no run (no {JOURNAL})")
        if not (folder / "genotype.nas").exists():
            raise RunError(
                f"{folder}: holds no network and no run (neither genotype.nas nor {JOURNAL}); name "
                "a folder of `nas compile`, `nas train` or `nas search`"
            )
        genotype = load(folder / "genotype.nas")
        told, weights = f"taken from {folder}{_before(folder)}", folder / WEIGHTS
        return Kept(folder.resolve().name, genotype, weights, told, _data(folder))
    best = _trial_of(folder / BEST)
    if trial is None or trial == best:
        if best is None:
            raise RunError(
                f"{folder}: the run has no best candidate yet; go on with "
                f"`nas search --resume {folder}`"
            )
        genotype = load(folder / BEST / "genotype.nas")
        held = folder / BEST
        return _of_run(folder, best, genotype, held / WEIGHTS, _before(held))
    text = _text(folder, trial)
    weights = folder / TRIALS / str(trial) / WEIGHTS
    if not weights.exists():
        raise RunError(
            f"{folder}: the weights of trial {trial} weren't kept, only those of the best and of "
            f"the front; train it again with `nas train {shlex.quote(text)}`"
        )
    from nas.genotype import parse

    return _of_run(folder, trial, parse(text), weights)


def _of_run(folder: Path, trial: int, genotype: Genotype, weights: Path, before: str = "") -> Kept:
    told = f"taken from trial {trial} of the search in {folder}{before}"
    title = f"Trial {trial} of {folder.resolve().name}"
    return Kept(title, genotype, weights, told, _data(folder / BEST))


def _before(folder: Path) -> str:
    """How the folder's weights came about, as its cost.json tells; nothing where it doesn't."""
    try:
        told = json.loads((folder / "cost.json").read_text(encoding="utf-8"))["made"]["weights"]
        return f", where they were {' '.join(told.split())}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""


def _data(folder: Path) -> dict[str, Any] | None:
    """The data set's card that `nas train` (data.json) or a search (cost.json) left; None where
    there is none, or it isn't one."""
    for name, place in ((DATA, None), ("cost.json", "data")):
        try:
            held = json.loads((folder / name).read_text(encoding="utf-8"))
            card = held if place is None else held[place]
            numbers = [float(each) for key in ("mean", "std") for each in card[key]]
            if numbers and isinstance(card["classes"], list) and isinstance(card["name"], str):
                return dict(card)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _trial_of(best: Path) -> int | None:
    """The trial that a run's best/ holds."""
    try:
        return int(json.loads((best / "cost.json").read_text(encoding="utf-8"))["trial"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _text(folder: Path, trial: int) -> str:
    """A trial's genotype, as the journal holds it."""
    from nas.search.reading import read

    trials = {each.number: each for each in read(folder / JOURNAL).trials if each.own}
    if trial not in trials:
        last = f"its last is {max(trials)}" if trials else "it has none yet"
        raise RunError(f"{folder}: the run has no trial {trial}; {last}")
    text = trials[trial].held.get("genotype")
    if not isinstance(text, str):
        raise RunError(f"{folder}: trial {trial} has no genotype yet; name one that was trained")
    return text
