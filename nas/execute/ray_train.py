"""Ray Train: one network trained by several GPUs of this machine, to the numbers of one."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import nas.errors
from nas.data import load
from nas.errors import NasError, RunError, out_of_memory
from nas.execute.ray_tune import Cluster, connect
from nas.genotype import parse
from nas.train.history import Epoch, History
from nas.train.recipe import Recipe

WEIGHTS = "weights.safetensors"
CHECKPOINT = "checkpoint.safetensors"
PAUSE = 0.25  # seconds between two words on how far the training is


class Watcher(Protocol):
    """Is told how far the training is."""

    def step(self, step: int, steps: int, loss: float) -> None:
        """After a step, now and then."""

    def epoch(self, epoch: Epoch, accuracy: float) -> None:
        """After an epoch, with the accuracy on the validation split."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained: a genotype's text by a recipe, for so many epochs, into a folder.

    It begins with `weights`, a file, if there is one, and leaves the first `freeze` stages as they
    are. The folder holds the weights afterwards; meanwhile a checkpoint, from which the training
    goes on if one is there.
    """

    genotype: str
    data: str
    recipe: Recipe
    epochs: int
    stop: int | None  # after so many of the epochs
    seed: int
    folder: Path
    weights: str | None = None
    freeze: int = 0


def train(task: Task, workers: int, watcher: Watcher, *, gpu: bool = True) -> History:
    """Train on so many GPUs, a process and an equal part of each batch for each.

    On GPUs batch norms measure the whole batch (`torch.nn.SyncBatchNorm`). Without `gpu` the
    processes share the CPU, and batch norms measure each process's part.
    Raises `UsageError` where there are fewer GPUs, `MemoryError` where one's memory ran out,
    `RunError` where a process was lost, and what `nas.train.fit` raises.
    """
    import ray
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.util.queue import Queue

    connect(Cluster(gpus=workers if gpu else 0, gpus_per_trial=1 if gpu else 0))
    scratch = TemporaryDirectory(prefix="nas-", ignore_cleanup_errors=True)
    try:
        said = Queue(actor_options={"num_cpus": 0})
        trainer = TorchTrainer(
            _member,
            train_loop_config={"task": task, "said": said, "gpu": gpu},
            torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpu),
            run_config=RunConfig(name="train", storage_path=scratch.name),
        )
        return _followed(trainer, said, watcher, task)
    finally:
        ray.shutdown()
        scratch.cleanup()


def _followed(trainer: Any, said: Any, watcher: Watcher, task: Task) -> History:
    """Pass on what the leader says until the training ends; its history."""
    ended: list[BaseException] = []

    def drive() -> None:
        try:
            trainer.fit()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=drive, daemon=True)
    thread.start()
    while True:
        running = thread.is_alive()
        try:
            what, *words = said.get(timeout=1)
        except (queue.Empty, TimeoutError):
            if not running:
                break
            continue
        match what:
            case "step":
                watcher.step(*words)
            case "epoch":
                watcher.epoch(*words)
            case "memory":
                raise MemoryError(words[0])
            case "error":
                raise getattr(nas.errors, words[0])(words[1])
            case "history":
                thread.join()
                return words[0]  # type: ignore[no-any-return]
    reason = str(ended[0]).strip().splitlines()[-1] if ended else "it ended early"
    kept = f"; {task.folder / CHECKPOINT} is of the last epoch: go on with --resume"
    raise RunError(
        f"the training was lost: {reason}{kept if (task.folder / CHECKPOINT).exists() else ''}"
    )


def _member(config: dict[str, Any]) -> None:
    """What each process does."""
    import torch
    from ray.train.torch import get_device

    from nas.compiler.weights import load_weights
    from nas.train.checkpoint import save
    from nas.train.loop import fit
    from nas.train.score import Score
    from nas.train.team import Team
    from nas.train.trainee import trainee
    from nas.train.transfer import frozen

    task, said = config["task"], config["said"]
    device = get_device() if config["gpu"] else torch.device("cpu")
    model = trainee(parse(task.genotype), task.recipe, task.seed)
    data = load(task.data).resized(*model.input_shape[1:])
    if task.weights is not None:
        load_weights(model, task.weights, strict=False)
    if config["gpu"]:
        model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
    leads, last = Team.here().leads, 0.0

    def beat(step: int, steps: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last > PAUSE:
            last = time.monotonic()
            said.put(("step", step, steps, loss))

    def watch(epoch: Epoch) -> None:
        said.put(("epoch", epoch, Score.of(model, data, data.validation()).top1))

    try:
        with frozen(model, task.freeze):
            history = fit(
                *(model, data, task.recipe), epochs=task.epochs, stop=task.stop, seed=task.seed,
                device=device, watch=watch, beat=beat, checkpoint=task.folder / CHECKPOINT,
            )  # fmt: skip
        if leads:
            save(model, task.folder / WEIGHTS)
            said.put(("history", history))
    except NasError as error:
        said.put(("error", type(error).__name__, str(error)))
        raise
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            said.put(("memory", str(error)))
        raise
