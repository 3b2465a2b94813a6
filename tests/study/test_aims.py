"""Limits, targets and objectives of a study: contradictions get one sentence, the rest is settled
once and stays."""

import json
import math
from pathlib import Path

import pytest

import nas
from nas.errors import SpaceError, UsageError
from nas.genotype import Genotype
from nas.study import Goal, Run, Study, aims, wiring
from nas.study.settings import Budget

SPACE = "image(3, 8, 8) >> conv(choice(4, 8, 16), choice(1, 3)) * choice(1, 2, 3) >> classifier(10)"


def goal(**settings: object) -> Goal:
    return Goal(SPACE, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_macs": 400, "target_macs": 500}, "500 MACs are above --max-macs, 400 MACs"),
        ({"max_latency": 0.02, "target_latency": 0.03}, "30.0 ms latency are above --max-latency"),
        (
            {"objectives": ("accuracy",), "target_macs": 5},
            "only the objective mnasnet has a target",
        ),
        ({"target_macs": 5, "target_latency": 0.01}, "the reward weighs one cost"),
        ({"max_memory": 0}, "--max-memory 0: must be more than 0"),
        ({"target_latency": -1.0}, "--target-latency -1.0: must be more than 0"),
        ({"objectives": ("accuracy", "latencyy")}, "did you mean 'latency'"),
    ],
)
def test_contradictions(settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        aims.limits(goal(**settings))


class Clock:
    """A latency that is known by hand: a microsecond for each hundred MACs."""

    def predict(self, genotype: Genotype) -> float:
        return nas.cost(genotype).macs / 1e8


def settled(latency: Clock | None = None, **settings: object) -> tuple[Goal, object]:
    among = wiring.candidates(goal(**settings), latency)
    return aims.settle(Study(goal(**settings)), among).goal, among


def test_targets_are_the_limits_where_none_is_given() -> None:
    assert settled(max_macs=50_000)[0].target_macs == 50_000
    assert settled(Clock(), max_latency=1e-3)[0].target_latency == 1e-3
    given, _ = settled(Clock(), max_macs=50_000, target_latency=1e-4)
    assert (given.target_macs, given.target_latency) == (None, 1e-4)
    assert aims.objective(given).values({"accuracy": 0.5, "latency": 2e-4}) == pytest.approx(
        (0.5 * 2**-0.07,)
    )


def test_the_reference_is_the_worst_of_each_figure() -> None:
    found, _ = settled(objectives=("accuracy", "macs", "loss", "params"), max_params=3000)
    # three 3x3 convolutions of 16 channels on the 32x32 map of digits, and the classifier
    largest = 32 * 32 * 9 * 16 * (1 + 16 + 16) + 160
    assert found.reference == pytest.approx((0, largest, math.log(10), 3000))
    assert settled(objectives=("accuracy",))[0].reference is None


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"max_latency": 1e-9}, "at most 0.001 us latency"),
        ({"max_memory": 10}, "at most 10 bytes memory"),
        ({"max_macs": 10, "max_params": 10**6}, "at most 10 MACs"),
    ],
)
def test_a_limit_below_all_names_the_smallest(limits: dict[str, object], says: str) -> None:
    with pytest.raises(SpaceError, match=says.replace("0.001 us", ".*")) as refused:
        wiring.candidates(goal(**limits), Clock())
    assert "the smallest found has" in str(refused.value)


def test_latency_and_memory_bound_what_is_drawn_and_stay_in_the_run(tmp_path: Path) -> None:
    from nas.latency import Calibration
    from nas.latency.calibration import Setting

    setting = Setting(SPACE, "by hand", "cpu", 1, 1, "2", "today")
    known = Calibration(setting, {}, {"any": (1e-9, 0.0, 1e-6)})  # a nanosecond a MAC, a call 1 us
    study = Study(
        goal(objectives=("accuracy", "latency", "memory"), max_latency=1e-4, sampler="random"),
        budget=Budget(trials=3),
    )
    run = Run.start(study, tmp_path / "run", known)
    with run:
        assert "of 18 candidates fit 100 us latency" in run.opening.replace(".0 us", " us")
        jobs = [run.record.ask() for _ in range(3)]
    held = json.loads((tmp_path / "run" / "latency.json").read_text())
    assert held["machine"] == "by hand"
    again = Run.resume(tmp_path / "run")
    with again:
        for job in jobs:
            assert job is not None
            network = nas.parse(job.genotype)
            assert known.predict(network) <= 1e-4
            trial = again.record._study.trials[job.number]
            assert trial.user_attrs["latency"] == known.predict(network)
            assert trial.user_attrs["memory"] == nas.cost(network).inference_memory()


def test_a_fronts_hypervolume_is_shown_and_the_same_from_outside(tmp_path: Path) -> None:
    from nas.study.status import status
    from nas.trial import Kind, Outcome

    study = Study(
        goal(objectives=("accuracy", "params"), max_params=6000, sampler="random"),
        budget=Budget(trials=4),
    )
    points, before = [], 0.0
    with Run.start(study, tmp_path / "run") as run:
        for accuracy in (0.5, 0.9, 0.2, 0.7):
            job = run.record.ask()
            assert job is not None
            run.record.tell(Outcome(job.number, Kind.COMPLETE, {"accuracy": accuracy}, 1.0))
            points.append((accuracy, 1 - nas.cost(job.genotype).params / 6000))
            now = run.progress().hypervolume
            assert now is not None
            assert now >= before
            before = now
        assert f"hypervolume {before:.2f}" in run.progress().headline()
    # by hand: for each share of the parameters saved, the best accuracy that saves as much
    area = last = 0.0
    for saved in sorted(saved for _, saved in points):
        area += (saved - last) * max(accuracy for accuracy, other in points if other >= saved)
        last = saved
    assert before == pytest.approx(area)
    assert status(tmp_path / "run").progress.hypervolume == before
    with Run.resume(tmp_path / "run") as run:
        assert run.progress().hypervolume == before
