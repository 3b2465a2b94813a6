"""Labels: what a box says, and how the labels of boxes at one place become one.

A label is a kind (its colour), a word, and facts about it: kernel, channels, stride, what follows.
Boxes of several blocks that differ in their facts only are drawn once, with every value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

MOST = 4  # values written out; more are a range, or the first and the last
BEFORE = ("kernel",)  # facts before the word
BESIDE = ("stride",)  # after it, on the first line
APART = (*BEFORE, *BESIDE, "times")  # those, and what a badge says


class Kind(StrEnum):
    """What a box does: its colour, and a line of the legend."""

    CONV = "convolution"
    DEPTHWISE = "depthwise or grouped"
    LINEAR = "linear"
    ATTENTION = "attention"
    POOL = "pooling, resizing"
    NORM = "norm, activation"
    JOIN = "sum, product, concatenation"
    SHAPE = "rearrangement"
    BLOCK = "block with a panel"
    CHOICE = "a choice left open"
    INPUT = "input"
    OUTPUT = "output"


Values: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What stands in a box; `facts` are names and the values seen, "" where one had none."""

    kind: Kind
    what: str
    facts: tuple[tuple[str, Values], ...] = ()

    @property
    def head(self) -> str:
        """The first line: `3×3 conv /2`."""
        found = dict(self.facts)
        words = [
            *(spelled(found[name]) for name in BEFORE if name in found),
            self.what,
            *(spelled(found[name]) for name in BESIDE if name in found),
        ]
        return " ".join(word for word in words if word)

    @property
    def foot(self) -> str:
        """The second line: `64 · BN, ReLU`."""
        rest = [
            spelled(values)
            for name, values in self.facts
            if name not in APART and (name != "size" or len(values) == 1)
        ]
        return " · ".join(word for word in rest if word)

    @property
    def line(self) -> str:
        """Both in one: `3×3 conv /2, 64 · BN, ReLU`."""
        return f"{self.head}, {self.foot}" if self.foot else self.head

    def having(self, name: str, value: str) -> Label:
        """With one more fact, or one more word in it."""
        found = dict(self.facts)
        old = found.get(name, ("",))[0]
        found[name] = (f"{old}, {value}" if old else value,)
        return Label(self.kind, self.what, tuple(found.items()))


def label(kind: Kind, what: str, **facts: object) -> Label:
    """A label of the facts that aren't empty."""
    kept = tuple((name, (str(value),)) for name, value in facts.items() if value not in ("", None))
    return Label(kind, what, kept)


def merged(labels: Sequence[Label]) -> Label:
    """One label for all; of one kind and word."""
    first = labels[0]
    if all(each == first for each in labels):
        return first
    found = [dict(each.facts) for each in labels]
    names: dict[str, None] = {}
    for each in labels:
        names.update(dict.fromkeys(name for name, _ in each.facts))
    facts = []
    for name in names:
        values: dict[str, None] = {}
        for each_facts in found:
            values.update(dict.fromkeys(each_facts.get(name, ("",))))
        facts.append((name, tuple(values)))
    what = spelled(tuple(dict.fromkeys(each.what for each in labels)))
    return Label(first.kind, what, tuple(facts))


def spelled(values: Values) -> str:
    """`3×3|5×5`, `(/2)` where only some have it, `16 … 320` where there are many."""
    said = [value for value in values if value]
    if not said:
        return ""
    if len(said) > 1 and " | " in said[0]:  # each tells of several branches
        said.sort(key=lambda value: [int(number) for number in re.findall(r"\d+", value)])
        return f"{said[0]} … {said[-1]}"
    front, said, back = _shared(said)
    text = f"{front}{_range(said) if len(said) > MOST else '|'.join(_in_order(said))}{back}"
    return f"({text})" if len(said) + 1 == len(values) else text


def _shared(values: list[str]) -> tuple[str, list[str], str]:
    """What all begin with, the last word of each, or the first, and what all end with."""
    ends = [value.rpartition(" ") for value in values]
    begins = [value.partition(" ") for value in values]
    if len(values) > 1 and all(" " in value for value in values):
        if len({front for front, _, _ in ends}) == 1:
            return f"{ends[0][0]} ", [rest for *_, rest in ends], ""
        if len({back for *_, back in begins}) == 1:
            return "", [rest for rest, _, _ in begins], f" {begins[0][2]}"
    return "", values, ""


def _in_order(values: list[str]) -> list[str]:
    numbers = [re.fullmatch(r"(\d+)(?:×(\d+))?", value) for value in values]
    if not all(numbers):
        return values
    return sorted(values, key=lambda value: [int(side) for side in value.split("×")])


def _range(values: Iterable[str]) -> str:
    ordered = _in_order(list(values))
    return f"{ordered[0]} … {ordered[-1]}"


def sides(value: int | tuple[int, ...]) -> str:
    """`3×3`, `1×7`."""
    high, wide = (value, value) if isinstance(value, int) else (value[0], value[-1])
    return f"{high}×{wide}"


def step(value: int | tuple[int, ...]) -> str:
    """`/2`, or nothing for a stride of 1."""
    high, wide = (value, value) if isinstance(value, int) else (value[0], value[-1])
    if high == wide:
        return f"/{high}" if high > 1 else ""
    return f"/{high}×{wide}"
