"""From a graph to `model.py`: a module that needs only torch, written as a person would.

The compiler's scopes become classes. Scopes with equal `forward`s and equal kinds of layers are
one class, whose `__init__` takes what differs between them; parts numbered from 0 that follow one
another are a `Sequential`, equal neighbours in it a loop. The names of the state dict are kept.
"""

from __future__ import annotations

import ast
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
_LAYERS = {
    name: what
    for name, what in vars(layers).items()
    if getattr(what, "__module__", "") == layers.__name__
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
        self.own: set[str] = set()  # layers that torch lacks
        self._gather(root)
        taken = {"Network", "Output", "Path", "NamedTuple", "Any", "Callable", *_LAYERS}
        for shape, one in self.classes.items():
            one.name = "Network" if shape == self.shapes[id(root)] else self._called(one, taken)
            taken.add(one.name)
            self._settle(one)

    def text(self, genotype: str) -> str:
        """The whole file."""
        body = ["\n".join(self._class(one)) for one in self.classes.values()]
        body.append(LOAD.strip("\n"))
        own = self._needed()
        if any("Output(" in part for part in body):
            own.insert(0, OUTPUT.strip("\n"))
        return "\n\n\n".join([self._head(genotype, [*own, *body]), *own, *body]) + "\n"

    def _needed(self) -> list[str]:
        """The source of the layers of our own that the network uses, and of what they call."""
        found: dict[str, str] = {}
        waiting = list(self.own)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = _source(_LAYERS[name])
                waiting += [word for word in re.findall(r"\w+", found[name]) if word in _LAYERS]
        return [found[name] for name in _LAYERS if name in found]

    def _head(self, genotype: str, body: Sequence[str]) -> str:
        text = "\n".join(body)
        lines = ['"""A network as plain PyTorch: `model = load("weights.safetensors")`.', ""]
        lines += ["Written by nas from the genotype", ""]
        lines += [f"    {line}" for line in genotype.splitlines()]
        lines += ['"""', ""]
        if self.own:
            lines += ["from __future__ import annotations", ""]
        lines.append("import json")
        if re.search(r"\bmath\.", text):
            lines.append("import math")
        if "Callable[" in text:
            lines.append("from collections.abc import Callable")
        if "@lru_cache" in text:
            lines.append("from functools import lru_cache")
        lines.append("from pathlib import Path")
        typing = [word for word in ("Any", "NamedTuple") if re.search(rf"\b{word}\b", text)]
        if typing:
            lines.append(f"from typing import {', '.join(typing)}")
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
                self.own.add(part.kind)
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
                for argument in _arguments(part):
                    yield here, argument.name, argument.value
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
        items = _looped(made, indent + 4)
        if len(items) == 1:
            line = f"{pad}{before}nn.Sequential({items[0].strip().rstrip(',')}){after}"
            if len(line) <= WIDTH:
                return [line]
        return [f"{pad}{before}nn.Sequential(", *items, f"{pad}){after}"]

    def _layer(self, one: _Class, layer: Layer, place: tuple[str, ...]) -> _Call:
        args = []
        for argument in _arguments(layer):
            written = one.written[place, argument.name]
            if argument.required:
                args.append(("", written))
            elif written != repr(argument.default):
                args.append((argument.name, written))
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


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument of a layer's constructor; one that has no default is written by place."""

    name: str
    value: object
    default: object = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty


def _arguments(layer: Layer) -> list[_Argument]:
    """Every argument of a layer's constructor that says what it computes, defaults too."""
    parameters = _parameters(getattr(layers, layer.kind, None) or getattr(nn, layer.kind))
    given = dict(zip(parameters, layer.args, strict=False)) | dict(layer.options)
    more = layer.args[len(parameters) :]
    found = [_Argument(f"side{place}", value) for place, value in enumerate(more)]
    for name, parameter in parameters.items():
        found.append(_Argument(name, given.get(name, parameter.default), parameter.default))
    return found


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
