"""Dense blocks: layers that each read everything before them, which a person writes as a loop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nas.compiler.source import Scope

FORWARD = """\
    def forward(self, x):
        maps = [x]
        for layer in self.children():
            maps.append(layer(*maps))
        return torch.cat(maps, 1)
"""


@dataclass(frozen=True, slots=True)
class Dense:
    """The layers of a dense block, called `name` with a number from 1."""

    name: str
    layers: tuple[Scope, ...]


def dense(scope: Scope) -> Dense | None:
    """The scope's layers if each reads its input and all outputs before, and all are given."""
    parts = list(scope.parts.items())
    found = re.fullmatch(r"(\D+)1", parts[0][0]) if len(parts) > 1 else None
    if not found or len(scope.inputs) != 1:
        return None
    known = list(scope.inputs)
    for number, ((name, part), call) in enumerate(
        zip(parts, scope.calls[: len(parts)], strict=False), 1
    ):
        if not isinstance(part, Scope) or name != f"{found[1]}{number}":
            return None
        if call[0] != name or call[1] != known or len(call[2]) != 1:
            return None
        known += call[2]
    if len(scope.calls) != len(parts) + 1 or scope.calls[-1][1] != known:
        return None
    layers = tuple(part for _, part in parts if isinstance(part, Scope))
    last = scope.lines[-2:]
    concatenated = len(last) == 2 and "= torch.cat((" in last[0] and "return" in last[1]
    gathers = all("torch.cat((" in layer.lines[0] for layer in layers[1:])
    return Dense(found[1], layers) if concatenated and gathers else None
