"""PBT under Ray Tune: who gives way to whom, by hand, and in a whole search."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_ray_tune import play

SPACE = (
    "image(1, 32, 32) >> conv(choice(4, 6, 8), choice(3, 5), stride=4) "
    ">> conv(choice(4, 6, 8, 12), choice(1, 3), stride=4) >> classifier(10)"
)


def test_the_worst_quarter_gives_way_to_one_of_the_best(tmp_path: Path) -> None:
    program = """
        import random
        from types import SimpleNamespace
        from nas.execute import ray_tune
        from nas.execute._population import Population
        from nas.trial import Job

        class Trial:
            def __init__(self, number):
                self.trial_id, self.number, self.status = f"t{number}", number, "RUNNING"
                self.experiment_tag, self.over = "", False
            def is_finished(self):
                return self.over

        bridge = ray_tune._BRIDGES["by hand"] = ray_tune._Bridge()
        population = Population("by hand", epochs=8)  # looks every second epoch
        trials = [Trial(number) for number in range(8)]
        controller = SimpleNamespace(get_trials=lambda: trials)
        for trial in trials:
            bridge.held[trial.trial_id] = Job(100 + trial.number, "", 0)
            population.on_trial_add(controller, trial)
        random.seed(0)
        said = []
        for epoch in (1, 2):  # as they come the scores rise, so that none is the worst but the last
            for trial, score in zip(trials, (1, 2, 3, 4, 5, 6, 7, 0.5)):
                result = {"epoch": epoch, "accuracy": score / 10}
                said.append(population.on_trial_result(controller, trial, result))
        assert said[:15] == ["CONTINUE"] * 15, said
        assert said[15] == "STOP"
        assert bridge.better.pop("t7") in (105, 106)  # a quarter of eight are two
        trials[7].over = True  # and no longer of the population

        def told(number, epoch, accuracy):
            result = {"epoch": epoch, "accuracy": accuracy}
            return population.on_trial_result(controller, trials[number], result)

        assert told(2, 4, 0.3) == "CONTINUE"  # 0.1 and 0.2 are the worst two of seven
        assert told(1, 3, 0.0) == "CONTINUE"  # between two looks
        assert told(1, 4, 0.2) == "STOP"
        assert bridge.better == {"t1": 105} or bridge.better == {"t1": 106}
        trials[3].status = "PAUSED"
        assert told(6, 4, 0.9) == "PAUSE"  # others wait for the slot
        print("decided")
    """
    assert play(program).endswith("decided\n")


def test_nobody_gives_way_to_an_equal() -> None:
    program = """
        from types import SimpleNamespace
        from nas.execute import ray_tune
        from nas.execute._population import Population
        from nas.trial import Job

        class Trial:
            experiment_tag, status = "", "RUNNING"
            def __init__(self, number):
                self.trial_id = f"t{number}"
            def is_finished(self):
                return False

        bridge = ray_tune._BRIDGES["by hand"] = ray_tune._Bridge()
        population = Population("by hand", epochs=4)
        trials = [Trial(number) for number in range(4)]
        controller = SimpleNamespace(get_trials=lambda: trials)
        for trial in trials:
            population.on_trial_add(controller, trial)
            result = {"epoch": 1, "accuracy": 0.5}
            assert population.on_trial_result(controller, trial, result) == "CONTINUE"
        assert not bridge.better
        print("equal")
    """
    assert play(program).endswith("equal\n")


@pytest.mark.slow
def test_a_search_by_pbt_ends_with_its_budget_of_good_trials(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-W", "ignore", "-m", "nas.cli", "search", "--space", SPACE]
    command += ["--width", "1", "--epochs", "4", "--trials", "16", "--objective", "accuracy"]
    command += ["--sampler", "random", "--address", "local", "--workers", "2"]
    command += ["--tune-scheduler", "pbt", "--inherit", "--out", str(run)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=500, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = subprocess.run(
        [sys.executable, "-m", "nas.cli", "status", str(run), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    counts = json.loads(told.stdout)["counts"]
    assert counts["complete"] + counts["pruned"] == 16
    assert counts["pruned"] >= 2
    assert counts["complete"] >= 2
    gave_way = re.findall(r"trial (\d+): pruned.* for a child of trial (\d+)", done.stdout)
    assert len(gave_way) == counts["pruned"]
    betters, parents = {int(better) for _, better in gave_way}, _parents(run).values()
    assert sum(parent in betters for parent in parents) >= 4  # the last ones found no room


def _parents(run: Path) -> dict[int, int]:
    """The parent of each trial that has one."""
    from nas.search.reading import read

    trials = read(run / "journal.log").trials
    return {each.number: each.held["parent"] for each in trials if "parent" in each.held}
