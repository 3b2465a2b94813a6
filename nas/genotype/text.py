"""From text to an expression: a subset of Python's expressions, parsed with `ast` and never
evaluated."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import NoReturn

from nas.blocks import registry
from nas.errors import GenotypeError, nearest, shown
from nas.genotype import limits
from nas.genotype.binding import JOINS, WORDS, leaf
from nas.genotype.expression import Genotype, Named, Repeat, count, genotype
from nas.genotype.statements import Piece, Statement, refuse, statements
from nas.genotype.words import checked_name

SHORT = 200  # characters of a piece that is kept
_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.Add: "+",
    ast.Mult: "*",
    ast.MatMult: "@",
}


def parse(text: str, source: str = "<text>") -> Genotype:
    """The genotype that `text` writes; GenotypeError with source, line, column, rule, value and
    repair.

    Loading a genotype runs no code of its author's.
    """
    if not isinstance(text, str):
        raise GenotypeError(f"a genotype's text must be a str, but got {type(text).__name__}")
    limits.within(
        f"{source}: the text's length in characters", len(text), limits.TEXT, "shorten it"
    )
    text = text.replace("\r\n", "\n").expandtabs(1)
    lines = statements(text, source)
    names: dict[str, Genotype] = {}
    for statement in lines[:-1]:
        if statement.name is None:
            first = statement.pieces[0]
            refuse(
                source,
                first.line,
                first.column,
                "only the last line may be without a name; begin this one with `name = `, "
                "or the next one with an operator",
            )
        first = statement.pieces[0]
        if statement.name in WORDS:  # a block's word may be taken: it is the newer name
            refuse(
                source,
                first.line,
                1,
                f"{statement.name!r} is a word of the language; call this part otherwise",
            )
        names[statement.name] = _Reader(source, names).statement(statement)
    if not lines:
        refuse(
            source,
            1,
            1,
            "the text holds no expression; write one such as image(3, 32, 32) >> conv(16, 3)",
        )
    return _Reader(source, names).statement(lines[-1])


class _Reader:
    """Turns pieces into expressions, knowing the names of earlier lines."""

    def __init__(self, source: str, names: Mapping[str, Genotype]) -> None:
        self.source, self.names = source, names
        self.piece = Piece("", 1, 1, "")

    def statement(self, statement: Statement) -> Genotype:
        """Branches of chains of pieces, joined flat."""
        branches: list[list[Genotype]] = [[]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's, of what `ast` reads
            for piece in statement.pieces:
                if piece.join == "|":
                    branches.append([])
                branches[-1].append(self.read(piece))
        self.piece = statement.pieces[0]
        chains = [self._guard(partial(_join, ">>", chain), None) for chain in branches]
        return self._guard(lambda: _join("|", chains), None)

    def read(self, piece: Piece) -> Genotype:
        """One piece's expression."""
        self.piece = piece
        if not piece.text.strip():
            what = f"after {piece.join!r}" if piece.join else "before the operator"
            refuse(
                self.source,
                piece.line,
                piece.column,
                f"an expression is missing {what}; write one or remove it",
            )
        written = piece.text.strip()
        if not self.names and len(written) <= SHORT:
            with suppress(GenotypeError):  # refused below, with its place
                return _alone(written)
        return self._parsed(piece)

    def _parsed(self, piece: Piece) -> Genotype:
        # in parentheses, so that the piece may go over several lines
        try:
            tree = ast.parse(f"({piece.text.strip()})", mode="eval")
        except SyntaxError as error:
            self._fail_at(error.lineno or 1, max(0, (error.offset or 1) - 1), error.msg)
        except (RecursionError, MemoryError):
            refuse(
                self.source,
                piece.line,
                piece.column,
                "expressions are nested too deeply; name inner ones on lines of their own",
            )
        except ValueError as error:
            refuse(self.source, piece.line, piece.column, f"{error}; remove it")
        return self.expression(tree.body, 0)

    def _fail_at(self, row: int, offset: int, rule: str) -> NoReturn:
        """Refuse at a place of the piece as `ast` counts it: lines from 1, characters from 0, a
        parenthesis in front."""
        line, column = self._begin()
        if row == 1:
            refuse(self.source, line, max(column, column + offset - 1), rule)
        refuse(self.source, line + row - 1, offset + 1, rule)

    def _begin(self) -> tuple[int, int]:
        lead = len(self.piece.text) - len(self.piece.text.lstrip())
        skipped = self.piece.text[:lead]
        line = self.piece.line + skipped.count("\n")
        column = (self.piece.column if "\n" not in skipped else 1) + len(
            skipped.rpartition("\n")[2]
        )
        return line, column

    def _fail(self, node: ast.AST | None, rule: str) -> NoReturn:
        row, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 1)
        if not self.piece.text.isascii():  # `ast` counts bytes
            lines = f"({self.piece.text.strip()})".split("\n")
            offset = len(lines[row - 1].encode()[:offset].decode(errors="replace"))
        self._fail_at(row, offset, rule)

    def _said(self, node: ast.AST) -> str:
        """The text of a node, for an error."""
        return shown(ast.get_source_segment(f"({self.piece.text.strip()})", node))

    def _guard(self, make: Callable[[], Genotype], node: ast.expr | None) -> Genotype:
        try:
            return make()
        except GenotypeError as error:
            self._fail(_about(error.field, node), str(error))

    def expression(self, node: ast.expr, depth: int) -> Genotype:
        """An expression; GenotypeError where the syntax is none of the language's."""
        if depth > limits.DEPTH:
            self._fail(
                node,
                f"expressions are nested more than {limits.DEPTH} deep; "
                "name inner ones on lines of their own",
            )
        match node:
            case ast.BinOp():
                return self._joined(node, depth)
            case ast.Name(id=name):
                if name in self.names:
                    return self.names[name]
                return self._guard(lambda: self._leaf(name, [], {}, node), node)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node, depth)
            case ast.BoolOp():
                self._fail(
                    node,
                    "`and`/`or` don't join expressions; "
                    "write `|` for branches, `>>` for a sequence",
                )
            case ast.Compare():
                self._fail(node, "comparisons don't join expressions; write `>>` for a sequence")
        return self._fail(node, f"expected a block such as conv(32, 3), but got {self._said(node)}")

    def _joined(self, node: ast.BinOp, depth: int) -> Genotype:
        sign = _OPERATORS.get(type(node.op))
        if sign is None:
            self._fail(node, f"{self._said(node)} has an operator that isn't one of >> | + * @")
        operands: list[ast.expr] = []
        left: ast.expr = node
        if sign in JOINS:  # a long chain is a deep left spine; walk it
            while isinstance(left, ast.BinOp) and _OPERATORS.get(type(left.op)) == sign:
                operands.append(left.right)
                left = left.left
            operands.append(left)
            operands.reverse()
            items = [self.expression(operand, depth + 1) for operand in operands]
            return self._guard(lambda: _join(sign, items), node)
        body = self.expression(node.left, depth + 1)
        if sign == "*":
            times = self._value(node.right, depth + 1)
            return self._guard(lambda: Repeat(body, count(times)), node)
        name = self._value(node.right, depth + 1)
        return self._guard(lambda: Named(body, checked_name(name)), node)

    def _call(self, name: str, node: ast.Call, depth: int) -> Genotype:
        if name in self.names:
            self._fail(
                node, f"{name!r} names an expression and takes no arguments; remove the parentheses"
            )
        args = [self._value(arg, depth + 1) for arg in node.args]
        options: dict[str, object] = {}
        for option in node.keywords:
            if option.arg is None:
                self._fail(option, "`**` is not part of the language; write each field by name")
            if option.arg in options:
                self._fail(option, f"{name} got its field {option.arg!r} twice")
            options[option.arg] = self._value(option.value, depth + 1)
        if name not in WORDS:
            return self._guard(lambda: self._leaf(name, args, options, node), node)
        make = WORDS[name]
        try:
            return self._guard(lambda: make(*args, **options), node)
        except TypeError as error:
            self._fail(node, str(error).replace("()", ""))

    def _leaf(
        self, name: str, args: list[object], options: dict[str, object], node: ast.expr
    ) -> Genotype:
        if name not in registry():
            what = "expression or block" if isinstance(node, ast.Name) else "block"
            hint = (
                nearest(name, [*registry(), *WORDS, *self.names])
                or "; `nas help blocks` lists them"
            )
            raise GenotypeError(f"no {what} is called {name!r}{hint}")
        return leaf(name, args, options)

    def _value(self, node: ast.expr, depth: int) -> object:
        """A field's value, a choice of values, or an expression."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                if isinstance(node.value, int) and node.value.bit_length() > 128:
                    self._fail(
                        node, f"numbers must be of at most 128 bits, but got {shown(node.value)}"
                    )
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.Tuple(elts=elts):
                return tuple(self._value(element, depth + 1) for element in elts)
            case ast.Call(func=ast.Name(id="choice")):
                return self.expression(node, depth)
            case ast.Starred():
                self._fail(
                    node, "`*` before an argument is not part of the language; write each one out"
                )
        return self.expression(node, depth)


@lru_cache(maxsize=1 << 12)
def _alone(written: str) -> Genotype:
    """A piece that needs no names of other lines: texts of one search share most of theirs."""
    reader = _Reader("", {})
    reader.piece = Piece(written, 1, 1, "")
    return reader._parsed(reader.piece)


def _about(field: str | None, node: ast.expr | None) -> ast.AST | None:
    """Where a call writes a field; the whole of it where it doesn't."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=options):
            slots = registry()[name].slots if name in registry() else ()
            given: dict[str | None, ast.AST] = {
                slot.name: arg for slot, arg in zip(slots, args, strict=False)
            }
            given.update({option.arg: option for option in options})
            return given.get(field, node)
    return node


def _join(sign: str, items: list[Genotype]) -> Genotype:
    return (
        items[0]
        if len(items) == 1
        else JOINS[sign](tuple(genotype(item, f"`{sign}`") for item in items))
    )
