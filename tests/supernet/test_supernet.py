"""A supernet as a module: its candidates, their gradients, and a step of each rule."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import nas
from nas.costs import cost
from nas.data import load as load_data
from nas.errors import SpaceError, UsageError
from nas.scaling import scale
from nas.space import Space, fit, known, load
from nas.supernet import Supernet
from nas.supernet.extremes import ends
from nas.train import Recipe
from nas.train import fit as train

TINY = nas.parse(
    "image(1, 6, 6) >> conv(choice(3, 4), choice(1, 3), act='relu') >> global_pool >> linear(2)"
)
LARGE = {"nasnet"}  # 25,000 tensors take half a minute to make


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in sorted(known())],
)
def test_a_candidate_cut_out_is_the_compiled_genotype(name):
    net = Supernet(scale(fit(load(name), (1, 32, 32), 5), width=0.125), seed=3, zero_gamma=True)
    with torch.no_grad():  # as if it were trained
        for each in net.parameters():
            each.add_(torch.randn(each.shape).mul_(0.01))
    rng, images = np.random.default_rng(4), torch.randn(2, 1, 32, 32)
    drawn = [net.space.resolve(net.space.sample(rng)) for _ in range(2)]
    for candidate in [net.largest, *drawn]:
        cut = net.extracted(candidate)
        compiled = nas.compile(candidate, seed=9)
        compiled.load_state_dict(cut.state_dict(), strict=True)
        with torch.no_grad():
            assert torch.equal(
                compiled.eval()(images), net.subnet(candidate)(images, training=False)
            )


def by_hand(net, candidate, images):
    """The logits of a candidate of TINY in training mode, and the tensors it should be cut from."""
    shelf = dict(net.shelf.named_parameters())
    conv = candidate.items[1]
    out, kernel = dict(conv.values)["out"], dict(conv.values).get("kernel", 1)
    middle = slice((3 - kernel) // 2, (3 + kernel) // 2)
    x = F.conv2d(images, shelf["conv.conv.weight"][:out, :, middle, middle], padding=kernel // 2)
    x = F.batch_norm(
        x, None, None, shelf["conv.norm.weight"][:out], shelf["conv.norm.bias"][:out], True
    )
    x = x.relu().mean((2, 3))
    return F.linear(x, shelf["linear.linear.weight"][:, :out], shelf["linear.linear.bias"])


def test_gradients_reach_only_the_slice_that_is_used():
    net = Supernet(TINY, rule="single").train()
    candidate = nas.parse("image(1, 6, 6) >> conv(3, 1, act='relu') >> global_pool >> linear(2)")
    net.subnet(candidate)(torch.randn(4, 1, 6, 6), training=True).square().sum().backward()
    weight = net.shelf.get_parameter("conv.conv.weight")
    assert weight.shape == (4, 1, 3, 3)
    used = torch.zeros(weight.shape, dtype=torch.bool)
    used[:3, :, 1, 1] = True
    assert weight.grad[used].all()
    assert not weight.grad[~used].any()
    matrix = net.shelf.get_parameter("linear.linear.weight")
    assert matrix.grad[:, :3].any()
    assert not matrix.grad[:, 3].any()


def test_a_sandwich_step_is_the_one_written_by_hand(monkeypatch):
    net = Supernet(TINY, rule="sandwich", seed=1).train()
    drawn = []
    draw = net.drawn
    monkeypatch.setattr(net, "drawn", lambda: drawn.append(draw()) or drawn[-1])
    images, labels = torch.randn(8, 1, 6, 6), torch.tensor([0, 1] * 4)
    loss = net.training_loss(0.1, ()).of(net(images), labels)
    loss.backward()
    grads = {name: each.grad.clone() for name, each in net.named_parameters()}
    net.zero_grad()

    large = by_hand(net, nas.parse(str(net.largest)), images)
    soft = large.detach().softmax(1)
    expected = F.cross_entropy(large, labels, label_smoothing=0.1)
    assert len(drawn) == 2
    for candidate in [net.smallest, *drawn]:
        said = by_hand(net, candidate, images).log_softmax(1)
        expected = expected - (soft * said).sum(1).mean()
    expected.backward()
    assert torch.allclose(loss, expected, atol=1e-6)
    for name, each in net.named_parameters():
        assert torch.allclose(grads[name], each.grad, atol=1e-6), name


def test_a_single_path_is_drawn_uniformly_and_gives_logits():
    net = Supernet(TINY, rule="single").train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        counts = {}
        for _ in range(400):
            text = str(net.drawn())
            counts[text] = counts.get(text, 0) + 1
    assert len(counts) == 4
    assert all(70 < count < 130 for count in counts.values())
    assert net(torch.randn(4, 1, 6, 6)).shape == (4, 2)


def test_switches_are_on_at_first_and_as_drawn_at_last():
    space = nas.parse(
        "image(3, 8, 8) >> conv(8) >> (mbconv(8, skip=choice(True, False)) @ 'a') "
        ">> (mbconv(8, se=choice(0, 1), skip=choice(False, True)) @ 'b') >> classifier(2)"
    )
    net = Supernet(space, rule="single")
    off = []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for share in (0.0, 0.5, 1.0):
            net.reached(share)
            off.append(sum(str(net.drawn()).count("skip=False") for _ in range(400)))
    assert off[0] == 0
    assert 160 < off[1] < 240  # of 800 switches a half drawn off, of these a half left so
    assert 350 < off[2] < 450


def test_a_training_tells_how_far_it_is(monkeypatch):
    space = nas.parse(
        "image(1, 32, 32) >> conv(choice(2, 4), 3, stride=4) >> global_pool >> linear(10)"
    )
    net, told = Supernet(space, rule="single"), []
    monkeypatch.setattr(net, "reached", told.append)
    train(net, load_data("digits"), Recipe.load("proxy"), epochs=2, device="cpu")
    assert told == [step / 34 for step in range(34)]  # 1,078 images in batches of 64


def test_the_ends_are_the_smallest_and_the_largest_of_all():
    space = nas.parse(
        "image(3, 16, 16) >> conv(choice(8, 4), choice(5, 3)) * choice(2, 1) "
        ">> choice(conv(8, 3), dwsep(8), maxpool) >> classifier(3)"
    )
    small, large = (Space(space).resolve(point) for point in ends(Space(space)))
    assert str(small.items[1]) == "conv(4, 3) * 1"
    assert str(small.items[2]) == "maxpool"
    assert str(large.items[1]) == "conv(8, 5) * 2"
    assert str(large.items[2]) == "conv(8, 3)"


def test_only_what_is_within_the_limits_is_trained():
    space = scale(fit(load("mbconv"), (1, 32, 32), 10), width=0.125)
    most = 300_000

    def allowed(candidate):
        return cost(candidate).macs <= most

    net = Supernet(space, allowed=allowed)
    assert allowed(net.largest)
    assert cost(net.largest).macs > 0.8 * most
    assert all(allowed(net.drawn()) for _ in range(20))
    with pytest.raises(SpaceError, match="no candidate is within the limits; the smallest has"):
        Supernet(space, allowed=lambda _: False)


def test_the_largest_alone_is_regularised():
    space = nas.parse("image(3, 8, 8) >> mbconv(3, choice(3, 5)) * choice(2, 3) >> classifier(2)")
    net = Supernet(space, rule="sandwich", drop_path=0.5).train()
    net(torch.randn(4, 3, 8, 8))
    for (_, drop_path, _), subnet in net._subnets.items():
        rates = [each.rate for each in subnet.module.modules() if hasattr(each, "rate")]
        assert any(rates) == bool(drop_path)
    assert [key[0] for key in net._subnets if key[1]] == [net.largest]


def test_auxiliary_heads_are_trained_in_the_largest():
    space = nas.parse(
        "image(1, 8, 8) >> conv(choice(4, 6), 3) >> aux(classifier(2), weight=0.5) "
        ">> conv(choice(4, 6), 3) >> classifier(2)"
    )
    net = Supernet(space, rule="sandwich").train()
    assert net.aux_weights == (0.5,)
    loss = net.training_loss(0.0, net.aux_weights).of(
        net(torch.randn(4, 1, 8, 8)), torch.tensor([0, 1, 0, 1])
    )
    loss.backward()
    grads = [each.grad for name, each in net.named_parameters() if ".aux" in name]
    assert grads
    assert all(grad.any() for grad in grads)


def test_an_unknown_rule_is_refused():
    with pytest.raises(UsageError, match="a supernet's rule is single or sandwich, but got 'all'"):
        Supernet(TINY, rule="all")
