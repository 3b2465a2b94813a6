"""Which scopes are one class, what the class is called, and what its `__init__` takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from torch import nn

from nas.compiler.source import Scope
from nas.compiler.standalone.dense import Dense, dense
from nas.compiler.standalone.forward import forward, listed, module
from nas.compiler.standalone.layer import OWN, REQUIRED, arguments, source
from nas.compiler.standalone.naming import Column, Place, composed, concatenates, named, usual
from nas.ops import Layer

TAKEN = {"Network", "Output", "Path", "NamedTuple", "Any", "Callable", *OWN}
COUNT = "layers"  # of a dense block
FACTOR = "factor"  # a number in `forward`
_NUMBER = re.compile(r"(?<![\w.\"])\d+\.\d+(?:e-?\d+)?(?![\w.])")


@dataclass(slots=True)
class Class:
    """Scopes that are one class: what they call it, and what its `__init__` takes."""

    scopes: list[Scope] = field(default_factory=list)
    name: str = ""
    arguments: tuple[str, ...] = ()
    defaults: dict[str, object] = field(default_factory=dict)  # of arguments that have one
    written: dict[tuple[Place, str], str] = field(default_factory=dict)
    values: dict[int, tuple[object, ...]] = field(default_factory=dict)  # by a scope's id
    dense: Dense | None = None  # of its first scope


class Classes:
    """The classes of a network, those of parts first."""

    def __init__(self, root: Scope) -> None:
        self.root = root
        self.own: set[str] = set()  # kinds of layers that torch lacks
        self._shapes: dict[int, str] = {}  # by a scope's id: what scopes of one class share
        self._numbers: dict[str, int] = {}
        self._classes: dict[str, Class] = {}
        self._wide: set[int] = set()  # ids of scopes that take any number of maps
        self._gather(root)
        taken = set(TAKEN)
        for one in self._classes.values():
            one.name = "Network" if one.scopes[0] is root else self._called(one, taken)
            taken.add(one.name)
            self._settle(one)

    def __iter__(self) -> Iterator[Class]:
        return iter(self._classes.values())

    def of(self, scope: Scope) -> Class:
        """The class that a scope is."""
        return self._classes[self._shapes[id(scope)]]

    def forward(self, scope: Scope) -> str:
        """The scope's `forward`, with the numbers that differ within its class as attributes."""
        one, count = self.of(scope), iter(range(scope.forward.count(".")))

        def named(found: re.Match[str]) -> str:
            written = one.written[(str(next(count)),), FACTOR]
            return written if written[0].isdigit() else f"self.{written}"

        return _NUMBER.sub(named, self._text(scope))

    def factors(self, one: Class) -> list[str]:
        """The arguments that are numbers in `forward`, and attributes of the same names."""
        found = [one.written[key] for key in one.written if key[1] == FACTOR]
        return list(dict.fromkeys(name for name in found if not name[0].isdigit()))

    def _text(self, scope: Scope) -> str:
        """Its `forward`; the first layer of a dense block reads maps, as the others do."""
        text = forward(scope)
        if id(scope) not in self._wide:
            return text
        head, _, rest = text.partition("\n")
        given = head.removeprefix("    def forward(self, ").removesuffix("):")
        return f"    def forward(self, *maps):\n        {given} = torch.cat(maps, 1)\n{rest}"

    def _gather(self, scope: Scope) -> str:
        """Enter a scope and what is inside it, inner ones first; what it shares with its class."""
        if id(scope) in self._shapes:
            return self._shapes[id(scope)]
        block = dense(scope)
        if block:
            self._wide.add(id(block.layers[0]))
        parts = []
        for name, part in scope.parts.items():
            if isinstance(part, Scope):
                parts.append(f"{name}={self._gather(part)}")
                continue
            if not hasattr(nn, part.kind):
                self.own.add(part.kind)
            parts.append(f"{name}={part.kind}")
        inside = ", ".join(parts)
        if block and not self._even(block):
            block = None
        if sequence(scope):
            shape = f"[{inside}]"
        elif module(scope) and scope is not self.root:
            shape = f"{module(scope)}"
        else:
            text = (
                f"dense {parts[0]}"
                if block
                else f"{_NUMBER.sub('0.0', self._text(scope))}({inside})"
            )
            key = f"{'root ' if scope is self.root else ''}{text}"
            number = self._numbers.setdefault(key, len(self._numbers))
            shape = f"#{number}"
            self._classes.setdefault(shape, Class(dense=block)).scopes.append(scope)
        self._shapes[id(scope)] = shape
        return shape

    def _even(self, block: Dense) -> bool:
        """Whether its layers are one class, and differ by equal steps from one to the next."""
        if len({self._shapes[id(layer)] for layer in block.layers}) > 1:
            return False
        rows = [list(raw(layer)) for layer in block.layers]
        return all(step(values) is not None for values in zip(*rows, strict=True))

    def _called(self, one: Class, taken: set[str]) -> str:
        labels = {re.sub(r"\d+[a-z]?$", "", scope.label) for scope in one.scopes}
        name = min(labels - {"Part"}, default="", key=lambda label: (len(label), label))
        name = name or self._composed(one.scopes[0])
        number = 1
        while (full := name if number == 1 else f"{name}{number}") in taken:
            number += 1
        return full

    def _composed(self, scope: Scope) -> str:
        """A name for a class that has none: what it does with its parts."""
        if composed(scope):
            return composed(scope)
        names = [self._kind(part) for part in scope.parts.values()]
        if not scope.plain or not all(names):
            return "Part"
        if len(set(names)) == 1:
            many = {1: "", 2: "Pair", 3: "Triple"}.get(len(names), "Chain")
            return f"{names[0]}{many}" if many else f"Only{names[0]}"
        return "".join(names) if len(names) <= 3 else "Chain"

    def _kind(self, part: Scope | Layer) -> str:
        """What a part is, as it is called in a name."""
        if isinstance(part, Layer):
            return re.sub(r"\dd$", "", part.kind)
        made = module(part)
        if made:
            return re.sub(r"nn\.(\w+?)(2d)?\(.*", r"\1", made)
        return "" if sequence(part) else re.sub(r"\d+$", "", self.of(part).name)

    def _settle(self, one: Class) -> None:
        """Which arguments of the parts differ between the scopes, and what they are called."""
        each = [list(self._columns(scope, one.dense is not None)) for scope in one.scopes]
        columns = [
            Column(place, name, tuple(value for _, _, value, _ in same), default)
            for same in zip(*each, strict=True)
            for place, name, _, default in same[:1]
        ]
        at = {(column.place, column.name): column for column in columns}
        alike: dict[str, list[Column]] = {}  # by the values' text: 1 and True differ
        for column in columns:
            if column.constant and column.place:
                one.written[column.place, column.name] = source(column.values[0])
            elif not _half(column, at):
                alike.setdefault(repr(column.values), []).append(column)
        groups = sorted(alike.values(), key=lambda group: usual(group) is not REQUIRED)
        outs = [column for column in columns if column.short == "out"]
        last = outs[-1] if outs and not concatenates(one.scopes[0]) else None
        names = named(groups, last)
        for group, name in zip(groups, names, strict=True):
            if usual(group) is not REQUIRED:
                one.defaults[name] = usual(group)
            for column in group:
                one.written[column.place, column.name] = name
        for column in columns:
            if (column.place, column.name) not in one.written:
                kernel = one.written[column.place, "kernel_size"]
                one.written[column.place, column.name] = f"{kernel} // 2"
        one.arguments = tuple(names)
        for number, scope in enumerate(one.scopes):
            one.values[id(scope)] = tuple(group[0].values[number] for group in groups)

    def _columns(
        self, scope: Scope, loops: bool = False, place: Place = ()
    ) -> Iterator[tuple[Place, str, object, object]]:
        """(place, argument, value, default) of every part; of a dense block (`loops`) of its first
        layer, the steps from layer to layer and their number."""
        if loops:
            first, *_, last = layers = list(scope.parts.values())
            assert isinstance(first, Scope)
            assert isinstance(last, Scope)
            one = self.of(first)
            for number, key in enumerate(one.arguments):
                begin, end = one.values[id(first)][number], one.values[id(last)][number]
                yield (key,), key, begin, REQUIRED
                if begin != end:
                    assert isinstance(begin, int)
                    assert isinstance(end, int)
                    yield (key,), "growth", (end - begin) // (len(layers) - 1), REQUIRED
            yield (), COUNT, len(layers), REQUIRED
            return
        for name, part in scope.parts.items():
            here = (*place, name)
            if isinstance(part, Layer):
                for argument in arguments(part):
                    yield here, argument.name, argument.value, argument.default
            elif sequence(part):
                yield from self._columns(part, place=here)
            elif not module(part):
                one = self.of(part)
                for key, value in zip(one.arguments, one.values[id(part)], strict=True):
                    yield here, key, value, one.defaults.get(key, REQUIRED)
        if not place:
            for number, found in enumerate(_NUMBER.findall(forward(scope))):
                yield (str(number),), FACTOR, float(found), REQUIRED


def sequence(scope: Scope) -> bool:
    """Whether it is written where it stands: parts 0, 1, 2, ... one after another."""
    return scope.plain and listed(scope)


def raw(scope: Scope) -> Iterator[object]:
    """The values of all layers' arguments inside, and the numbers in `forward`."""
    yield from _NUMBER.findall(scope.forward)
    for part in scope.parts.values():
        if isinstance(part, Scope):
            yield from raw(part)
        else:
            yield from (argument.value for argument in arguments(part))


def step(values: Sequence[object]) -> int | None:
    """By how much each value is more than the one before; 0 of equal ones, None of others."""
    if len(set(map(repr, values))) == 1:
        return 0
    if not all(type(value) is int for value in values):
        return None
    whole = [value for value in values if isinstance(value, int)]
    steps = {after - before for before, after in pairwise(whole)}
    return steps.pop() if len(steps) == 1 else None


def _half(column: Column, at: dict[tuple[Place, str], Column]) -> bool:
    """Whether a padding is half of its kernel everywhere."""
    kernel = at.get((column.place, "kernel_size"))
    if column.name != "padding" or kernel is None or len(set(kernel.values)) == 1:
        return False
    sides = zip(column.values, kernel.values, strict=True)
    return all(isinstance(k, int) and p == k // 2 for p, k in sides)
