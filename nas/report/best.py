"""The best candidate so far in a folder of its own, complete at every moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nas.artefacts.folder import link, replace
from nas.artefacts.readme import Origin
from nas.artefacts.whole import contents
from nas.errors import RunError
from nas.genotype import Genotype, parse


@dataclass(frozen=True, slots=True)
class Best:
    """A candidate: its trial, text and scores, and how to train it again."""

    trial: int
    genotype: str
    scores: Mapping[str, float]  # as measured on the validation split
    retrain: str  # the command, run inside the folder
    untrained: str = ""  # of one that wasn't trained: what scored it
    heir: bool = False  # the search began it with another trial's weights
    data: Mapping[str, object] | None = None  # the card of what it was trained on
    seeds: int = 1  # whose means the scores are; the weights are the last one's


def publish(best: Best, weights: Path, folder: Path) -> None:
    """`folder` holds `best` whole, as `nas compile` would leave it, and `nas.load` reads it; its
    weights are those at `weights` or, if it wasn't trained, drawn with seed 0.

    Whatever was there is replaced in one step: a reader finds the old folder or the new one.
    Raises `RunError` if it can't be written; the old one then stays.
    """
    scores = ", ".join(f"{name} {value:.4g}" for name, value in best.scores.items())
    trained = f"trained by the search: {scores} (validation split)"
    if best.seeds > 1:
        trained += f", the mean of {best.seeds} seeds, of which these weights are the last one's"
    again = "Train it again here, to the same weights on the same machine, by"
    if best.heir:
        again = "The search began it with another trial's weights; train it here from scratch by"
    origin = Origin(
        title=f"Trial {best.trial}",
        weights=f"drawn with seed 0, not trained: {scores} by {best.untrained}"
        if best.untrained
        else trained,
        again="Train it here by" if best.untrained else again,
        command=best.retrain,
        figures={"trial": best.trial, "validation": dict(best.scores)},
        data=best.data,
    )
    try:
        network = parse(best.genotype)
        save = _drawn(network) if best.untrained else lambda path: link(weights, path)
        replace(folder, contents(network, save, origin))
    except OSError as error:
        raise RunError(
            f"{folder}: can't be written ({error.strerror}); the best before is still there: make "
            f"room, then go on with `nas search --resume {folder.parent}`"
        ) from error


def holds(folder: Path, best: Best) -> bool:
    """Whether `folder` holds `best` whole, as it scored; it may have been trained on since."""
    try:
        figures = json.loads((folder / "cost.json").read_text())
        return bool((figures["trial"], figures["validation"]) == (best.trial, dict(best.scores)))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _drawn(network: Genotype) -> Callable[[Path], None]:
    """What saves the network's weights as they are drawn with seed 0."""
    from nas.compiler.network import compile
    from nas.train.checkpoint import save

    return lambda path: save(compile(network, seed=0), path)
