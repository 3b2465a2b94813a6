"""What classes without a block's name, and arguments of a class, are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nas.compiler.source import Scope
from nas.compiler.standalone.layer import REQUIRED, source

Place = tuple[str, ...]  # names of parts
SHORT = {
    "in_channels": "channels",
    "num_features": "channels",
    "in_features": "channels",
    "normalized_shape": "channels",
    "out_channels": "out",
    "out_features": "out",
    "kernel_size": "kernel",
}
_SUM = re.compile(r"\.add_\(| \+ ")
_SAID = {
    "Branches": "Branches, concatenated along the channels.",
    "Residual": "The input, and what is made of it added.",
    "Sum": "Branches, added.",
}


@dataclass(frozen=True, slots=True)
class Column:
    """An argument of a layer or class somewhere in a scope, with its value in every scope of the
    class."""

    place: Place
    name: str
    values: tuple[object, ...]
    default: object = REQUIRED

    @property
    def short(self) -> str:
        """The name by which a class takes it."""
        return SHORT.get(self.name, self.name)

    @property
    def constant(self) -> bool:
        """Whether all values are one; 1 and True differ."""
        return len(set(map(repr, self.values))) == 1


def composed(scope: Scope) -> str:
    """What a scope does with branches, if it has some."""
    if concatenates(scope):
        return "Branches"
    if not adds(scope):
        return ""
    return "Residual" if len(scope.parts) == 1 and len(scope.inputs) == 1 else "Sum"


def said(name: str) -> str:
    """What is told of a class that was given its name by `composed`."""
    return _SAID.get(name.rstrip("0123456789"), "")


def adds(scope: Scope) -> bool:
    """Whether it adds one value to another."""
    return _SUM.search(scope.forward) is not None


def concatenates(scope: Scope) -> bool:
    """Whether what it gives may be that of several parts side by side."""
    return "torch.cat" in scope.forward


def usual(group: Sequence[Column]) -> object:
    """What an argument is where nothing is said: what it is in torch, if it ever is; of a kernel
    the smallest, if most are."""
    values = group[0].values
    if all(column.name == "kernel_size" for column in group):
        least = min(values, key=lambda side: (isinstance(side, tuple), side))
        return least if 2 * values.count(least) > len(values) else REQUIRED
    written = {source(column.default) for column in group}
    occurs = len(written) == 1 and written <= set(map(source, values))
    return group[0].default if occurs else REQUIRED


def named(groups: Sequence[Sequence[Column]], last: Column | None) -> list[str]:
    """A name for each group of arguments that are always equal: what it is, and of which part
    where that isn't enough. `out` by itself is that of the `last` part."""
    plain = [group[0].short for group in groups]
    names: list[str] = []
    for group, name in zip(groups, plain, strict=True):
        whole = name == "out" and last in group
        part = name == "out" and last not in group
        if part or (plain.count(name) > 1 and not whole and not (name == "channels" and not names)):
            name = "_".join([*group[0].place, name])
            name = name if name.isidentifier() else f"branch{name}"
        number = 1
        while (full := name if number == 1 else f"{name}_{number}") in names:
            number += 1
        names.append(full)
    return names
