"""What a run's journal tells, in the order in which it happened: results, candidates, outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nas.report.figures.front import Candidate
from nas.report.figures.incumbent import Result
from nas.report.figures.outcomes import Ending
from nas.report.figures.rungs import Reached
from nas.report.figures.volume import Volume
from nas.search.objective import MNASNET, SCORE, Objective
from nas.search.standing import Finished, Standing
from nas.study import aims
from nas.study.report.chronicle import Chronicle
from nas.study.settings import Study
from nas.trial import Kind

UNITS = {
    "accuracy": "validation accuracy (share)",
    "loss": "validation loss (nats)",
    MNASNET: "reward (accuracy, weighed by cost)",
    SCORE: "score",
    "macs": "MACs",
    "params": "parameters",
    "latency": "latency (s)",
    "memory": "memory in use (bytes)",
}


@dataclass(frozen=True)
class Told:
    """A run's study and journal, and what follows from them."""

    study: Study
    journal: Chronicle

    @cached_property
    def objective(self) -> Objective:
        """What was optimized; accuracy, as long as the journal doesn't say."""
        settings = self.journal.settings
        return aims.objective(settings) if settings else Objective(("accuracy",))

    @cached_property
    def finished(self) -> tuple[tuple[float, Finished], ...]:
        """(moment, result) of this run's own trials, as they came."""
        moments = self.journal.moments
        found = [
            (moments.get((trial.number, each.rung), self.journal.now), each)
            for trial in self.journal.trials
            if trial.own
            for each in trial.finished()
        ]
        return tuple(sorted(found, key=lambda each: (each[0], each[1].rung, each[1].number)))

    @cached_property
    def _stood(self) -> tuple[Standing, tuple[Volume, ...]]:
        standing, volumes = Standing(self.objective), []
        for moment, each in self.finished:
            standing.reached(each)
            volume = standing.hypervolume
            if volume is not None:
                volumes.append(
                    Volume(
                        each.number,
                        moment,
                        self.level(standing.rung),
                        volume,
                        len(standing.front),
                    )
                )
        return standing, tuple(volumes)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The hypervolume after each result; () where the run has none."""
        return self._stood[1]

    @property
    def best(self) -> Finished | None:
        """The best result at the highest level that any reached."""
        return self._stood[0].incumbent

    @property
    def front(self) -> tuple[Finished, ...]:
        """What no other result at that level dominates."""
        return self._stood[0].front

    @property
    def rung(self) -> int:
        """That level."""
        return self._stood[0].rung

    @property
    def parallel(self) -> float:
        """Trials that ran at once, in the mean; at least 1."""
        spent = sum(trial.held.get("seconds", 0.0) for trial in self.journal.trials if trial.own)
        return max(1.0, spent / self.journal.now) if self.journal.now else 1.0

    def level(self, rung: int) -> str:
        """What a result at a rung measures, in a few words."""
        evaluation, rungs, seeds = self.study.evaluation, self.study.training.rungs, self.seeds
        if evaluation.cheap and not rung:
            return f"scored by {evaluation.by}"
        if seeds:
            return f"mean of {rung + 1} seeds" if rung else "one seed"
        if rungs and rung < len(rungs):
            return f"{rungs[rung]} of {rungs[-1]} epochs"
        return "trained"

    @property
    def seeds(self) -> int:
        """How many times each candidate is trained, where that is a setting; else 0."""
        seeds = int(self.journal.settings.get("seeds") or 0)
        return seeds if seeds > 1 else 0

    @property
    def what(self) -> str:
        """The main objective with its unit, as results at the highest level have it."""
        return self.what_at(self.rung)

    def what_at(self, rung: int) -> str:
        """The same of results at a rung: a score may be an accuracy further up."""
        held = self.objective.trained if rung else self.objective
        return UNITS[held.names[held.main]]

    @property
    def larger(self) -> bool:
        """Whether larger is better in it."""
        return self.objective.directions[self.objective.main] == "maximize"

    def value(self, each: Finished) -> float:
        """A result's main objective."""
        return each.values[self.objective.main]

    def gain(self, each: Finished) -> float:
        """The same with the sign by which larger is better."""
        return self.value(each) if self.larger else -self.value(each)

    @cached_property
    def comparable(self) -> tuple[tuple[float, Finished], ...]:
        """The results on one scale: all, or those of training where a cheap evaluator scored."""
        least = 1 if self.study.evaluation.cheap and self.rung else 0
        return tuple(each for each in self.finished if each[1].rung >= least)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Rows of the incumbent's figures."""
        best: dict[int, float] = {}
        rows = []
        for order, (moment, each) in enumerate(self.comparable, 1):
            gain = self.gain(each)
            improves = each.rung not in best or gain > best[each.rung]
            if improves:
                best[each.rung] = gain
            value, top = self.value(each), best[each.rung]
            rows.append(
                Result(
                    each.number,
                    order,
                    round(moment, 3),
                    self.level(each.rung),
                    value,
                    top if self.larger else -top,
                    improves,
                )
            )
        return tuple(rows)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """Rows of the front's figures: the results at the highest level."""
        front = {each.number for each in self.front}
        best = self.best.number if self.best else None
        return tuple(
            Candidate(
                each.number,
                each.figures.get("accuracy"),
                each.figures.get("loss"),
                each.figures.get(SCORE),
                each.figures["macs"],
                each.figures["params"],
                each.figures.get("latency"),
                each.figures.get("memory"),
                each.number in front,
                each.number == best,
                each.genotype,
            )
            for _, each in self.finished
            if each.rung == self.rung
        )

    @property
    def reached(self) -> tuple[Reached, ...]:
        """Rows of the rungs' figure; () without rungs."""
        rungs = self.study.training.rungs
        if rungs is None:
            return ()
        top = {each.number for _, each in self.finished if each.rung == len(rungs) - 1}
        rows = (
            Reached(each.number, rungs[each.rung], self.value(each), each.number in top)
            for _, each in self.finished
            if each.rung < len(rungs)
        )
        return tuple(sorted(rows, key=lambda row: (row.trial, row.epochs)))

    @property
    def outcomes(self) -> tuple[Ending, ...]:
        """Rows of the outcomes' figure, the frequent ones first; with those that haven't ended."""
        counts: Counter[str] = Counter()
        reasons: dict[str, Counter[str]] = {}
        for name, reason in self._endings():
            counts[name] += 1
            if reason:
                reasons.setdefault(name, Counter())[reason.strip().splitlines()[-1][:200]] += 1
        return tuple(
            Ending(name, count, reasons[name].most_common(1)[0][0] if name in reasons else "")
            for name, count in counts.most_common()
        )

    def _endings(self) -> Iterator[tuple[str, str]]:
        for trial in self.journal.trials:
            if "source" in trial.held:
                yield "known from another run", ""
            elif trial.own:
                kind = trial.kind
                name = kind.value if kind else "waiting" if trial.waits else "not ended"
                if kind == Kind.PRUNED and self.study.evaluation.cheap:
                    name = "scored, not trained"
                yield name, str(trial.held.get("reason", ""))
