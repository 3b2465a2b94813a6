import torch
from torch import nn
from trainees import bits, small
from witness import timm

from nas.train.average import Average


def moved(model):
    """One step of something, batch statistics included."""
    model.train()
    model(torch.randn(4, 1, 32, 32))
    with torch.no_grad():
        for each in model.parameters():
            each.add_(torch.randn_like(each), alpha=0.1)


def test_it_is_timms_average_with_tensorflows_warm_up():
    torch.manual_seed(0)
    model = small()
    ours, theirs = Average(model, 0.5), timm.utils.ModelEmaV2(model)
    for step in range(1, 9):
        moved(model)
        ours.update()
        theirs.decay = min(0.5, (1 + step) / (10 + step))
        theirs.update(model)
    expected = theirs.module.state_dict()
    counts = {name for name in expected if "num_batches" in name}
    for name, value in expected.items():
        if name not in counts:  # timm averages the number of batches too
            torch.testing.assert_close(ours.state[name], value)
    assert all(ours.state[name] == 8 for name in counts)
    ours.give()
    torch.testing.assert_close(model[0].weight, theirs.module[0].weight)


def test_without_movement_it_stays():
    model = nn.Linear(3, 3)
    before = bits(model)
    average = Average(model, 0.999)
    for _ in range(5):
        average.update()
    average.give()
    torch.testing.assert_close(bits(model), before)
