"""What a block is, and the registry that every module of this folder enters by being there."""

from __future__ import annotations

import dataclasses
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform, get_type_hints

from nas.blocks.fields import Field, Scalar, field_of
from nas.errors import GenotypeError, nearest
from nas.graph import Recorder, Settings, Value


@dataclass(frozen=True, slots=True)
class Anchor:
    """A figure from outside (a paper, another implementation, a count by hand) that a block must
    reproduce."""

    fields: Mapping[str, object]
    shape: tuple[int, ...]  # of the input: (channels, height, width) or (channels,)
    params: int
    macs: int
    source: str


class Block(ABC):
    """A frozen dataclass whose `body` says once which primitive operations it makes."""

    word: ClassVar[str]  # what it is called in a genotype
    anchors: ClassVar[tuple[Anchor, ...]] = ()
    keeps_stride: ClassVar[bool] = False  # in `* n`, copies 2..n keep the stride too (pools)
    residual: ClassVar[bool] = False  # counts in the growth of drop-path with depth

    @abstractmethod
    def body(self, x: Value) -> Value:
        """What is done to `x`."""

    def multiples(self, channels: int) -> Mapping[str, int]:
        """What some of its fields, and "input" of `channels` channels, come in whole multiples of,
        so that scaled groups and heads stay whole and as wide as now where that is their rule."""
        return {}

    def apply(self, x: Value, name: str) -> Value:
        """The block as a part of another block's body, in a scope of that name."""
        recorder: Recorder = x.recorder
        with recorder.inside(recorder.place(name)):
            return self.body(x)


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a block: its name, type, and default (REQUIRED where it must be given)."""

    name: str
    type: Field
    default: object
    optional: bool

    @property
    def required(self) -> bool:
        """Whether the block can't be written without it."""
        return self.default is dataclasses.MISSING

    def coerce(self, value: object) -> Scalar:
        """`value` in the declared type; ValueError with the rule."""
        return None if value is None and self.optional else self.type.coerce(value)


@dataclass(frozen=True)
class Entry:
    """A registered block: its word, class and fields."""

    word: str
    make: type[Block]
    slots: tuple[Slot, ...]

    @cached_property
    def encloses(self) -> bool:
        """Whether a field holds an expression, so that it is recorded in place."""
        return any(slot.type.kind == "expression" for slot in self.slots)

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring, as one line."""
        return " ".join((self.make.__doc__ or "").partition("\n\n")[0].split())

    @cached_property
    def named(self) -> Mapping[str, Slot]:
        """Its fields by name."""
        return {slot.name: slot for slot in self.slots}

    @cached_property
    def settable(self) -> tuple[str, ...]:
        """The fields that `default(...)` may set."""
        return tuple(name for name in self.named if name in SETTABLE)

    def slot(self, name: str) -> Slot:
        """The field of that name; GenotypeError names the nearest."""
        slot = self.named.get(name)
        if slot is None:
            hint = nearest(name, self.named) or f"; its fields: {', '.join(self.named) or 'none'}"
            raise GenotypeError(f"{self.word} has no field {name!r}{hint}")
        return slot

    def build(self, values: Mapping[str, object], settings: Settings) -> Block:
        """The block with these fields, the rest from the settings or the defaults."""
        filled = dict(values)
        for name in self.settable:
            setting = getattr(settings, name)
            if setting is not None:
                filled.setdefault(name, setting)
        return self.make(**filled)


SETTABLE = frozenset(field.name for field in dataclasses.fields(Settings))
_REGISTRY: dict[str, Entry] = {}
T = TypeVar("T", bound=Block)


@dataclass_transform(frozen_default=True)
def block(word: str) -> Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass and enter it under `word`; ValueError where the word is
    taken."""

    def enter(cls: type[T]) -> type[T]:
        cls.word = word
        made = dataclass(frozen=True)(cls)
        if word in _REGISTRY:
            raise ValueError(f"two blocks are called {word!r}: {_REGISTRY[word].make} and {made}")
        hints = get_type_hints(made, include_extras=True)
        slots = tuple(
            Slot(field.name, *_type(hints[field.name], field.default))
            for field in dataclasses.fields(cast(Any, made))
        )
        _REGISTRY[word] = Entry(word, made, slots)
        return made

    return enter


def _type(annotation: object, default: object) -> tuple[Field, Any, bool]:
    kind, optional = field_of(annotation)
    return kind, default, optional


@cache
def registry() -> Mapping[str, Entry]:
    """Every block by its word; each module of this folder is imported once."""
    import nas.blocks as package

    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            import_module(f"{package.__name__}.{module.name}")
    return MappingProxyType(dict(sorted(_REGISTRY.items())))


def entries() -> Iterator[Entry]:
    """Every block, by word."""
    return iter(registry().values())
