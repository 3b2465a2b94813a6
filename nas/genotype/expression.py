"""Expressions: what a genotype is made of. Immutable, compared and hashed by value, bounded in
size.

`a >> b` b after a; `a | b` both read one input, outputs concatenated; `a + b` likewise, added;
`a * n` n in a row; `a @ "name"` names the output. Python's precedence holds: `*` and `@`, then `+`,
then `>>`, then `|`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from nas.blocks import registry
from nas.blocks.fields import Scalar
from nas.errors import GenotypeError, shown
from nas.genotype import limits
from nas.genotype.words import checked_name
from nas.graph import Inside


@dataclass(frozen=True, slots=True)
class Genotype(Inside):
    """An expression made of blocks; with choices left in it, a search space.

    `str()` gives its text, and `nas.parse(str(g)) == g`. It has no truth value: `a or b` and
    chained comparisons are mistakes for `|` and `>>`, and are refused. `blocks` are counted after
    writing out repeats, `depth` is that of expressions inside expressions, `size` the number of
    expressions written; `open` says that choices are left in it.
    """

    blocks: int = field(default=1, init=False, compare=False, repr=False)
    depth: int = field(default=1, init=False, compare=False, repr=False)
    size: int = field(default=1, init=False, compare=False, repr=False)
    open: bool = field(default=False, init=False, compare=False, repr=False)

    def _measure(self, parts: tuple[Genotype, ...], times: int = 1) -> None:
        blocks, depth, size, still_open = 0, 0, self.size, self.open
        for part in parts:
            blocks += part.blocks
            depth = max(depth, part.depth)
            size += part.size
            still_open = still_open or part.open
        blocks, depth = max(1, times * blocks), 1 + depth
        limits.within("the number of expressions", size, limits.PARTS, "leave some out")
        object.__setattr__(self, "size", size)
        limits.within("the number of blocks", blocks, limits.BLOCKS, "repeat less")
        limits.within(
            "expressions inside expressions", depth, limits.DEPTH, "flatten the expression"
        )
        object.__setattr__(self, "blocks", blocks)
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "open", still_open)

    def __rshift__(self, other: object) -> Genotype:
        return Chain((self, genotype(other, "`>>`")))

    def __or__(self, other: object) -> Genotype:
        return Branches((self, genotype(other, "`|`")))

    def __add__(self, other: object) -> Genotype:
        return Sum((self, genotype(other, "`+`")))

    def __mul__(self, times: object) -> Genotype:
        return Repeat(self, count(times))

    def __matmul__(self, name: object) -> Genotype:
        return Named(self, checked_name(name))

    def __bool__(self) -> bool:
        raise GenotypeError(
            "a genotype has no truth value; write `|` for branches and `>>` for a sequence"
        )

    def __str__(self) -> str:
        from nas.genotype.printing import text

        return text(self)

    def __reduce__(self) -> tuple[object, ...]:
        from nas.genotype.text import parse

        return parse, (str(self),)

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The expressions directly inside."""
        return ()


def genotype(value: object, where: str) -> Genotype:
    """`value` as an expression; GenotypeError where it is none."""
    spoken = value if isinstance(value, Genotype) else getattr(value, "expression", None)
    if isinstance(spoken, Choice) and not spoken.parts:
        raise GenotypeError(
            f"{where} joins expressions, but got a choice of values, {shown(spoken.options)}; "
            "give it to a block's field, such as conv(choice(16, 24), 3)"
        )
    if isinstance(spoken, Genotype):
        return spoken
    raise GenotypeError(
        f"{where} joins expressions, but got {shown(value)}; write a block such as conv(32, 3)"
    )


def count(value: object) -> int | Choice:
    """A repeat count: a whole number or a choice of them; GenotypeError else."""
    if isinstance(value, Choice):
        for option in value.options:
            count(option)
        return value
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise GenotypeError(
            f"`*` repeats a whole number of times, at least 1, but got {shown(value)}"
        )
    limits.within("a repeat", value, limits.REPEATS, "repeat less")
    return value


Argument: TypeAlias = "Scalar | Choice | Genotype"


@dataclass(frozen=True, slots=True)
class Image(Genotype):
    """The input: channels, height and width in pixels. Only the first of a chain."""

    channels: int = 3
    height: int = 224
    width: int = 224


@dataclass(frozen=True, slots=True)
class Leaf(Genotype):
    """One block: its word and the fields that were given, in the block's order."""

    word: str = ""
    values: tuple[tuple[str, Argument], ...] = ()

    def __post_init__(self) -> None:
        inside = tuple([value for _, value in self.values if isinstance(value, Genotype)])
        bodies = [value for value in inside if value.parts or not isinstance(value, Choice)]
        for value in bodies:
            _no_image(value, f"{self.word}'s field")
        if inside:
            self._measure(inside)
        blocks = max(1, sum([value.blocks for value in bodies])) * self._layers()
        limits.within("the number of blocks", blocks, limits.BLOCKS, "repeat less")
        object.__setattr__(self, "blocks", blocks)

    def _layers(self) -> int:
        """How many times the block repeats itself (a dense block's layers)."""
        layers, entry = 1, registry()[self.word]
        for name, value in self.values:
            if entry.slot(name).type.kind == "repeats":
                options = value.options if isinstance(value, Choice) else (value,)
                layers *= max(cast(tuple[int, ...], options))
        return layers


@dataclass(frozen=True, slots=True)
class Joined(Genotype):
    """Several expressions in one; nested ones of the same kind are written as one."""

    items: tuple[Genotype, ...] = ()

    def __post_init__(self) -> None:
        blocks = sum(item.blocks for item in self.items)
        limits.within("the number of blocks", blocks, limits.BLOCKS, "repeat less")
        flat = tuple(self._flatten())
        for item in flat:
            if isinstance(item, Image) and not (isinstance(self, Chain) and item is flat[0]):
                raise GenotypeError(
                    "image(...) stands first in a chain, outside parentheses; "
                    "write image(...) >> (a | b) with the rest in parentheses"
                )
            if isinstance(item, Chain) and isinstance(item.items[0], Image):
                raise GenotypeError(
                    "image(...) >> a | b reads as (image(...) >> a) | b; "
                    "write image(...) >> (a | b)"
                )
        object.__setattr__(self, "items", flat)
        self._measure(flat)

    def _flatten(self) -> Iterator[Genotype]:
        for item in self.items:
            if type(item) is type(self):
                yield from item.items
            else:
                yield item

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The items."""
        return self.items


@dataclass(frozen=True, slots=True)
class Chain(Joined):
    """`a >> b`: one after another."""

    def _flatten(self) -> Iterator[Genotype]:
        for index, item in enumerate(self.items):
            # default(...) holds to the end of its chain, so a chain that has one keeps its end
            if isinstance(item, Chain) and (
                index == 0 or not any(isinstance(x, Default) for x in item.items)
            ):
                yield from item.items
            else:
                yield item


@dataclass(frozen=True, slots=True)
class Branches(Joined):
    """`a | b`: both read the same input; outputs concatenated along channels."""


@dataclass(frozen=True, slots=True)
class Sum(Joined):
    """`a + b`: both read the same input; outputs added."""


def _quoted(value: object) -> str:
    return shown(str(value)).strip("'") if isinstance(value, Genotype) else shown(value)


def _no_image(body: Genotype, what: str) -> None:
    genotype(body, what)
    if isinstance(body, Image) or (isinstance(body, Chain) and isinstance(body.items[0], Image)):
        raise GenotypeError(
            f"{what} holds image(...); move image(...) to the front of the whole chain"
        )


@dataclass(frozen=True, slots=True)
class Repeat(Genotype):
    """`body * times`, or `each(body, times)` where the choices inside are made anew for each copy.

    Written out, a single block keeps its stride only in the first copy (pools keep it); a composite
    is repeated as it stands.
    """

    body: Genotype = field(default_factory=lambda: Leaf("identity"))
    times: int | Choice = 1
    each: bool = False

    def __post_init__(self) -> None:
        _no_image(self.body, "`*`")
        times = self.times
        most = max(cast(tuple[int, ...], times.options)) if isinstance(times, Choice) else times
        object.__setattr__(self, "open", isinstance(times, Choice))
        if self.each and most == 1 and not isinstance(times, Choice):
            object.__setattr__(self, "each", False)
        self._measure((self.body,), most)

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The body."""
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Row(Genotype):
    """`each(a, b, c)`: unequal copies in a row, still one stage; what an `each(a, n)` is once its
    choices are made."""

    copies: tuple[Genotype, ...] = ()

    def __post_init__(self) -> None:
        for copy in self.copies:
            _no_image(copy, "each(...)")
        self._measure(self.copies)

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The copies."""
        return self.copies


@dataclass(frozen=True, slots=True)
class Named(Genotype):
    """`body @ "name"`: the output is named (state-dict prefix, feature tap)."""

    body: Genotype = field(default_factory=lambda: Leaf("identity"))
    name: str = "x"

    def __post_init__(self) -> None:
        _no_image(self.body, "`@`")
        self._measure((self.body,))

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The body."""
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Tap(Genotype):
    """`tap("x", "y")`: continue from named outputs, concatenated; what came before is ignored."""

    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.names:
            raise GenotypeError('tap needs at least one name, such as tap("x")')
        for name in self.names:
            for part in name.split(".") if isinstance(name, str) else (name,):
                if not (isinstance(part, str) and part.isdigit()):
                    checked_name(part)


@dataclass(frozen=True, slots=True)
class Aux(Genotype):
    """`aux(head, weight=0.3)`: a training-only side output; hands its input on."""

    head: Genotype = field(default_factory=lambda: Leaf("identity"))
    weight: float = 0.3

    def __post_init__(self) -> None:
        _no_image(self.head, "aux(...)")
        weight = self.weight
        if (
            isinstance(weight, bool)
            or not isinstance(weight, int | float)
            or not 0 <= weight <= 100
        ):
            raise GenotypeError(
                f"aux's weight must be a number from 0 to 100, but got {shown(weight)}"
            )
        object.__setattr__(self, "weight", float(weight))
        self._measure((self.head,))

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The head."""
        return (self.head,)


@dataclass(frozen=True, slots=True)
class Tie(Genotype):
    """`tie(a, "cell")`: every choice inside is one decision wherever the tied expression stands."""

    body: Genotype = field(default_factory=lambda: Leaf("identity"))
    name: str = "cell"

    def __post_init__(self) -> None:
        _no_image(self.body, "tie(...)")
        self._measure((self.body,))

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The body."""
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Default(Genotype):
    """`default(act="silu", ...)`: what the blocks after it, to the end of its chain, take where
    they say nothing."""

    values: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice(Genotype):
    """A hole: exactly one of its options, each a field's value, a repeat count or an expression.

    Choices of one name are one decision.
    """

    options: tuple[Scalar | Genotype, ...] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        if not self.options:
            raise GenotypeError("choice needs at least one option, such as choice(3, 5)")
        limits.within("a choice's options", len(self.options), limits.OPTIONS, "offer fewer")
        kinds = {isinstance(option, Genotype) for option in self.options}
        if len(kinds) > 1:
            raise GenotypeError(
                "a choice's options are all expressions or all values, but got both: "
                f"{', '.join(map(_quoted, self.options[:4]))}"
            )
        seen: set[object] = set()
        for option in self.options:
            sides = option if isinstance(option, tuple) else (option,)
            if not all(isinstance(x, Genotype | int | float | str | None) for x in sides):
                raise GenotypeError(
                    f"a choice's option must be a number, a word or an expression, "
                    f"but got {shown(option)}"
                )
            if option in seen:
                raise GenotypeError(
                    f"choice has one option twice: {_quoted(option)}; leave one out"
                )
            seen.add(option)
            if isinstance(option, Genotype):
                _no_image(option, "choice(...)")
        if self.name is not None:
            checked_name(self.name)
        object.__setattr__(self, "open", True)
        inside = tuple(option for option in self.options if isinstance(option, Genotype))
        self._measure(inside)
        object.__setattr__(self, "blocks", max((part.blocks for part in inside), default=1))

    @property
    def parts(self) -> tuple[Genotype, ...]:
        """The options that are expressions."""
        return tuple(option for option in self.options if isinstance(option, Genotype))
