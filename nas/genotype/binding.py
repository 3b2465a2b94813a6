"""From written arguments to expressions: fields are found by place or name, and coerced to their
declared type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from nas.blocks import Entry, Slot, registry
from nas.blocks.fields import Activation, Normalization, Positive, Rate, Scalar, field_of, one_of
from nas.errors import GenotypeError, nearest, shown
from nas.genotype.expression import (
    Argument,
    Aux,
    Branches,
    Chain,
    Choice,
    Default,
    Genotype,
    Image,
    Leaf,
    Repeat,
    Row,
    Sum,
    Tap,
    Tie,
    count,
    genotype,
)
from nas.genotype.words import checked_name

LARGEST_IMAGE = 1 << 14  # pixels a side


def leaf(
    word: str, args: Sequence[object] = (), options: Mapping[str, object] | None = None
) -> Leaf:
    """The block `word` with these fields; GenotypeError for an unknown word, field or value."""
    entry = registry().get(word)
    if entry is None:
        raise GenotypeError(f"no block is called {word!r}{nearest(word, registry())}")
    if len(args) > len(entry.slots):
        raise GenotypeError(f"{word} takes at most {len(entry.slots)} fields, but got {len(args)}")
    given = {slot.name: value for slot, value in zip(entry.slots, args, strict=False)}
    for name, value in (options or {}).items():
        with _About(name):
            if entry.slot(name).name in given:
                raise GenotypeError(f"{word} got its field {name!r} twice")
        given[name] = value
    values = {}
    for slot in entry.slots:
        if slot.name in given:
            with _About(slot.name):
                values[slot.name] = coerce(entry, slot, given[slot.name])
        elif slot.required:
            raise GenotypeError(
                f"{word} needs its field {slot.name!r} ({slot.type.rule}); "
                f"write {word}({slot.name}=...)"
            )
    return with_fields(word, values)


class _About:
    """Errors from inside say which field they are about."""

    __slots__ = ("_field",)

    def __init__(self, field: str) -> None:
        self._field = field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, GenotypeError):
            error.field = self._field


def with_fields(word: str, values: Mapping[str, Argument]) -> Leaf:
    """The block with these fields, already of their types; what equals the default is left out.

    What `default(...)` may set is kept, since a value that was written beats the setting.
    """
    kept = []
    for slot in registry()[word].slots:
        if slot.name in values:
            value = values[slot.name]
            if slot.name in SETTINGS or value != slot.default:
                kept.append((slot.name, value))
    return Leaf(word, tuple(kept))


def coerce(entry: Entry, slot: Slot, value: object) -> Argument:
    """A field's value, or a choice of them, in the declared type."""
    if isinstance(value, Choice):
        options = tuple(coerce(entry, slot, option) for option in value.options)
        return Choice(cast(tuple[Scalar, ...], options), value.name)
    if slot.type.kind == "expression":
        spoken = _parsed(value) if isinstance(value, str) else getattr(value, "expression", value)
        if isinstance(spoken, Genotype):
            return spoken
    elif isinstance(value, Genotype):
        raise GenotypeError(
            f"{entry.word}'s field {slot.name!r} must be {slot.type.rule}, but got an expression"
        )
    try:
        return slot.coerce(value)
    except ValueError as error:
        raise GenotypeError(f"{entry.word}'s field {slot.name!r} {error}") from None


def _parsed(text: str) -> Genotype:
    from nas.genotype.text import parse

    return parse(text)


SETTINGS = {
    "act": field_of(Activation)[0],
    "norm": field_of(Normalization)[0],
    "eps": field_of(Positive)[0],
    "momentum": field_of(Positive)[0],
    "gain": one_of("act", "weights"),
    "padding": one_of("half", "same", "valid"),
    "drop_path": field_of(Rate)[0],
}


def image(channels: object = 3, height: object = 224, width: object = None) -> Image:
    """The input: channels, height and width (as the height where left out) in pixels."""
    width = height if width is None else width
    for name, value in (("channels", channels), ("height", height), ("width", width)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_IMAGE:
            raise GenotypeError(
                f"image's {name} must be a whole number from 1 to {LARGEST_IMAGE}, "
                f"but got {shown(value)}"
            )
    return Image(cast(int, channels), cast(int, height), cast(int, width))


def choice(*options: object, name: object = None) -> Choice:
    """A hole: exactly one of the options."""
    closed = [cast(Scalar, getattr(option, "expression", option)) for option in options]
    return Choice(tuple(closed), None if name is None else checked_name(name))


def each(*items: object) -> Genotype:
    """`each(a, n)`: as `a * n`, choices made anew for each copy. `each(a, b, c)`: these in a row
    as one stage."""
    if len(items) == 2 and isinstance(items[1], int | Choice) and not _expressions(items[1]):
        return Repeat(genotype(items[0], "each"), count(items[1]), each=True)
    copies = tuple(genotype(item, "each") for item in items)
    if not copies:
        raise GenotypeError("each needs an expression and a count, such as each(mbconv(24), 3)")
    return row(copies)


def _expressions(value: object) -> bool:
    return isinstance(value, Choice) and isinstance(value.options[0], Genotype)


def row(copies: tuple[Genotype, ...]) -> Genotype:
    """Copies in a row as one stage; equal ones are a repeat."""
    if all(copy == copies[0] for copy in copies[1:]) and not copies[0].open:
        return Repeat(copies[0], len(copies))
    return Row(copies)


def tie(body: object, name: object) -> Tie:
    """One decision for each choice inside, wherever the tied expression stands."""
    return Tie(genotype(body, "tie"), checked_name(name))


def tap(*names: object) -> Tap:
    """Continue from named outputs."""
    return Tap(cast(tuple[str, ...], names))


def aux(head: object, weight: object = 0.3) -> Aux:
    """A training-only side output; its loss counts `weight` times."""
    return Aux(genotype(head, "aux"), cast(float, weight))


def default(**values: object) -> Default:
    """What the blocks after it take where they say nothing."""
    coerced = []
    for name, value in sorted(values.items()):
        with _About(name):
            if name not in SETTINGS:
                hint = nearest(name, SETTINGS) or f"; it sets {', '.join(SETTINGS)}"
                raise GenotypeError(f"default has no setting {name!r}{hint}")
            try:
                coerced.append((name, SETTINGS[name].coerce(value)))
            except ValueError as error:
                raise GenotypeError(f"default's {name!r} {error}") from None
    return Default(tuple(coerced))


class Word:
    """A block's name in Python: `conv(32, 3)` makes an expression, and bare `maxpool` is one with
    all defaults."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.__doc__ = registry()[word].make.__doc__

    @property
    def expression(self) -> Leaf:
        """The block with all defaults."""
        return leaf(self.word)

    def __call__(self, *args: object, **options: object) -> Leaf:
        """The block with these fields."""
        return leaf(self.word, args, options)

    def __rshift__(self, other: object) -> Genotype:
        return self.expression >> other

    def __or__(self, other: object) -> Genotype:
        return self.expression | other

    def __add__(self, other: object) -> Genotype:
        return self.expression + other

    def __mul__(self, times: object) -> Genotype:
        return self.expression * times

    def __matmul__(self, name: object) -> Genotype:
        return self.expression @ name

    def __bool__(self) -> bool:
        return bool(self.expression)

    def __repr__(self) -> str:
        return f"<block {self.word}>"


WORDS: Mapping[str, Callable[..., Genotype]] = {
    "image": image,
    "choice": choice,
    "each": each,
    "tie": tie,
    "tap": tap,
    "aux": aux,
    "default": default,
}
JOINS = {"|": Branches, ">>": Chain, "+": Sum}
