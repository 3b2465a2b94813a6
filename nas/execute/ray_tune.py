"""Ray Tune: jobs placed on several GPUs and machines. Tune only places work; the record stays with
the driver.

Tune's experiment runs in a thread of its own. Its searcher takes jobs from a queue and gives
outcomes to another, each of its actors is a slot that holds one supervised worker, and its files
are scratch.
"""

from __future__ import annotations

import base64
import logging
import math
import os
import pickle
import queue
import shutil
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nas.errors import RunError, UsageError
from nas.execute._base import Evaluator
from nas.trial import Job, Kind, Outcome

HERE = "local"  # the address that starts Ray on this machine
KNOCK = 10.0  # seconds for a cluster to answer
_QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What to run on: `gpus` in all (0 for none) and how many, or which part of one, a trial takes;
    on this machine or on the running cluster at `address`."""

    gpus: float = 0
    gpus_per_trial: float = 1
    cpus_per_trial: float = 1
    address: str | None = None
    slots: int | None = None  # trials at a time; None: what the resources allow

    @property
    def per_trial(self) -> dict[str, float]:
        """What a trial takes, by Ray's names."""
        gpus = {"gpu": self.gpus_per_trial} if self.gpus and self.gpus_per_trial else {}
        return {"cpu": self.cpus_per_trial, **gpus}


ETA = 3  # of so many trials one goes on
PBT = "pbt"
POPULATION = 8  # trials of PBT that are in training at a time, running or paused
SCHEDULERS = ("asha", "hyperband", "median", PBT)


@dataclass(frozen=True, slots=True)
class Stopping:
    """One of Tune's `SCHEDULERS`, which looks at the validation accuracy after each of so many
    epochs and stops trials that fall behind; they come back pruned, of PBT with a better trial
    that a child of shall take their place.

    What it has decided lives in Tune's memory, and is gone when the driver ends.
    """

    scheduler: str
    epochs: int

    def __post_init__(self) -> None:
        if self.scheduler not in SCHEDULERS:
            known = ", ".join(SCHEDULERS)
            raise UsageError(f"--tune-scheduler {self.scheduler}: must be one of {known}")
        if self.epochs < 2:
            raise UsageError(
                f"--tune-scheduler {self.scheduler}: nothing can be stopped in "
                f"{self.epochs} epoch; train for more with --epochs, or leave it out"
            )

    @property
    def ahead(self) -> int:
        """How many trials it must hold at a time to choose between, running or paused."""
        if self.scheduler == "hyperband":
            return int(ETA ** int(math.log(self.epochs, ETA) + 1e-9))
        return POPULATION if self.scheduler == PBT else 1

    def build(self, name: str) -> Any:
        """Tune's object, of the experiment called `name`."""
        from ray.tune.schedulers import ASHAScheduler, HyperBandScheduler, MedianStoppingRule

        if self.scheduler == PBT:
            from nas.execute._population import Population

            return Population(name, self.epochs)
        what = {"metric": "accuracy", "mode": "max"}
        if self.scheduler == "asha":
            return ASHAScheduler(max_t=self.epochs, reduction_factor=ETA, **what)
        if self.scheduler == "hyperband":
            return HyperBandScheduler(max_t=self.epochs, reduction_factor=ETA, **what)
        return MedianStoppingRule(time_attr="training_iteration", grace_period=1, **what)


@dataclass(slots=True)
class _Bridge:
    """Between the driver's thread and Tune's; at module level since Tune pickles its searcher."""

    jobs: queue.Queue[Job | None] = field(default_factory=queue.Queue)
    outcomes: queue.Queue[Outcome | BaseException] = field(default_factory=queue.Queue)
    settings: str = ""
    stopping: Stopping | None = None
    first: int = 0  # jobs that begin together, each in a slot that must come up
    held: dict[str, Job] = field(default_factory=dict)
    better: dict[str, int] = field(default_factory=dict)  # the trial that one gave way to
    ended: bool = False


_BRIDGES: dict[str, _Bridge] = {}


class RayTune:
    """Submits jobs to a Tune experiment; a job whose actor or machine is lost comes back as `lost`.

    Raises `UsageError` where the cluster isn't there or has fewer GPUs than asked for.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        scratch: Path,
        cluster: Cluster,
        limit: float | None = None,
        stopping: Stopping | None = None,
    ) -> None:
        import ray

        self._slots = connect(cluster)
        self._room = max(self._slots, stopping.ahead if stopping else 0)
        self._held = 0
        self._submitted: list[Job] = []  # until `wait`, so that the first come together
        self._files = (scratch.parent / "ray").absolute()  # Tune's own, of no use afterwards
        self._name = f"run-{os.getpid()}-{len(_BRIDGES)}"
        roll = self._files / self._name / "up"
        packed = pickle.dumps(evaluator)
        settings = (packed, str(scratch.absolute()), limit, stopping, str(roll))
        self._bridge = _BRIDGES[self._name] = _Bridge(
            settings=base64.b64encode(pickle.dumps(settings)).decode(), stopping=stopping
        )
        self._ray = ray
        self._thread = threading.Thread(target=self._drive, args=(cluster,), daemon=True)
        self._thread.start()

    @property
    def free(self) -> int:
        """How many slots hold no job."""
        return self._room - self._held

    def submit(self, job: Job) -> None:
        """Queue a job for the next free slot."""
        self._held += 1
        self._submitted.append(job)

    def wait(self) -> list[Outcome]:
        """Block until something comes back."""
        if not self._bridge.first:
            self._bridge.first = min(self._slots, len(self._submitted))
        for job in self._submitted:
            self._bridge.jobs.put(job)
        self._submitted = []
        found = [self._bridge.outcomes.get()] if self._held else []
        while not self._bridge.outcomes.empty():
            found.append(self._bridge.outcomes.get())
        for each in found:
            if isinstance(each, BaseException):
                raise each
        self._held -= len(found)
        return [each for each in found if isinstance(each, Outcome)]

    def close(self) -> None:
        """End the experiment and, if this process started it, the cluster."""
        self._bridge.ended = True
        self._bridge.jobs.put(None)
        self._thread.join(timeout=20)
        del _BRIDGES[self._name]
        self._ray.shutdown()
        shutil.rmtree(self._files / self._name, ignore_errors=True)

    def _drive(self, cluster: Cluster) -> None:
        from ray import tune

        from nas.execute._slot import JobSearcher, Slot

        stopping = self._bridge.stopping
        try:
            tune.Tuner(
                tune.with_resources(Slot, cluster.per_trial),
                tune_config=tune.TuneConfig(
                    search_alg=JobSearcher(self._name),
                    scheduler=stopping.build(self._name) if stopping else None,
                    num_samples=-1,
                    max_concurrent_trials=self._room,
                    reuse_actors=True,
                    trial_dirname_creator=_folder_name,
                ),
                run_config=tune.RunConfig(
                    name=self._name,
                    storage_path=str(self._files),
                    verbose=0,
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                    failure_config=tune.FailureConfig(max_failures=0),
                ),
            ).fit()
        except BaseException as error:
            self._bridge.outcomes.put(error)
        else:
            if not self._bridge.ended:
                self._bridge.outcomes.put(RuntimeError("Ray Tune ended before the search did"))


def _folder_name(trial: Any) -> str:
    return str(trial.trial_id)


def connect(cluster: Cluster) -> int:
    """Join or start the cluster; how many trials it runs at a time. Raises as `RayTune`."""
    import ray

    os.environ.update(_QUIET)
    logging.getLogger("ray").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not ray.is_initialized() and cluster.address in (None, HERE):
        memory = 100_000_000  # bytes of the object store, which carries no tensors of ours
        gpus = int(cluster.gpus)
        try:
            ray.init(num_gpus=gpus, include_dashboard=False, object_store_memory=memory, **quiet)
        except Exception as error:  # Ray raises it plain
            raise RunError(
                f"Ray can't be started on this machine ({str(error).splitlines()[0]}); try again "
                "when it has less to do, or search without Ray: --workers N"
            ) from error
    elif not ray.is_initialized():
        try:
            _knock(cluster.address or "")
            ray.init(address=cluster.address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"--address {cluster.address}: no Ray cluster answers there "
                f"({str(error).splitlines()[0]}); start one with `ray start --head`, "
                "or leave --address out"
            ) from None
    has = ray.cluster_resources()
    if cluster.gpus > has.get("GPU", 0):
        raise UsageError(
            f"--gpus {cluster.gpus:g}: the cluster has {has.get('GPU', 0):g}; "
            "ask for as many as there are"
        )
    return _slots(cluster, [node["Resources"] for node in ray.nodes() if node["Alive"]])


def _slots(cluster: Cluster, machines: list[dict[str, float]]) -> int:
    """How many trials fit at a time, each on one machine, if any does."""
    takes = cluster.per_trial
    fit = sum(
        int(min(has.get(name.upper(), 0.0) / count for name, count in takes.items()))
        for has in machines
    )
    if not fit:
        what = " and ".join(f"{count:g} {name.upper()}" for name, count in takes.items())
        raise UsageError(
            f"a trial takes {what}, which no machine of the cluster has; lower --gpus-per-trial"
        )
    if "gpu" in takes:
        fit = min(fit, max(1, int(cluster.gpus / takes["gpu"])))
    return fit if cluster.slots is None else min(fit, cluster.slots)


def _knock(address: str) -> None:
    """Raise `OSError` where nobody listens; Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.removeprefix("ray://"), int(port)), timeout=KNOCK).close()


def lost(job: Job) -> Outcome:
    """The outcome of a job whose actor or machine is gone."""
    return Outcome(job.number, Kind.LOST, reason="its actor or machine was lost")
