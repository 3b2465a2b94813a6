"""A calibration: what each run of a space takes on one machine, and from that any candidate."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from nas.errors import LatencyError, shown
from nas.genotype import Genotype
from nas.genotype.normal import normal
from nas.graph import Graph
from nas.latency.regression import ANY, Rates, estimate
from nas.latency.runs import Run, inside, parts

FORMAT = "nas latency 1"  # changed with what a file means


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a calibration was measured."""

    space: str  # its text
    machine: str
    device: str
    threads: int
    batch: int
    torch: str
    date: str


@dataclass(frozen=True, slots=True)
class Error:
    """How far predictions were from candidates measured whole and used for nothing else."""

    candidates: int
    mape: float  # mean absolute percentage error, as a share
    spearman: float  # rank correlation


@dataclass(frozen=True)
class Calibration:
    """Predicts the seconds that a batch takes: `scale` times the sum of its runs, plus `offset`.

    `operations` holds the seconds of each run that was measured, `rates` those of the others, by
    kind: seconds a MAC, a byte moved and a call.
    """

    setting: Setting
    operations: Mapping[str, float]
    rates: Mapping[str, Rates]
    scale: float = 1.0
    offset: float = 0.0
    error: Error | None = None
    _runs: dict[Run, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    _blocks: WeakKeyDictionary[Graph, float] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    def predict(self, genotype: Genotype) -> float:
        """Seconds that one batch of a network takes in use; GenotypeError as `nas.cost`."""
        return self.scale * self.sum(genotype) + self.offset

    def sum(self, genotype: Genotype) -> float:
        """Seconds of all its runs by themselves."""
        total = 0.0
        for part in parts(normal(genotype)):
            total += self._run(part) if isinstance(part, Run) else self._block(part)
        return total

    def _block(self, block: Graph) -> float:
        known = self._blocks.get(block)
        if known is None:
            known = self._blocks[block] = sum(map(self._run, inside(block)))
        return known

    def _run(self, run: Run) -> float:
        known = self._runs.get(run)
        if known is None:
            known = self.operations.get(run.key)
            if known is None:
                known = estimate(run, self.rates, self.setting.batch)
            self._runs[run] = known
        return known

    def covered(self, found: Counter[Run]) -> float:
        """The share of runs that were measured, not estimated."""
        measured = sum(count for run, count in found.items() if run.key in self.operations)
        return measured / max(1, found.total())

    def save(self, path: Path) -> None:
        """Write it as JSON. Raises LatencyError where that can't be done."""
        told = {
            "format": FORMAT,
            **asdict(self.setting),
            "scale": self.scale,
            "offset": self.offset,
            "error": None if self.error is None else asdict(self.error),
            "rates": dict(self.rates),
            "operations": dict(self.operations),
        }
        new = path.with_name(f".{path.name}-new")
        try:
            new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            new.replace(path)
        except OSError as error:
            raise LatencyError(f"{path}: can't be written ({error.strerror})") from error

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """The calibration that `save` wrote; nothing in the file is executed.

        Raises LatencyError, naming the file, for one that is missing, damaged, or of another
        version of nas.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise LatencyError(f"{path}: can't be read ({error.strerror})") from error
        except (ValueError, RecursionError) as error:
            raise LatencyError(f"{path}: is no calibration, or a damaged one; {AGAIN}") from error
        if not isinstance(told, dict) or "format" not in told:
            raise LatencyError(f"{path}: is no calibration; {AGAIN}")
        if told["format"] != FORMAT:
            raise LatencyError(
                f"{path}: was written by another version of nas ({shown(told['format'])}, here "
                f"{FORMAT!r}); {AGAIN}"
            )
        try:
            return _read(told)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise LatencyError(f"{path}: is damaged at {_where(error)}; {AGAIN}") from error


AGAIN = "make one with `nas latency calibrate`"


def _read(told: Mapping[str, Any]) -> Calibration:
    error, operations, rates = told["error"], told["operations"], told["rates"]
    _is(error is None or isinstance(error, dict), "error")
    _is(isinstance(operations, dict), "operations")
    _is(isinstance(rates, dict) and ANY in rates, "rates")
    for kind, three in rates.items():
        _is(isinstance(three, list) and len(three) == 3, kind)
    return Calibration(
        cast(Setting, _record(Setting, told)),
        {key: _seconds(operations, key) for key in operations},
        {kind: cast(Rates, tuple(_number(x, kind) for x in rates[kind])) for kind in rates},
        _seconds(told, "scale"),
        _seconds(told, "offset"),
        None if error is None else cast(Error, _record(Error, error)),
    )


def _record(kind: type[Setting] | type[Error], told: Mapping[str, Any]) -> Setting | Error:
    types: dict[str, type[object]] = {"str": str, "int": int, "float": float}
    values = {}
    for each in fields(kind):
        value = told[each.name]
        wanted = types[str(each.type)]
        known = type(value) is wanted or (wanted is float and type(value) is int)
        _is(known and (wanted is not int or value >= 1), each.name)
        values[each.name] = value
    return kind(**values)


def _seconds(told: Mapping[str, Any], key: str) -> float:
    return _number(told[key], key)


def _number(value: object, key: str) -> float:
    _is(type(value) in (int, float), key)
    number = float(cast(float, value))
    _is(math.isfinite(number) and number >= 0, key)
    return number


def _is(right: bool, key: str) -> None:
    if not right:
        raise ValueError(key)


def _where(error: Exception) -> str:
    return shown(str(error.args[0])) if error.args else "a value"
