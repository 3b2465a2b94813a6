"""Ray Tune's side: a searcher that hands out the driver's jobs, and a slot that holds one worker.

Imported only where Ray is; both classes are at module level, as Tune pickles them by name.
"""

from __future__ import annotations

import base64
import pickle
import queue
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.search import Searcher

from nas.errors import RunError
from nas.execute import ray_tune
from nas.execute.ray_tune import Stopping
from nas.execute.worker import KILLED, Packed, Worker
from nas.trial import Job, Kind, Outcome

PATIENCE = 120.0  # seconds for the other slots to come up
MOMENT = 2.0  # seconds in which an actor that is ending has ended


class JobSearcher(Searcher):  # type: ignore[misc]
    """Suggests the next queued job; `name` finds the driver's queues."""

    def __init__(self, name: str) -> None:
        super().__init__(metric="done", mode="max")
        self.name = name
        self.latest: dict[str, dict[str, Any]] = {}  # results of trials that go on

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next job's configuration; None: ask again; FINISHED once the driver closes."""
        bridge = ray_tune._BRIDGES.get(self.name)
        if bridge is None or bridge.ended:
            return str(Searcher.FINISHED)
        try:
            job = bridge.jobs.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            return str(Searcher.FINISHED)
        bridge.held[trial_id] = job
        return {"job": job.to_json(), "settings": bridge.settings, "first": bridge.first}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Keep it: a trial that is stopped while it is paused ends without one."""
        self.latest[trial_id] = result

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Give the outcome to the driver; without one, the actor or its machine was lost."""
        bridge = ray_tune._BRIDGES.get(self.name)
        job = bridge.held.pop(trial_id, None) if bridge is not None else None
        if bridge is None or job is None:
            return
        result = result or self.latest.pop(trial_id, None)
        if result and "refused" in result:
            bridge.outcomes.put(RunError(result["refused"]))
            return
        if error or not result or "outcome" not in result:
            bridge.outcomes.put(ray_tune.lost(job))
            return
        outcome = Outcome.from_json(result["outcome"])
        if outcome.kind == Kind.COMPLETE and bridge.stopping:
            better = bridge.better.pop(trial_id, None)
            outcome = _stopped(outcome, result["epoch"], bridge.stopping, better)
        bridge.outcomes.put(outcome)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the record is the study's."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a resumed run is a new experiment."""


def _stopped(outcome: Outcome, epoch: int, stopping: Stopping, better: int | None) -> Outcome:
    """Pruned, where it was not trained to the end; for a child of a `better` trial, if any."""
    if epoch >= stopping.epochs:
        return outcome
    reason = f"stopped by {stopping.scheduler} after {epoch} of {stopping.epochs} epochs"
    if better is not None:
        reason += f", for a child of trial {better}"
    return replace(outcome, kind=Kind.PRUNED, reason=reason, better=better)


def _await(roll: Path, slots: int) -> None:
    """Wait until so many slots are up, or long enough.

    A slot that is free gets the next job at once, and Tune then gives up the one that was starting
    for it: trials shorter than an actor's start would all run in one slot.
    """
    end = time.monotonic() + PATIENCE
    while len(list(roll.iterdir())) < slots and time.monotonic() < end:
        time.sleep(0.05)


class Slot(tune.Trainable):  # type: ignore[misc]
    """One actor: a place where jobs run, each in the slot's supervised child."""

    def setup(self, config: dict[str, Any]) -> None:
        """Make the worker; its child starts with the first job."""
        settings = pickle.loads(base64.b64decode(config["settings"]))
        evaluator, scratch, self._limit, self._stopping, roll = settings
        self._worker = Worker(Packed(evaluator), Path(scratch), self._limit)
        self._roll: Path | None = Path(roll)
        self._roll.mkdir(parents=True, exist_ok=True)
        (self._roll / uuid.uuid4().hex).touch()
        self._begin()

    def step(self) -> dict[str, Any]:
        """Evaluate the job or, if something may stop it, its next epoch; whatever it comes to is a
        result."""
        job, last = Job.from_json(self.config["job"]), True
        if self._stopping is not None:
            self._epoch += 1
            job = replace(job, epochs=self._epoch, total=self._stopping.epochs)
            last = self._epoch >= self._stopping.epochs
        if self._limit is not None:
            self._worker.limit = self._limit - self._seconds
        self._worker.submit(job)
        try:
            outcome = self._worker.finish()
        except RunError as error:  # no job can be done here, and none elsewhere
            return {"refused": str(error), "done": True}
        if outcome.reason == KILLED:  # perhaps by Ray, as this actor ends: then the job is lost
            time.sleep(MOMENT)
        self._seconds += outcome.seconds
        if self._roll is not None:
            _await(self._roll, self.config["first"])
            self._roll = None
        result: dict[str, Any] = {
            "outcome": replace(outcome, seconds=self._seconds).to_json(),
            "epoch": self._epoch,
            "done": last or outcome.kind != Kind.COMPLETE,
        }
        if self._stopping is not None:  # a trial that failed is the worst
            result["accuracy"] = outcome.figures.get("accuracy", 0.0)
        return result

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """The next job takes the same worker."""
        self.config = new_config
        self._begin()
        return True

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, float]:
        """How far the job has come; what it has learned lies in its own folder."""
        return {"epoch": self._epoch, "seconds": self._seconds}

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Go on from there: a scheduler may pause a job and let it go on in another actor."""
        self._epoch, self._seconds = int(checkpoint["epoch"]), checkpoint["seconds"]

    def cleanup(self) -> None:
        """End the child."""
        self._worker.close()

    def _begin(self) -> None:
        self._epoch, self._seconds = 0, 0.0
