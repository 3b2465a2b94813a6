"""Ray Tune places the same jobs: each GPU is one trial's at a time, faults are outcomes."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nas.errors import RunError, UsageError
from nas.execute.ray_tune import Cluster, _slots, connect

HERE = Path(__file__).parent


def play(program: str, seconds: int = 240) -> str:
    """What a program prints, in a process of its own, as Ray stays in the one that started it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parent / 'search'}"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_faults_under_ray_are_the_outcomes_of_local_workers(tmp_path):
    program = f"""
        from pathlib import Path
        from faulty import Faulty, children, run
        from nas.execute.ray_tune import Cluster, RayTune
        from test_local import EXPECTED, MIXED
        scratch = Path({str(tmp_path)!r}) / "trials"
        executor = RayTune(Faulty(), scratch, Cluster(slots=2), limit=1.0)
        found = run(executor, MIXED)
        executor.close()
        assert [found[i].kind for i in range(len(MIXED))] == [EXPECTED[name] for name in MIXED]
        print("all there")
    """
    assert play(program).endswith("all there\n")


@pytest.mark.slow
def test_what_no_worker_can_do_ends_the_search(tmp_path):
    program = f"""
        from pathlib import Path
        from faulty import Faulty, run
        from nas.errors import RunError
        from nas.execute.ray_tune import Cluster, RayTune
        executor = RayTune(Faulty(), Path({str(tmp_path)!r}) / "trials", Cluster(slots=1))
        try:
            run(executor, ["good", "disk"])
        except RunError as error:
            print(error)
        executor.close()
    """
    assert "no room left" in play(program)


@pytest.mark.slow
def test_eight_logical_gpus_hold_eight_trials_each_its_own(tmp_path):
    program = f"""
        import ray
        from collections import Counter
        from pathlib import Path
        from faulty import Faulty, run
        from nas.execute.ray_tune import Cluster, RayTune
        ray.init(num_cpus=8, num_gpus=8, include_dashboard=False, log_to_driver=False)
        executor = RayTune(Faulty(moment=1.0), Path({str(tmp_path)!r}) / "trials", Cluster(gpus=8))
        assert executor.free == 8
        found = run(executor, ["good"] * 64)
        executor.close()
        held = Counter(outcome.figures["gpu"] for outcome in found.values())
        assert set(held) == set(map(float, range(8))), held
        spans = sorted(
            tuple(outcome.figures[name] for name in ("gpu", "begun", "ended"))
            for outcome in found.values()
        )
        for (gpu, _, ended), (other, begun, _) in zip(spans, spans[1:]):
            assert gpu != other or ended <= begun, (gpu, ended, begun)
        print("eight")
    """
    assert play(program, 400).endswith("eight\n")


def test_a_cluster_that_is_not_there_and_too_many_gpus_are_one_sentence(tmp_path):
    program = """
        from nas.errors import UsageError
        from nas.execute.ray_tune import Cluster, connect
        try:
            connect(Cluster(address="127.0.0.1:1"))
        except UsageError as error:
            print(error)
    """
    said = play(program)
    assert "--address 127.0.0.1:1: no Ray cluster answers there" in said
    assert "ray start --head" in said


@pytest.mark.slow
@pytest.mark.parametrize("scheduler", ["asha", "hyperband", "median"])
def test_tune_s_schedulers_stop_who_falls_behind(scheduler: str, tmp_path: Path) -> None:
    program = f"""
        from pathlib import Path
        import numpy as np
        from driving import Drawn
        from faulty import run
        from nas.execute.ray_tune import Cluster, RayTune, Stopping
        scratch = Path({str(tmp_path)!r}) / "trials"
        stopping = Stopping({scheduler!r}, epochs=9)
        executor = RayTune(Drawn(0.1, {{"raise": 0.1}}), scratch, Cluster(slots=2), 20, stopping)
        rng = np.random.default_rng(0)
        drawn = [",".join(map(str, rng.integers(0, 9, 9))) for _ in range(20)]
        for outcome in run(executor, drawn).values():
            total = sum(map(int, drawn[outcome.number].split(",")))
            print(outcome.number, outcome.kind.value, total, outcome.reason.splitlines()[:1])
        executor.close()
    """
    lines = [line.split(maxsplit=3) for line in play(program).splitlines()]
    kinds = {int(number): kind for number, kind, *_ in lines}
    totals = {int(number): int(total) for number, _, total, _ in lines}
    assert set(kinds) == set(range(20))
    assert [number for number, kind in sorted(kinds.items()) if kind == "crashed"] == [5]
    ended = {
        kind: [totals[n] for n in kinds if kinds[n] == kind] for kind in ("complete", "pruned")
    }
    assert len(ended["pruned"]) >= 4
    assert len(ended["complete"]) >= 2
    assert np.mean(ended["complete"]) > np.mean(ended["pruned"])
    reasons = {reason for _, kind, _, reason in lines if kind == "pruned"}
    assert all(f"stopped by {scheduler} after " in reason for reason in reasons)


def test_ray_that_does_not_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: object) -> None:
        raise Exception("The current node timed out during startup.\nMore of it.")

    ray = SimpleNamespace(is_initialized=lambda: False, init=slow)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with pytest.raises(RunError, match=r"on this machine \(The current node .* startup\.\); try"):
        connect(Cluster())


@pytest.mark.parametrize(
    ("machines", "cluster", "slots"),
    [
        ([(2, 0)], Cluster(), 2),
        ([(1, 0)] * 3, Cluster(), 3),
        ([(8, 8)], Cluster(gpus=8), 8),
        ([(8, 8)], Cluster(gpus=3), 3),
        ([(8, 2)], Cluster(gpus=2, gpus_per_trial=0.5), 4),
        ([(8, 1), (8, 3)], Cluster(gpus=4, gpus_per_trial=2), 1),  # 1 + 3 are not two pairs
        ([(2, 4), (8, 4)], Cluster(gpus=8), 6),
        ([(8, 8)], Cluster(gpus=8, slots=2), 2),
        ([(8, 8)], Cluster(address="here:1"), 8),  # without --gpus none is taken
    ],
)
def test_slots_are_what_the_machines_hold(machines, cluster, slots):
    assert _slots(cluster, [{"CPU": cpus, "GPU": gpus} for cpus, gpus in machines]) == slots


def test_a_trial_that_fits_no_machine_is_one_sentence():
    with pytest.raises(UsageError) as refused:
        _slots(Cluster(gpus=4, gpus_per_trial=2), [{"CPU": 8, "GPU": 1}] * 4)
    assert str(refused.value) == (
        "a trial takes 1 CPU and 2 GPU, which no machine of the cluster has; lower --gpus-per-trial"
    )
