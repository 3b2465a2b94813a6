"""Evaluation by look-up: a table of networks that were trained before, such as a benchmark's.

A CSV file (also gzipped) with a row for each network. What names the network is the first of these
columns that it has: `hash` (the canonical hash, which `nas cost --json` prints), `notation` (a cell
of NAS-Bench-201 as in the paper), `ops` (the same as six digits: 0 none, 1 skip_connect,
2 nor_conv_1x1, 3 nor_conv_3x3, 4 avg_pool_3x3), or `genotype` (a text or a reference's name). A
cell is looked up whatever network stands around it.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from nas.errors import GenotypeError, UsageError, nearest
from nas.evaluate.cheap import Given
from nas.genotype import Genotype, canonical_hash, parse
from nas.trial import Job, Kind, Outcome
from nas.zoo import genotype as named
from nas.zoo.nas_bench_201 import from_digits, notation

FIGURES = ("accuracy",)
PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class TableEvaluator:
    """Scores each candidate by what `column` of the table at `path` says of it.

    Accuracies in percent, that is a column that goes above 1, are made shares.
    """

    path: str
    column: str

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """Look the job's genotype up; nothing is written.

        Figures: `accuracy`. A network that the table hasn't got is infeasible.
        """
        table = _read(self.path, self.column)
        try:
            value = table.values.get(table.key(parse(job.genotype)))
            why = f"{self.path} has no row for this network"
        except GenotypeError as error:
            value, why = None, f"{self.path} has no row for this network: it {error}"
        if value is None:
            return Outcome(job.number, Kind.INFEASIBLE, reason=why)
        return Outcome(job.number, Kind.COMPLETE, {FIGURES[0]: value})


def evaluator(given: Given) -> TableEvaluator:
    """The evaluator by `--table FILE` or `--table FILE:COLUMN`; without a column, `accuracy`.

    Raises `UsageError` where there is no such file or column, or its rows can't be read.
    """
    if not given.table:
        raise UsageError("--evaluator table: needs --table FILE.csv, the table to look up")
    path, _, column = given.table.rpartition(":")
    if not path or Path(given.table).is_file():
        path, column = given.table, FIGURES[0]
    _read(path, column)
    return TableEvaluator(path, column)


@dataclass(frozen=True, slots=True)
class _Table:
    """The values of a column, by what `key` makes of a network."""

    values: Mapping[str, float]
    key: Callable[[Genotype], str]


@dataclass(frozen=True, slots=True)
class _Naming:
    """How a column names networks: what its text, and a network, become to be compared."""

    text: Callable[[str], str]
    network: Callable[[Genotype], str]


_NAMINGS = {
    "hash": _Naming(str.strip, canonical_hash),
    "notation": _Naming(str.strip, notation),
    "ops": _Naming(from_digits, notation),
    "genotype": _Naming(lambda text: canonical_hash(named(text)), canonical_hash),
}


@lru_cache(maxsize=2)
def _read(path: str, column: str) -> _Table:
    """The table at `path`, read once in a process."""
    try:
        with _opened(path) as file:
            return _parsed(csv.DictReader(file), path, column)
    except OSError as error:
        raise UsageError(f"--table {path}: can't be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error, EOFError) as error:
        raise UsageError(f"--table {path}: is no CSV file: {error}") from error


def _opened(path: str) -> IO[str]:
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return Path(path).open(encoding="utf-8", newline="")


def _parsed(rows: csv.DictReader[str], path: str, column: str) -> _Table:
    columns = list(rows.fieldnames or ())
    name = next((each for each in _NAMINGS if each in columns), None)
    if name is None:
        raise UsageError(
            f"--table {path}: needs a column {', '.join(_NAMINGS)} that names the network, "
            f"but has {', '.join(columns) or 'none'}"
        )
    if column not in columns:
        raise UsageError(
            f"--table {path}: has no column {column!r}{nearest(column, columns)}; name one as "
            f"--table {path}:COLUMN, of {', '.join(each for each in columns if each != name)}"
        )
    values = dict(_pairs(rows, path, name, column))
    if not values:
        raise UsageError(f"--table {path}: has no rows")
    if max(values.values()) > 1:
        values = {key: value / PERCENT for key, value in values.items()}
    return _Table(values, _NAMINGS[name].network)


def _pairs(
    rows: csv.DictReader[str], path: str, name: str, column: str
) -> Iterator[tuple[str, float]]:
    for row in rows:
        try:
            yield _NAMINGS[name].text(row[name]), float(row[column])
        except (GenotypeError, TypeError, ValueError) as error:
            raise UsageError(f"--table {path}: line {rows.line_num}: {error}") from error
