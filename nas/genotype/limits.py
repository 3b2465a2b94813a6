"""How large a genotype may be. Everything is checked before anything is allocated."""

from __future__ import annotations

from nas.errors import GenotypeError, shown

DEPTH = 60  # expressions inside expressions
BLOCKS = 50_000  # blocks after every repeat is written out
PARTS = 50_000  # expressions as they are written, those inside others too
PIECE = 1 << 18  # characters of a text between two `>>` or `|` outside parentheses
REPEATS = 10_000
TEXT = 1 << 20  # characters
NAME = 64  # characters
OPTIONS = 1_000  # of one choice


def within(what: str, value: int, limit: int, repair: str) -> None:
    """GenotypeError where `value` is over `limit`."""
    if value > limit:
        raise GenotypeError(f"{what} must be at most {limit}, but got {shown(value)}; {repair}")
