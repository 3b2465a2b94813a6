"""A layer's constructor: its arguments, and the source of the layers that torch lacks."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from nas.ops import Layer, layers

REQUIRED = inspect.Parameter.empty  # the default of what has none
OWN = {
    name: what
    for name, what in vars(layers).items()
    if getattr(what, "__module__", "") == layers.__name__
}


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a layer's constructor; one that has no default is written by place."""

    name: str
    value: object
    default: object = REQUIRED

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED


def source(value: object) -> str:
    """The value as it is written."""
    return repr(value).replace("'", '"')


def arguments(layer: Layer) -> list[Argument]:
    """Every argument of a layer's constructor that says what it computes, defaults too."""
    parameters = _parameters(getattr(layers, layer.kind, None) or getattr(nn, layer.kind))
    given = dict(zip(parameters, layer.args, strict=False)) | dict(layer.options)
    more = layer.args[len(parameters) :]
    found = [Argument(f"side{place}", value) for place, value in enumerate(more)]
    for name, parameter in parameters.items():
        found.append(Argument(name, given.get(name, parameter.default), parameter.default))
    return found


def sources(kinds: Iterable[str]) -> list[str]:
    """The source of layers of our own, and of what they call."""
    found: dict[str, str] = {}
    waiting = list(kinds)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(OWN[name])
            waiting += [word for word in re.findall(r"\w+", found[name]) if word in OWN]
    return [found[name] for name in OWN if name in found]


def _parameters(make: type) -> dict[str, inspect.Parameter]:
    """A constructor's parameters; what it hands on with `*args` and `**options` too."""
    own = inspect.signature(make).parameters.values()
    found = {}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in own):
        found = _parameters(make.__mro__[1])
    fixed = [p for p in own if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return found | {p.name: p for p in fixed if p.name not in ("device", "dtype")}


def _source(what: object) -> str:
    """A layer's source without `start`, which draws first weights: here they are loaded."""
    text = textwrap.dedent(inspect.getsource(what))  # type: ignore[arg-type]
    lines = text.splitlines()
    (tree,) = ast.parse(text).body
    for part in reversed(getattr(tree, "body", [])):
        if isinstance(part, ast.FunctionDef) and part.name == "start":
            del lines[part.lineno - 1 : part.end_lineno]
            if lines[part.lineno - 2 : part.lineno] == ["", ""]:
                del lines[part.lineno - 2]
    return "\n".join(lines).rstrip("\n")
