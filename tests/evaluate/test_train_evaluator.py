from pathlib import Path

import pytest
import torch

import nas.evaluate.train as module
from nas.data import DataSet, Part, load
from nas.errors import DataError, RunError, WeightsError
from nas.evaluate import TrainEvaluator
from nas.execute.attempt import attempt
from nas.train.score import Score
from nas.trial import Job, Kind

SMALL = "image(1, 16, 16) >> conv(8, 3, stride=2) >> mbconv(16, stride=2) * 2 >> classifier(10)"


@pytest.fixture
def evaluator():
    return TrainEvaluator(epochs=1, device="cpu", threads=1)


def test_a_job_is_trained_scored_and_its_weights_tested(evaluator, tmp_path):
    outcome = evaluator.evaluate(Job(7, SMALL, seed=3), tmp_path)
    assert (outcome.kind, outcome.number, outcome.reason) == (Kind.COMPLETE, 7, "")
    assert outcome.figures["epochs"] == 1
    assert 0.15 < outcome.figures["accuracy"] <= 1
    figures = evaluator.test(SMALL, tmp_path / "weights.safetensors")
    assert abs(figures["accuracy"] - outcome.figures["accuracy"]) < 0.15
    with pytest.raises(WeightsError, match="of another network"):
        evaluator.test(SMALL.replace("16, stride", "24, stride"), tmp_path / "weights.safetensors")


def test_the_same_job_gives_the_same_figures_and_bits(evaluator, tmp_path):
    weights, figures = [], []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        figures.append(evaluator.evaluate(Job(0, SMALL, seed), tmp_path / name).figures)
        weights.append((tmp_path / name / "weights.safetensors").read_bytes())
    assert figures[0] == figures[1]
    assert weights[0] == weights[1] != weights[2]


def test_a_job_that_stops_early_goes_on_to_the_same_figures_and_bits(tmp_path):
    evaluator = TrainEvaluator(device="cpu", threads=1)
    for name in ("whole", "rungs"):
        (tmp_path / name).mkdir()
    whole = evaluator.evaluate(Job(0, SMALL, 1, total=3), tmp_path / "whole")
    folder, kept = tmp_path / "rungs", {"weights.safetensors", "checkpoint.safetensors"}
    for rung, epochs in enumerate((1, 2)):
        job = Job(0, SMALL, 1, rung=rung, epochs=epochs, total=3)
        assert evaluator.evaluate(job, folder).figures["epochs"] == epochs
        assert {each.name for each in folder.iterdir()} == kept
    last = evaluator.evaluate(Job(0, SMALL, 1, rung=2, epochs=3, total=3), folder)
    assert last.figures == whole.figures
    (weights,) = folder.iterdir()  # what nobody goes on from is gone
    assert weights.read_bytes() == (tmp_path / "whole" / weights.name).read_bytes()


def test_a_job_in_parts_goes_on_from_one_without(tmp_path):
    evaluator = TrainEvaluator(device="cpu", threads=1)
    evaluator.evaluate(Job(0, SMALL, 1, epochs=1, total=2), tmp_path)
    job = Job(0, SMALL, 1, attempt=2, epochs=2, total=2, accumulate=2)
    assert evaluator.evaluate(job, tmp_path).figures["accuracy"] > 0.2


def test_the_test_split_is_never_read_by_an_evaluation(evaluator, tmp_path, monkeypatch):
    read = []
    part = DataSet._part
    monkeypatch.setattr(
        DataSet, "_part", lambda self, which: read.append(which) or part(self, which)
    )
    evaluator.evaluate(Job(0, SMALL, 0), tmp_path)
    assert read == [Part.TRAIN, Part.VALIDATION]
    evaluator.test(SMALL, tmp_path / "weights.safetensors")
    assert read[2:] == [Part.TEST]


def test_a_jobs_batch_stands_in_for_the_recipes(evaluator, tmp_path, monkeypatch):
    seen = []
    fit = module.fit
    monkeypatch.setattr(module, "fit", lambda *a, **k: seen.append(a[2].batch) or fit(*a, **k))
    evaluator.evaluate(Job(0, SMALL, 0, batch=200), tmp_path)
    assert seen == [200]


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), Kind.OUT_OF_MEMORY, "CUDA out of memory"),
        (MemoryError(), Kind.OUT_OF_MEMORY, "MemoryError"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: ..."),
            Kind.OUT_OF_MEMORY,
            "DefaultCPUAllocator",
        ),
        (RuntimeError("x" * 9000), Kind.CRASHED, "RuntimeError: xxx"),
        (ZeroDivisionError("division by zero"), Kind.CRASHED, "test_train_evaluator.py"),
    ],
)
def test_what_goes_wrong_is_a_typed_outcome(evaluator, tmp_path, monkeypatch, error, kind, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(module, "fit", fail)
    outcome = attempt(evaluator, Job(5, SMALL, 0), tmp_path)
    assert (outcome.number, outcome.kind, outcome.figures) == (5, kind, {})
    assert said in outcome.reason
    assert len(outcome.reason.encode()) <= 4096
    assert not list(tmp_path.iterdir())


def test_memory_running_out_on_the_cpu_is_recognised(evaluator, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "fit", lambda *_, **__: torch.empty(1 << 50))
    outcome = attempt(evaluator, Job(0, SMALL, 0), tmp_path)
    assert outcome.kind == Kind.OUT_OF_MEMORY


def test_divergence_is_an_outcome(tmp_path):
    recipe = tmp_path / "wild.toml"
    recipe.write_text(
        'epochs = 1\nbatch = 64\n[optimizer]\nname = "sgd"\nlr = 1e30\n'
        '[schedule]\nname = "constant"\n'
    )
    outcome = attempt(TrainEvaluator(recipe=str(recipe), device="cpu"), Job(0, SMALL, 0), tmp_path)
    assert outcome.kind == Kind.DIVERGED
    assert "the training loss became nan in epoch 1" in outcome.reason


def test_an_interrupt_and_a_full_disk_pass_through(evaluator, tmp_path, monkeypatch):
    with pytest.raises(RunError, match="can't be written"):
        evaluator.evaluate(Job(0, SMALL, 0), Path("/nowhere"))

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        evaluator.evaluate(Job(0, SMALL, 0), tmp_path)
    assert torch.get_num_threads() >= 1


def test_a_network_of_other_channels_or_classes_is_refused():
    parse, data = module.parse, load("digits")
    with pytest.raises(DataError, match=r"reads 3 channels, but images of digits have 1; begin it"):
        module.matched(data, parse(SMALL.replace("image(1", "image(3")))
    with pytest.raises(DataError, match=r"gives \(7,\), but digits has 10 classes; end it with cl"):
        module.matched(data, parse(SMALL.replace("classifier(10", "classifier(7")))
    assert module.matched(data, parse(SMALL)).shape == (1, 16, 16)


def test_a_job_with_a_parent_begins_with_its_weights(tmp_path, monkeypatch):
    evaluator = TrainEvaluator(epochs=2, device="cpu", threads=1)
    for number in (0, 1, 2):
        (tmp_path / str(number)).mkdir()
    first = evaluator.evaluate(Job(0, SMALL, seed=1), tmp_path / "0")
    begun = []
    fit = module.fit

    def watched(model, data, *arguments, **options):
        begun.append(Score.of(model, data, data.validation()).top1)
        return fit(model, data, *arguments, **options)

    monkeypatch.setattr(module, "fit", watched)
    wider = SMALL.replace("mbconv(16", "mbconv(24, 5")
    child = Job(1, wider, seed=2, parent=0, parent_genotype=SMALL)
    assert Job.from_json(child.to_json()) == child
    again = [evaluator.evaluate(child, tmp_path / "1").figures for _ in range(2)]
    assert again[0] == again[1]
    assert begun == [first.figures["accuracy"]] * 2  # before any training
    alone = evaluator.evaluate(Job(2, wider, seed=2), tmp_path / "2").figures
    assert begun[2] < 0.3
    assert again[0] != alone
    lost = attempt(evaluator, Job(3, wider, 2, parent=9, parent_genotype=SMALL), tmp_path / "3")
    assert (lost.kind, "weights can't be read" in lost.reason) == (Kind.CRASHED, True)
