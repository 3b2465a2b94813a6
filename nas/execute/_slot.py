"""Ray Tune's side: a searcher that hands out the driver's jobs, and a slot that holds one worker.

Imported only where Ray is; both classes are at module level, as Tune pickles them by name.
"""

from __future__ import annotations

import base64
import pickle
import queue
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.search import Searcher

from nas.execute import ray_tune
from nas.execute.worker import Worker
from nas.trial import Job, Outcome


class JobSearcher(Searcher):  # type: ignore[misc]
    """Suggests the next queued job; `name` finds the driver's queues."""

    def __init__(self, name: str) -> None:
        super().__init__(metric="done", mode="max")
        self.name = name

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
        return {"job": job.to_json(), "evaluator": bridge.evaluator}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Give the outcome to the driver; without one, the actor or its machine was lost."""
        bridge = ray_tune._BRIDGES.get(self.name)
        job = bridge.held.pop(trial_id, None) if bridge is not None else None
        if bridge is None or job is None:
            return
        text = (result or {}).get("outcome")
        bridge.outcomes.put(Outcome.from_json(text) if text and not error else ray_tune.lost(job))

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the record is the study's."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a resumed run is a new experiment."""


class Slot(tune.Trainable):  # type: ignore[misc]
    """One actor: a place where jobs run, each in the slot's supervised child."""

    def setup(self, config: dict[str, Any]) -> None:
        """Make the worker; its child starts with the first job."""
        evaluator, scratch, limit = pickle.loads(base64.b64decode(config["evaluator"]))
        self._worker = Worker(evaluator, Path(scratch), limit)

    def step(self) -> dict[str, Any]:
        """Evaluate the job; whatever it comes to is a result."""
        job = Job.from_json(self.config["job"])
        self._worker.submit(job)
        return {"outcome": self._worker.finish().to_json(), "done": True}

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """The next job takes the same worker."""
        self.config = new_config
        return True

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""

    def cleanup(self) -> None:
        """End the child."""
        self._worker.close()
