"""What a reference genotype is, and the registry that every family's file of this folder enters
by being there."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nas.errors import GenotypeError, nearest
from nas.genotype import Genotype, load, parse

TORCHVISION = "torchvision, weights IMAGENET1K_V1"  # where an implementation's own figures stand


@dataclass(frozen=True, slots=True)
class Reference:
    """A published network: its genotype and what was published about it.

    Errors are single-crop ImageNet figures in percent, as `source` quotes them; None where none
    was published. `idea` is what the paper brought, in a clause.
    """

    name: str  # torchvision's where it has the network, else timm's
    build: Callable[[], Genotype]
    family: str
    year: int
    paper: str  # "ResNet, arXiv:1512.03385"
    top1_error: float | None = None
    top5_error: float | None = None
    source: str = ""  # where the errors stand
    aliases: tuple[str, ...] = ()
    idea: str = ""

    @property
    def genotype(self) -> Genotype:
        """The network."""
        return self.build()


@dataclass(frozen=True, slots=True)
class Paper:
    """What the variants of one paper share; `net` makes a reference of each."""

    family: str
    year: int
    citation: str  # "ResNet, arXiv:1512.03385"
    source: str = TORCHVISION  # where the published errors stand, unless a variant says otherwise
    idea: str = ""  # what it brought, in a clause; "" where another paper of the family says it

    def net(
        self,
        name: str,
        build: Callable[[], Genotype],
        top1_error: float | None = None,
        top5_error: float | None = None,
        *,
        source: str | None = None,
        aliases: tuple[str, ...] = (),
    ) -> Reference:
        """A variant of that name; its errors in percent."""
        where = (self.source if source is None else source) if top1_error or top5_error else ""
        return Reference(
            name,
            build,
            self.family,
            self.year,
            self.citation,
            top1_error,
            top5_error,
            where,
            aliases,
            self.idea,
        )


@cache
def _families() -> tuple[Any, ...]:
    """Every family's module."""
    import nas.zoo as package

    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    names = [name for name in names if not name.startswith("_")]
    return tuple(import_module(f"{package.__name__}.{name}") for name in names)


@cache
def _notations() -> Mapping[str, Callable[[str], Genotype]]:
    """What reads a notation of a paper's own, by how its texts begin, as no genotype's does."""
    found: dict[str, Callable[[str], Genotype]] = {}
    for family in _families():
        found.update(getattr(family, "NOTATIONS", {}))
    return found


@cache
def references() -> Mapping[str, Reference]:
    """Every reference by its name, in order of year; ValueError where two share a name."""
    found: dict[str, Reference] = {}
    for family in _families():
        for reference in family.REFERENCES:
            if reference.name in found:
                raise ValueError(f"two references are called {reference.name!r}")
            found[reference.name] = reference
    ordered = sorted(found.values(), key=lambda reference: (reference.year, reference.family))
    return MappingProxyType({reference.name: reference for reference in ordered})


@cache
def _names() -> Mapping[str, Reference]:
    names = dict(references())
    for reference in references().values():
        for alias in reference.aliases:
            names.setdefault(alias, reference)
    return names


def reference(name: str) -> Reference:
    """The reference of that name or alias; GenotypeError names the nearest."""
    found = _names().get(name)
    if found is None:
        raise GenotypeError(
            f"no reference is called {name!r}{nearest(name, _names()) or '; `nas list` shows them'}"
        )
    return found


def genotype(what: str | Path | Genotype) -> Genotype:
    """A genotype from a reference's name, the path of a `.nas` file or of a network's or a run's
    folder, text, or a paper's own notation (a cell of NAS-Bench-201); one that is one is handed
    back.

    Raises GenotypeError where it is none of these.
    """
    if isinstance(what, Genotype):
        return what
    if isinstance(what, Path):
        return load(what)
    if not isinstance(what, str):
        raise GenotypeError(
            "a genotype is a reference's name, a .nas file, a run's folder or text, but got "
            f"{type(what).__name__}"
        )
    name = what.strip()
    if name in _names():
        return _names()[name].genotype
    if name.endswith(".nas") or ("\n" not in name and 0 < len(name) < 4096 and _is_path(name)):
        return load(name)
    if name.isidentifier():
        return reference(name).genotype
    for begin, read in _notations().items():
        if name.startswith(begin):
            return read(name)
    if "/" in name and not set(name) & set("(>|\n"):  # no expression has a slash and no call
        raise GenotypeError(f"{name}: there is no such file or folder")
    return parse(what)


def _is_path(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
