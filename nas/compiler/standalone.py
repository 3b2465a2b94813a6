"""From a graph to `model.py`: a module that needs only torch, written as a person would.

The compiler's scopes become classes. Scopes with equal `forward`s and equal kinds of layers are
one class, whose `__init__` takes what differs between them; parts numbered from 0 that follow one
another are a `Sequential`, equal neighbours in it a loop. The names of the state dict are kept.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from torch import nn

from nas.blocks import registry
from nas.compiler.source import Scope, outline
from nas.genotype import Genotype
from nas.genotype.normal import normal
from nas.ops import Layer, layers

WIDTH = 100  # columns
SHORT = {
    "in_channels": "channels",
    "num_features": "channels",
    "in_features": "channels",
    "out_channels": "out",
    "out_features": "out",
    "kernel_size": "kernel",
}
LOAD = '''
def load(path="weights.safetensors"):
    """The network with the weights at `path`, ready for use (eval mode)."""
    data = bytearray(Path(path).read_bytes())
    size = 8 + int.from_bytes(data[:8], "little")
    kinds = {"F32": torch.float32, "I64": torch.int64}
    state = {}
    for name, told in json.loads(data[8:size]).items():
        if name != "__metadata__":
            begin, end = told["data_offsets"]
            numbers = torch.frombuffer(data[size + begin : size + end], dtype=kinds[told["dtype"]])
            state[name] = numbers.reshape(told["shape"])
    network = Network()
    network.load_state_dict(state)
    return network.eval()
'''
OUTPUT = '''
class Output(NamedTuple):
    """What the network gives in training: its logits and each auxiliary head's."""

    logits: torch.Tensor
    aux: tuple[torch.Tensor, ...]
'''


def standalone(genotype: Genotype) -> str:
    """The text of a `model.py`: a class `Network` with the compiled module's state dict and
    outputs, and `load(path)` for its weights.

    Raises GenotypeError as `compile`.
    """
    return _Writer(outline(normal(genotype))).text(str(genotype))


@dataclass(frozen=True, slots=True)
class _Call:
    """A constructor's call; an argument's value is source."""

    function: str
    args: tuple[tuple[str, str], ...]  # (keyword or "", source)

    def lines(self, before: str, indent: int, after: str = "") -> list[str]:
        """The call between `before` and `after`: on one line, or one argument a line."""
        written = [f"{name}={value}" if name else value for name, value in self.args]
        pad = " " * indent
        line = f"{pad}{before}{self.function}({', '.join(written)}){after}"
        if len(line) <= WIDTH or not written:
            return [line]
        inner = [f"{pad}    {part}," for part in written]
        return [f"{pad}{before}{self.function}(", *inner, f"{pad}){after}"]


@dataclass(slots=True)
class _Class:
    """Scopes that are one class: what they call it, and what its `__init__` takes."""

    scopes: list[Scope] = field(default_factory=list)
    name: str = ""
    arguments: tuple[str, ...] = ()
    written: dict[tuple[tuple[str, ...], str], str] = field(default_factory=dict)
    values: dict[int, tuple[object, ...]] = field(default_factory=dict)  # by a scope's id


@dataclass(frozen=True, slots=True)
class _Column:
    """An argument of a layer or class somewhere in a scope, with its value in every scope of the
    class."""

    place: tuple[str, ...]  # names of parts
    name: str
    values: tuple[object, ...]


class _Writer:
    def __init__(self, root: Scope) -> None:
        self.root = root
        self.shapes: dict[int, str] = {}  # by a scope's id: what scopes of one class share
        self.numbers: dict[str, int] = {}  # of classes
        self.classes: dict[str, _Class] = {}
        self.own: dict[str, type] = {}  # layers that torch lacks
        self._gather(root)
        taken = {"Network", "Output", "Path", "NamedTuple", *self.own}
        for shape, one in self.classes.items():
            one.name = "Network" if shape == self.shapes[id(root)] else self._called(one, taken)
            taken.add(one.name)
            self._settle(one)

    def text(self, genotype: str) -> str:
        """The whole file."""
        body = ["\n".join(self._class(one)) for one in self.classes.values()]
        body.append(LOAD.strip("\n"))
        own = [textwrap.dedent(inspect.getsource(kind)).strip("\n") for kind in self._needed()]
        if any("Output(" in part for part in body):
            own.insert(0, OUTPUT.strip("\n"))
        return "\n\n\n".join([self._head(genotype, [*own, *body]), *own, *body]) + "\n"

    def _needed(self) -> list[type]:
        """Layers of our own that the network uses, and those that they are made of."""
        known = {k: v for k, v in vars(layers).items() if inspect.isclass(v)}
        found = dict(self.own)
        for kind in list(found.values()):
            for word in re.findall(r"\w+", inspect.getsource(kind)):
                if word in known and known[word].__module__ == layers.__name__:
                    found.setdefault(word, known[word])
        return list(found.values())

    def _head(self, genotype: str, body: Sequence[str]) -> str:
        text = "\n".join(body)
        lines = ['"""A network as plain PyTorch: `model = load("weights.safetensors")`.', ""]
        lines += ["Written by nas from the genotype", ""]
        lines += [f"    {line}" for line in genotype.splitlines()]
        lines += ['"""', "", "import json", "from pathlib import Path"]
        if "NamedTuple" in text:
            lines.append("from typing import NamedTuple")
        lines += ["", "import torch"]
        if re.search(r"\bF\.", text):
            lines.append("import torch.nn.functional as F")
        return "\n".join([*lines, "from torch import nn"])

    def _gather(self, scope: Scope) -> str:
        """Enter a scope and what is inside it, inner ones first; what it shares with its class."""
        if id(scope) in self.shapes:
            return self.shapes[id(scope)]
        parts = []
        for name, part in scope.parts.items():
            if isinstance(part, Scope):
                parts.append(f"{name}={self._gather(part)}")
                continue
            if not hasattr(nn, part.kind):
                self.own[part.kind] = getattr(layers, part.kind)
            parts.append(f"{name}={part.kind}")
        inside = ", ".join(parts)
        if _sequence(scope):
            shape = f"[{inside}]"
        else:
            key = f"{'root ' if scope is self.root else ''}{_forward(scope)}({inside})"
            number = self.numbers.setdefault(key, len(self.numbers))
            shape = f"#{number}"
            self.classes.setdefault(shape, _Class()).scopes.append(scope)
        self.shapes[id(scope)] = shape
        return shape

    def _called(self, one: _Class, taken: set[str]) -> str:
        labels = {re.sub(r"\d+[a-z]?$", "", scope.label) for scope in one.scopes}
        name = min(labels - {"Part"}, default="", key=lambda label: (len(label), label))
        if not name:
            name = "Branches" if "torch.cat" in one.scopes[0].forward else "Part"
        number = 1
        while (full := name if number == 1 else f"{name}{number}") in taken:
            number += 1
        return full

    def _settle(self, one: _Class) -> None:
        """Which arguments of the parts differ between the scopes, and what they are called."""
        each = [list(self._columns(scope, ())) for scope in one.scopes]
        columns = [
            _Column(same[0][0], same[0][1], tuple(value for _, _, value in same))
            for same in zip(*each, strict=True)
        ]
        at = {(column.place, column.name): column for column in columns}
        groups: dict[str, list[_Column]] = {}  # by the values' text: 1 and True differ
        for column in columns:
            if len(set(map(repr, column.values))) == 1:
                one.written[column.place, column.name] = repr(column.values[0])
            elif not _half(column, at):
                groups.setdefault(repr(column.values), []).append(column)
        names = _named(list(groups.values()))
        for group, name in zip(groups.values(), names, strict=True):
            for column in group:
                one.written[column.place, column.name] = name
        for column in columns:
            if (column.place, column.name) not in one.written:
                kernel = one.written[column.place, "kernel_size"]
                one.written[column.place, column.name] = f"{kernel} // 2"
        one.arguments = tuple(names)
        for number, scope in enumerate(one.scopes):
            one.values[id(scope)] = tuple(group[0].values[number] for group in groups.values())

    def _columns(
        self, scope: Scope, place: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str, object]]:
        """(place, argument, value) of every part."""
        for name, part in scope.parts.items():
            here = (*place, name)
            if isinstance(part, Layer):
                yield from ((here, key, value) for key, value in _bound(part).items())
            elif _sequence(part):
                yield from self._columns(part, here)
            else:
                one = self.classes[self.shapes[id(part)]]
                values = one.values[id(part)]
                yield from (
                    (here, key, value) for key, value in zip(one.arguments, values, strict=True)
                )

    def _class(self, one: _Class) -> list[str]:
        scope = one.scopes[0]
        lines = [f"class {one.name}(nn.Module):"]
        documented = {entry.make.__name__: entry.summary for entry in registry().values()}
        if scope.label in documented:
            lines += [*textwrap.wrap(f'"""{documented[scope.label]}"""', WIDTH - 4), ""]
            lines[1:] = [f"    {line}".rstrip() for line in lines[1:]]
        if scope.parts:
            lines += self._init(one, scope)
        lines += _forward(scope).rstrip("\n").split("\n")
        return lines

    def _init(self, one: _Class, scope: Scope) -> list[str]:
        head = _Call("__init__", tuple(("", name) for name in ("self", *one.arguments)))
        lines = [*head.lines("def ", 4, ":"), "        super().__init__()"]
        for name, part in scope.parts.items():
            if re.fullmatch(r"[A-Za-z_]\w*", name):
                lines += self._made(one, part, (name,), f"self.{name} = ", 8, "")
                continue
            lines.append(f'        self.add_module("{name}", ')
            made = self._made(one, part, (name,), "", 12, "")
            if len(made) == 1 and len(lines[-1] + made[0]) - 12 < WIDTH:
                lines[-1] += f"{made[0].strip()})"
            else:
                lines[-1] = "        self.add_module("
                lines += [f'            "{name}",', *made[:-1], f"{made[-1]},", "        )"]
        return [*lines, ""]

    def _made(
        self,
        one: _Class,
        part: Scope | Layer,
        place: tuple[str, ...],
        before: str,
        indent: int,
        after: str,
    ) -> list[str]:
        """The lines that make a part."""
        if isinstance(part, Layer):
            return self._layer(one, part, place).lines(before, indent, after)
        if not _sequence(part):
            inner = self.classes[self.shapes[id(part)]]
            keys = inner.arguments if len(inner.arguments) > 2 else ("",) * len(inner.arguments)
            values = (one.written[place, name] for name in inner.arguments)
            call = _Call(inner.name, tuple(zip(keys, values, strict=True)))
            return call.lines(before, indent, after)
        pad = " " * indent
        made = [
            self._made(one, item, (*place, name), "", indent + 4, "")
            for name, item in part.parts.items()
        ]
        return [f"{pad}{before}nn.Sequential(", *_looped(made, indent + 4), f"{pad}){after}"]

    def _layer(self, one: _Class, layer: Layer, place: tuple[str, ...]) -> _Call:
        args = []
        for name, parameter in _parameters(layer.kind).items():
            written = one.written[place, name]
            if parameter.default is parameter.empty:
                args.append(("", written))
            elif written != repr(parameter.default):
                args.append((name, written))
        return _Call(layer.kind if layer.kind in self.own else f"nn.{layer.kind}", tuple(args))


def _sequence(scope: Scope) -> bool:
    """Whether it is written where it stands: parts 0, 1, 2, ... one after another."""
    return scope.plain and bool(scope.parts) and list(scope.parts) == _numbers(len(scope.parts))


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def _forward(scope: Scope) -> str:
    """The scope's `forward` as a person would write it."""
    text = re.sub(r'self\._modules\["(\w+)"\]', r'getattr(self, "\1")', scope.forward)
    text = re.sub(r"\((\w+(?:, \w+)+),\)", r"(\1)", text)
    found = re.match(r"    def forward\(self, (\w+(?:, \w+)+)\):\n", text)
    if found:  # what only concatenates its inputs takes any number of them
        first = f"        x = torch.cat(({found[1]}), 1)\n"
        rest = text[found.end() + len(first) :]
        later = set(re.findall(r"\w+", rest)) & set(found[1].split(", ")[1:])
        if text[found.end() :].startswith(first) and not later:
            return f"    def forward(self, *maps):\n        x = torch.cat(maps, 1)\n{rest}"
    return re.sub(r"        (\w+) = (.*)\n        return \1\n$", r"        return \2\n", text)


def _parameters(kind: str) -> dict[str, inspect.Parameter]:
    """A layer's constructor's parameters that say what it computes."""
    make = getattr(layers, kind, None) or getattr(nn, kind)
    found = inspect.signature(make).parameters
    return {k: v for k, v in found.items() if k not in ("device", "dtype")}


def _bound(layer: Layer) -> dict[str, object]:
    """Every argument of a layer's constructor, defaults too."""
    parameters = _parameters(layer.kind)
    values = {k: v.default for k, v in parameters.items() if v.default is not v.empty}
    values.update(zip(parameters, layer.args, strict=False))
    values.update(layer.options)
    return {name: values[name] for name in parameters}


def _half(column: _Column, at: dict[tuple[tuple[str, ...], str], _Column]) -> bool:
    """Whether a padding is half of its kernel everywhere."""
    kernel = at.get((column.place, "kernel_size"))
    if column.name != "padding" or kernel is None or len(set(kernel.values)) == 1:
        return False
    sides = zip(column.values, kernel.values, strict=True)
    return all(isinstance(k, int) and p == k // 2 for p, k in sides)


def _named(groups: Sequence[Sequence[_Column]]) -> list[str]:
    """A name for each group of arguments that are always equal: what it is, and of which part
    where that isn't enough."""
    plain = [SHORT.get(group[0].name, group[0].name) for group in groups]
    names: list[str] = []
    for group, name in zip(groups, plain, strict=True):
        if plain.count(name) > 1 and not (name == "channels" and not names):
            name = "_".join([*(part for part in group[0].place), name])
            name = name if name.isidentifier() else f"part{name}"
        number = 1
        while (full := name if number == 1 else f"{name}_{number}") in names:
            number += 1
        names.append(full)
    return names


def _looped(made: Sequence[list[str]], indent: int) -> list[str]:
    """Items of a `Sequential`, equal neighbours as a loop."""
    lines: list[str] = []
    at = 0
    while at < len(made):
        end = at
        while end < len(made) and made[end] == made[at]:
            end += 1
        item = made[at]
        if end - at == 1:
            lines += [*item[:-1], f"{item[-1]},"]
        else:
            pad, count = " " * indent, end - at
            inner = [f"    {line}" for line in item]
            one = f"{pad}*({item[0].strip()} for _ in range({count})),"
            if len(item) == 1 and len(one) <= WIDTH:
                lines.append(one)
            else:
                lines += [f"{pad}*(", *inner, f"{pad}    for _ in range({count})", f"{pad}),"]
        at = end
    return lines
