"""A run's journal with what a report needs besides a status: when each result came, and which
options each candidate took."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nas.search.reading import Operation, Reading, follow

Option = int | float | bool | str


@dataclass
class Chronicle(Reading):
    """A reading in which `moments` holds the second of the run, over all its sittings, at which a
    trial had its result at a rung (its only one is at rung 0), and `ends` that at which it ended.

    `points` has each trial's options by decision, `options` those of each decision in order.
    """

    moments: dict[tuple[int, int], float] = field(default_factory=dict)
    ends: dict[int, float] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)  # results there were when each trial began
    points: list[dict[str, Option]] = field(default_factory=list)
    options: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    _results: set[int] = field(default_factory=set)  # trials with one
    _new: list[tuple[int, int, float]] = field(default_factory=list)  # whose moment isn't known yet
    _last: float = 0.0  # moment

    @property
    def now(self) -> float:
        """Seconds of the run by its last entry, with what went before its first candidate."""
        return self.elapsed + float(self.notes.get("prepared") or 0.0)

    def take(self, log: dict[str, Any]) -> None:
        """Let one line's change be made."""
        super().take(log)
        match log["op_code"]:
            case Operation.CREATE_TRIAL:
                self._point(log)
                self.asked.append(len(self._results))
                self._date()
            case Operation.ATTRIBUTE:
                for key, value in log["user_attr"].items():
                    if key.startswith("rung."):
                        rung = int(key.removeprefix("rung."))
                        self._new.append((log["trial_id"], rung, float(value["seconds"])))
                        self._results.add(log["trial_id"])
            case Operation.STATE:
                self._date()
                number = log["trial_id"]
                if "datetime_complete" in log:
                    self.ends[number] = self.now
                    self.moments.setdefault((number, 0), self.now)
                    if log["values"]:
                        self._results.add(number)

    def _point(self, log: dict[str, Any]) -> None:
        point = {}
        for key, index in log.get("params", {}).items():
            options = _choices(log["distributions"][key])
            self.options.setdefault(key, options)
            point[key] = options[int(index)]
        self.points.append(point)

    def _date(self) -> None:
        """Results at rungs bear no moment: they came before the next entry that has one, and each
        no later than its own seconds after the one before."""
        now = self.now
        for number, rung, seconds in self._new:
            self._last = self.moments[number, rung] = min(now, self._last + seconds)
        self._new.clear()
        self._last = now


@cache
def _choices(text: str) -> tuple[Option, ...]:
    """The options of a decision, as Optuna writes them."""
    return tuple(json.loads(text)["attributes"]["choices"])


def chronicle(path: Path) -> Chronicle:
    """What the journal at `path` says by now. Raises `RunError` for one that can't be read."""
    told = follow(path, Chronicle())
    told._date()
    return told
