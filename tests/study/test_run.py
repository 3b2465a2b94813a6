"""What a run's folder holds when a sitting is over: beside best/, the best by predicted mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.search.record import Record
from nas.search.standing import Finished

SPACE = (
    "image(1, 32, 32) >> conv(choice(2, 4, 6, 8), choice(3, 5), stride=4) "
    ">> conv(choice(4, 6, 8), 3, stride=4) >> classifier(10)"
)
QUICK = ("--width", "1", "--epochs", "1", "--gpus", "0", "--formats", "none")


class Belief:
    """Stands for what a sampler predicts: the trial of the front that is cheapest, or none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trial: Finished | None = None
        self.best = False
        monkeypatch.setattr(Record, "believed", lambda record: self.of(record))

    def of(self, record: Record) -> tuple[Finished, ...]:
        standing = record.standing
        assert standing.incumbent is not None
        cheapest = min(standing.front, key=lambda each: each.figures["macs"])
        self.trial = standing.incumbent if self.best else cheapest
        return (self.trial,)


def test_the_best_by_predicted_mean_is_kept_beside_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, belief = tmp_path / "run", Belief(monkeypatch)
    search = ["search", "--space", SPACE, "--objective", "accuracy", "--trials", "4"]
    assert main([*search, *QUICK, "--out", str(run)]) == 0
    trial, folder = belief.trial, run / "predicted"
    assert trial is not None
    best = json.loads((run / "best" / "cost.json").read_text())["trial"]
    assert trial.number != best  # so that there is something to keep
    said = f"best by predicted mean: trial {trial.number} ({folder}): "
    assert said + f"{trial.figures['accuracy']:.2%} valid. observed, " in capsys.readouterr().out

    held = json.loads((folder / "cost.json").read_text())
    assert held["trial"] == trial.number
    assert nas.genotype(folder) == nas.genotype(trial.genotype) != nas.genotype(run / "best")
    assert main(["score", str(folder), "--json"]) == 0  # its weights are those that were trained
    scored = json.loads(capsys.readouterr().out)
    assert scored["networks"][str(folder)]["top1"] == pytest.approx(trial.figures["accuracy"])

    belief.best = True  # once the best is believed to be the best, nothing stands beside it
    assert main(["search", "--resume", str(run), "--gpus", "0", "--formats", "none"]) == 0
    assert not folder.exists()
    assert (run / "best" / "weights.safetensors").exists()
    assert "best by predicted mean" not in capsys.readouterr().out


def test_of_a_trial_whose_weights_are_gone_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Finished] = []

    def believed(record: Record) -> tuple[Finished, ...]:
        """The worst, which isn't on the front."""
        front = {each.number for each in record.standing.front}
        worst = [each for each in seen if each.number not in front]
        return tuple(worst[:1])

    monkeypatch.setattr(Record, "believed", believed)
    tell = Record.tell

    def told(record: Record, outcome: object) -> object:
        found = tell(record, outcome)
        seen.append(record.standing.latest)
        return found

    monkeypatch.setattr(Record, "tell", told)
    run = tmp_path / "run"
    search = ["search", "--space", SPACE, "--objective", "accuracy", "--trials", "6"]
    assert main([*search, *QUICK, "--out", str(run)]) == 0
    out = capsys.readouterr().out
    assert "best by predicted mean: trial " in out
    assert str(run / "predicted") not in out
    assert not (run / "predicted").exists()
