"""studies/efficientnet_scaling: what is trained for Figures 3 and 4, and what is said of it."""

import json
import sys
from pathlib import Path

import pytest

from nas.cli import main

STUDY = Path(__file__).parents[2] / "studies" / "efficientnet_scaling"
RESULTS = STUDY / "results"
OWN = ("figures", "trained", "variants")


@pytest.fixture(scope="module")
def scripts():
    """The study's modules, importable as its commands see them; gone afterwards."""
    sys.path.insert(0, str(STUDY))
    before = {name: sys.modules.pop(name, None) for name in OWN}
    import figures
    import trained
    import variants

    yield figures, trained, variants
    sys.path.remove(str(STUDY))
    for name in OWN:
        sys.modules.pop(name)
        if before[name] is not None:
            sys.modules[name] = before[name]


def row(trained, line, times, seed, test, **more):
    held = {"data": "digits", "epochs": 1, "width": 1.0, "depth": 1.0, "resolution": 1.0,
            "pixels": 10, "params": 100, "macs": int(1e6 * times), "validation": 0.5,
            "seconds": 1.0, "hash": f"{line}{times}"}  # fmt: skip
    return trained.Row(**{**held, **more}, line=line, times=times, seed=seed, test=test)


def test_every_direction_costs_the_same_and_is_alone(scripts):
    *_, variants = scripts
    start = variants.base("fashion-mnist")
    found = list(variants.variants(start, (1, 2, 4, 8)))
    own = found[0].macs
    three = [each for each in found[1:] if each.figure == 3]
    assert len(three) == 12
    for each in three:
        assert each.macs / own == pytest.approx(each.times, rel=0.075)
        changed = {
            name for name in ("width", "depth", "resolution") if getattr(each.factors, name) != 1
        }
        assert changed == (
            {"width", "depth", "resolution"} if each.line == "compound" else {each.line}
        )
    pixels = {each.times: each.pixels for each in three if each.line == "resolution"}
    assert pixels == {2: 16, 4: 21, 8: 32}
    assert {each.pixels for each in three if each.line in ("width", "depth")} == {10}


def test_a_training_is_a_row_that_is_read_back(scripts, tmp_path):
    _, trained, variants = scripts
    small = next(variants.variants(variants.base("digits"), (1,)))
    (made,) = trained.train([(small, 0)], "digits", 1, None)
    assert 0 < made.test < 1
    assert (made.pixels, made.macs) == (10, 382_512)
    trained.keep(tmp_path / "trained.csv", made)
    trained.keep(tmp_path / "trained.csv", made)
    assert trained.held(tmp_path / "trained.csv") == [made, made]


def test_what_is_done_is_not_trained_again(scripts, tmp_path, monkeypatch):
    _, trained, variants = scripts
    for each in variants.variants(variants.base("digits"), (1,)):
        held = row(trained, each.line, each.times, 0, 0.9, hash=each.hash)
        trained.keep(tmp_path / "trained.csv", held)
    before = (tmp_path / "trained.csv").read_text()
    words = ["trained.py", "--data", "digits", "--epochs", "1", "--times", "1", "--seeds", "1"]
    monkeypatch.setattr(sys, "argv", [*words, "--out", str(tmp_path)])
    assert trained.main() == 0
    assert (tmp_path / "trained.csv").read_text() == before


@pytest.mark.parametrize(
    ("best", "law"),
    [
        ({"alpha": 1.0, "beta": 1.25, "gamma": 1.25}, (1, 1.25, 1.25)),
        ({"alpha": 2.0, "beta": 1.0, "gamma": 1.0}, None),  # Figure 3 has depth alone
        (None, None),
    ],
)
def test_what_the_search_found_is_one_more_law(scripts, tmp_path, best, law):
    _, trained, variants = scripts
    assert trained.winner(tmp_path) is None
    (tmp_path / "result.json").write_text(json.dumps({"winner": best}))
    assert trained.winner(tmp_path) == law
    found = variants.variants(variants.base("digits"), (1, 4), law)
    more = [each for each in found if each.line == "searched"]
    assert len(more) == bool(law)
    for each in more:
        assert each.factors.depth == 1 < each.factors.width == each.factors.resolution
        assert each.macs / 382_512 == pytest.approx(4, rel=0.075)


def test_intervals_by_hand(scripts):
    """Two networks of three trainings: variances 1 and 4 points^2, 4 degrees of freedom, of which
    the t-table says 2.776."""
    figures, trained, _ = scripts
    rows = [row(trained, "width", 2, seed, test) for seed, test in enumerate((0.90, 0.91, 0.92))]
    rows += [
        row(trained, "compound", 2, seed, test) for seed, test in enumerate((0.95, 0.97, 0.99))
    ]
    found = figures.Trainings(rows)
    assert 100 * found.spread == pytest.approx((5 / 2) ** 0.5)
    assert 100 * found.half(3) == pytest.approx(2.776 * (5 / 2 / 3) ** 0.5, abs=1e-3)
    (verdict,) = found.verdicts("compound")
    assert "compound beats the best single direction, width" in verdict
    assert verdict.endswith("with 1.00 of its MACs: +6.00 +- 3.58 points.")
    assert figures.Trainings(rows[:3]).verdicts("compound") == []


def test_what_cannot_be_told_apart_is_not_called_better(scripts):
    figures, trained, _ = scripts
    rows = [row(trained, "width", 2, seed, test) for seed, test in enumerate((0.90, 0.91, 0.92))]
    rows += [
        row(trained, "compound", 2, seed, test) for seed, test in enumerate((0.91, 0.92, 0.93))
    ]
    (verdict,) = figures.Trainings(rows).verdicts("compound")
    assert "compound can't be told apart from the best single direction, width" in verdict
    assert "MACs: +1.00 +- " in verdict


def test_one_seed_gives_no_interval_and_no_verdict(scripts):
    figures, trained, _ = scripts
    found = figures.Trainings([row(trained, "width", 2, 0, 0.9), row(trained, "compound", 2, 0, 1)])
    assert found.verdicts("compound") == []
    assert "| 90.00 % |" in found.table()


@pytest.mark.parametrize("folder", [RESULTS, RESULTS / "quick"], ids=["whole", "quick"])
def test_what_is_told_of_the_results_follows_from_their_rows(scripts, folder, capsys, monkeypatch):
    figures, *_ = scripts
    monkeypatch.setattr(figures, "save", lambda figure, out: None)  # the pictures are there
    monkeypatch.setattr(sys, "argv", ["figures.py", "--out", str(folder)])
    figures.main()
    assert capsys.readouterr().out == (folder / "figures.md").read_text()


@pytest.mark.slow
def test_quick_does_all_of_it(tmp_path):
    """Tables, targets, the search for coefficients, the trainings, both figures."""
    assert main(["study", "run", "efficientnet_scaling", "--quick", "--out", str(tmp_path)]) == 0
    made = {path.name for path in tmp_path.iterdir()}
    assert made >= {"tables.md", "others.md", "targets.md", "figures.md", "trained.csv"}
    assert made >= {"figure3.svg", "figure3.png", "figure4.svg", "figure4.png", "study.json"}
    assert (tmp_path / "coefficients" / "result.json").exists()


def test_quick_took_less_than_five_minutes():
    (sitting,) = json.loads((RESULTS / "quick" / "study.json").read_text())["sittings"]
    assert sitting["quick"]
    assert len(sitting["steps"]) == 6
    assert sum(step["seconds"] for step in sitting["steps"]) < 300
