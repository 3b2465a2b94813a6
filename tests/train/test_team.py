"""Two processes that train one network: the numbers are those of one."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from trainees import normless, small

from nas.data import load
from nas.train import History, Recipe, fit
from nas.train.augment import Augmentation
from nas.train.checkpoint import save
from nas.train.optimizer import SGD, AdamW
from nas.train.schedule import Cosine
from nas.train.team import Team

RECIPES = {
    "plain": Recipe("plain", SGD(0.05), Cosine(), epochs=2, batch=128),
    "mixed": Recipe(
        *("mixed", AdamW(0.003), Cosine(), 2, 135),
        accumulate=3,
        ema=0.9,
        clip=1.0,
        label_smoothing=0.1,
        augmentation=Augmentation(mixup=0.8, erase=0.5),
    ),
}


def member(rank, folder):
    """What one of the two processes does: every recipe once, then with a stop, then with norms."""
    torch.set_num_threads(1)
    address = f"file://{folder}/meeting"
    torch.distributed.init_process_group("gloo", address, rank=rank, world_size=2)
    assert Team.here() == Team(rank, 2)
    for name, recipe in RECIPES.items():
        model, seen = normless(), []
        checkpoint = folder / f"{name}.checkpoint"
        for stop in (1, 2):
            history = fit(
                *(model, load("digits"), recipe), device="cpu", stop=stop,
                checkpoint=checkpoint, watch=seen.append,
            )  # fmt: skip
        assert len(seen) == (0 if rank else 2)
        save(model, folder / f"{name}.{rank}")
        (folder / f"{name}.{rank}.json").write_text(history.to_json())
    model = small()
    fit(model, load("digits"), replace(RECIPES["plain"], epochs=1), device="cpu")
    save(model, folder / f"norms.{rank}")
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("team")
    here = Path(__file__).parent
    code = (
        f"import sys; from pathlib import Path; sys.path[:0] = {[str(here), str(here.parent)]!r}\n"
        f"import test_team; test_team.member(int(sys.argv[1]), Path({str(folder)!r}))"
    )
    words = [sys.executable, "-W", "ignore", "-c", code]
    members = [subprocess.Popen([*words, str(rank)], stderr=subprocess.PIPE) for rank in (0, 1)]
    for each in members:
        _, said = each.communicate(timeout=120)
        assert each.returncode == 0, said.decode()[-3000:]
    return folder


@pytest.mark.parametrize("name", list(RECIPES))
def test_losses_and_weights_are_those_of_one_process(name, folder):
    model = normless()
    alone = fit(model, load("digits"), RECIPES[name], device="cpu")
    for rank in (0, 1):
        history = History.from_json((folder / f"{name}.{rank}.json").read_text())
        assert history.losses == pytest.approx(alone.losses, abs=1e-5, rel=0)
        weights = load_file(folder / f"{name}.{rank}")
        for key, value in model.state_dict().items():
            torch.testing.assert_close(weights[key], value, atol=1e-4, rtol=0)


def test_with_batch_norm_the_weights_are_still_one_networks(folder):
    first, second = (load_file(folder / f"norms.{rank}") for rank in (0, 1))
    for key, value in first.items():
        if "running" not in key:  # each measures its own part
            assert torch.equal(value, second[key])


def test_alone_nothing_is_cut():
    batch = torch.arange(7)
    assert Team.here() == Team() == Team(0, 1)
    assert Team().part(batch) is batch
    assert [Team(rank, 3).part(batch).tolist() for rank in range(3)] == [[0, 1, 2], [3, 4], [5, 6]]
