"""The status of a run, read from its folder while another process may be writing it."""

from __future__ import annotations

from pathlib import Path

from nas.errors import RunError
from nas.report.coefficients import Findings
from nas.report.progress import Entry, Progress
from nas.report.status import Member, Status, Writer
from nas.report.trust import Trust
from nas.search.kept import recall
from nas.search.limits import FIGURES, said
from nas.search.objective import Objective
from nas.search.reading import Driver, Reading, ago, driver, read
from nas.search.standing import Finished, Standing
from nas.study import aims
from nas.study.settings import Study, Training
from nas.trial import Kind

OTHERS = ("loss", "latency", "memory")  # shown where they are objectives
JOURNAL, SETTINGS = "journal.log", "study.toml"
TRUST = "trust.json"  # how far a cheap evaluator can be trusted
ENDED, BELIEVED = "ended", "believed"  # what the journal notes: why it ended, what is predicted


def status(folder: Path) -> Status:
    """How the run in `folder` stands now; nothing is locked or changed.

    Raises `RunError` where there is none, or it can't be read.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        raise RunError(f"{folder}: holds no run (no {JOURNAL}); name a folder of `nas search`")
    held = driver(journal)  # before it is read: a driver that has just ended has written all
    return status_of(folder, held, read(journal), Study.load(folder / SETTINGS))


def status_of(folder: Path, held: Driver | None, reading: Reading, study: Study) -> Status:
    """The status of the run in `folder`, whose driver, journal and settings were read already."""
    if not reading.settings:  # the driver's first entry isn't written yet
        objective = Objective(("accuracy",))
    else:
        objective = aims.objective(reading.settings)
    standing, running, waiting = stand(reading, objective)
    writes = held is not None and held.writes is not False
    elapsed = reading.elapsed + (ago(reading.last) if writes and reading.last else 0.0)
    best = standing.incumbent
    now = progress(study, standing, running if writes else (), waiting, elapsed)
    return Status(
        folder=folder,
        driver=Writer(held.process, held.host, held.writes) if held else None,
        progress=now,
        waiting=() if study.training.seeds else waiting,
        broken_off=() if writes else running,
        objectives=objective.names,
        best=_member(best) if best else None,
        front=tuple(_member(each) for each in standing.front),
        trial_seconds=standing.seconds,
        idle=ago(reading.last) if reading.last else None,
        believed=() if writes else _believed(reading),
        ended="" if writes else reading.notes.get(ENDED) or "",
        trust=Trust.load(folder / TRUST),
        findings=_findings(study, folder) if reading.settings else None,
    )


def _believed(reading: Reading) -> tuple[int, ...]:
    noted = reading.notes.get(BELIEVED)
    # runs of one objective noted only a number once
    return (noted,) if isinstance(noted, int) else tuple(noted or ())


def _findings(study: Study, folder: Path) -> Findings | None:
    """What a search of scaling coefficients has found, None of any other."""
    if study.goal.scaling is None:
        return None
    from nas.study.coefficients import found  # loads Optuna

    return found(folder)


def stand(
    reading: Reading, objective: Objective
) -> tuple[Standing, tuple[int, ...], tuple[int, ...]]:
    """The standing after all that was read, and the numbers of trials that run and that wait."""
    standing = Standing(objective)
    running, waiting = [], []
    for trial in reading.trials:
        if not trial.own:  # another program's or run's, or of a driver that is just asking
            continue
        recall(standing, trial)
        if trial.waits:
            waiting.append(trial.number)
        elif not trial.ended:
            running.append(trial.number)
    return standing, tuple(running), tuple(waiting)


def progress(
    study: Study,
    standing: Standing,
    running: tuple[int, ...],
    waiting: tuple[int, ...],
    elapsed: float,
) -> Progress:
    """A standing in the values that a display shows; `elapsed` in seconds."""
    best = standing.incumbent
    counts = {kind.value: count for kind, count in (+standing.counts).items()}
    screened = study.evaluation.trained > 0
    if screened:
        counts.pop(Kind.PRUNED.value, None)  # scored, which is said of all
    if standing.retried:
        counts["tried again in smaller parts"] = standing.retried
    seeds, trials = study.training.seeds, study.budget.trials
    if seeds is not None:  # trainings are counted, and none waits for a promotion
        trials = None if trials is None else trials * seeds
        waiting = ()
    return Progress(
        done=standing.results if seeds else standing.good + len(waiting),
        running=running,
        counts=counts,
        best=entry(best, study) if best else None,
        front=tuple(entry(each, study) for each in standing.front),
        elapsed=elapsed,
        seconds=study.budget.seconds,
        trials=trials,
        waiting=len(waiting),
        hypervolume=standing.hypervolume,
        trained=standing.trained if screened else None,
        repeats=seeds is not None,
    )


def entry(trial: Finished, study: Study) -> Entry:
    """A result in one line."""
    figures = trial.figures
    sizes = figures["macs"], figures["params"]
    evaluation = study.evaluation
    who = evaluation.by if evaluation.cheap and not trial.rung else ""
    return Entry(
        trial.number,
        figures.get("accuracy", 0.0),
        *sizes,
        trained=trained(trial, study.training),
        by=who,
        score=figures.get("score"),
        others=tuple(_said(name, figures[name]) for name in _others(study) if name in figures),
    )


def _others(study: Study) -> list[str]:
    """The objectives that an entry doesn't show anyway."""
    named = [*study.goal.objectives, *(["latency"] if study.goal.target_latency else [])]
    return [name for name in dict.fromkeys(named) if name in OTHERS]


def _said(name: str, value: float) -> str:
    return said(name, value) if name in FIGURES else f"{name} {value:.4g}"


def trained(trial: Finished, training: Training) -> str:
    """How far, such as "3 of 9 epochs" or "2 of 3 seeds"; nothing of one that was trained whole."""
    rungs = training.rungs
    if training.seeds is not None and trial.rung + 1 < training.seeds:
        return f"{trial.rung + 1} of {training.seeds} seeds"
    if rungs is None or trial.rung == len(rungs) - 1:
        return ""
    return f"{rungs[trial.rung]} of {rungs[-1]} epochs"


def _member(trial: Finished) -> Member:
    return Member(trial.number, trial.genotype, trial.values, dict(trial.figures))
