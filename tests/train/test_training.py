"""A training that is broken off and goes on, and one that takes its steps in parts."""

import resource
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy
from trainees import bits, normless, small

from nas.data import load
from nas.errors import DivergenceError, RunError, UsageError, WeightsError
from nas.train import Recipe, fit
from nas.train.augment import Augmentation
from nas.train.checkpoint import read, save
from nas.train.optimizer import SGD, AdamW, RMSProp, RMSPropTF
from nas.train.schedule import Constant, Cosine

RECIPE = Recipe("test", SGD(0.05, 1e-4), Cosine(warmup=0.5), epochs=3, batch=128)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "checkpoint.safetensors"


def trained(recipe=RECIPE, model=None, **options):
    model = small(dropout=0.5) if model is None else model
    return model, fit(model, load("digits"), recipe, device="cpu", **options)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": SGD(0.05)},
        {"optimizer": SGD(0.05, momentum=0), "ema": 0.99},
        {"optimizer": AdamW(0.01, 0.05), "precision": "bf16"},
        {"optimizer": RMSProp(0.003), "precision": "fp16"},
        {"optimizer": RMSPropTF(0.003), "accumulate": 2, "augmentation": Augmentation(mixup=0.8)},
    ],
)
def test_broken_off_and_gone_on_it_is_the_same_to_the_bit(changes, file):
    recipe = replace(RECIPE, calibrate=True, **changes)
    whole, history = trained(recipe, seed=3)
    torch.rand(5)  # what the process drew before must not matter
    for stop in (1, 2, None):
        parts, parted = trained(recipe, seed=3, checkpoint=file, stop=stop)
        assert len(parted.epochs) == (stop or 3)
    assert torch.equal(bits(parts), bits(whole))
    assert parted.losses == history.losses
    again, same = trained(recipe, seed=3, checkpoint=file)  # nothing is left to train
    assert torch.equal(bits(again), bits(whole))
    assert same == parted
    assert list(file.parent.iterdir()) == [file]


def test_killed_while_checkpointing_it_goes_on_to_the_same_bits(file):
    code = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
sys.path[:0] = sys.argv[2:]
import test_training
from nas.train.training import Training
keep, file = Training.save, Path(sys.argv[1])
def save(self, path):
    keep(self, path)
    print("saved", flush=True)
    while True:
        keep(self, path)
Training.save = save
test_training.trained(seed=3, checkpoint=file)
"""
    folder = sys.modules[__name__].__file__.rpartition("/")[0]
    words = [sys.executable, "-c", code, file, folder, folder + "/.."]
    child = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"saved\n"
    time.sleep(0.05)
    child.kill()
    child.communicate()
    resumed, history = trained(seed=3, checkpoint=file)
    assert torch.equal(bits(resumed), bits(trained(seed=3)[0]))
    assert len(history.epochs) == 3
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_one_sentence_and_the_last_good_checkpoint_goes_on(file):
    trained(seed=3, checkpoint=file, stop=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(RunError, match=r"no room for 0\.\d MB .*; the file from before is unt"):
            trained(seed=3, checkpoint=file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(read(file)[1]["epochs"]) == 1
    assert torch.equal(bits(trained(seed=3, checkpoint=file)[0]), bits(trained(seed=3)[0]))


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"seed": 4}, "another training, whose seed is 0, not 4; ask for the same, or delete"),
        ({}, {"epochs": 4}, "whose number of epochs is 3, not 4"),
        ({"batch": 64}, {}, "whose batch is 128, not 64"),
        ({"optimizer": SGD(0.1, 1e-4)}, {}, "whose optimizer.lr is 0.05, not 0.1"),
        ({"optimizer": AdamW(0.05, 1e-4)}, {}, "whose optimizer is 'SGD', not 'AdamW'"),
        ({"augmentation": Augmentation(cutout=8)}, {}, "whose augmentation.cutout is 0, not 8"),
        ({"schedule": Cosine(warmup=1)}, {}, "whose schedule.warmup is 0.5, not 1"),
        ({}, {"model": normless()}, "0.weight is missing|another network"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(change, options, said, file):
    trained(checkpoint=file, stop=1)
    before = file.read_bytes()
    with pytest.raises(WeightsError, match=said):
        trained(replace(RECIPE, **change), checkpoint=file, **options)
    assert file.read_bytes() == before


def test_damaged_files_weights_alone_and_a_stop_in_the_past_are_refused(file):
    model, _ = trained(checkpoint=file, stop=2)
    with pytest.raises(WeightsError, match=r"2 epochs are done already, but .* to stop after 1"):
        trained(checkpoint=file, stop=1)
    with pytest.raises(UsageError, match="stop must be an epoch from 1 to 3, but got 4"):
        trained(stop=4)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(WeightsError, match="no safetensors file, or a damaged one"):
        trained(checkpoint=file)
    save(model, file)
    with pytest.raises(WeightsError, match="weights alone, not the checkpoint of a training"):
        trained(checkpoint=file)


@pytest.mark.parametrize("parts", [2, 3, 500])  # 500: as many as leave two images in each
def test_steps_in_parts_have_the_gradients_of_the_whole(parts):
    recipe = replace(RECIPE, label_smoothing=0.1)
    _, whole = trained(recipe, normless())
    _, parted = trained(replace(recipe, accumulate=parts), normless())
    assert parted.losses == pytest.approx(whole.losses, abs=1e-5, rel=0)


def test_the_parts_are_what_a_plain_loop_accumulates():
    data, model = load("digits"), small()
    split = data.train()
    recipe = replace(RECIPE, schedule=Constant(), accumulate=2, augment=False, batch=270)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, 0.9)
    losses = []
    model.to(memory_format=torch.channels_last).train()
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    for chosen in order.tensor_split(4):
        optimizer.zero_grad()
        halves = [cross_entropy(model(images[half]), split.labels[half]) * len(half) / len(chosen)
                  for half in chosen.tensor_split(2)]  # fmt: skip
        sum(halves).backward()
        optimizer.step()
        losses.append(sum(halves).item())
    _, history = trained(replace(recipe, optimizer=SGD(0.05, 0)), small(), epochs=1)
    assert history.losses == pytest.approx(losses, abs=1e-6, rel=0)


def test_weights_that_the_last_step_spoilt_are_found_before_they_are_kept(file):
    recipe = Recipe("wild", SGD(1e38), Constant(), epochs=2, batch=1078, augment=False)
    with pytest.raises(DivergenceError, match=r"weights stopped being finite in epoch 1, step 1;"):
        trained(recipe, checkpoint=file)
    assert not file.exists()
