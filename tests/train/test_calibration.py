import pytest
import torch
from torch import nn

from nas.data import load
from nas.train.calibration import calibrate
from nas.train.feed import Feed


def test_statistics_become_those_of_the_data_and_nothing_else_changes():
    data = load("digits")
    feed = Feed.of(data, data.train(), torch.device("cpu"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3, momentum=0.01), nn.Dropout(0.5), nn.Flatten()
        )
    model[2].eval()
    weight = model[0].weight.clone()
    state = torch.get_rng_state()
    calibrate(model, feed, batch=539)
    (whole, _), *_ = feed.ordered(2000)
    with torch.no_grad():
        maps = model[0](whole)
    torch.testing.assert_close(model[1].running_mean, maps.mean((0, 2, 3)), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(model[1].running_var, maps.var((0, 2, 3)), rtol=1e-2, atol=1e-5)
    assert torch.equal(model[0].weight, weight)
    assert torch.equal(torch.get_rng_state(), state)
    assert model[1].momentum == 0.01
    assert (model.training, model[1].training, model[2].training) == (True, True, False)


def test_a_network_without_batch_norm_is_left_alone():
    data = load("digits")
    feed = Feed.of(data, data.train(), torch.device("cpu"))
    model = nn.Sequential(nn.Conv2d(5, 3, 3), nn.BatchNorm2d(3, track_running_stats=False))
    calibrate(model, feed, 64)  # it would refuse images of 1 channel if they were passed
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(1024))
    calibrate(model, feed, batch=1078)
    assert model[1].running_mean.mean().item() == pytest.approx(0, abs=1e-3)
