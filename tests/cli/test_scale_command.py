"""`nas scale`: side by side, exact beside nominal, a file that reads back, one sentence for a
mistake."""

import json
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.genotype import canonical_hash

SMALL = "image(3, 32, 32) >> conv(16, 3) >> mbconv(24, 3, stride=2) * 2 >> classifier(10)"


def told(capsys, *arguments):
    assert main(["scale", *arguments]) == 0
    return capsys.readouterr().out


def test_a_law_s_network_stands_beside_the_base_and_the_released_one(capsys):
    printed = told(capsys, "efficientnet_b0", "--phi", "3")
    assert "5.29 M   16.35 M       12.23 M" in printed  # B0's, the formula's, B3's parameters
    assert "341x341" in printed  # 224 * 1.15^3 = 340.7
    assert "300x300" in printed
    assert "alpha * beta^2 * gamma^2 = 1.92: nominally 1.92 times the MACs" in printed
    assert "The released B3 isn't the formula's" in printed


def test_exact_figures(capsys):
    found = json.loads(told(capsys, "efficientnet_b0", "--phi", "1", "--json"))
    assert found["base"]["params"] == 5_288_548
    assert found["released"]["params"] == 7_794_184
    assert found["scaled"]["params"] == 9_109_994  # B2's
    assert found["scaled"]["nominal"] == pytest.approx(1.92027)
    network = nas.parse(found["scaled"]["genotype"])
    assert nas.cost(network).macs == found["scaled"]["macs"]


def test_factors_give_a_released_network_in_a_file(capsys, tmp_path: Path):
    path = tmp_path / "b4.nas"
    how = ["--width", "1.4", "--depth", "1.8", "--resolution", "380", "--out", str(path)]
    assert "written to" in told(capsys, "efficientnet_b0", *how)
    assert canonical_hash(nas.genotype(path)) == canonical_hash(nas.genotype("efficientnet_b4"))
    assert "dropout=0.4" in path.read_text()


def test_a_target_is_told_with_how_far_off_it_is(capsys):
    printed = told(capsys, "resnet50", "--target-macs", "2G")
    assert "of 2.00 G MACs (" in printed
    found = json.loads(told(capsys, "resnet50", "--target-macs", "2G", "--json"))
    assert abs(found["miss"]) <= 0.03
    assert found["costs"]["MACs"] == found["scaled"]["macs"]
    assert found["neighbours"] == {}


def test_where_rounding_leaves_it_far_off_the_other_neighbour_is_shown(capsys):
    found = json.loads(told(capsys, "vit_b_16", "--target-macs", "9G", "--law", "width", "--json"))
    assert abs(found["miss"]) > 0.03
    ((_, other),) = found["neighbours"].items()
    low, high = sorted((found["scaled"]["macs"], other["MACs"]))
    assert low < 9e9 < high
    printed = told(capsys, "vit_b_16", "--target-macs", "9G", "--law", "width")
    assert "rounding leaves nothing nearer" in printed
    assert "next " in printed


def test_several_targets_at_once(capsys):
    arguments = ["efficientnet_b0", "--target-macs", "10G", "--target-params", "8M", "--json"]
    found = json.loads(told(capsys, *arguments))
    assert found["costs"]["parameters"] == pytest.approx(8e6, rel=0.03)
    assert found["costs"]["MACs"] < 10e9


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        ([], 2, "say how far in one way"),
        (["--phi", "1", "--width", "2"], 2, "but got more than one of them"),
        (["--width", "2", "--law", "fast"], 2, "--law: only with --phi or --target-"),
        (["--phi", "1", "--law", "fats"], 2, "did you mean 'fast'"),
        (["--phi", "1", "--alpha", "-1.2"], 2, "alpha must be a number above 0"),
        (["--phi", "1", "--law", "fast", "--alpha", "1.2"], 2, "no coefficient 'alpha'; it has"),
        (["--phi=-30"], 1, "smaller than the network's stride, 2, and would leave no pixel"),
        (["--phi", "nan"], 1, "phi must be a number from -64 to 64"),
        (["--width", "-1"], 1, "width must be a number above 0"),
        (["--depth", "0"], 1, "depth must be a number above 0"),
        (["--width", "2", "--divisor", "0"], 1, "divisor must be a whole number of channels"),
        (["--resolution", "large"], 2, "must be pixels such as 380, or a factor such as 1.5"),
        (["--target-macs", "10"], 1, "the smallest network along the law compound has"),
        (["--target-macs", "-2G"], 2, "is no count"),
        (["--phi", "1", "--latency", "x.json"], 2, "--latency: only with --target-latency"),
        (["--phi", "1", "--out", "/proc/x.nas"], 1, "/proc/x.nas: can't be written: No such file"),
        (["--phi", "1", "--out", "nowhere/x.nas"], 2, "must be a file in a folder that exists"),
    ],
)
def test_mistakes_are_one_sentence(capsys, arguments, code, rule):
    joined = [f"{a}={b}" for a, b in zip(arguments[::2], arguments[1::2], strict=False)]
    arguments = arguments if len(arguments) % 2 else joined
    assert main(["scale", SMALL, *arguments]) == code
    said = capsys.readouterr().err
    assert rule in said
    assert said.count("\n") == 1


def test_a_calibration_s_latency_is_a_target(capsys, tmp_path: Path):
    """Of a machine where each MAC takes a nanosecond, whatever it is of."""
    from nas.latency.calibration import Calibration, Setting
    from nas.latency.regression import ANY

    setting = Setting(SMALL, "a machine", "cpu", 1, 1, "2.6", "2026-01-01")
    path = tmp_path / "latency.json"
    Calibration(setting, {}, {ANY: (1e-9, 0.0, 0.0)}).save(path)
    base = nas.cost(SMALL).macs
    wanted = [f"--target-latency={base * 2 / 1e6:.6f}ms", "--latency", str(path), "--json"]
    found = json.loads(told(capsys, SMALL, *wanted))
    assert found["costs"]["latency"] == pytest.approx(found["scaled"]["macs"] * 1e-9, rel=1e-6)
    assert found["costs"]["latency"] == pytest.approx(base * 2e-9, rel=0.15)
