"""A run's report against its journal, read by other means."""

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import optuna
import pytest
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from reported import Made, complete, figures
from reported import make as made_in

from nas.errors import RunError
from nas.study import Training
from nas.study.report import report
from nas.study.settings import Evaluation
from nas.trial import Job, Kind, Outcome

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Page(HTMLParser):
    """Elements and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def check(self) -> None:
        """Nothing is loaded, and only the page's own scripts run."""
        for tag, attributes in self.elements:
            assert tag not in ("img", "iframe", "object", "embed", "link", "base", "form")
            assert not [name for name in attributes if name.startswith("on") or name == "src"]
            href = attributes.get("href") or "#"
            assert href.startswith(("#", "https://"))
        assert sum(tag == "script" for tag, _ in self.elements) == 4


def sometimes(job: Job) -> Outcome:
    """Every fifth runs out of memory twice, every seventh crashes."""
    if job.number % 5 == 4:
        return Outcome(job.number, Kind.DIVERGED, reason="loss is nan")
    if job.number % 7 == 6:
        return Outcome(job.number, Kind.CRASHED, reason=f"Traceback\nValueError: {job.number % 2}")
    return complete(job)


Maker = Callable[..., Made]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return lambda *given, **named: made_in(tmp_path_factory.mktemp("run") / "run", *given, **named)


@pytest.fixture(scope="module")
def run(make: Maker) -> Made:
    return make(40, sometimes)


@pytest.fixture(scope="module")
def saved(run: Made) -> Path:
    report(run.folder).save(run.folder / "report")
    return run.folder / "report"


def test_the_incumbent_is_the_largest_so_far(run: Made, saved: Path) -> None:
    results, best = run.results, 0.0
    told = rows(saved, "incumbent-time")
    assert len(told) == len(results) > 10
    for order, (row, result) in enumerate(zip(told, results, strict=True), 1):
        improves = result["value"] > best
        best = max(best, result["value"])
        assert (int(row["trial"]), int(row["order"])) == (result["number"], order)
        assert (float(row["value"]), float(row["best"])) == (result["value"], best)
        assert row["improves"] == str(improves)
    times = [float(row["after"]) for row in told]
    assert times == sorted(times)
    assert rows(saved, "incumbent-trials") == told


def test_the_front_is_what_nothing_beats_in_both(run: Made, saved: Path) -> None:
    told = {int(row["trial"]): row for row in rows(saved, "front-macs")}
    results = {each["number"]: each for each in run.results}
    assert told.keys() == results.keys()
    points = {n: (each["value"], -each["macs"]) for n, each in results.items()}
    for number, row in told.items():
        result, point = results[number], points[number]
        assert row["genotype"] == result["genotype"]
        assert float(row["accuracy"]) == result["figures"]["accuracy"]
        assert (int(row["macs"]), int(row["params"])) == (result["macs"], result["params"])
        beaten = any(
            other != point and other[0] >= point[0] and other[1] >= point[1]
            for other in points.values()
        )
        if row["front"] == "True":
            assert not beaten
        else:
            assert beaten or list(points.values()).count(point) > 1
    (best,) = (n for n, row in told.items() if row["best"] == "True")
    assert points[best] == max(points.values())


def test_outcomes_are_counted(run: Made, saved: Path) -> None:
    kinds = [trial["outcome"] for trial in run.trials]
    told = {row["outcome"]: row for row in rows(saved, "outcomes")}
    assert {name: int(row["trials"]) for name, row in told.items()} == {
        kind: kinds.count(kind) for kind in set(kinds)
    }
    assert told["diverged"]["reason"] == "loss is nan"


def test_a_random_search_is_its_own_baseline(run: Made, saved: Path) -> None:
    """Against every pair of results that two draws could give."""
    values = [each["value"] for each in run.results]
    chances = {int(row["draws"]): row for row in rows(saved, "incumbent-time-chances")}
    assert float(chances[1]["expected"]) == pytest.approx(mean(values))
    pairs = sorted(max(pair) for pair in product(values, repeat=2))
    two = chances[2]
    assert float(two["expected"]) == pytest.approx(mean(pairs))
    low, high = float(two["low"]), float(two["high"])
    assert sum(pair < low for pair in pairs) / len(pairs) < 0.05
    assert sum(pair <= low for pair in pairs) / len(pairs) >= 0.05
    assert sum(pair <= high for pair in pairs) / len(pairs) >= 0.95
    assert max(chances) == len(values)


def test_importance_is_what_optuna_finds_in_the_journal(run: Made, saved: Path) -> None:
    journal = JournalStorage(JournalFileBackend(str(run.folder / "journal.log")))
    study = optuna.load_study(study_name=None, storage=journal)
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    total = sum(found.values())
    told = {row["decision"]: row for row in rows(saved, "importance")}
    assert {name: float(row["importance"]) for name, row in told.items()} == pytest.approx(
        {name: value / total for name, value in found.items()}
    )
    assert next(iter(told)) == "stem.out"  # the accuracy follows it
    made = {name: sum(name in each["point"] for each in run.results) for name in told}
    assert {name: int(row["trials"]) for name, row in told.items()} == made
    conditional = {name for name, row in told.items() if row["conditional"] == "True"}
    assert conditional == {name for name, count in made.items() if count < len(run.results)}
    assert len(conditional) == 1  # the kernel of one option of the body
    for row in told.values():
        low, value, high = (float(row[name]) for name in ("low", "importance", "high"))
        assert 0 <= low <= value <= high <= 1


def test_parallel_coordinates_hold_the_options(run: Made, saved: Path) -> None:
    points = {each["number"]: each["point"] for each in run.results}
    for row in rows(saved, "parallel"):
        point = points[int(row["trial"])]
        expected = str(point[row["decision"]]) if row["decision"] in point else "not asked"
        assert row["option"] == expected


def test_json_holds_what_the_tables_do(run: Made, saved: Path) -> None:
    held = json.loads(json.dumps(report(run.folder).as_json(), allow_nan=False))
    for name, figure in held["figures"].items():
        first = next(iter(figure["tables"].values()))
        told = rows(saved, name)
        assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in first] == told
    assert held["status"]["counts"]["complete"] == len(run.results)


def test_every_figure_has_its_files(saved: Path) -> None:
    names = {path.name for path in saved.iterdir()}
    for name in ("incumbent-time", "front-macs", "importance", "parallel", "outcomes"):
        assert {f"{name}.svg", f"{name}.png", f"{name}.csv"} <= names
    assert {"report.html", "lineage.csv"} <= names
    again = sorted(saved.iterdir())
    report(saved.parent).save(saved)
    assert sorted(saved.iterdir()) == again


def test_the_page_loads_nothing_and_says_what_it_should(run: Made, saved: Path) -> None:
    page = Page((saved / "report.html").read_text())
    page.check()
    best = max(run.results, key=lambda each: (each["value"], -each["macs"]))
    assert best["genotype"] in page.text
    assert f"nas search --resume {run.folder}" in page.text
    assert "All candidates were drawn at random" in page.text
    assert "svg" in {tag for tag, _ in page.elements}
    assert f"{best['macs']:,} for one image" in page.text


def test_the_best_is_trained_again_from_where_the_run_is(make: Maker) -> None:
    made = make(3)
    (made.folder / "best").mkdir(exist_ok=True)
    command = "nas train genotype.nas --data folder:photos --seed 7 --out ../again"
    (made.folder / "best/cost.json").write_text(json.dumps({"made": {"command": command}}))
    best, again = made.folder / "best/genotype.nas", made.folder / "again"
    told = f"nas train {best} --data folder:photos --seed 7 --out {again}"
    assert told in Page(report(made.folder).html()).text


def test_a_folder_of_others_is_not_replaced(run: Made, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(RunError, match=r"is no report \(no report.html\)"):
        report(run.folder).save(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years"


def test_the_baseline_is_what_the_sampler_drew_first(make: Maker) -> None:
    made = make(14, goal={"sampler": "predictor"})
    chances = report(made.folder).progress[0].tables[1].rows
    first = [each["value"] for each in made.results[:8]]
    assert [row.draws for row in chances] == list(range(1, 9))
    assert chances[0].expected == pytest.approx(mean(first))
    assert chances[-1].high == max(first)


def test_several_objectives_have_hypervolume_and_a_front_for_each_cost(make: Maker) -> None:
    made = make(30, goal={"objectives": ("accuracy", "macs", "params"), "seed": 3})
    found = report(made.folder)
    assert [figure.name for figure in found.fronts] == ["front-macs", "front-params"]
    volumes = next(f for f in found.progress if f.name == "hypervolume").tables[0].rows
    held = [row.hypervolume for row in volumes]
    assert held == sorted(held)
    assert 0 < held[-1] < 1
    points = {
        n: (trial["values"][0], -trial["values"][1], -trial["values"][2])
        for n, trial in enumerate(made.trials)
        if trial["values"]
    }
    unbeaten = {
        n
        for n, one in points.items()
        if not any(
            o != one and all(a >= b for a, b in zip(o, one, strict=True)) for o in points.values()
        )
    }
    front = {row.trial for row in found.fronts[0].tables[0].rows if row.front}
    text = Page(found.html()).text
    for row in found.fronts[0].tables[0].rows:
        if row.front:  # also for whom no pointer serves
            assert f"trial {row.trial}: accuracy" in text
            assert row.genotype in text  # in the figure's data its lines are escaped
    assert front <= unbeaten
    assert {points[n] for n in front} == {points[n] for n in unbeaten}


def test_rungs_are_apart(make: Maker) -> None:
    made = make(30, training=Training(rungs=(1, 3)))
    found = report(made.folder)
    reached = next(f for f in found.progress if f.name == "rungs").tables[0].rows
    told = {(row.trial, row.epochs): row.value for row in reached}
    expected = {
        (number, epochs): trial[f"rung.{rung}"]["values"][0]
        for number, trial in enumerate(made.trials)
        for rung, epochs in ((0, 1), (1, 3))
        if f"rung.{rung}" in trial
    }
    assert told == expected
    assert 0 < sum(epochs == 3 for _, epochs in told) < len(told)
    results = found.progress[0].tables[0].rows
    assert {row.level for row in results} == {"1 of 3 epochs", "3 of 3 epochs"}
    top = [value for (_, epochs), value in told.items() if epochs == 3]
    assert max(row.best for row in results if row.level == "3 of 3 epochs") == max(top)
    assert "There is no random baseline" in found.progress[0].note
    ends = [row.outcome for row in found.outcomes.tables[0].rows]
    assert set(ends) == {"complete", "pruned"}


def test_the_hypervolume_begins_anew_at_each_rung(make: Maker) -> None:
    goal = {"objectives": ("accuracy", "macs"), "seed": 3}
    made = make(30, goal=goal, training=Training(rungs=(1, 3)))
    figure = next(f for f in report(made.folder).progress if f.name == "hypervolume")
    assert "begins anew" in figure.note
    held: dict[str, list[float]] = {}
    for row in figure.tables[0].rows:
        held.setdefault(row.level, []).append(row.hypervolume)
    assert list(held) == ["1 of 3 epochs", "3 of 3 epochs"]
    for each in held.values():
        assert each == sorted(each)


def test_of_many_options_some_are_named(make: Maker) -> None:
    widths = ", ".join(str(8 * width) for width in range(1, 33))
    space = f'image(1, 32, 32) >> conv(choice({widths}), 3, stride=4) @ "stem" >> classifier(10)'
    made = make(12, goal={"space": space})
    table = report(made.folder).decisions[1].tables[1]
    named = [row.option for row in table.rows]
    assert len(named) == 9
    assert (named[0], named[-1]) == ("8", "256")


def test_two_results_are_not_counted_by_halves(make: Maker) -> None:
    figure = report(make(2).folder).progress[1]
    assert figure.spec["encoding"]["x"]["axis"]["values"] == [1, 2]


def scored(job: Job) -> Outcome:
    held = figures(job) if job.rung else {"score": 100.0 + job.number}
    return Outcome(job.number, Kind.COMPLETE, held, 3.0 if job.rung else 0.1)


def test_a_cheap_evaluator_is_set_against_training(make: Maker) -> None:
    evaluation = Evaluation("zero-cost", survivors=6)
    made = make(60, scored, goal={"objectives": ("score",)}, evaluation=evaluation)
    found = report(made.folder)
    assert found.trust is not None
    pairs = {row.trial: row for row in found.trust.tables[0].rows}
    trained = {n: trial for n, trial in enumerate(made.trials) if "rung.1" in trial}
    assert pairs.keys() == trained.keys()
    assert len(pairs) >= 6
    for number, pair in pairs.items():
        assert pair.figure == 100.0 + number
        assert pair.accuracy == trained[number]["rung.1"]["figures"]["accuracy"]
    values = [row.value for row in found.progress[0].tables[0].rows]
    assert max(values) < 2  # accuracies: a score is on no common scale
    page = Page(found.html())
    page.check()
    assert "Kendall tau" in page.text
    assert "by random search: best" in page.text


def test_without_trials_each_figure_says_so(make: Maker) -> None:
    made = make(0)
    found = report(made.folder)
    assert {figure.why for figure in found.figures} == {"No trial has begun yet."}
    Page(found.html())
    assert sorted(path.name for path in found.save(made.folder / "r").parent.iterdir()) == [
        "report.html"
    ]


def test_a_run_of_failures_is_reported(make: Maker) -> None:
    made = make(5, lambda job: Outcome(job.number, Kind.CRASHED, reason="no disk"))
    found = report(made.folder)
    assert found.progress[0].why.startswith("None of 20 trials that ended gave a result")
    assert found.outcomes.drawn
    page = Page(found.html())
    page.check()
    assert "no disk" in page.text
    assert "No candidate has a result yet." in page.text


def test_a_run_that_goes_on_or_was_interrupted_is_reported(make: Maker) -> None:
    made = make(3, left=1)
    found = report(made.folder)
    assert [row.trial for row in found.progress[0].tables[0].rows] == [0, 1, 2]
    assert {row.outcome: row.trials for row in found.outcomes.tables[0].rows} == {
        "complete": 3,
        "not ended": 1,
    }
    assert "broken off while a trial ran" in Page(found.html()).text
    torn = (made.folder / "journal.log").read_bytes()[:-20]
    (made.folder / "journal.log").write_bytes(torn)
    report(made.folder).html()


def test_only_running_trials_have_no_figures(make: Maker) -> None:
    found = report(make(0, left=2).folder)
    assert found.progress[0].why == "2 trials have begun, and none has a result yet."


def test_parents_are_followed_where_they_were_recorded(make: Maker) -> None:
    made = make(12)
    best = max(made.results, key=lambda each: (each["value"], -each["macs"]))["number"]
    others = [each["number"] for each in made.results if each["number"] != best][:2]
    number = -1

    def change(log: dict[str, Any]) -> None:
        nonlocal number
        if log["op_code"] == 4:
            number += 1
            parent = {best: others[1], others[1]: others[0]}.get(number)
            log["user_attrs"] |= {} if parent is None else {"parent": parent}

    made.edit(change)
    found = report(made.folder).lineage
    assert [stage.trial for stage in found.stages] == [*others, best]
    assert "began with the weights of the one before" in found.says


def test_without_parents_the_bests_are_told(make: Maker) -> None:
    made = make(12)
    found = report(made.folder).lineage
    bests: list[dict[str, Any]] = []
    for each in made.results:
        if not bests or each["value"] > bests[-1]["value"]:
            bests.append(each)
    assert [stage.trial for stage in found.stages] == [each["number"] for each in bests]
    assert "recorded no parents" in found.says
    before, after = bests[0]["point"], bests[1]["point"]
    if before["stem.out"] != after["stem.out"]:
        assert f"stem: out {before['stem.out']} -> {after['stem.out']}" in found.stages[1].lines


def test_a_pause_between_sittings_is_not_time_of_the_run(make: Maker) -> None:
    made = make(8)
    number = -1

    def later(log: dict[str, Any]) -> None:
        nonlocal number
        number += log["op_code"] == 4
        hour, second = (12, 10 * number) if number < 4 else (18, 10 * (number - 4))
        if log["op_code"] == 4:
            log["datetime_start"] = f"2026-11-22T{hour}:00:{second:02d}+00:00"
        if log["op_code"] == 6:
            log["datetime_complete"] = f"2026-11-22T{hour}:00:{second + 4:02d}+00:00"
        if number >= 4:
            log["worker_id"] = log["worker_id"].replace(log["worker_id"][:8], "0" * 8)

    made.edit(later)
    told = report(made.folder).progress[0].tables[0].rows
    # each takes 4 s and begins 10 s after the one before; between the sittings the clock stands
    assert [row.after for row in told] == [4, 14, 24, 34, 38, 48, 58, 68]


def test_what_a_run_says_is_never_executed(make: Maker) -> None:
    made = make(
        25,
        lambda job: (
            Outcome(job.number, Kind.CRASHED, reason=EVIL) if job.number == 3 else complete(job)
        ),
    )

    def poison(log: dict[str, Any]) -> None:
        if log["op_code"] == 4:
            log["user_attrs"]["genotype"] += EVIL
            for part in ("params", "distributions"):
                log[part] = {f"{EVIL}.{key}": value for key, value in log[part].items()}
            first = next(iter(log["distributions"]))
            held = json.loads(log["distributions"][first])
            held["attributes"]["choices"][0] = EVIL
            log["distributions"][first] = json.dumps(held)

    made.edit(poison)
    settings = made.folder / "study.toml"
    settings.write_text(settings.read_text().replace('data = "digits"', f'data = "{EVIL}"'))
    (made.folder / "best").mkdir(exist_ok=True)
    (made.folder / "best" / "cost.json").write_text(
        json.dumps({"made": {"command": EVIL, "versions": {EVIL: EVIL}}})
    )
    evil = made.folder.with_name("<script>alert(0)<")
    made.folder.rename(evil)
    found = report(evil)
    page = Page(found.html())
    page.check()
    assert page.text.count(EVIL) >= 5
    assert "can't be read" in page.text
    found.save(evil / "report")
    for path in (evil / "report").glob("*.svg"):
        assert "<script" not in path.read_text()
        assert "<img" not in path.read_text()


def test_no_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        report(tmp_path)
