"""What a trial costs beside the libraries that nas stands on: raw Optuna and raw Ray Tune; and what
a search does most often, by the second.

python studies/speed/searching.py optuna    # CPU time of asking and telling
python studies/speed/searching.py ray       # wall time between trials; wants a quiet machine
python studies/speed/searching.py pace
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import optuna
from abba import ratio
from caches import forget_networks

import nas
from nas.genotype import canonical_hash
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.space import Space, fit, load
from nas.trial import Kind, Outcome

DECISIONS, TRIALS, CHOICES = 30, 20, (4, 8, 12, 16)
FIGURES = {"accuracy": 0.9, "loss": 0.3, "epochs": 4.0}
SLOTS, MOMENT, SLEEPERS = 2, 0.5, 24  # of Ray: seconds a trial takes, and trials


def plain() -> Space:
    text = " >> ".join([f"conv(choice{CHOICES})"] * DECISIONS)
    return Space(fit(nas.parse(f"image(1, 32, 32) >> {text} >> classifier(10)"), (1, 32, 32), 10))


def with_nas(folder: Path) -> Callable[[], None]:
    """A candidate is drawn, counted and hashed; the record is written and synced."""
    space = plain()
    objective = Objective(("accuracy",))
    sampler = make("random", Candidates(space), 0)
    record = Record(folder / "journal.log", sampler, objective, {"space": str(space.genotype)})

    def trial() -> None:
        job = record.ask()
        assert job is not None
        record.tell(Outcome(job.number, Kind.COMPLETE, FIGURES, 1.0))

    return trial


def with_optuna(storage: optuna.storages.BaseStorage | str | None) -> Callable[[], None]:
    """As many decisions are drawn by Optuna's random sampler, and nothing is made of them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(0))

    def trial() -> None:
        asked = study.ask()
        for number in range(DECISIONS):
            asked.suggest_categorical(f"d{number}", CHOICES)
        study.tell(asked, 0.9)

    return trial


def beside_optuna(rounds: int = 3) -> Iterator[str]:
    """Trials of every way in turns, each in a study that grows."""
    yield f"Optuna {optuna.__version__}, {DECISIONS} decisions, random sampler, CPU time a trial"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        journal = optuna.storages.journal.JournalFileBackend(f"{folder}/optuna.log")
        ways = {
            "nas: drawn, counted, hashed, recorded": with_nas(folder),
            "Optuna, its journal on disk": with_optuna(optuna.storages.JournalStorage(journal)),
            "Optuna, SQLite": with_optuna(f"sqlite:///{folder}/optuna.db"),
            "Optuna, in memory": with_optuna(None),
        }
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name in (*ways, *reversed(ways)):
                gc.collect()
                used = time.process_time()
                for _ in range(TRIALS):
                    ways[name]()
                spent[name].append((time.process_time() - used) / TRIALS)
    first, *_ = spent.values()
    yield "\n| | a trial | nas's time over it |"
    yield "| --- | --- | --- |"
    for name, times in spent.items():
        over = ratio([a / b for a, b in zip(first, times, strict=True)], 2)
        yield f"| {name} | {1e3 * statistics.median(times):.2f} ms | {over} |"


def beside_ray() -> Iterator[str]:
    """Sleeping trials in two slots: seconds from the end of one to the next in its slot."""
    import ray

    yield f"Ray {ray.__version__}, {SLEEPERS} trials of {MOMENT} s in {SLOTS} slots, by the wall"
    yield "\n| | between two trials of a slot | all of it, over the ideal |"
    yield "| --- | --- | --- |"
    for name, run in (("nas on Ray Tune", ours), ("raw Ray Tune", tuned), (REUSED, reused)):
        begun, told = time.time(), run()
        gaps = idle(told)
        over = time.time() - begun - SLEEPERS * MOMENT / SLOTS
        yield f"| {name} | {1e3 * statistics.median(gaps):.0f} ms | {over:.1f} s |"


REUSED = "raw Ray Tune, reuse_actors=True"


def idle(told: list[tuple[float, float]]) -> list[float]:
    """Seconds in which a slot waits, once both are up: each beginning after the end it follows."""
    order = sorted(told)
    up = order[SLOTS - 1][0]
    ends = sorted(end for _, end in order if end > up)
    begins = sorted(begin for begin, _ in order if begin > up)
    return [begin - end for begin, end in zip(begins, ends, strict=False)]


def ours() -> list[tuple[float, float]]:
    from executors import Sleeps, search

    from nas.execute.ray_tune import Cluster, RayTune

    cluster = Cluster(slots=SLOTS)
    *_, told = search(lambda scratch: RayTune(Sleeps(MOMENT), scratch, cluster), SLEEPERS)
    return [(each.figures["begun"], each.figures["ended"]) for each in told]


def sleeper(config: dict[str, int]) -> dict[str, float]:
    begun = time.time()
    time.sleep(MOMENT)
    return {"begun": begun, "ended": time.time()}


def tuned(reuse: bool = False) -> list[tuple[float, float]]:
    import ray
    from ray import tune

    ray.init(num_cpus=SLOTS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        space = {f"d{number}": tune.choice(CHOICES) for number in range(DECISIONS)}
        settings = tune.TuneConfig(
            num_samples=SLEEPERS, max_concurrent_trials=SLOTS, reuse_actors=reuse
        )
        run = tune.RunConfig(storage_path=folder, verbose=0)
        tuner = tune.Tuner(sleeper, param_space=space, tune_config=settings, run_config=run)
        found = [(each.metrics["begun"], each.metrics["ended"]) for each in tuner.fit()]
    ray.shutdown()
    return found


def reused() -> list[tuple[float, float]]:
    return tuned(reuse=True)


def pace(rounds: int = 5, name: str = "mbconv", times: int = 200) -> Iterator[str]:
    """How many a second of CPU, as one of many."""
    space = Space(load(name))
    rng = np.random.default_rng(0)
    points = [space.sample(rng) for _ in range(times)]
    networks = [space.resolve(point) for point in points]
    texts = [str(network) for network in networks]
    ways: dict[str, Callable[[int], object]] = {
        "sample": lambda i: space.sample(rng),
        "mutate": lambda i: space.mutate(points[i], rng),
        "resolve": lambda i: space.resolve(points[i]),
        "write": lambda i: str(networks[i]),
        "read": lambda i: nas.parse(texts[i]),
        "count": lambda i: nas.cost(networks[i]),
        "hash": lambda i: canonical_hash(networks[i]),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(2 * rounds + 1):
        for each in reversed(ways) if turn % 2 else ways:
            forget_networks()
            gc.collect()
            used = time.process_time()
            for i in range(times):
                ways[each](i)
            if turn:
                spent[each].append((time.process_time() - used) / times)
    yield f"{name}, {len(space.decisions)} decisions, {times} candidates, {2 * rounds} runs, CPU"
    yield "\n| | each | a second |"
    yield "| --- | --- | --- |"
    for each, taken in spent.items():
        middle = statistics.median(taken)
        yield f"| {each} | {1e3 * middle:.3f} ms | {1 / middle:,.0f} |"


SECTIONS = {"optuna": beside_optuna, "ray": beside_ray, "pace": pace}


def main(*which: str) -> None:
    gc.freeze()
    for name in which or SECTIONS:
        for line in SECTIONS[name]():
            print(line, flush=True)


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    main(*sys.argv[1:])
