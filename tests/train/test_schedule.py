import pytest
import torch
from torch.optim import SGD, lr_scheduler

from nas.train.schedule import Constant, Cosine, Exponential, Step


def torchs(make, steps):
    """The rates that one of torch's schedulers gives, step by step, at a full rate of 1."""
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def ours(schedule, steps, epochs):
    return [schedule.factor(step, steps, epochs) for step in range(steps)]


def test_cosine_is_torchs():
    expected = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, 40), 40)
    assert ours(Cosine(), 40, 4) == pytest.approx(expected, abs=1e-9)


def test_step_is_torchs():
    expected = torchs(lambda o: lr_scheduler.MultiStepLR(o, [20, 30], gamma=0.1), 40)
    assert ours(Step(milestones=(2.0, 3.0)), 40, 4) == pytest.approx(expected)


def test_exponential_is_torchs_step_decay():
    expected = torchs(lambda o: lr_scheduler.StepLR(o, 24, gamma=0.97), 100)
    assert ours(Exponential(), 100, 10) == pytest.approx(expected)


def test_warm_up_is_torchs_linear_rise_then_the_schedule_from_its_start():
    def make(optimizer):
        rise = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=9)
        cosine = lr_scheduler.CosineAnnealingLR(optimizer, 30)
        return lr_scheduler.SequentialLR(optimizer, [rise, cosine], [10])

    expected = torchs(make, 40)
    assert ours(Cosine(warmup=1.0), 40, 4) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "schedule", [Cosine(0.5), Step(1, (2, 3)), Exponential(0, 0.9, 0.7), Constant(2)]
)
def test_a_stretched_schedule_has_the_same_shape(schedule):
    short, long = ours(schedule, 40, 4), ours(schedule, 400, 4)
    assert [long[index] for index in range(200, 400, 10)] == pytest.approx(short[20:], abs=0.11)
    assert all(0 <= each <= 1 for each in long)
    assert max(long) == 1


def test_milestones_fall_on_their_step_in_any_stretch():
    for epochs in (1, 3, 7, 164, 300):
        steps = 41 * epochs
        factors = ours(Step(milestones=(82, 123)), steps, 164)
        assert factors.count(1.0) == -(-steps // 2)
        assert sum(each < 0.05 for each in factors) == steps // 4
