"""Tensors on disk: written so that a file is whole or not there, whatever happens meanwhile.

Every file is safetensors: loading one runs no code of its author's.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import RunError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

_FACTS = "nas"  # the key of our JSON among a file's metadata
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def save(model: nn.Module, path: Path) -> None:
    """The model's state at `path`, as safetensors; a file there is replaced whole or kept.

    Raises `RunError` where it can't be written; the last good file is then as it was.
    """
    write(path, model.state_dict())


def restore(model: nn.Module, path: Path) -> None:
    """Load the weights at `path` into `model`, every tensor by its name and shape.

    Raises `WeightsError` where the file is missing or damaged, or doesn't fit the model.
    """
    load(model, read(path)[0], path)


def load(model: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Copy `state`, read from `path`, into `model`; `WeightsError` where the two don't fit."""
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
    model.load_state_dict(dict(state))


def write(
    path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any] | None = None
) -> None:
    """Tensors, and what JSON can hold beside them, in one file at `path`, replaced whole or kept.

    Raises `RunError` where it can't be written; the last good file is then as it was.
    """
    from safetensors.torch import save as packed

    metadata = {_FACTS: json.dumps(facts)} if facts is not None else None
    content = packed({name: value.contiguous() for name, value in tensors.items()}, metadata)
    try:
        _replace(path, content)
    except OSError as error:
        size = f"{len(content) / 1e6:.1f} MB of weights"
        if error.errno in _FULL:
            reason = f"no room for {size}; free some space and go on"
        else:
            reason = f"{size} can't be written: {error.strerror}"
        kept = "; the file from before is untouched" if path.exists() else ""
        raise RunError(f"{path}: {reason}{kept}") from error


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors at `path` and the facts written beside them, `{}` where there are none.

    Raises `WeightsError` where the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as unpacked

    try:
        content = path.read_bytes()
        tensors = unpacked(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return tensors, json.loads(header.get("__metadata__", {}).get(_FACTS, "{}"))
    except OSError as error:
        raise WeightsError(f"{path}: weights can't be read: {error.strerror}") from error
    except (SafetensorError, ValueError) as error:
        raise WeightsError(f"{path}: no safetensors file, or a damaged one ({error})") from error


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
