import json

import pytest

import nas
from nas.cli import main
from nas.evaluate import TrainEvaluator
from nas.report.epochs import Lines
from nas.train.checkpoint import read, save
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
        "weights.safetensors", "genotype.nas", "history.json", "scores.json", "data.json",
    }  # fmt: skip
    told = json.loads((out / "data.json").read_text())
    assert (told["name"], told["classes"]) == ("digits", [str(each) for each in range(10)])
    assert len(json.loads((out / "history.json").read_text())["epochs"]) == 2


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, ["--epochs", "1"]),
        ({"rung": 1, "epochs": 2, "total": 3}, ["--epochs", "3", "--stop", "2"]),
        ({"accumulate": 2}, ["--epochs", "1", "--accumulate", "2"]),
    ],
)
def test_it_gives_the_weights_that_a_search_got(how, words, tmp_path):
    evaluator = TrainEvaluator(epochs=1, device="cpu")
    (tmp_path / "trial").mkdir()
    evaluator.evaluate(Job(0, SMALL, 5, **how), tmp_path / "trial")
    words = [*words, "--seed", "5", "--gpus", "0", "--out", str(tmp_path / "again")]
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


def test_images_of_another_size_are_asked_for(tmp_path, capsys):
    words = ["--epochs", "1", "--gpus", "0", "--resolution", "24", "--out", str(tmp_path)]
    assert main(["train", SMALL, *words]) == 0
    assert "fitted to digits: image(1, 24, 24), 10 classes" in capsys.readouterr().out
    assert "image(1, 24, 24)" in (tmp_path / "genotype.nas").read_text()
    words[-1] = str(tmp_path / "again")
    assert main(["train", str(tmp_path / "genotype.nas"), *words]) == 0
    assert "fitted" not in capsys.readouterr().out


def test_a_training_that_was_broken_off_goes_on_to_the_same_weights(tmp_path, capsys, monkeypatch):
    words = ["train", SMALL, "--epochs", "3", "--gpus", "0", "--ema", "0.9", "--out"]
    assert main([*words, str(tmp_path / "whole")]) == 0
    parts = [*words, str(tmp_path / "parts")]
    with monkeypatch.context() as patch:
        patch.setattr(Lines, "epoch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert main(parts) == 130
    capsys.readouterr()
    assert main(parts) == 2
    assert "is of a training that was broken off; go on with --resume" in capsys.readouterr().err
    assert main([*parts, "--resume", "--seed", "1"]) == 1
    assert "another training, whose seed is 0, not 1; ask for the same" in capsys.readouterr().err
    assert main([*parts, "--resume"]) == 0
    said = capsys.readouterr().out
    assert "epoch 1/3" not in said
    assert "epoch 3/3" in said
    weights = [
        (tmp_path / each / "weights.safetensors").read_bytes() for each in ("whole", "parts")
    ]
    assert weights[0] == weights[1]
    assert not (tmp_path / "parts" / "checkpoint.safetensors").exists()
    assert main([*parts, "--resume"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'parts'}: the training is complete\n"
    assert main([*parts, "--resume", "--epochs", "4"]) == 2
    assert "complete after 3 epochs, not 4; begin another" in capsys.readouterr().err
    assert main(parts) == 2
    assert "holds a trained network; choose another --out" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "none"), "--resume"]) == 2
    assert "there is no" in capsys.readouterr().err


def test_what_a_training_that_diverged_has_left_is_said(tmp_path, capsys):
    recipe = tmp_path / "wild.toml"
    recipe.write_text(
        'epochs = 3\nbatch = 64\n[optimizer]\nname = "sgd"\nlr = 0.01\n'
        '[schedule]\nname = "step"\nmilestones = [1]\ngamma = 1e30\n'
    )
    words = ["train", SMALL, "--gpus", "0", "--recipe", str(recipe), "--out", str(tmp_path / "out")]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert "in epoch 2, step 2; lower the learning rate" in error
    assert error.endswith("checkpoint.safetensors is of the epoch before\n")
    assert error.count("\n") == 1


def test_scores_per_class_with_several_views(tmp_path, capsys):
    words = ["--epochs", "1", "--gpus", "0", "--per-class", "--scales", "1,1.25"]
    assert main(["train", SMALL, *words, "--out", str(tmp_path), "--precision", "bf16"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    digits = [row for row in rows if row and row[:2] == row[:1] * 2]  # number and name
    assert [row[0] for row in digits] == list("0123456789")
    assert {row[2] for row in digits} == {"35", "36", "37"}
    scores = json.loads((tmp_path / "scores.json").read_text())["validation"]
    assert list(scores["per_class"]) == [str(digit) for digit in range(10)]
    right = sum(row[place] for place, row in enumerate(scores["confusion"]))
    assert right / 360 == pytest.approx(scores["top1"])


def test_few_labels_and_a_method_that_learns_from_the_others(tmp_path, capsys):
    tiny = "image(1, 8, 8) >> conv(8, 3, stride=2) >> classifier(10)"
    words = ["train", tiny, "--labels", "5", "--epochs", "1", "--gpus", "0", "--out"]
    (tmp_path / "history.json").write_text("{}")
    assert main([*words, str(tmp_path), "--semi", "meta-pseudo-labels"]) == 0
    assert "validation: accuracy 0." in capsys.readouterr().out
    assert {each.name for each in tmp_path.iterdir()} == {
        "weights.safetensors", "genotype.nas", "scores.json", "data.json",
    }  # fmt: skip
    assert main(["score", str(tmp_path)]) == 0
    top1 = json.loads((tmp_path / "scores.json").read_text())["validation"]["top1"]
    assert f"accuracy {top1:.4f}," in capsys.readouterr().out


def test_larger_images_after_training(tmp_path, capsys):
    words = ["--epochs", "1", "--gpus", "0", "--test-resolution", "24", "--out", str(tmp_path)]
    assert main(["train", SMALL, *words]) == 0
    said = capsys.readouterr().out
    assert said.count("validation: accuracy ") == 3
    assert "at 24 x 24 pixels, untuned:\n" in said
    assert main(["score", str(tmp_path), "--resolution", "24"]) == 0
    assert capsys.readouterr().out in said
    assert main(["score", str(tmp_path / "fixres-24")]) == 0
    assert capsys.readouterr().out in said
    assert (tmp_path / "fixres-24" / "genotype.nas").read_text().startswith("image(1, 24, 24)")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--semi", "noisy-student"], 2, "say with --labels how many a class are known"),
        (["--labels", "5", "--semi", "noisy"], 2, "'noisy' is not known; there are meta"),
        (["--labels", "5", "--stop", "1"], 2, "--stop: a training with few labels is done in one"),
        (["--labels", "5", "--ema", "0.9"], 2, "training with few labels knows no ema"),
        (["--test-resolution", "0"], 2, "--test-resolution 0: must be at least 1"),
        (["--epochs", "0"], 2, "--epochs 0: must be at least 1"),
        (["--seed", str(2**63)], 2, "--seed 9223372036854775808: must be at most 922337203685"),
        (["--batch", "1"], 2, "--batch 1: must be at least 2"),
        (["--precision", "fp8"], 2, "precision must be fp32 or bf16 or fp16, but got fp8"),
        (["--scales", "1,x"], 2, "--scales 1,x: must be numbers, such as 1,1.15,1.3"),
        (["--crops", "5"], 2, "crops must be 1 or 10, but got 5"),
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


def test_trained_weights_go_on_with_other_classes_their_first_parts_frozen(tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    five = SMALL.replace("classifier(10)", "classifier(5)")
    weights = first / "weights.safetensors"
    first.mkdir()
    save(nas.compile(nas.parse(five), seed=7), weights)
    words = ["train", SMALL, "--epochs", "2", "--gpus", "0", "--weights", str(weights), "--out"]
    assert main([*words, str(second), "--freeze", "2"]) == 0
    said = capsys.readouterr().out
    assert "left at their initial values: classifier.linear.weight, classifier.linear.bias" in said
    before, after = read(weights)[0], read(second / "weights.safetensors")[0]
    kept = {name for name, value in after.items() if value.equal(before[name])}
    assert kept == {name for name in after if name.startswith(("conv.", "mbconv."))}
    for wrong, why in (
        (["train", SMALL, "--freeze", "1"], "--freeze 1: only with --weights"),
        ([*words, str(tmp_path / "x"), "--freeze", "3"], "(conv, mbconv, classifier)"),
        ([*words, str(tmp_path / "y"), "--freeze", "-1"], "--freeze -1: must be at least 0"),
        ([*words, str(tmp_path / "z"), "--labels", "5"], "--weights: a training with few labels"),
    ):
        assert main(wrong) == 2
        assert why in capsys.readouterr().err
    assert main([*words[:-2], str(tmp_path / "none.pth"), "--out", str(tmp_path / "x")]) == 1
    assert "none.pth" in capsys.readouterr().err


def test_weights_that_are_cut_short_are_refused_and_leave_no_folder(tmp_path, capsys):
    whole, cut = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
    save(nas.compile(nas.parse(SMALL)), whole)
    cut.write_bytes(whole.read_bytes()[:-100])
    out = tmp_path / "out"
    assert main(["train", SMALL, "--weights", str(cut), "--out", str(out), "--gpus", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"nas: {cut}: ")
    assert said.count("\n") == 1
    assert not out.exists()
