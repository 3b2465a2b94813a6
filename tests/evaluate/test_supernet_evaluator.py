from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.modules.batchnorm import _BatchNorm

import nas
import nas.evaluate.supernet as module
from nas.data import DataSet, Part, load
from nas.errors import SpaceError
from nas.evaluate.supernet import CHECKPOINT, SUPERNET, SupernetEvaluator
from nas.execute.attempt import attempt
from nas.train.feed import Feed
from nas.train.score import Score
from nas.trial import Job, Kind

SPACE = (
    "image(1, 16, 16) >> conv(choice(4, 8), choice(3, 5), stride=2) "
    ">> mbconv(16, choice(3, 5), stride=2, expand=choice(1, 3)) * choice(1, 2) >> classifier(10)"
)
ONE = (
    "image(1, 16, 16) >> conv(8, 3, stride=2) >> mbconv(16, 5, stride=2, expand=3) * 2 "
    ">> classifier(10)"
)


@pytest.fixture
def evaluator(tmp_path):
    module._prepared.cache_clear()
    return SupernetEvaluator(SPACE, tmp_path / "net", epochs=2, device="cpu", threads=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An evaluator whose supernet was trained once for all tests that only read it."""
    made = SupernetEvaluator(
        SPACE, tmp_path_factory.mktemp("net"), epochs=4, device="cpu", threads=1
    )
    made.prepare()
    return made


def test_a_candidate_is_scored_and_tested_by_its_slice(trained, tmp_path):
    outcome = trained.evaluate(Job(3, ONE, seed=0), tmp_path)
    assert (outcome.kind, outcome.number) == (Kind.COMPLETE, 3)
    assert 0.3 < outcome.figures["accuracy"] <= 1
    assert outcome.figures["loss"] > 0
    figures = trained.test(ONE, tmp_path / "weights.safetensors")
    assert abs(figures["accuracy"] - outcome.figures["accuracy"]) < 0.15


def test_the_weights_left_are_the_compiled_genotypes_and_give_the_figures(trained, tmp_path):
    figures = trained.evaluate(Job(0, ONE, seed=0), tmp_path).figures
    network = nas.compile(ONE)
    network.load_state_dict(load_file(tmp_path / "weights.safetensors"), strict=True)
    data = load("digits").resized(16, 16)
    score = Score.of(network.eval(), data, data.validation())
    assert score.top1 == figures["accuracy"]
    assert score.loss == pytest.approx(figures["loss"], abs=1e-5)


def test_batch_statistics_are_those_of_the_training_images(trained, tmp_path):
    trained.evaluate(Job(0, ONE, seed=0), tmp_path)
    network = nas.compile(ONE).eval()
    network.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    seen = []
    first = next(each for each in network.modules() if isinstance(each, _BatchNorm))
    first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    data = load("digits").resized(16, 16)
    split = data.train()
    with torch.no_grad():
        for images, _ in Feed.of(data, split, torch.device("cpu")).ordered(len(split)):
            network(images)
    mean = seen[0].mean((0, 2, 3))
    assert torch.allclose(first.running_mean, mean, rtol=0.02, atol=0.005)


def test_a_training_that_is_broken_off_goes_on_to_the_same_bits(evaluator, tmp_path):
    evaluator.prepare()
    other = replace(evaluator, folder=tmp_path / "other")

    def stop(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.prepare(watch=stop)
    assert [each.name for each in other.folder.iterdir()] == [CHECKPOINT]
    other.prepare()
    assert [each.name for each in other.folder.iterdir()] == [SUPERNET]
    first, second = (load_file(each.folder / SUPERNET) for each in (evaluator, other))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_supernet_is_trained_once_and_never_sees_the_test_split(
    evaluator, tmp_path, monkeypatch
):
    read, part = [], DataSet._part
    monkeypatch.setattr(
        DataSet, "_part", lambda self, which: read.append(which) or part(self, which)
    )
    fits, fit = [], module.fit
    monkeypatch.setattr(module, "fit", lambda *a, **k: fits.append(1) or fit(*a, **k))
    for number in range(2):
        assert attempt(evaluator, Job(number, ONE, 0), tmp_path).kind == Kind.COMPLETE
    evaluator.prepare()
    assert len(fits) == 1
    assert set(read) == {Part.TRAIN, Part.VALIDATION}


def test_a_supernet_is_trained_for_1600_steps_unless_told_otherwise(evaluator, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "fit", lambda *a, epochs, **k: asked.append(epochs))
    evaluator.prepare()
    replace(evaluator, epochs=None, folder=evaluator.folder / "other").prepare()
    assert asked == [2, 95]  # 17 batches of 64 hold the 1,078 images of an epoch


def test_a_network_of_another_space_is_an_outcome_that_says_so(trained, tmp_path):
    outcome = attempt(trained, Job(0, ONE.replace("conv(8, 3", "conv(9, 3"), 0), tmp_path)
    assert outcome.kind == Kind.CRASHED
    assert outcome.reason.startswith("the network is none of the space's")


def test_single_paths_and_limits_reach_the_supernet(evaluator):
    made = replace(evaluator, rule="single", max_params=3_000)._made()
    assert made.rule == "single"
    assert nas.cost(made.largest).params <= 3_000 < nas.cost(ONE).params
    with pytest.raises(SpaceError, match="no candidate is within the limits"):
        replace(evaluator, max_macs=1_000).prepare()
