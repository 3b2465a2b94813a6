"""Torch's layers as they are made here: norms as they begin, others with their numbers not set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn

from nas.ops import layers

if TYPE_CHECKING:
    from nas.ops._base import Layer

NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)
_CPU = torch.device("cpu")
_ONES = ("weight", "running_var")  # of a norm; its other numbers begin at zero


def fresh(layer: Layer, device: torch.device) -> nn.Module:
    """The layer on `device`; but for norms, which begin alike, its numbers are not yet set.

    Torch's constructors draw weights that are thrown away when a network sets its own; doing
    again what one of them did otherwise takes a tenth of the time.
    """
    return _mould(layer).cast(device)


def bare(kind: Callable[[], nn.Module]) -> nn.Module:
    """A module without parts, of a class that is made without arguments."""
    return _bare(kind).cast(_CPU)


_Make: TypeAlias = Callable[..., torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Mould:
    """What a module holds, without memory for its numbers."""

    kind: type[nn.Module]
    settings: tuple[tuple[str, Any], ...]
    tables: tuple[tuple[str, Any], ...]  # of hooks, mostly empty; of parts, without them
    parameters: tuple[tuple[str, _Make, tuple[int, ...]], ...]  # shapes
    buffers: tuple[tuple[str, _Make, tuple[int, ...], torch.dtype | None], ...]
    children: tuple[tuple[str, _Mould], ...]

    def cast(self, device: torch.device) -> nn.Module:
        """A module like it."""
        made = self.kind.__new__(self.kind)
        held = vars(made)
        held.update(self.settings)
        for name, value in self.tables:
            held[name] = value.copy() if value else value.__class__()
        for name, make, shape in self.parameters:
            held["_parameters"][name] = nn.Parameter(make(shape, device=device))
        for name, make, shape, dtype in self.buffers:
            held["_buffers"][name] = make(shape, dtype=dtype, device=device)
        for name, child in self.children:
            held["_modules"][name] = child.cast(device)
        return made


@lru_cache(maxsize=1 << 12)
def _mould(layer: Layer) -> _Mould:
    kind: Any = getattr(layers, layer.kind, None) or getattr(nn, layer.kind)
    with torch.device("meta"):
        module = _undrawn(kind)(*layer.args, **dict(layer.options))
    if layer.spread is not None:
        vars(module)["spread"] = layer.spread
    return _taken(module, kind)


@lru_cache(maxsize=1 << 8)
def _undrawn(kind: type[Any]) -> type[Any]:
    """The class with a constructor that draws nothing."""
    return type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})


@lru_cache(maxsize=1 << 12)
def _bare(kind: Callable[[], nn.Module]) -> _Mould:
    made = kind()
    return _taken(made, type(made))


def _taken(module: nn.Module, kind: type[nn.Module]) -> _Mould:
    def make(name: str) -> _Make:
        if not isinstance(module, NORMS):
            return torch.empty
        return torch.ones if name in _ONES else torch.zeros

    parts = ("_parameters", "_buffers", "_modules")
    settings: list[tuple[str, Any]] = []
    tables: list[tuple[str, Any]] = []
    for name, value in vars(module).items():
        if name in parts:
            tables.append((name, dict.fromkeys(value)))
        elif isinstance(value, dict | set):
            tables.append((name, value))
        else:
            settings.append((name, value))
    parameters = [(name, each) for name, each in module._parameters.items() if each is not None]
    buffers = [(name, each) for name, each in module._buffers.items() if each is not None]
    children = [(name, each) for name, each in module._modules.items() if each is not None]
    return _Mould(
        kind,
        tuple(settings),
        tuple(tables),
        tuple((name, make(name), tuple(each.shape)) for name, each in parameters),
        tuple((name, make(name), tuple(each.shape), _dtype(each)) for name, each in buffers),
        tuple((name, _taken(each, type(each))) for name, each in children),
    )


def _dtype(buffer: torch.Tensor) -> torch.dtype | None:
    """None for torch's default, which may be another when the module is made."""
    return None if buffer.is_floating_point() else buffer.dtype
