"""Weights on disk: written so that a file is whole or not there, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import RunError, WeightsError

if TYPE_CHECKING:
    from torch import nn


def save(model: nn.Module, path: Path) -> None:
    """The model's state at `path`, as safetensors; a file there is replaced whole or kept.

    Raises `RunError` where it can't be written; the last good file is then as it was.
    """
    from safetensors.torch import save as packed

    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    content = packed(state)
    try:
        _replace(path, content)
    except OSError as error:
        size = f"{len(content) / 1e6:.1f} MB of weights"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"no room for {size}; free some space and go on"
        else:
            reason = f"{size} can't be written: {error.strerror}"
        kept = "; the file from before is untouched" if path.exists() else ""
        raise RunError(f"{path}: {reason}{kept}") from error


def restore(model: nn.Module, path: Path) -> None:
    """Load the weights at `path` into `model`, every tensor by its name and shape.

    Raises `WeightsError` where the file is missing or damaged, or doesn't fit the model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        state = load(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: weights can't be read: {error.strerror}") from error
    except (SafetensorError, ValueError) as error:
        raise WeightsError(f"{path}: no safetensors file, or a damaged one ({error})") from error
    wanted = model.state_dict()
    problems = [f"{name} is missing" for name in wanted if name not in state]
    problems += [f"{name} is not in the network" for name in sorted(state) if name not in wanted]
    problems += [
        f"{name} has shape {tuple(state[name].shape)}, the network's has {tuple(value.shape)}"
        for name, value in wanted.items()
        if name in state and state[name].shape != value.shape
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise WeightsError(
            f"{path}: the weights are of another network: {'; '.join(problems[:3])}{more}"
        )
    model.load_state_dict(state)


def _replace(path: Path, content: bytes) -> None:
    """Write to a temporary file beside `path`, flush it to the disk, and put it in the place."""
    part = path.with_name(f".{path.name}.part")  # always the same: what a kill leaves is reused
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
