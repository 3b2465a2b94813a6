import json
import math
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bench_of_arithmetic import SPACE, Arithmetic, by_work

import nas
from nas.errors import LatencyError
from nas.latency import Calibration, calibrate
from nas.latency.calibrating import calibrated
from nas.latency.runs import runs
from nas.space import Space

TIME = 1e4  # seconds of a clock that only measuring moves


def quiet(_: str) -> None:
    """Nobody is told."""


def made(bench: Arithmetic | None = None, seconds: float = TIME) -> Calibration:
    return calibrated(bench or Arithmetic(), Space(nas.parse(SPACE)), seconds, 50, quiet)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return made()


def candidates(count: int) -> list[nas.Genotype]:
    space, rng = Space(nas.parse(SPACE)), np.random.default_rng(7)
    return [space.resolve(space.sample(rng)) for _ in range(count)]


def test_scale_and_offset_are_found(calibration: Calibration) -> None:
    # the bench: networks take 1.3 times the sum of their runs and 50 us
    assert calibration.scale == pytest.approx(1.3)
    assert calibration.offset == pytest.approx(50e-6)
    assert calibration.error is not None
    assert calibration.error.candidates == 50
    assert calibration.error.mape == pytest.approx(0, abs=1e-9)
    assert calibration.error.spearman == pytest.approx(1)


def test_no_candidate_of_a_small_space_is_held_out_twice_or_fitted_too() -> None:
    space = Space(nas.parse("image(3, 32, 32) >> conv(choice(8, 16, 24, 32), choice(1, 3))"))
    error = calibrated(Arithmetic(), space, TIME, 50, quiet).error
    assert error is not None
    assert error.candidates == 8 - 2  # two are 20 / 70 of the eight that there are


def test_predictions_are_what_the_bench_takes(calibration: Calibration) -> None:
    for each in candidates(20):
        total = sum(by_work(run) * count for run, count in runs(each).items())
        assert calibration.predict(each) == pytest.approx(1.3 * total + 50e-6)
        assert calibration.covered(runs(each)) == 1


def test_a_busy_machine_changes_nothing(calibration: Calibration) -> None:
    busy = made(Arithmetic(delays=(1.0, 5.0, 2.0, 40.0, 1.0, 9.0, 3.0)))
    assert busy.operations == pytest.approx(dict(calibration.operations))
    assert busy.scale == pytest.approx(calibration.scale)


def test_the_error_is_told_as_it_is() -> None:
    # the least of networks is disturbed, too: a quarter of them takes half as long again
    class Disturbed(Arithmetic):
        made = 0

        def network(self, genotype: nas.Genotype) -> Any:
            self.made += 1
            taking = super().network(genotype)
            return replace(taking, seconds=taking.seconds * (1.5 if self.made % 4 == 0 else 1))

    found = made(Disturbed())
    assert found.scale == pytest.approx(1.3)  # which the disturbed ones among 20 don't bend
    assert found.error is not None
    # 12 or 13 of 50 are told a third too low
    assert 12 / 50 / 3 - 1e-9 <= found.error.mape <= 13 / 50 / 3 + 1e-9
    assert found.error.spearman < 1


def test_the_time_is_kept() -> None:
    bench = Arithmetic(building=0.1)
    found = made(bench, 5)
    assert bench.moved.moment < 6
    assert found.error is not None
    assert 0 < found.error.candidates < 50  # there was no time to build more
    assert found.error.mape == pytest.approx(0, abs=1e-9)


def test_without_time_one_candidate_is_measured_and_none_held_out() -> None:
    found = made(Arithmetic(building=1), 1e-6)
    assert found.error is None
    assert all(0 < found.predict(each) < math.inf for each in candidates(5))


def test_runs_that_nobody_measured_are_estimated_by_their_kind(calibration: Calibration) -> None:
    other = nas.parse("image(3, 32, 32) >> conv(12, 3, stride=2) >> mbconv(24) >> classifier(10)")
    assert calibration.covered(runs(other)) < 0.5
    total = sum(by_work(run) * count for run, count in runs(other).items())
    assert calibration.sum(other) == pytest.approx(total, rel=0.1)
    # a kind that the space doesn't have, by the rates of all
    assert calibration.predict(nas.parse("image(3, 32, 32) >> patch_embed(16, 8)")) > 0


def test_more_work_is_never_predicted_to_take_less(calibration: Calibration) -> None:
    text = "image(3, {0}, {0}) >> conv({1}, 3) >> mbconv({1}) >> classifier(10)"
    for grown in (
        [text.format(side, 20) for side in (17, 33, 65, 129)],
        [text.format(33, width) for width in (12, 20, 28, 36)],
    ):
        told = [calibration.predict(nas.parse(each)) for each in grown]
        assert told == sorted(told)


def test_a_block_more_adds_what_the_block_takes(calibration: Calibration) -> None:
    told = [
        calibration.predict(nas.parse(f"image(8, 16, 16) >> mbconv(8) * {n} >> classifier(10)"))
        for n in (1, 2, 3, 7)
    ]
    one = told[1] - told[0]
    assert one > 0
    assert told[2] - told[1] == pytest.approx(one)
    assert told[3] - told[0] == pytest.approx(6 * one)


def test_what_is_remembered_changes_nothing(calibration: Calibration) -> None:
    for each in candidates(10):
        fresh = replace(calibration)  # remembers nothing yet
        assert calibration.predict(each) == fresh.predict(each) == fresh.predict(each)


def test_a_batch_counts_in_estimates() -> None:
    one, four = (made(Arithmetic(batch=batch)).rates["any"] for batch in (1, 4))
    # the bench takes no notice of the batch, so each image takes a quarter
    assert four[0] == pytest.approx(one[0] / 4, rel=0.05)
    assert four[2] == pytest.approx(one[2], rel=0.05)


def test_a_round_trip_loses_nothing(calibration: Calibration, tmp_path: Path) -> None:
    calibration.save(tmp_path / "latency.json")
    again = Calibration.load(tmp_path / "latency.json")
    assert again == calibration
    for each in candidates(5):
        assert again.predict(each) == calibration.predict(each)
    assert [path.name for path in tmp_path.iterdir()] == ["latency.json"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("operations", {"conv": math.nan}),
        ("operations", {"conv": -1e-6}),
        ("operations", {"conv": "1e-6"}),
        ("operations", {"conv": 10**400}),
        ("operations", [1, 2]),
        ("rates", {}),
        ("rates", {"any": [1, 2]}),
        ("rates", {"any": [1, 2, True]}),
        ("scale", None),
        ("offset", math.inf),
        ("batch", 0),
        ("threads", "2"),
        ("machine", ["a"]),
        ("error", [1]),
        ("error", {"mape": 0.1}),
    ],
)
def test_a_damaged_value_is_told(
    calibration: Calibration, tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / "latency.json"
    calibration.save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(LatencyError) as told:
        Calibration.load(path)
    assert str(told.value).startswith(f"{path}: is damaged at ")
    assert str(told.value).endswith("make one with `nas latency calibrate`")
    assert "\n" not in str(told.value)


def test_a_value_that_is_gone_is_told(calibration: Calibration, tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    calibration.save(path)
    whole = json.loads(path.read_text())
    for key in whole:
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(LatencyError, match=r"is no calibration|is damaged at"):
            Calibration.load(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no calibration, or a damaged one"),
        (b'{"format": "nas lat', "is no calibration, or a damaged one"),
        (b"\xff\xfe\x00", "is no calibration, or a damaged one"),
        (b"[" * 100_000, "is no calibration, or a damaged one"),
        (b"[1]", "is no calibration;"),
        (b"{}", "is no calibration;"),
        (b'{"format": "nas latency 999"}', "another version of nas"),
    ],
    ids=["empty", "torn", "binary", "deep", "list", "other", "version"],
)
def test_a_wrong_file_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "latency.json"
    path.write_bytes(content)
    with pytest.raises(LatencyError, match=told):
        Calibration.load(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(LatencyError, match="can't be read"):
            Calibration.load(path)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    path = tmp_path / "latency.json"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(LatencyError):
        Calibration.load(path)
    assert not (tmp_path / "ran").exists()


def test_a_calibration_that_cannot_be_written_is_told(
    calibration: Calibration, tmp_path: Path
) -> None:
    with pytest.raises(LatencyError, match="can't be written"):
        calibration.save(tmp_path / "gone" / "latency.json")


def test_a_space_in_which_nothing_can_be_built_is_told() -> None:
    space = Space(nas.parse('image(3, 4, 4) >> conv(choice(8, 16), 9, padding="valid")'))
    with pytest.raises(LatencyError, match=r"none of 20 random candidates can be built: .*kernel"):
        calibrated(Arithmetic(), space, 1, 50, quiet)


def test_a_space_is_calibrated_here() -> None:
    before, said = torch.get_num_threads(), []
    found = calibrate(Space(nas.parse(SPACE)), threads=1, seconds=1.5, held_out=4, say=said.append)
    assert torch.get_num_threads() == before
    assert (found.setting.device, found.setting.threads, found.setting.batch) == ("cpu", 1, 1)
    assert found.setting.torch == torch.__version__
    distinct = int(said[0].partition(" distinct")[0])
    assert 0 < len(found.operations) <= distinct  # all of them where there was time
    for each in candidates(5):
        assert 0 < found.predict(each) < math.inf
