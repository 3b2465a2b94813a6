"""The search spaces that come with the package, one `.nas` file each, and those that a user
wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nas.errors import SpaceError, nearest
from nas.genotype import Genotype, parse
from nas.genotype import load as load_file
from nas.zoo import references

FOLDER = (
    Path(__file__).parent / "files"
)  # a link to search_spaces/ in a checkout, a copy in a wheel


def known() -> Mapping[str, Path]:
    """Every space of the package by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.nas"))}


def load(space: str | Genotype) -> Genotype:
    """A space by its name, its `.nas` file's path or its text; SpaceError names what there is."""
    if isinstance(space, Genotype):
        return space
    if space in known():
        return load_file(known()[space])
    if space.endswith(".nas") or Path(space).is_file():
        return load_file(space)
    if "(" in space:
        return parse(space, "--space")
    if space in references():
        raise SpaceError(
            f"{space!r} is a network, not a search space; search its neighbourhood"
            f" with --around {space}"
        )
    hint = nearest(space, known()) or f"; known: {', '.join(known())}"
    raise SpaceError(f"no search space is called {space!r} and no file{hint}")
