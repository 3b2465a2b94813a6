"""A run: a study searched in its folder, from the first trial or from where it stopped."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from nas.data import absolute
from nas.data import load as load_data
from nas.errors import DataError, RunError
from nas.execute import Evaluator, Executor
from nas.latency import Calibration
from nas.quantity import format_seconds
from nas.report.best import Best, holds, publish
from nas.report.coefficients import Findings
from nas.report.live import Display
from nas.report.progress import Progress
from nas.report.trust import Trust
from nas.search.feasible import opening
from nas.search.objective import Objective
from nas.search.reading import read
from nas.search.record import Record
from nas.search.samplers._base import SpaceSampler
from nas.search.standing import Finished
from nas.study import aims, coefficients, screening, wiring
from nas.study.interrupt import Interrupt
from nas.study.settings import Budget, Study
from nas.study.status import BELIEVED, ENDED, JOURNAL, SETTINGS, TRUST, entry, progress, trained
from nas.trial import Job, Kind, Outcome

BEST, SCRATCH = "best", "trials"
PREDICTED = "predicted"  # the best by predicted mean, as long as its weights are kept
LATENCY = "latency.json"  # the calibration, where latency is asked for
WEIGHTS = "weights.safetensors"
WARM_START = "warm_start"  # what the journal notes of it
PREPARED = "prepared"  # seconds before the first candidate


@dataclass(frozen=True, slots=True)
class Result:
    """What a sitting came to: the best trial, its test figures once the search is over (`untested`
    says why there are none), and why it ended; `believed` is the front that the sampler predicts,
    of one objective the best alone, if it predicts; `trust` says how far a cheap evaluator that led
    the search can be, `findings` what a search of scaling coefficients has found."""

    best: Finished | None
    test: Mapping[str, float] | None
    interrupted: bool
    why: str
    believed: tuple[Finished, ...] = ()
    trust: Trust | None = None
    findings: Findings | None = None
    untested: str = ""


class Run:
    """A study with its folder: journal.log, study.toml, best/, and the weights of the front.

    Make one by `start` or `resume`; `close` it, or use it as a context.
    """

    def __init__(
        self, study: Study, folder: Path, record: Record, opening: str = "", before: float = 0.0
    ) -> None:
        self.study = study
        self.opening = opening  # said before the first trial
        self.folder = folder
        self.record = record
        self._prepared: float = record.noted(PREPARED) or 0.0
        self._before = self._prepared + before  # seconds spent in earlier sittings
        self._plan = screening.plan(study, record, self._prepared)
        self._began = time.monotonic()
        self._over = False  # nothing is asked any more in this sitting

    @classmethod
    def start(cls, study: Study, folder: Path, latency: Calibration | None = None) -> Self:
        """A new run in `folder`, which is made only once the study is known to be feasible.

        Where latency is asked for, it is predicted by `latency`, or by a calibration made now.
        Raises `RunError` if the folder holds a run or can't be made; `SpaceError`, `UsageError` and
        `DataError` for what the study can't be.
        """
        if (folder / JOURNAL).exists():
            raise RunError(
                f"{folder}: holds a run already; continue it with `nas search --resume {folder}`, "
                "or choose another --out"
            )
        aims.limits(study.goal)  # refused before anything is measured
        if aims.asks_latency(study.goal) and latency is None:
            latency = aims.calibrated(wiring.fitted(study.goal))
        among = wiring.candidates(study.goal, latency)
        study = aims.settle(study, among)
        sampler, objective = wiring.searcher(study, among)
        wiring.ladder(study)  # refused before anything is made
        known = wiring.known(study, among)
        wiring.read(study)
        try:
            (folder / SCRATCH).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{folder}: can't be made: {error.strerror}; choose another --out"
            ) from error
        study.save(folder / SETTINGS)
        if latency is not None:
            latency.save(folder / LATENCY)
        record = cls._opened(study, folder, sampler, objective)
        if known is not None:
            record.take(known)
        told = coefficients.opening(study, among) if study.goal.scaling else opening(among)
        return cls(study, folder, record, told)

    @classmethod
    def resume(cls, folder: Path, amend: Callable[[Budget], Budget] = lambda own: own) -> Self:
        """The run in `folder`, to go on where it stopped, with what `amend` makes of its budget.

        Raises `RunError` if there is none, another process writes it, it is damaged, or has done
        more trials than it is to have now.
        """
        if not (folder / JOURNAL).exists():
            raise RunError(f"{folder}: holds no run (no {JOURNAL}); name a folder of `nas search`")
        study = Study.load(folder / SETTINGS)
        wanted = study.budget.trials
        study = replace(study, budget=amend(study.budget))
        latency = Calibration.load(folder / LATENCY) if aims.asks_latency(study.goal) else None
        among = wiring.candidates(study.goal, latency)
        sampler, objective = wiring.searcher(study, among)
        before = read(folder / JOURNAL).elapsed
        record = cls._opened(study, folder, sampler, objective)
        run = cls(study, folder, record, before=before)
        if study.budget.trials != wanted:
            run._check_trials()
        if record.noted(WARM_START) is None:  # the driver may have died before it was taken
            known = wiring.known(study, among)
            if known is not None:
                record.take(known)
        study.save(folder / SETTINGS)
        run._tidy()
        return run

    @staticmethod
    def _opened(study: Study, folder: Path, sampler: SpaceSampler, objective: Objective) -> Record:
        ladder, failures = wiring.ladder(study), study.budget.failures
        inherit, settings = study.training.inherit, study.fixed()
        return Record(folder / JOURNAL, sampler, objective, settings, ladder, failures, inherit)

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
        if self.record.noted(ENDED):
            with self._explained():
                self.record.note(ENDED, "")
        with Interrupt() as interrupt:
            try:
                with display:
                    if self.record.cut:
                        display.say(
                            f"{self.record.cut} bytes of a half-written entry were cut off the "
                            f"journal; they are kept in {JOURNAL}.cut"
                        )
                    if self.opening:
                        display.say(self.opening)
                    if not self.record.begun and self.record.noted(WARM_START):
                        display.say(self.record.noted(WARM_START))
                    if self.study.evaluation.cheap and self.record.noted(PREPARED) is None:
                        with interrupt.allowed(), self._explained():
                            self._prepare(evaluator, display)
                    while not interrupt.asked and self._fill(executor):
                        with interrupt.allowed(), self._explained():
                            outcomes = executor.wait()
                        for outcome in outcomes:
                            self._take(outcome, display)
                    self._over = True
                    self._finish(interrupt)
            except KeyboardInterrupt:
                interrupt.asked = True
            finally:
                executor.close()
        standing = self.record.standing
        with self._explained():
            self.record.note(ENDED, self._ended(interrupt))
        believed = self.record.believed()
        if believed:
            self.record.note(BELIEVED, [each.number for each in believed])
        self._publish_predicted(believed)
        best, trust = standing.incumbent, self._trust()
        tested = best is not None and self._is_trained(best) and not interrupt.asked
        test, untested = None, ""
        if best is not None and tested:
            try:
                test = self._test(best, evaluator)
            except DataError as error:  # the images may have no test part; the best is no less good
                untested = str(error)
        findings = self._findings()
        return Result(
            best, test, interrupt.asked, standing.ended, believed, trust, findings, untested
        )

    def _prepare(self, evaluator: Evaluator, display: Display) -> None:
        """Let an evaluator do what it has to before the first candidate, if it has."""
        prepared = wiring.prepared(evaluator)
        if prepared is None:
            return
        name, begin = self.study.evaluation.by, time.monotonic()
        display.say(f"preparing the {name}")
        prepared.prepare()
        self._prepared = round(time.monotonic() - begin, 3)
        self.record.note(PREPARED, self._prepared)
        if self._plan is not None:
            self._plan.prepared = self._prepared
        display.say(f"the {name} is ready, after {format_seconds(self._prepared)}")

    def _trust(self) -> Trust | None:
        """How far the cheap evaluator can be trusted by now, which is written down; None before a
        candidate is trained."""
        if self._plan is None:
            return None
        trust = screening.trust(self.study, self.record, self._plan.scoring)
        if not trust.trained:
            return None
        trust.save(self.folder / TRUST)
        return trust

    def _findings(self) -> Findings | None:
        """What was found of scaling coefficients by now, which is written down with a picture; None
        where a space is searched."""
        if self.study.goal.scaling is None:
            return None
        findings = coefficients.found(self.folder)
        coefficients.publish(findings, self.folder)
        return findings

    def _is_trained(self, trial: Finished) -> bool:
        """Whether a trial was trained, rather than scored."""
        return self.study.evaluation.cheap is None or trial.rung > 0

    def untrained(self, trial: Finished) -> str:
        """What scored a trial that wasn't trained, such as "score 12.3 by naswot"; else nothing."""
        if self._is_trained(trial):
            return ""
        line = entry(trial, self.study)
        return f"{line.name} {line.measured} by {line.by}"

    def _ended(self, interrupt: Interrupt) -> str:
        """How this sitting ended, as a clause."""
        budget, why = self.study.budget, self.record.standing.ended
        if interrupt.asked:
            return f"by Ctrl-C or a signal; `nas search --resume {self.folder}` goes on"
        if why:
            return f"as {why}"
        if budget.trials is not None and self.record.begun >= budget.trials:
            return f"as its {budget.trials} trials are done"
        if budget.seconds is not None:
            return f"as its {format_seconds(budget.seconds)} are spent"
        return "as nothing is left to try"

    def _finish(self, interrupt: Interrupt) -> None:
        """Prune what waits at a rung, unless the search is to go on after a stop or a repair."""
        standing = self.record.standing
        if not interrupt.asked and (standing.spent or not standing.ended):
            self.record.finish()
            self._tidy()

    def progress(self) -> Progress:
        """How the search stands now."""
        record = self.record
        running = () if self._over else record.running
        return progress(self.study, record.standing, running, record.waiting, self._elapsed())

    def _check_trials(self) -> None:
        now = self.progress()
        if now.trials is not None and now.done > now.trials:
            self.record.close()
            raise RunError(
                f"--trials {self.study.budget.trials}: {self.folder} has {now.done} done already, "
                "and the number is of all its sittings; name a larger one"
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
        while executor.free and self._has_time():
            job = self._next()
            if job is None:
                break
            executor.submit(job)
        return bool(self.record.running)

    def _next(self) -> Job | None:
        """The next job that the budget allows, None for none."""
        if self._plan is not None:
            begins = self._plan.begins(self._elapsed())
            return self.record.ask(begins, self._plan.at_random(begins))
        trials = self.study.budget.trials
        return self.record.ask(begin=trials is None or self.record.begun < trials)

    def _has_time(self) -> bool:
        """Whether at least half of the usual time of a training is left; the first always fits."""
        if self._plan is not None:
            return self._plan.fits(self._elapsed())
        budget, standing = self.study.budget, self.record.standing
        if budget.seconds is None or not self.record.begun:
            return True
        usual = standing.seconds / max(1, standing.results)
        return budget.seconds - self._elapsed() > usual / 2

    def _take(self, outcome: Outcome, display: Display) -> None:
        """Tell the record, then let best/ and the kept weights follow it."""
        outcome = self.record.tell(outcome)
        best, latest = self.record.standing.incumbent, self.record.standing.latest
        self._tidy()
        if outcome.kind == Kind.COMPLETE and latest is not None:
            among = " in this run" if self.record.noted(WARM_START) else ""
            text = f"{entry(latest, self.study)}, {outcome.seconds:.1f} s"
            display.told(text, latest is best, among)
        else:
            display.told(_failure(outcome), False)

    def _tidy(self) -> None:
        """Bring best/ and the trials' folders to what the record says, after a tell or a kill."""
        standing = self.record.standing
        best = standing.incumbent
        open_ = self.record.running if self._plan is not None else self.record.unfinished
        kept = {each.number for each in standing.front} | set(open_) | self.record.parents
        if best is not None:
            kept.add(best.number)
            weights = self.folder / SCRATCH / str(best.number) / WEIGHTS
            shown = self._best(best)
            there = weights.exists() or (shown.untrained and self._plan is None)
            if there and not holds(self.folder / BEST, shown):
                publish(shown, weights, self.folder / BEST)
        names = set(map(str, kept))
        for folder in (self.folder / SCRATCH).glob("*"):
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def _publish_predicted(self, believed: tuple[Finished, ...]) -> None:
        """Let predicted/ hold the best by predicted mean, where that is one trial and not the best
        observed, and its weights are kept; nothing otherwise."""
        folder = self.folder / PREDICTED
        for trial in believed[:1]:
            weights = self.folder / SCRATCH / str(trial.number) / WEIGHTS
            other = trial != self.record.standing.incumbent and len(trial.values) == 1
            if other and weights.exists():
                publish(self._best(trial), weights, folder)
                return
        shutil.rmtree(folder, ignore_errors=True)

    def _best(self, trial: Finished) -> Best:
        goal, training = self.study.goal, self.study.training
        data = absolute(goal.data)  # the command is run in best/
        words = ["nas", "train", "genotype.nas", "--data", data, "--recipe", training.recipe]
        epochs, total = wiring.ladder(self.study).span(trial.rung)
        if total or training.epochs:
            words += ["--epochs", str(total or training.epochs)]
        if epochs != total:
            words += ["--stop", str(epochs)]
        if trial.accumulate > 1:
            words += ["--accumulate", str(trial.accumulate)]
        words += ["--seed", str(trial.seed), "--out", "../again"]
        sizes = ("macs", "params")
        return Best(
            trial=trial.number,
            genotype=trial.genotype,
            scores={name: value for name, value in trial.figures.items() if name not in sizes},
            seeds=trial.rung + 1 if training.seeds else 1,
            retrain=shlex.join(words),
            untrained="" if self._is_trained(trial) else self.study.evaluation.by,
            heir=self.record.inherited(trial.number),
            data=load_data(goal.data).card() if self._is_trained(trial) else None,
        )

    def trained(self, trial: Finished) -> str:
        """How far, such as "3 of 9 epochs"; nothing of one that was trained whole."""
        return trained(trial, self.study.training)

    def _test(self, best: Finished, evaluator: Evaluator) -> Mapping[str, float]:
        """The best trial's figures on the test split, which is read once for each best."""
        held = self.record.noted("test")
        if held and held["trial"] == best.number:
            return dict(held["figures"])
        figures = evaluator.test(best.genotype, self.folder / BEST / WEIGHTS)
        self.record.note("test", {"trial": best.number, "figures": dict(figures)})
        return figures


def _failure(outcome: Outcome) -> str:
    cause = f": {outcome.reason.splitlines()[0]}" if outcome.reason else ""
    return f"trial {outcome.number}: {outcome.kind}{cause}"
