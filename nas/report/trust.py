"""How far a cheap evaluator can be trusted on a run: its ranks against those of training, and a
random search of equal cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nas.errors import RunError
from nas.quantity import format_seconds
from nas.report.agreement import LEAST, Agreement, agreement, expected_best

ENOUGH = 10  # trained candidates


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained candidate: the figure that the cheap evaluator gave it, its accuracy (0 to 1), what
    it gained in the objective (larger is better), and the seconds that its training took.

    It was among the best by the figure (`chosen`), or drawn at random, or both.
    """

    trial: int
    chosen: bool
    random: bool
    figure: float
    accuracy: float
    gain: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Trust:
    """What was trained of a run that a cheap `evaluator` ("naswot") led; `scoring` is the seconds
    that its figures took, and `objective` what the gains are of."""

    evaluator: str
    objective: str
    scoring: float
    trained: tuple[Trained, ...]

    @property
    def agreement(self) -> Agreement | None:
        """Of the evaluator's figure with the accuracy after training; None with fewer than 5."""
        figures = [each.figure for each in self.trained]
        return agreement(figures, [each.accuracy for each in self.trained])

    @property
    def chosen(self) -> tuple[Trained, ...]:
        """The best by the evaluator's figure."""
        return tuple(each for each in self.trained if each.chosen)

    @property
    def random(self) -> tuple[Trained, ...]:
        """Those drawn at random: what a random search would have trained."""
        return tuple(each for each in self.trained if each.random)

    @property
    def cost(self) -> float:
        """Seconds that the search took: the figures and the training of the best by them."""
        return self.scoring + sum(each.seconds for each in self.chosen)

    @property
    def baseline(self) -> float:
        """Seconds that the candidates drawn at random took."""
        return sum(each.seconds for each in self.random)

    @property
    def equal(self) -> int:
        """How many candidates a random search trains at the cost of the search, each in the median
        time of those drawn (the first takes longer, by its imports); 0 if unknown."""
        each = median([one.seconds for one in self.random]) if self.random else 0.0
        return max(1, round(self.cost / each)) if each else 0

    @property
    def expected(self) -> float | None:
        """The expected gain of the best of a random search of equal cost, None where too few were
        drawn to say."""
        if not 0 < self.equal <= len(self.random):
            return None
        return expected_best([each.gain for each in self.random], self.equal)

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        found = self.agreement
        return {
            "evaluator": self.evaluator,
            "kendall_tau": None if found is None else asdict(found),
            "objective": self.objective,
            "scoring_seconds": round(self.scoring, 3),
            "search": _side(self.chosen, self.cost),
            "random": {
                **_side(self.random, self.baseline),
                "equal_cost": self.equal,
                "expected_best_gain": self.expected,
            },
            "trained": [asdict(each) for each in self.trained],
        }

    def save(self, path: Path) -> None:
        """Write it as JSON. Raises `RunError` where that can't be done."""
        new = path.with_name(f".{path.name}-new")
        try:
            new.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
            new.replace(path)
        except OSError as error:
            raise RunError(f"{path}: can't be written: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> Trust | None:
        """What `save` wrote, or None where nothing is. Raises `RunError` for anything else."""
        try:
            held: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            trained = tuple(Trained(**each) for each in held["trained"])
            return cls(held["evaluator"], held["objective"], held["scoring_seconds"], trained)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise RunError(
                f"{path}: can't be read ({error}); remove it, `nas search --resume` writes it again"
            ) from error

    def lines(self) -> list[str]:
        """What a report says, in one line or three."""
        return [f"trust: {self._ranks()}", *self._search()]

    def _ranks(self) -> str:
        found, count = self.agreement, len(self.trained)
        if found is None:
            if count >= LEAST:
                return f"unknown: {self.evaluator} or the accuracy is the same for all {count}"
            return (
                f"unknown, as only {count} candidates were trained, but {LEAST} are needed; give "
                "more --time"
            )
        verdict = "can't be told from chance"
        if found.low > 0:
            verdict = "ranks candidates as training does, so far"
        elif found.high < 0:
            verdict = "ranks candidates the wrong way round"
        few = f"; fewer than {ENOUGH} say little" if count < ENOUGH else ""
        return f"{self.evaluator} {verdict}: {found}{few}"

    def _search(self) -> list[str]:
        if not self.chosen or not self.random:
            return []
        best = max(each.gain for each in self.chosen)
        other = max(each.gain for each in self.random)
        if self.expected is not None:
            fair = f"{self._said(self.expected)} is to be expected of {self.equal}, at equal cost"
        else:
            fair = f"equal cost would train {self.equal}"
        return [
            f"by {self.evaluator}: best {self._said(best)}, {len(self.chosen)} trained in "
            f"{format_seconds(self.cost)}, {format_seconds(self.scoring)} of it scoring",
            f"by random search: best {self._said(other)}, {len(self.random)} trained in "
            f"{format_seconds(self.baseline)}; {fair}",
        ]

    def _said(self, gain: float) -> str:
        if self.objective == "accuracy":
            return f"{gain:.2%}"
        return f"{self.objective} {abs(gain):.4g}"


def _side(trained: tuple[Trained, ...], seconds: float) -> dict[str, Any]:
    best = max(trained, key=lambda each: each.gain, default=None)
    return {
        "trained": len(trained),
        "seconds": round(seconds, 3),
        "best": None if best is None else asdict(best),
    }
