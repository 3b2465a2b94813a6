"""A run goes on after its driver, a worker or a machine is killed, wherever its trials run."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from driving import FAULTS, NONE, Drawn, done, opened, results, search, started, until
from faulty import children
from test_ray_tune import play

from nas.search.kept import results as kept
from nas.search.reading import read
from nas.search.rungs import Rungs
from nas.trial import Kind

ALL = {"raise": 0.15, "memory": 0.15, "nan": 0.15, "hang": 0.05, "kill": 0.1}  # in few trials


def gone() -> bool:
    """Whether no worker is left, after a moment."""
    end = time.monotonic() + 20
    while children() and time.monotonic() < end:
        time.sleep(0.1)
    return not children()


def under_ray(folder: Path, trials: int, faults: dict[str, float]) -> None:
    """The run goes on under Ray, in a process of its own, to its end."""
    program = f"""
        from pathlib import Path
        from driving import Drawn, opened, search
        search(opened(Path({str(folder)!r}), {trials}), Drawn(faults={faults!r}), "ray")
    """
    play(program)


def whole(folder: Path, trials: int, faults: dict[str, float]) -> dict[int, object]:
    """The results of a run that nothing interrupted, with local workers."""
    search(opened(folder, trials), Drawn(faults=faults), "local")
    return results(folder)


def test_begun_locally_and_killed_it_goes_on_under_ray_as_if_nothing_had_been(
    tmp_path: Path,
) -> None:
    driver = started(tmp_path / "run", "local", 10)
    until(driver, lambda: done(tmp_path / "run") >= 3)
    driver.kill()
    driver.wait()
    before = results(tmp_path / "run")
    assert gone()
    under_ray(tmp_path / "run", 10, NONE)
    assert results(tmp_path / "run").items() >= before.items()
    assert results(tmp_path / "run") == whole(tmp_path / "whole", 10, NONE)
    assert gone()


@pytest.mark.slow
@pytest.mark.parametrize("other", ["local", "in-process"])
def test_begun_under_ray_and_killed_it_goes_on_elsewhere(other: str, tmp_path: Path) -> None:
    driver = started(tmp_path / "run", "ray", 16)
    until(driver, lambda: done(tmp_path / "run") >= 5)
    driver.kill()
    driver.wait()
    before = results(tmp_path / "run")
    assert gone()
    search(opened(tmp_path / "run", 16), Drawn(), other)
    assert results(tmp_path / "run").items() >= before.items()
    assert results(tmp_path / "run") == whole(tmp_path / "whole", 16, NONE)


def held(folder: Path) -> dict[tuple[int, int], object]:
    """What the journal holds of each trial at each rung."""
    return {
        (trial.number, rung): (result["values"], result["figures"])
        for trial in read(folder / "journal.log").trials
        for rung, result in enumerate(kept(trial.held))
    }


def test_rungs_begun_under_ray_and_killed_go_on_in_process(tmp_path: Path) -> None:
    rungs = Rungs((1, 2))
    driver = started(tmp_path / "run", "ray", 9, rungs=rungs)
    journal = tmp_path / "run" / "journal.log"
    until(driver, lambda: journal.exists() and any(t.sent for t in read(journal).trials))
    driver.kill()
    driver.wait()
    before = held(tmp_path / "run")
    assert gone()
    found = search(opened(tmp_path / "run", 9, rungs), Drawn(), "in-process")
    search(opened(tmp_path / "whole", 9, rungs), Drawn(), "in-process")
    after, whole = held(tmp_path / "run"), held(tmp_path / "whole")
    assert after.items() >= before.items()
    # who is promoted when depends on what has come by then, but never what comes of it
    assert all(after[each] == whole[each] for each in after.keys() & whole.keys())
    assert {number for number, rung in after if rung == 0} == set(range(9))
    assert 3 <= found.counts[Kind.COMPLETE] <= 5
    assert found.counts[Kind.COMPLETE] + found.counts[Kind.PRUNED] == 9


def test_faults_of_every_kind_leave_the_budget_of_good_trials(tmp_path: Path) -> None:
    run = opened(tmp_path / "run", 12)
    found = search(run, Drawn(faults=ALL), "local")
    assert found.done == 12
    asked = len(results(tmp_path / "run"))
    expected = [Drawn(faults=ALL).fault(number) for number in range(asked)]
    assert found.counts[Kind.CRASHED] == expected.count("raise") + expected.count("kill")
    assert found.counts[Kind.OUT_OF_MEMORY] == expected.count("memory")
    assert found.counts[Kind.DIVERGED] == expected.count("nan")
    assert found.counts[Kind.TIMED_OUT] == expected.count("hang")
    assert min(map(expected.count, ALL)) > 0
    assert gone()


@pytest.mark.slow
def test_faults_are_counted_alike_under_local_workers_and_ray(tmp_path: Path) -> None:
    under_ray(tmp_path / "ray", 60, FAULTS)
    assert results(tmp_path / "ray") == whole(tmp_path / "whole", 60, FAULTS)
    assert gone()


def test_workers_killed_from_outside_cost_their_own_trials(tmp_path: Path) -> None:
    driver = started(tmp_path / "run", "local", 14)
    rng = random.Random(os.getpid())
    for enough in (2, 4, 6):
        until(driver, lambda enough=enough: done(tmp_path / "run") >= enough)  # type: ignore[misc]
        os.kill(rng.choice(children()), signal.SIGKILL)
    assert driver.wait(60) == 0
    kinds = [str(result[0]) for result in results(tmp_path / "run").values()]
    assert kinds.count("complete") == 14
    assert kinds.count("crashed") in (1, 2, 3)  # it may have been between two trials
    assert gone()


@pytest.mark.slow
def test_three_nodes_one_killed_then_the_driver_and_every_trial_ends_once(tmp_path: Path) -> None:
    program = f"""
        import signal
        from pathlib import Path
        from driving import *
        from faulty import children
        from nas.search.reading import read
        from ray.cluster_utils import Cluster
        folder = Path({str(tmp_path / "run")!r})
        quick = {{"health_check_initial_delay_ms": 1000, "health_check_period_ms": 1000,
                 "health_check_failure_threshold": 3}}
        small = {{"num_cpus": 1, "object_store_memory": 100_000_000}}
        cluster = Cluster(initialize_head=True, head_node_args={{**small, "_system_config": quick}})
        nodes = [cluster.add_node(**small) for _ in range(2)]
        cluster.wait_for_nodes()
        try:
            driver = started(folder, "ray", 40, cluster.address, 3)
            lost = lambda: sum(trial.lost for trial in read(folder / "journal.log").trials)
            # a slot that is up late would leave nothing to be lost on its node
            until(driver, lambda: done(folder) >= 9 and running(folder) == 3)
            cluster.remove_node(nodes[0], allow_graceful=False)
            until(driver, lambda: lost() >= 1 and done(folder) >= 16)
            before = results(folder)
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            print("lost", lost())
            driver = started(folder, "ray", 40, cluster.address, 2)
            assert driver.wait(120) == 0
            assert results(folder).items() >= before.items()
            print("good", done(folder))
        finally:
            cluster.shutdown()
    """
    said = play(program, 300)
    assert "lost 1\n" in said  # what ran on the node that was killed
    assert "good 40\n" in said
    assert results(tmp_path / "run") == whole(tmp_path / "whole", 40, NONE)
    assert gone()
