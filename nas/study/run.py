"""A run: a study searched in its folder, from the first trial or from where it stopped."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from nas.errors import RunError
from nas.execute import Evaluator, Executor
from nas.report.best import Best, publish, published
from nas.report.live import Display
from nas.report.progress import Entry, Progress
from nas.search.record import Record
from nas.search.standing import Finished
from nas.study import wiring
from nas.study.interrupt import Interrupt
from nas.study.settings import Budget, Study
from nas.trial import Kind, Outcome

JOURNAL, SETTINGS, BEST, SCRATCH = "journal.log", "study.toml", "best", "trials"
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Result:
    """What a sitting came to: the best trial, its test figures once the search is over, and why."""

    best: Finished | None
    test: Mapping[str, float] | None
    interrupted: bool
    why: str


class Run:
    """A study with its folder: journal.log, study.toml, best/, and the weights of the front.

    Make one by `start` or `resume`; `close` it, or use it as a context.
    """

    def __init__(self, study: Study, folder: Path, record: Record) -> None:
        self.study = study
        self.folder = folder
        self.record = record
        self._before = record.standing.seconds  # spent in earlier sittings
        self._began = time.monotonic()

    @classmethod
    def start(cls, study: Study, folder: Path) -> Self:
        """A new run in `folder`, which is made only once the study is known to be feasible.

        Raises `RunError` if the folder holds a run or can't be made; `SpaceError`, `UsageError` and
        `DataError` for what the study can't be.
        """
        if (folder / JOURNAL).exists():
            raise RunError(
                f"{folder}: holds a run already; continue it with `nas search --resume {folder}`, "
                "or choose another --out"
            )
        among = wiring.candidates(study.goal)
        study = wiring.settle(study, among)
        sampler, objective = wiring.searcher(study, among)
        try:
            (folder / SCRATCH).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{folder}: can't be made: {error.strerror}; choose another --out"
            ) from error
        study.save(folder / SETTINGS)
        record = Record(folder / JOURNAL, sampler, objective, study.fixed())
        return cls(study, folder, record)

    @classmethod
    def resume(cls, folder: Path, budget: Budget | None = None) -> Self:
        """The run in `folder`, to go on where it stopped; `budget`, if given, replaces its own.

        Raises `RunError` if there is none, another process writes it, or it is damaged.
        """
        if not (folder / JOURNAL).exists():
            raise RunError(f"{folder}: holds no run (no {JOURNAL}); name a folder of `nas search`")
        study = Study.load(folder / SETTINGS)
        if budget is not None:
            study = replace(study, budget=budget)
        sampler, objective = wiring.searcher(study, wiring.candidates(study.goal))
        record = Record(folder / JOURNAL, sampler, objective, study.fixed())
        run = cls(study, folder, record)
        study.save(folder / SETTINGS)
        run._tidy()
        return run

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the run for another process."""
        self.record.close()

    def search(self, executor: Executor, evaluator: Evaluator, display: Display) -> Result:
        """Search until the budget is spent, nothing is left or Ctrl-C; then test the best."""
        self._began = time.monotonic()
        with Interrupt() as interrupt:
            try:
                with display:
                    if self.record.cut:
                        display.say(
                            f"{self.record.cut} bytes of a half-written entry were cut off the "
                            f"journal; they are kept in {JOURNAL}.cut"
                        )
                    while not interrupt.asked and self._fill(executor):
                        with interrupt.allowed(), self._explained():
                            outcomes = executor.wait()
                        for outcome in outcomes:
                            self._take(outcome, display)
            except KeyboardInterrupt:
                interrupt.asked = True
            finally:
                executor.close()
        standing = self.record.standing
        if interrupt.asked or standing.incumbent is None:
            return Result(standing.incumbent, None, interrupt.asked, standing.ended)
        test = self._test(standing.incumbent, evaluator)
        return Result(standing.incumbent, test, False, standing.ended)

    def progress(self) -> Progress:
        """How the search stands now."""
        standing, budget = self.record.standing, self.study.budget
        best = standing.incumbent
        return Progress(
            done=standing.good,
            running=self.record.running,
            counts={kind.value: count for kind, count in dict(standing.counts).items()},
            best=_entry(best) if best else None,
            front=tuple(_entry(each) for each in standing.front),
            elapsed=self._elapsed(),
            seconds=budget.seconds,
            trials=budget.trials,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """An error that stops the search says how to go on."""
        try:
            yield
        except RunError as error:
            raise RunError(
                f"{error}; every finished trial is safe: go on with "
                f"`nas search --resume {self.folder}`"
            ) from error

    def _elapsed(self) -> float:
        return self._before + time.monotonic() - self._began

    def _fill(self, executor: Executor) -> bool:
        """Submit what the budget and the executor allow; whether anything runs."""
        while executor.free and self._affords():
            job = self.record.ask()
            if job is None:
                break
            executor.submit(job)
        return bool(self.record.running)

    def _affords(self) -> bool:
        """Whether one more trial fits: by number, or by time if at least half of one is left."""
        budget, standing = self.study.budget, self.record.standing
        begun = standing.good + len(self.record.running)
        if budget.trials is not None and begun >= budget.trials:
            return False
        if budget.seconds is None or not begun:
            return True
        usual = standing.seconds / max(1, standing.good)
        return budget.seconds - self._elapsed() > usual / 2

    def _take(self, outcome: Outcome, display: Display) -> None:
        """Tell the record, then let best/ and the kept weights follow it."""
        outcome = self.record.tell(outcome)
        best, latest = self.record.standing.incumbent, self.record.standing.latest
        self._tidy()
        if outcome.kind == Kind.COMPLETE and latest is not None:
            display.told(f"{_entry(latest)}, {outcome.seconds:.1f} s", latest is best)
        else:
            display.told(_failure(outcome), False)

    def _tidy(self) -> None:
        """Bring best/ and the trials' folders to what the record says, after a tell or a kill."""
        standing = self.record.standing
        best = standing.incumbent
        kept = {each.number for each in standing.front} | set(self.record.running)
        if best is not None:
            kept.add(best.number)
            weights = self.folder / SCRATCH / str(best.number) / WEIGHTS
            if published(self.folder / BEST) != best.number and weights.exists():
                publish(self._best(best), weights, self.folder / BEST)
        for folder in (self.folder / SCRATCH).glob("*"):
            if folder.name not in map(str, kept):
                shutil.rmtree(folder, ignore_errors=True)

    def _best(self, trial: Finished) -> Best:
        goal, training = self.study.goal, self.study.training
        words = ["nas", "train", "genotype.nas", "--data", goal.data, "--recipe", training.recipe]
        if training.epochs is not None:
            words += ["--epochs", str(training.epochs)]
        words += ["--seed", str(trial.seed), "--out", "../again"]
        sizes = ("macs", "params")
        return Best(
            trial=trial.number,
            genotype=trial.genotype,
            scores={name: value for name, value in trial.figures.items() if name not in sizes},
            retrain=shlex.join(words),
        )

    def _test(self, best: Finished, evaluator: Evaluator) -> Mapping[str, float]:
        """The best trial's figures on the test split, which is read once for each best."""
        held = self.record.noted("test")
        if held and held["trial"] == best.number:
            return dict(held["figures"])
        figures = evaluator.test(best.genotype, self.folder / BEST / WEIGHTS)
        self.record.note("test", {"trial": best.number, "figures": dict(figures)})
        return figures


def _entry(trial: Finished) -> Entry:
    figures = trial.figures
    return Entry(trial.number, figures.get("accuracy", 0.0), figures["macs"], figures["params"])


def _failure(outcome: Outcome) -> str:
    cause = f": {outcome.reason.splitlines()[0]}" if outcome.reason else ""
    return f"trial {outcome.number}: {outcome.kind}{cause}"
