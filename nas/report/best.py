"""The best candidate so far in a folder of its own, complete at every moment."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nas.errors import RunError
from nas.quantity import format_count

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


@dataclass(frozen=True, slots=True)
class Best:
    """A candidate: its trial, text, cost and scores, and how to train it again."""

    trial: int
    genotype: str
    cost: Mapping[str, float]  # params, macs
    scores: Mapping[str, float]  # as measured on the validation split
    retrain: str  # the command, run inside the folder


def publish(best: Best, weights: Path, folder: Path) -> None:
    """`folder` holds `best` whole: genotype.nas, weights.safetensors, cost.json, README.md.

    Whatever was there is replaced in one step: a reader finds the old folder or the new one.
    Raises `RunError` if it can't be written; the old one then stays.
    """
    new = folder.with_name(f".{folder.name}-new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        _link(weights, new / "weights.safetensors")
        (new / "genotype.nas").write_text(best.genotype.rstrip("\n") + "\n")
        card = {"trial": best.trial, "cost": dict(best.cost), "validation": dict(best.scores)}
        (new / "cost.json").write_text(json.dumps(card, indent=2) + "\n")
        (new / "README.md").write_text(_readme(best))
        for path in new.iterdir():
            _sync(path)
        _swap(new, folder)
    except OSError as error:
        raise RunError(
            f"{folder}: can't be written ({error.strerror}); the best before is still there: make "
            f"room, then go on with `nas search --resume {folder.parent}`"
        ) from error
    shutil.rmtree(new, ignore_errors=True)


def published(folder: Path) -> int | None:
    """The number of the trial that `folder` holds, or None if it holds none whole."""
    try:
        return int(json.loads((folder / "cost.json").read_text())["trial"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _readme(best: Best) -> str:
    scores = ", ".join(f"{name} {value:.4g}" for name, value in best.scores.items())
    return f"""# Trial {best.trial}

{scores} (validation split); {format_count(best.cost["macs"])} MACs, \
{format_count(best.cost["params"])} parameters.

`genotype.nas` is the network, `weights.safetensors` its trained weights, `cost.json` these figures.
Train it again, to the same weights on the same machine:

```
{best.retrain}
```
"""


def _link(source: Path, target: Path) -> None:
    """The same file under another name, which needs no room; a copy where there are no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(new: Path, folder: Path) -> None:
    """Put `new` in the place of `folder`: by exchange where there is one, else by two moves."""
    if not folder.exists():
        new.rename(folder)
        return
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    if exchange and exchange(_HERE, os.fsencode(new), _HERE, os.fsencode(folder), _EXCHANGE) == 0:
        return
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
