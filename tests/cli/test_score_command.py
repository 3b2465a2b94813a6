"""`nas score`: against plain loops over the same weights, and NumPy's correlation."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import nas
from nas.cli import main
from nas.data import load
from nas.evaluate.dense import Dense
from nas.train import Recipe, fit
from nas.train.checkpoint import save

TEXTS = {
    "a": "image(1, 16, 16) >> conv(16, 3, stride=2) >> maxpool(2, stride=2) >> conv(32, 3) "
    ">> classifier(10)",
    "b": "image(1, 12, 12) >> conv(12, 5, stride=2) >> conv(24, 3) >> classifier(10)",
    "flat": "image(1, 8, 8) >> flatten >> fc(16) >> classifier(10)",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folders of networks after two epochs, b's as a search leaves it, and the networks."""
    root = tmp_path_factory.mktemp("trained")
    networks = {}
    for seed, (name, text) in enumerate(TEXTS.items()):
        model = nas.compile(nas.parse(text), seed=seed)
        fit(model, load("digits").resized(*model.input_shape[1:]), Recipe.load("proxy"), epochs=2)
        folder = root / name / ("best" if name == "b" else "")
        folder.mkdir(parents=True)
        (folder / "genotype.nas").write_text(f"{text}\n")
        save(model, folder / "weights.safetensors")
        networks[name] = model.eval()
    return root, networks


@pytest.fixture(autouse=True)
def _inside(trained, monkeypatch):
    monkeypatch.chdir(trained[0])


def shares(model, part, size=None):
    """What the network says of a part of the digits, by hand."""
    data = load("digits").resized(*(size or model.input_shape[1:]))
    split = getattr(data, part)()
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        return model(images).softmax(1), split.labels


def figures(words, capsys):
    assert main(["score", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def right(found, labels):
    return (found.argmax(1) == labels).double().mean().item()


def test_a_network_scores_what_a_loop_over_its_weights_does(trained, capsys):
    found, labels = shares(trained[1]["a"], "validation")
    assert main(["score", "a"]) == 0
    line = capsys.readouterr().out
    assert right(found, labels) > 0.4
    assert line.startswith(f"validation: accuracy {right(found, labels):.4f}, top-5 ")
    assert line.endswith("(360 images)\n")


def test_another_resolution(trained, capsys):
    found, labels = shares(trained[1]["a"], "test", (24, 24))
    scored = figures(["a", "--resolution", "24", "--split", "test"], capsys)
    assert scored["networks"]["a"]["top1"] == pytest.approx(right(found, labels), abs=1e-9)
    assert scored["error_correlation"] is None


def test_dense_evaluation_counts_the_largest_share_over_all_windows(trained, capsys):
    model = trained[1]["a"]
    data = load("digits").resized(20, 20)
    split = data.validation()
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    scored = figures(["a", "--dense", "--scales", "1.25"], capsys)["networks"]["a"]
    with torch.no_grad():
        maps = [each.softmax(1).flatten(2) for each in Dense(model).maps(images)]
    assert len(maps) == 4  # the pool's stride each way
    best = torch.cat(maps, 2).amax(2)
    assert scored["top1"] == pytest.approx(right(best, split.labels), abs=1e-9)
    assert scored["top1"] != figures(["a"], capsys)["networks"]["a"]["top1"]


def test_an_ensemble_is_scored_alone_together_and_by_how_alike_it_errs(trained, capsys):
    scored = figures(["a", "b", "--split", "test"], capsys)
    assert list(scored["networks"]) == ["a", "b"]
    assert list(scored["ensemble"]) == ["mean", "weighed per class"]
    both = [shares(trained[1][name], "test") for name in "ab"]
    labels = both[0][1]
    for name, (found, _) in zip("ab", both, strict=True):
        assert scored["networks"][name]["top1"] == pytest.approx(right(found, labels), abs=1e-9)
        assert sum(map(sum, scored["networks"][name]["confusion"])) == 359
    mean = (both[0][0] + both[1][0]) / 2
    assert scored["ensemble"]["mean"]["top1"] == pytest.approx(right(mean, labels), abs=1e-9)
    errors = [(found.argmax(1) != labels).numpy() for found, _ in both]
    expected = np.corrcoef(np.stack(errors).astype(float))
    np.testing.assert_allclose(scored["error_correlation"], expected, atol=1e-9)


def test_weights_per_class_come_from_the_validation_split(trained, capsys):
    """Odds of (right + 1) to (wrong + 1) among what each says, as counted with NumPy."""
    held = [shares(trained[1][name], "validation") for name in "ab"]
    labels = held[0][1].numpy()
    odds = np.zeros((2, 10))
    for member, (found, _) in enumerate(held):
        said = found.argmax(1).numpy()
        for digit in range(10):
            hits = ((said == digit) & (labels == digit)).sum()
            misses = ((said == digit) & (labels != digit)).sum()
            odds[member, digit] = np.log((hits + 1) / (misses + 1))
    odds = np.maximum(np.maximum(odds, 1e-3 * odds.max(0)), 1e-6)
    weights = odds / odds.sum(0)
    test = [shares(trained[1][name], "test") for name in "ab"]
    fused = sum(w * found.numpy() for w, (found, _) in zip(weights, test, strict=True))
    expected = (fused.argmax(1) == test[0][1].numpy()).mean()
    scored = figures(["a", "b", "--split", "test"], capsys)
    assert scored["ensemble"]["weighed per class"]["top1"] == pytest.approx(expected, abs=1e-9)


def test_tables_for_people(capsys):
    assert main(["score", "a", "b", "--per-class"]) == 0
    told = capsys.readouterr().out
    assert "like 1   like 2" in told
    assert "--split test tells what they gain" in told
    assert told.count("class   images   accuracy   as 0   as 1") == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gone"], 1, "gone: holds no network (genotype.nas or best/genotype.nas)"),
        (["a", "a"], 2, "a folder is given twice"),
        (["a", "--crops", "3"], 2, "crops must be 1 or 10"),
        (["a", "--crops", "10", "--dense"], 2, "--dense sees every crop"),
        (["a", "--dense", "--scales", "0.5"], 2, "must be numbers from 1, where one window fits"),
        (["a", "--scales", "x"], 2, "--scales x: must be numbers"),
        (["a", "--resolution", "0"], 2, "--resolution 0: must be at least 1"),
        (["a", "flat", "--resolution", "32"], 1, "flat: fc"),
        (["flat", "--scales", "2"], 1, "the network takes one size only"),
        (["b", "--data", "cifar100"], 1, "b: the network tells 10 classes apart in images"),
    ],
)
def test_mistakes_are_one_sentence(words, code, said, capsys):
    assert main(["score", *words]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_weights_of_another_network_are_refused(trained, tmp_path, capsys):
    (tmp_path / "genotype.nas").write_text(TEXTS["a"])
    (tmp_path / "weights.safetensors").write_bytes(Path("flat/weights.safetensors").read_bytes())
    assert main(["score", str(tmp_path)]) == 1
    assert "the weights are of another network: " in capsys.readouterr().err
