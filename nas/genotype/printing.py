"""From an expression to its text: fewest parentheses, repeated sub-expressions named,
`parse(text(g)) == g`."""

from __future__ import annotations

from collections import Counter
from typing import cast

from nas.blocks import registry
from nas.genotype.expression import (
    Aux,
    Branches,
    Chain,
    Choice,
    Default,
    Genotype,
    Image,
    Joined,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tap,
    Tie,
)

BRANCHES, CHAIN, SUM, TIMES, ATOM = range(5)  # how tightly an expression binds
BY_PLACE = frozenset(
    {"channels", "classes", "expression", "heads", "kernel", "size", "repeats"}
)  # printed without their names
LONG = 100  # characters of a line before a chain is broken into lines
WORTH_A_NAME = 60  # characters of a sub-expression that, standing twice, gets a name
PAGE = 4_000  # characters of a nested sub-expression that gets a line of its own
MANY = 200  # items of a nested sequence that gets a line of its own


def text(root: Genotype) -> str:
    """The genotype's text: one line where it is short, else a line for each part of the chain."""
    return _Printer(root).text()


class _Printer:
    def __init__(self, root: Genotype) -> None:
        self.root = root
        self.names: dict[Genotype, str] = {}
        self.cache: dict[int, str] = {}
        self.lines: list[str] = []  # those that name a part

    def text(self) -> str:
        for part, name in self._named():
            written = self._lines(part)  # may put lines before its own
            self.lines.append(f"{name} = {written}")
            self.names[part] = name
        self.cache.clear()
        last = self._lines(self.root)
        return "\n".join([*self.lines, last])

    def _named(self) -> list[tuple[Genotype, str]]:
        """What gets a line of its own: large parts that stand twice, and long nested sequences;
        inner ones first."""
        seen: Counter[Genotype] = Counter()
        order: list[Genotype] = []

        def visit(part: Genotype, top: bool) -> None:
            seen[part] += 1
            if seen[part] > 1:
                return
            for child in _inside(part):
                visit(child, False)
            if not top:
                order.append(part)

        visit(self.root, True)
        chosen: list[tuple[Genotype, str]] = []
        for part in order:
            if isinstance(part, Leaf | Tap | Default | Image):
                continue
            length = len(self._atom(part))
            long = length > PAGE or (isinstance(part, Joined) and len(part.items) > MANY)
            if long or (seen[part] > 1 and length > WORTH_A_NAME):
                name = f"part{len(chosen) + 1}"
                chosen.append((part, name))
                self.names[part] = name
                self.cache.clear()
        self.names.clear()
        return chosen

    def _lines(self, part: Genotype) -> str:
        line = self._write(part)
        if len(line) <= LONG or not isinstance(part, Chain):
            if isinstance(part, Branches) and len(part.items) > MANY:
                return "\n| ".join(self._under(item, CHAIN) for item in part.items)
            if isinstance(part, Sum) and len(part.items) > MANY:
                return self._shares(part)
            return line
        return "\n>> ".join(self._under(item, SUM) for item in part.items)

    def _shares(self, part: Sum) -> str:
        """A very long sum as one of named shares: `+` nests in the parser, `>>` and `|` don't."""
        names = []
        for first in range(0, len(part.items), MANY):
            share = part.items[first : first + MANY]
            names.append(f"share{len(self.lines) + 1}")
            terms = " + ".join(self._under(item, TIMES) for item in share)
            self.lines.append(f"{names[-1]} = {terms}")
        return " + ".join(names)

    def _under(self, part: Genotype, least: int) -> str:
        """The text of a part where at least `least` must bind."""
        if part in self.names:
            return self.names[part]
        written = self._write(part)
        return written if _binding(part) >= least else f"({written})"

    def _atom(self, part: Genotype) -> str:
        return self._under(part, BRANCHES)

    def _write(self, part: Genotype) -> str:
        found = self.cache.get(id(part))
        if found is None:
            found = self.cache[id(part)] = self._compose(part)
        return found

    def _compose(self, part: Genotype) -> str:
        match part:
            case Image():
                sides = (part.channels, part.height, part.width)
                return f"image({', '.join(map(str, sides))})"
            case Leaf():
                return self._leaf(part)
            case Chain():
                return " >> ".join(self._under(item, SUM) for item in part.items)
            case Branches():
                return " | ".join(self._under(item, CHAIN) for item in part.items)
            case Sum():
                return " + ".join(self._under(item, TIMES) for item in part.items)
            case Repeat(body=body, times=times, each=True):
                return f"each({self._atom(body)}, {self._value(times)})"
            case Repeat(body=body, times=times):
                return f"{self._under(body, TIMES)} * {self._value(times)}"
            case Row(copies=copies):
                return f"each({', '.join(map(self._atom, copies))})"
            case Named(body=body, name=name):
                return f'{self._under(body, TIMES)} @ "{name}"'
            case Tap(names=names):
                return f"tap({', '.join(_quoted(name) for name in names)})"
            case Aux(head=head, weight=weight):
                return f"aux({self._atom(head)}, weight={_number(weight)})"
            case Tie(body=body, name=name):
                return f'tie({self._atom(body)}, "{name}")'
            case Default(values=values):
                return f"default({', '.join(f'{name}={_scalar(value)}' for name, value in values)})"
            case Choice():
                return self._value(part)
        raise AssertionError(f"an expression of an unknown kind: {type(part)}")

    def _leaf(self, part: Leaf) -> str:
        slots = registry()[part.word].slots
        given = dict(part.values)
        written = []
        by_place = True
        for index, slot in enumerate(slots):
            by_place = by_place and index < 2 and slot.type.kind in BY_PLACE and slot.name in given
            if slot.name in given:
                value = self._value(given[slot.name])
                written.append(value if by_place else f"{slot.name}={value}")
        return f"{part.word}({', '.join(written)})" if written else part.word

    def _value(self, value: object) -> str:
        if isinstance(value, Choice) and value in self.names:
            return self.names[value]
        if isinstance(value, Choice):
            options = [self._value(option) for option in value.options]
            name = [f'name="{value.name}"'] if value.name else []
            return f"choice({', '.join([*options, *name])})"
        return self._atom(value) if isinstance(value, Genotype) else _scalar(value)


def _inside(part: Genotype) -> tuple[Genotype, ...]:
    if isinstance(part, Leaf):
        return tuple(value for _, value in part.values if isinstance(value, Genotype))
    return part.parts


def _binding(part: Genotype) -> int:
    match part:
        case Branches():
            return BRANCHES
        case Chain():
            return CHAIN
        case Sum():
            return SUM
        case Repeat(each=False) | Named():
            return TIMES
        case _:
            return ATOM


def _quoted(value: str) -> str:
    return f'"{value}"'


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, tuple):
        return f"({', '.join(_scalar(cast(object, side)) for side in value)})"
    return repr(value)
