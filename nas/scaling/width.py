"""Width: how each number of channels in a network changes, so that groups and heads stay whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import cast

from nas.blocks import Block, Entry, registry
from nas.blocks.fields import round_channels
from nas.genotype.binding import coerce, with_fields
from nas.genotype.expression import Argument, Chain, Choice, Genotype, Leaf, Named
from nas.genotype.recording import built
from nas.genotype.rewriting import everywhere
from nas.scaling.places import Places, first, output, places

COMBINATIONS = 4_096  # of one block's options that are looked at
Change = Callable[[int], int]


def wider(genotype: Genotype, width: float, divisor: int, group_width: float) -> Genotype:
    """`width` times the channels, `group_width` times those of groups whose width is given."""
    seen, held = places(genotype), output(genotype)
    found = units(genotype, seen, divisor, soft=group_width == 1)
    channels = Channels(width, divisor, found, seen)

    def change(part: Genotype) -> Genotype:
        if isinstance(part, Leaf):
            return _widened(part, channels, divisor, group_width)
        return part

    if held is None or not isinstance(genotype, Chain):
        return everywhere(genotype, change)
    at = max(i for i, item in enumerate(genotype.items) if _named(item) == held)
    items = genotype.items
    return Chain(
        tuple(item if i == at else everywhere(item, change) for i, item in enumerate(items))
    )


@dataclass(frozen=True, slots=True)
class Channels:
    """How numbers of channels change."""

    width: float
    divisor: int
    units: Mapping[int, int]  # by the channels that a field gives now: what they come in
    seen: Places

    def field(self, channels: int) -> int:
        """What a field of so many channels becomes."""
        parts = self.seen.joined.get(channels)
        if parts and all(part in self.units and part != channels for part in parts):
            return sum(map(self.field, parts))  # both terms of a sum change alike
        rounded = round_channels(channels * self.width, self.units.get(channels, self.divisor))
        return self.onward(channels, rounded)

    def onward(self, before: int, after: int) -> int:
        """`after`, unless that is against the direction of the factor."""
        if self.width == 1:
            return before
        return min(before, after) if self.width < 1 else max(before, after)

    def carried(self, channels: int) -> int:
        """What so many channels anywhere become: those of a field, or a multiple of them."""
        fields = [each for each in self.units if channels % each == 0]
        if not fields:
            own = channels == self.seen.image
            return channels if own else max(1, round(channels * self.width))
        source = max(fields)
        return channels // source * self.field(source)


def units(genotype: Genotype, seen: Places, divisor: int, *, soft: bool) -> dict[int, int]:
    """For each number of channels that a field gives, what it comes in multiples of.

    With `soft`, groups of a given width stay whole too where they are; their blocks round them
    else.
    """
    found: dict[int, int] = {}
    grouped = []
    for leaf in _leaves(genotype):
        for value in _channels(leaf):
            found[value] = divisor
        grouped += [(each, seen.read.get(cast(Leaf, first(each)))) for each in _combinations(leaf)]
    known = {leaf for leaf, _ in grouped}
    grouped += [each for each in seen.blocks if each[0] not in known]  # in copies, too
    for leaf, channels in grouped:
        entry = registry()[leaf.word]
        loose = any(slot.type.kind == "group_width" for slot in entry.slots)
        if loose and (not soft or genotype.open):
            continue
        for name, unit in built(leaf).multiples(channels or 1).items():
            for value in _concerned(leaf, name, channels, list(found), seen.image):
                if not loose or value % unit == 0:
                    times = channels // value if name == "input" and channels else 1
                    found[value] = math.lcm(found[value], unit // math.gcd(unit, times))
    return found


def _concerned(
    leaf: Leaf, name: str, channels: int | None, known: list[int], image: int | None
) -> list[int]:
    """The fields' channels that must come in whole multiples: the block's own, or those that it
    reads."""
    if name != "input":
        return [value for value in _values(leaf, name) if value]
    if channels is None or (channels == image and channels not in known):
        return []
    dividing = [value for value in known if channels % value == 0]
    return [max(dividing)] if dividing else known  # of which they are a concatenation


def _widened(part: Leaf, channels: Channels, divisor: int, group_width: float) -> Leaf:
    """A block with its channels, groups and heads changed."""
    entry = registry()[part.word]
    values = dict(part.values)
    for slot in entry.slots:
        value = values.get(slot.name, slot.default if not slot.required else None)
        change: Change | None = None
        match slot.type.kind:
            case "channels":
                change = channels.field
            case "heads":
                change = _heads(part, channels)
            case "groups":
                change = _groups(part, channels)
            case "group_width" if group_width != 1:
                change = _group_width(group_width, divisor)
        if change is not None and value is not None:
            values[slot.name] = coerce(entry, slot, each_option(cast(Argument, value), change))
    return with_fields(part.word, values)


def _heads(part: Leaf, channels: Channels) -> Change:
    """Heads as wide as before."""

    def change(heads: int) -> int:
        closed = cast(Leaf, first(part))
        reads = channels.seen.read.get(closed)
        exact = with_fields(part.word, {**dict(closed.values), "heads": heads})
        ((name, wide),) = built(exact).multiples(reads or 1).items()
        if name != "input":
            held = channels.field(next(_values(closed, name)))
        else:
            held = channels.carried(reads) if reads else round(heads * channels.width) * wide
        return channels.onward(heads, max(1, held // wide))

    return change


def _groups(part: Leaf, channels: Channels) -> Change:
    """As many groups; a filter for each channel stays one."""
    reads = channels.seen.read.get(cast(Leaf, first(part)))

    def change(groups: int) -> int:
        own = groups > 1 and groups == reads and "groups" in dict(part.values)
        return channels.carried(groups) if own and _filters_each(part, groups) else groups

    return change


def _filters_each(part: Leaf, groups: int) -> bool:
    """Whether the block filters each channel by itself: it asks for no whole groups."""
    exact = with_fields(part.word, {**dict(cast(Leaf, first(part)).values), "groups": groups})
    return not built(exact).multiples(groups)


def _group_width(factor: float, divisor: int) -> Change:
    """As pycls scales them (arXiv:2103.06877): powers of two below the divisor, then multiples of
    it."""

    def change(width: int) -> int:
        wanted = width * factor
        if wanted < divisor:
            return max(1, 1 << round(math.log2(max(1.0, wanted))))
        return round_channels(wanted, divisor)

    return change


def each_option(value: Argument, change: Change) -> Argument:
    """A value, or each option of a choice of values, changed; options that fall together become
    one."""
    if not isinstance(value, Choice):
        return None if value is None else change(cast(int, value))
    changed = (None if option is None else change(cast(int, option)) for option in value.options)
    options = tuple(dict.fromkeys(changed))
    return options[0] if len(options) == 1 else Choice(options, value.name)


def _named(item: Genotype) -> Genotype:
    while isinstance(item, Named):
        item = item.body
    return item


def _leaves(genotype: Genotype) -> Iterator[Leaf]:
    """Each block as it is written, once."""
    found: dict[Leaf, None] = {}

    def note(part: Genotype) -> Genotype:
        if isinstance(part, Leaf):
            found[part] = None
        return part

    everywhere(genotype, note)
    return iter(found)


def _channels(leaf: Leaf) -> Iterator[int]:
    for slot in registry()[leaf.word].slots:
        if slot.type.kind == "channels":
            yield from (value for value in _values(leaf, slot.name) if value)


def _values(leaf: Leaf, name: str) -> Iterator[int]:
    """What a field may be: as written, each option, or the default."""
    slot = registry()[leaf.word].slot(name)
    value = dict(leaf.values).get(name, None if slot.required else slot.default)
    options = value.options if isinstance(value, Choice) else (value,)
    yield from cast(tuple[int, ...], tuple(x for x in options if x is not None))


def _combinations(leaf: Leaf) -> Iterator[Leaf]:
    """The block with each combination of its options of channels, groups, heads and ratios, if it
    has groups or heads."""
    entry = registry()[leaf.word]
    if not _divides(entry):
        return
    closed = cast(Leaf, first(leaf))
    kinds = ("channels", "groups", "group_width", "heads", "ratio")
    open_ = {
        name: value.options
        for name, value in leaf.values
        if isinstance(value, Choice) and entry.slot(name).type.kind in kinds
    }
    for options in islice(product(*open_.values()), COMBINATIONS):
        chosen = dict(zip(open_, options, strict=True))
        yield with_fields(leaf.word, {**dict(closed.values), **chosen})


def _divides(entry: Entry) -> bool:
    """Whether the block asks for whole multiples."""
    return entry.make.multiples is not Block.multiples
