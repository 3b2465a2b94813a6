import json

import pytest

from nas.cli import main
from nas.evaluate import TrainEvaluator
from nas.trial import Job

SMALL = "image(1, 16, 16) >> conv(8, 3, stride=2) >> mbconv(16, stride=2) * 2 >> classifier(10)"


def test_training_prints_scores_and_leaves_weights_genotype_and_history(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["train", SMALL, "--epochs", "2", "--out", str(out), "--gpus", "0", "--test"]) == 0
    said = capsys.readouterr().out
    assert "epoch 2/2: loss " in said
    assert "validation: accuracy 0." in said
    assert "test: accuracy 0." in said
    assert {each.name for each in out.iterdir()} == {
        "weights.safetensors", "genotype.nas", "history.json",
    }  # fmt: skip
    assert len(json.loads((out / "history.json").read_text())["epochs"]) == 2


def test_it_gives_the_weights_that_a_search_got(tmp_path):
    evaluator = TrainEvaluator(epochs=1, device="cpu")
    (tmp_path / "trial").mkdir()
    evaluator.evaluate(Job(0, SMALL, 5), tmp_path / "trial")
    words = ["--epochs", "1", "--seed", "5", "--gpus", "0", "--out", str(tmp_path / "again")]
    assert main(["train", SMALL, *words]) == 0
    weights = [
        (tmp_path / each / "weights.safetensors").read_bytes() for each in ("trial", "again")
    ]
    assert weights[0] == weights[1]


def test_a_network_for_other_images_is_fitted_and_that_is_said(tmp_path, capsys):
    text = SMALL.replace("image(1, 16, 16)", "image(3, 64, 64)")
    words = ["--epochs", "1", "--gpus", "0", "--out", str(tmp_path)]
    assert main(["train", text, *words]) == 0
    assert "fitted to digits: image(1, 32, 32), 10 classes" in capsys.readouterr().out
    assert "image(1, 32, 32)" in (tmp_path / "genotype.nas").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--epochs", "0"], 2, "--epochs 0: must be at least 1"),
        (["--batch", "1"], 2, "--batch 1: must be at least 2"),
        (["--recipe", "prox"], 2, "recipe 'prox' is not known; did you mean 'proxy'?"),
        (["--data", "digit"], 1, "data set 'digit' is not known; did you mean 'digits'?"),
        (["--out", "/proc/x"], 1, "can't be written"),
    ],
)
def test_mistakes_are_one_sentence(words, code, said, capsys):
    assert main(["train", SMALL, "--gpus", "0", *words]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
