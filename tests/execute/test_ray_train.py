"""Ray Train's two processes on the CPU: the numbers of one, and a sentence for each fault."""

import pytest
from test_ray_tune import play

SETUP = """
    import os, signal
    from pathlib import Path
    from dataclasses import replace
    import nas, torch
    from nas.data import load
    from nas.errors import DivergenceError, RunError
    from nas.execute.ray_train import Task, train
    from nas.train import Recipe, fit
    from nas.train.checkpoint import restore
    from nas.train.optimizer import SGD
    from nas.train.schedule import Cosine, Step
    from nas.train.trainee import trainee
    TEXT = ("image(1, 16, 16) >> default(norm='none') >> conv(8, 3, stride=2)"
            " >> conv(16, 3, stride=2) >> classifier(10)")
    RECIPE = Recipe("test", SGD(0.05), Cosine(), epochs=2, batch=128)
    class Watcher:
        def __init__(self):
            self.epochs = []
        def step(self, step, steps, loss):
            assert 1 <= step <= steps
        def epoch(self, epoch, accuracy):
            self.epochs.append(epoch.number)
            assert 0 <= accuracy <= 1
"""


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(tmp_path):
    program = f"""{SETUP}
    folder, watcher = Path({str(tmp_path)!r}), Watcher()
    history = train(Task(TEXT, "digits", RECIPE, 2, None, 3, folder), 2, watcher, gpu=False)
    network = nas.parse(TEXT)
    alone = trainee(network, RECIPE, 3)
    expected = fit(alone, load("digits").resized(16, 16), RECIPE, seed=3, device="cpu")
    assert watcher.epochs == [1, 2]
    gap = max(abs(a - b) for a, b in zip(history.losses, expected.losses, strict=True))
    together = trainee(network, RECIPE, 0)
    restore(together, folder / "weights.safetensors")
    for one, other in zip(together.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0)
    assert gap < 1e-5, gap
    print("all there")
    """
    assert play(program).endswith("all there\n")
    assert {each.name for each in tmp_path.iterdir()} == {
        "weights.safetensors", "checkpoint.safetensors",
    }  # fmt: skip


@pytest.mark.slow
def test_two_processes_fine_tune_as_one_does(tmp_path):
    program = f"""{SETUP}
    from nas.train.checkpoint import save
    from nas.train.transfer import frozen
    folder, network = Path({str(tmp_path)!r}), nas.parse(TEXT)
    begun = trainee(network, RECIPE, 1)
    save(begun, folder / "begun.safetensors")
    task = Task(TEXT, "digits", RECIPE, 2, None, 3, folder, str(folder / "begun.safetensors"), 1)
    train(task, 2, Watcher(), gpu=False)
    together, alone = trainee(network, RECIPE, 0), trainee(network, RECIPE, 1)
    restore(together, folder / "weights.safetensors")
    with frozen(alone, 1):
        fit(alone, load("digits").resized(16, 16), RECIPE, seed=3, device="cpu")
    for one, other in zip(together.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0)
    assert torch.equal(together.conv.conv.weight, begun.conv.conv.weight)
    print("all there")
    """
    assert play(program).endswith("all there\n")


@pytest.mark.slow
def test_divergence_and_a_lost_process_are_one_sentence_each(tmp_path):
    program = f"""{SETUP}
    folder = Path({str(tmp_path)!r})
    wild = replace(RECIPE, optimizer=SGD(1e20))
    try:
        train(Task(TEXT, "digits", wild, 2, None, 0, folder), 2, Watcher(), gpu=False)
    except DivergenceError as error:
        assert "lower the learning rate" in str(error), error
    class Killer(Watcher):
        def epoch(self, epoch, accuracy):
            if epoch.number == 1:
                import psutil
                ours = psutil.Process().children(recursive=True)
                next(p for p in ours if p.cmdline()[0].startswith("ray::RayTrainWorker")).kill()
    try:
        long = replace(RECIPE, epochs=200)
        train(Task(TEXT, "digits", long, 200, None, 0, folder), 2, Killer(), gpu=False)
    except RunError as error:
        assert "the training was lost" in str(error), error
        assert str(error).endswith("is of the last epoch: go on with --resume"), error
        assert str(error).count(chr(10)) == 0
    print("all there")
    """
    assert play(program).endswith("all there\n")
