"""The text of a `model.py`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from nas.blocks import registry
from nas.compiler.source import Scope, outline
from nas.compiler.standalone.classes import COUNT, Class, Classes, sequence
from nas.compiler.standalone.dense import FORWARD
from nas.compiler.standalone.forward import WIDTH, listed, module
from nas.compiler.standalone.layer import arguments, source, sources
from nas.compiler.standalone.naming import Place, adds, said
from nas.genotype import Genotype
from nas.genotype.normal import normal
from nas.ops import Layer

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
MAIN = """
if __name__ == "__main__":
    network = load(Path(__file__).with_name("weights.safetensors"))
    images = torch.zeros(1, {image})
    with torch.inference_mode():
        print(network(images).shape)
"""
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
    graph = normal(genotype)
    image = ", ".join(map(str, graph.input.shape))
    return _Writer(Classes(outline(graph))).text(str(genotype), image)


@dataclass(frozen=True, slots=True)
class _Call:
    """A constructor's call; an argument's value is source."""

    function: str
    args: tuple[tuple[str, str], ...]  # (keyword or "", source)

    def lines(self, before: str, indent: int, after: str = "") -> list[str]:
        """The call between `before` and `after`: on one line, on one more, or one argument a
        line."""
        written = [f"{name}={value}" if name else value for name, value in self.args]
        pad = " " * indent
        inside = ", ".join(written)
        line = f"{pad}{before}{self.function}({inside}){after}"
        if len(line) <= WIDTH or not written:
            return [line]
        if before.startswith("def ") and len(inside) + indent + 4 <= WIDTH:
            return [f"{pad}{before}{self.function}(", f"{pad}    {inside}", f"{pad}){after}"]
        inner = [f"{pad}    {part}," for part in written]
        return [f"{pad}{before}{self.function}(", *inner, f"{pad}){after}"]


class _Writer:
    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.documented = {e.make.__name__: e.summary for e in registry().values()}
        self.told: dict[str, Class] = {}  # the first class of each block

    def text(self, genotype: str, image: str) -> str:
        """The whole file."""
        body = ["\n".join(self._class(one)) for one in self.classes]
        body.append(LOAD.strip("\n"))
        own = sources(self.classes.own)
        if any("Output(" in part for part in body):
            own.insert(0, OUTPUT.strip("\n"))
        main = MAIN.replace("{image}", image).strip("\n")
        return "\n\n\n".join([self._head(genotype, [*own, *body]), *own, *body, main]) + "\n"

    def _head(self, genotype: str, body: Sequence[str]) -> str:
        text = "\n".join(body)
        lines = ['"""A network as plain PyTorch: `network = load("weights.safetensors")`.', ""]
        lines += ["Written by nas from the genotype", ""]
        lines += [f"    {line}" for line in genotype.splitlines()]
        lines += ['"""', ""]
        if self.classes.own:
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

    def _class(self, one: Class) -> list[str]:
        scope = one.scopes[0]
        base = "ModuleList" if _is_list(scope) else "Module"
        lines = [f"class {one.name}(nn.{base}):"]
        text = self._said(one, scope)
        if text:
            lines += [f"    {line}" for line in textwrap.wrap(f'"""{text}"""', WIDTH - 4)] + [""]
        if scope.parts or one.arguments:
            lines += self._dense_init(one) if one.dense else self._init(one, scope)
        written = FORWARD if one.dense else self.classes.forward(scope)
        return [*lines, *written.rstrip("\n").split("\n")]

    def _said(self, one: Class, scope: Scope) -> str:
        """What the class is: of a block's second variant, how it differs from the first."""
        if scope is self.classes.root:
            return "The whole network: images in, a number for each class out."
        text = self.documented.get(scope.label, "")
        if not text:
            return said(one.name)
        first = self.told.setdefault(scope.label, one)
        if first is one:
            return text
        mine, its = dict(scope.parts), dict(first.scopes[0].parts)
        more = [f"`{name}`" for name in mine if name not in its]
        less = [f"`{name}`" for name in its if name not in mine]
        differs = [
            f"{word} {' and '.join(names[:3])}"
            for word, names in (("with", more), ("without", less))
            if names
        ]
        if adds(scope) and not adds(first.scopes[0]):
            differs.append("the input added")
        return f"As {first.name}, {', '.join(differs)}." if differs else text

    def _init(self, one: Class, scope: Scope) -> list[str]:
        lines = [*_head(one).lines("def ", 4, ":"), "        super().__init__()"]
        lines += [f"        self.{name} = {name}" for name in self.classes.factors(one)]
        for name, part in scope.parts.items():
            if re.fullmatch(r"[A-Za-z_]\w*", name):
                lines += self._made(one, part, (name,), f"self.{name} = ", 8, "")
                continue
            adds = ("append", "") if _is_list(scope) else ("add_module", f'"{name}", ')
            lines += self._added(one, part, name, *adds)
        return [*lines, ""]

    def _added(
        self, one: Class, part: Scope | Layer, name: str, method: str, first: str
    ) -> list[str]:
        """The lines that make a part whose name is no identifier, and add it."""
        made = self._made(one, part, (name,), f"self.{method}({first}", 8, ")")
        if len(made) == 1:
            return made
        inner = self._made(one, part, (name,), "", 12, "")
        if first:
            inner = [f"            {first.strip()}", *inner[:-1], f"{inner[-1]},"]
        return [f"        self.{method}(", *inner, "        )"]

    def _dense_init(self, one: Class) -> list[str]:
        """The layers of a dense block by a loop."""
        assert one.dense
        layer = self.classes.of(one.dense.layers[0])
        args = []
        for name in layer.arguments:
            begin, growth = one.written[(name,), name], one.written.get(((name,), "growth"))
            args.append(f"{begin} + {growth} * number" if growth else begin)
        call = _Call(layer.name, tuple(("", arg) for arg in args))
        before = f'self.add_module(f"{one.dense.name}{{number + 1}}", '
        return [
            *_head(one).lines("def ", 4, ":"),
            "        super().__init__()",
            f"        for number in range({one.written[(), COUNT]}):",
            *call.lines(before, 12, ")"),
            "",
        ]

    def _made(
        self,
        one: Class,
        part: Scope | Layer,
        place: Place,
        before: str,
        indent: int,
        after: str,
    ) -> list[str]:
        """The lines that make a part."""
        if isinstance(part, Layer):
            return self._layer(one, part, place).lines(before, indent, after)
        torchs = module(part)
        if torchs:
            return [f"{' ' * indent}{before}{torchs}{after}"]
        if not sequence(part):
            inner = self.classes.of(part)
            given = [(name, one.written[place, name]) for name in inner.arguments]
            defaults = {name: source(value) for name, value in inner.defaults.items()}
            needed = [(name, value) for name, value in given if name not in defaults]
            options = [each for each in given[len(needed) :] if defaults[each[0]] != each[1]]
            plain = _Call(inner.name, (*(("", value) for _, value in needed), *options))
            named = _Call(inner.name, (*needed, *options))
            short = len(needed) > 2 and len(named.lines(before, indent, after)) == 1
            return (named if short else plain).lines(before, indent, after)
        pad = " " * indent
        made, deeper = (
            [
                self._made(one, item, (*place, name), "", at, end)
                for name, item in part.parts.items()
            ]
            for at, end in ((indent + 4, ","), (indent + 8, ""))
        )
        items = _looped(made, deeper, indent + 4)
        if len(items) == 1:
            line = f"{pad}{before}nn.Sequential({items[0].strip().rstrip(',')}){after}"
            if len(line) <= WIDTH:
                return [line]
        return [f"{pad}{before}nn.Sequential(", *items, f"{pad}){after}"]

    def _layer(self, one: Class, layer: Layer, place: Place) -> _Call:
        args = []
        for argument in arguments(layer):
            written = one.written[place, argument.name]
            if argument.required:
                args.append(("", written))
            elif written != source(argument.default):
                args.append((argument.name, written))
        own = layer.kind in self.classes.own
        return _Call(layer.kind if own else f"nn.{layer.kind}", tuple(args))


def _head(one: Class) -> _Call:
    """The head of a class's `__init__`."""
    written = (
        f"{name}={source(one.defaults[name])}" if name in one.defaults else name
        for name in one.arguments
    )
    return _Call("__init__", tuple(("", each) for each in ("self", *written)))


def _is_list(scope: Scope) -> bool:
    """Whether it is a list of modules: torch's own `append` numbers its parts."""
    return listed(scope) and not sequence(scope)


def _looped(made: Sequence[list[str]], deeper: Sequence[list[str]], indent: int) -> list[str]:
    """Items of a `Sequential`, equal neighbours as a loop; `deeper` are the same inside of one,
    without a comma."""
    lines: list[str] = []
    at = 0
    while at < len(made):
        end = at
        while end < len(made) and made[end] == made[at]:
            end += 1
        item = made[at]
        if end - at == 1:
            lines += item
        else:
            pad, count = " " * indent, end - at
            shorts = [one[0].strip().rstrip(",") for one in (item, deeper[at]) if len(one) == 1]
            loops = [f"{pad}*({short} for _ in range({count}))," for short in shorts]
            fits = [loop for loop in loops if len(loop) <= WIDTH]
            last = [f"{pad}    for _ in range({count})", f"{pad}),"]
            lines += fits[:1] or [f"{pad}*(", *deeper[at], *last]
        at = end
    return lines
