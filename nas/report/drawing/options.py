"""A search space as networks that between them have all its options.

A choice of values (a kernel, a width, how many copies) is drawn with every value. A choice of
expressions is one box that lists them; in the networks its largest option stands there, under a
name by which the drawing knows it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from nas.blocks import registry
from nas.genotype.expression import (
    Branches,
    Chain,
    Choice,
    Default,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tap,
    Tie,
)
from nas.genotype.rewriting import everywhere
from nas.report.drawing.fold import Choices, Options
from nas.report.drawing.label import sides, spelled, step
from nas.space import Space

MOST = 12  # networks from all first options to all last; of more values some are left out
DRAWS = 40  # networks between them, that options also stand together which differ in rank
LONG = 44  # characters of an option's text
MARK = "choice__"


@dataclass(slots=True)
class _Marker:
    told: dict[str, Options] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, part: Genotype) -> Genotype:
        if not isinstance(part, Choice) or not part.parts:
            return part
        if any(isinstance(option, Default) for option in part.parts):
            return part  # a setting: drawn as what it changes
        name = f"{MARK}{next(self.numbers)}"
        said = tuple(dict.fromkeys(self.short(option) for option in part.parts))
        inner = dict.fromkeys(self.told[n] for option in part.parts for n in _marks(option))
        self.told[name] = Options(said, tuple(inner))
        largest = max(part.parts, key=lambda option: option.blocks)
        return Chain((Named(largest, name),))

    def short(self, part: Genotype) -> str:
        """An option in a few words: `3×3 conv, 64 × 2`."""
        text = re.sub(
            rf"{MARK}\d+", lambda found: f"one of {len(self.told[found[0]].said)}", _short(part)
        )
        return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _marks(part: Genotype) -> list[str]:
    """The marks in an expression that stand in no other."""
    if isinstance(part, Named) and part.name.startswith(MARK):
        return [part.name]
    inside = (
        [v for _, v in part.values if isinstance(v, Genotype)]
        if isinstance(part, Leaf)
        else part.parts
    )
    return [name for each in inside for name in _marks(each)]


def variants(space: Genotype) -> tuple[list[Genotype], Choices]:
    """Networks of a space, and what stands for the choices of expressions in them: the options of
    each by the name it has there."""
    marker = _Marker()
    marked = everywhere(space, marker)
    if not marked.open:
        return [marked], marker.told
    found = Space(marked)
    times = min(MOST, max(len(each.options) for each in found.decisions))
    rng = random.Random(0)
    even = [[n / max(1, times - 1)] * len(found.decisions) for n in range(times)]
    drawn = [[rng.random() for _ in found.decisions] for _ in range(DRAWS)]
    networks: dict[Genotype, None] = {}
    for shares in (even[0], *drawn, *even[1:]):
        point = {
            each.key: each.options[min(int(share * len(each.options)), len(each.options) - 1)]
            for each, share in zip(found.decisions, shares, strict=True)
        }
        networks[found.resolve(found.complete(point))] = None
    return list(networks), marker.told


def _short(part: Genotype) -> str:
    match part:
        case Leaf():
            return _leaf(part)
        case Chain(items=items):
            said = [_short(item) for item in items if not isinstance(item, Default)]
            return " → ".join(word for word in said if word)
        case Sum(items=items):
            return " + ".join(map(_short, items))
        case Branches(items=items):
            return " | ".join(map(_short, items))
        case Repeat(body=body, times=times):
            return f"{_short(body)} × {_values(times)}"
        case Row(copies=copies):
            return " → ".join(map(_short, copies))
        case Named(name=name) if name.startswith(MARK):
            return name
        case Named(body=body) | Tie(body=body):
            return _short(body)
        case Tap(names=names):
            return ", ".join(names)
        case Choice(options=options):
            return "|".join(_short(o) if isinstance(o, Genotype) else str(o) for o in options)
    return ""


def _leaf(part: Leaf) -> str:
    given = dict(part.values)
    entry = registry()[part.word]
    kernel = stride = width = ""
    word = part.word
    for slot in entry.slots:
        value = given.get(slot.name, None if slot.required else slot.default)
        if slot.name == "kernel":
            kernel = _values(value, sides)
        elif slot.name == "stride":
            stride = _values(value, step)
        elif slot.type.kind == "channels" and not width:
            width = _values(value)
        elif slot.name == "dilation" and value != slot.default:
            word = f"{word}, dilation {_values(value)}"
    head = " ".join(word for word in (kernel, word, stride) if word)
    return f"{head}, {width}" if width else head


def _values(value: object, say: Callable[[Any], str] = str) -> str:
    """A field's value, or the values of a choice."""
    options = value.options if isinstance(value, Choice) else (value,)
    told = [say(option) for option in options if option is not None]
    return spelled(tuple(dict.fromkeys(told)))
