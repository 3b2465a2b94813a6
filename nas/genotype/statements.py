"""A genotype's text cut into lines and pieces, before any of it is read.

A text is lines: `name = expression` names a part, the last line is the genotype, a line that begins
with an operator continues the one before, and `#` begins a comment.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import NoReturn

from nas.errors import GenotypeError
from nas.genotype import limits

_TOKEN = re.compile(
    r"""(?P<string>"[^"\n]*"|'[^'\n]*') | (?P<comment>\#[^\n]*)
      | (?P<fields>\((?:[^()\[\]{}"'\#\n]|"[^"\n]*"|'[^'\n]*')*+\))
      | (?P<open>[(\[{]) | (?P<close>[)\]}])
      | (?P<newline>\n(?:[ ]*+(?:\#[^\n]*+)?\n)*+) | (?P<join>>>|\|) | (?P<assign>=(?!=))""",
    re.VERBOSE,
)
_LEADING = (">>", "|", "+", "*", "@")  # a line that begins with one continues the line before


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a statement between top-level `>>` or `|`: its text and where it begins."""

    text: str
    line: int
    column: int
    join: str  # the operator before it; "" for the first


@dataclass(frozen=True, slots=True)
class Statement:
    """One line with its continuations: the name it gives, if any, and its pieces."""

    name: str | None
    pieces: tuple[Piece, ...]


def statements(text: str, source: str) -> list[Statement]:
    """The text cut at its lines and at the `>>` and `|` outside parentheses, so that long chains
    stay flat."""
    found: list[Statement] = []
    pieces: list[Piece] = []
    name: str | None = None
    line, line_start, depth, begin, join = 1, 0, 0, 0, ""
    clean: list[str] = []  # the piece at hand without comments
    begin_at = (1, 1)
    continued = _continued(text)
    cut = 0

    def close_piece(end: int) -> None:
        nonlocal cut
        cut += 1
        clean.append(text[begin:end])
        written = "".join(clean)
        for what, value, limit in (
            ("blocks in a text", cut, limits.BLOCKS),
            ("characters of an expression", len(written), limits.PIECE),
        ):
            if value > limit:
                rule = f"{what} must be at most {limit}, but got {value}"
                refuse(source, *begin_at, f"{rule}; name parts of it on lines of their own")
        pieces.append(Piece(written, *begin_at, join))
        clean.clear()

    def close_statement(end: int) -> None:
        nonlocal name
        close_piece(end)
        if len(pieces) > 1 or pieces[0].text.strip() or name is not None:
            found.append(Statement(name, tuple(pieces)))
        pieces.clear()
        name = None

    for token in _TOKEN.finditer(text):
        kind, at = token.lastgroup, token.start()
        if kind == "comment":
            clean.append(text[begin:at])
            begin = token.end()
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth < 0:
                refuse(
                    source,
                    line,
                    at - line_start + 1,
                    f"{token.group()!r} closes nothing; remove it",
                )
        elif kind == "newline":
            lines = token.group().count("\n")
            line, line_start = line + lines, token.end()
            if lines > 1:  # with comments between
                clean.append(text[begin:at] + "\n" * lines)
                begin = at = token.end()
            if depth == 0 and not continued[line - 2]:
                close_statement(at)
                begin, join = token.end(), ""
                begin_at = (line, 1)
        elif kind == "join" and depth == 0:
            close_piece(at)
            begin, join = token.end(), token.group()
            begin_at = (line, token.end() - line_start + 1)
        elif kind == "assign" and depth == 0:
            written = ("".join(clean) + text[begin:at]).strip()
            usable = written.isidentifier() and written.isascii() and not keyword.iskeyword(written)
            if pieces or name is not None or not usable:
                refuse(
                    source,
                    line,
                    at - line_start + 1,
                    "`=` names a line's expression, as in `cell = conv(32, 3)`",
                )
            name = written
            clean.clear()
            begin = token.end()
            begin_at = (line, token.end() - line_start + 1)
    if depth:
        refuse(source, line, len(text) - line_start + 1, "a parenthesis is never closed; close it")
    close_statement(len(text))
    return found


def _continued(text: str) -> list[bool]:
    """For each line, whether the next one that says something begins with an operator."""
    lines = text.split("\n")
    result = [False] * len(lines)
    following = False
    for number in range(len(lines) - 1, -1, -1):
        result[number] = following
        line = lines[number].lstrip()
        if line and not line.startswith("#"):
            following = line.startswith(_LEADING)
    return result


def refuse(source: str, line: int, column: int, rule: str) -> NoReturn:
    """Raise GenotypeError for a place of a text: line and column from 1."""
    raise GenotypeError(f"{source}, line {line}, column {column}: {rule}")
