import errno
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from nas.errors import RunError, WeightsError
from nas.train.checkpoint import restore, save


def network(width=4):
    return nn.Sequential(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width))


def test_a_round_trip_keeps_every_tensor_and_channels_last_is_no_matter(tmp_path):
    model, other = network().to(memory_format=torch.channels_last), network()
    save(model, tmp_path / "w.safetensors")
    restore(other, tmp_path / "w.safetensors")
    stored = load_file(tmp_path / "w.safetensors")
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value)
        assert torch.equal(stored[name], value)
    assert list(tmp_path.iterdir()) == [tmp_path / "w.safetensors"]


def test_a_full_disk_is_one_sentence_and_the_last_good_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    save(network(), path)
    good = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"w.safetensors: no room for 0.0 MB of weights; free some"):
        save(network(), path)
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [tmp_path / "w.safetensors"]


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match="MB of weights can't be written: No such file"):
        save(network(), tmp_path / "none" / "w.safetensors")


def test_killed_while_saving_the_file_is_whole(tmp_path):
    path = tmp_path / "w.safetensors"
    code = (
        "import sys, torch; from pathlib import Path; from nas.train.checkpoint import save\n"
        "model = torch.nn.Linear(1000, 1000)\n"
        "save(model, Path(sys.argv[1])); print('saved', flush=True)\n"
        "while True: save(model, Path(sys.argv[1]))"
    )
    child = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"saved\n"
    for _ in range(20):  # whenever one looks, the file is whole
        restore(nn.Linear(1000, 1000), path)
        time.sleep(0.003)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    restore(nn.Linear(1000, 1000), path)
    save(nn.Linear(3, 3), path)
    assert list(tmp_path.iterdir()) == [path]


def test_weights_of_another_network_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save(network(), path)
    with pytest.raises(WeightsError, match=r"0.weight has shape \(4, 1, 3, 3\), the network's has"):
        restore(network(8), path)
    with pytest.raises(WeightsError, match=r"another network: 0.bias is not in the network; 1.b"):
        restore(nn.Sequential(nn.Conv2d(1, 4, 3, bias=False)), path)
    with pytest.raises(WeightsError, match=r"2.weight is missing; 2.bias is missing"):
        restore(network().append(nn.Linear(4, 2)), path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(WeightsError, match="no safetensors file, or a damaged one"):
        restore(network(), path)
    with pytest.raises(WeightsError, match="weights can't be read: No such file"):
        restore(network(), tmp_path / "none")
