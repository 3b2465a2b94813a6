"""Each proxy against its formula worked out another way, or a law that its paper states."""

import math

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy

import nas
from nas.errors import UsageError
from nas.evaluate.zero_cost import names, proxy
from nas.evaluate.zero_cost._probe import Probe, weighed

SMALL = "image(2, 6, 6) >> conv(4, 3) >> conv(5, 3, stride=2) >> classifier(3)"
LINEAR = "image(1, 4, 4) >> conv(3, 1, act='none') >> conv(2, 1, act='none') >> classifier(4)"
MOBILE = "image(3, 16, 16) >> conv(8, 3, stride=2) >> mbconv(8, 3) * 2 >> classifier(4)"


def probe(text: str, images: int = 6, seed: int = 0) -> Probe:
    genotype = nas.parse(text)
    shape = nas.compile(genotype, device="meta").input_shape
    random = torch.Generator().manual_seed(1)
    x = torch.randn(images, *shape, generator=random)
    return Probe(genotype, x, torch.arange(images) % 3, seed)


def test_every_proxy_is_finite_and_repeatable_on_a_mobile_network():
    for name in names():
        first, second = (proxy(name)(probe(MOBILE)) for _ in range(2))
        assert math.isfinite(first), name
        assert first == second, name


def test_the_list_is_that_of_the_papers():
    assert set(names()) >= {
        *("params", "macs", "grad_norm", "snip", "grasp"),
        *("fisher", "synflow", "jacob_cov", "naswot", "zen"),
    }


def test_unknown_names_are_refused_in_one_sentence():
    with pytest.raises(UsageError, match=r"'synflo' is none of .*; did you mean 'synflow'"):
        proxy("synflo")


def test_gradient_norm_is_that_of_backward():
    seen = probe(SMALL)
    model = seen.network()
    cross_entropy(model(seen.images), seen.labels).backward()
    expected = sum(layer.weight.grad.norm().item() for layer in weighed(model))
    assert proxy("grad_norm")(seen) == pytest.approx(expected, rel=1e-5)


def test_snip_is_the_gradient_of_masks_of_ones():
    seen = probe(SMALL)
    model = seen.network()
    held = {name: value.detach() for name, value in model.named_parameters()}
    masks = {name: torch.ones_like(v).requires_grad_() for name, v in held.items() if v.ndim > 1}
    masked = {name: value * masks.get(name, 1) for name, value in held.items()}
    loss = cross_entropy(functional_call(model, masked, (seen.images,)), seen.labels)
    gradients = torch.autograd.grad(loss, list(masks.values()))
    expected = sum(each.abs().sum().item() for each in gradients)
    assert proxy("snip")(seen) == pytest.approx(expected, rel=1e-5)


def test_grasp_is_minus_weights_times_the_change_of_the_gradient_along_itself():
    # No ReLU: its kinks would spoil a difference of gradients.
    seen = probe(
        SMALL.replace("3)", "3, act='silu')", 1).replace("stride=2)", "stride=2, act='tanh')")
    )
    model = seen.network().double()
    held = [layer.weight for layer in weighed(model)]
    start = [each.detach().clone() for each in held]

    def gradient(shift: float, along: list[torch.Tensor]) -> list[torch.Tensor]:
        with torch.no_grad():
            for each, begin, step in zip(held, start, along, strict=True):
                each.copy_(begin + shift * step)
        loss = cross_entropy(model(seen.images.double()), seen.labels)
        return list(torch.autograd.grad(loss, held))

    along = gradient(0.0, start)
    up, down = gradient(1e-4, along), gradient(-1e-4, along)
    expected = -sum(
        (w * (a - b)).sum().item() / 2e-4 for w, a, b in zip(start, up, down, strict=True)
    )
    assert proxy("grasp")(seen) == pytest.approx(expected, rel=1e-3)


def test_grasp_keeps_its_sign():
    scores = [proxy("grasp")(probe(SMALL, seed=seed)) for seed in range(6)]
    assert min(scores) < 0 or max(scores) > 0
    assert any(score < 0 for score in scores)


def test_fisher_of_one_linear_layer_by_hand():
    seen = probe("image(2, 1, 1) >> classifier(3)", images=4)
    model = seen.network()
    logits = model(seen.images).detach()
    slope = (logits.softmax(1) - torch.eye(3)[seen.labels]) / 4  # of the mean cross-entropy
    expected = (logits * slope).square().mean(0).sum().item() / 2
    assert proxy("fisher")(seen) == pytest.approx(expected, rel=1e-5)


def test_fisher_of_a_convolution_sums_over_the_map_before_it_squares():
    seen = probe("image(2, 3, 3) >> conv(4, 1, act='none') >> classifier(3)")
    model = seen.network()
    layers = list(weighed(model))
    images = seen.images
    mapped = layers[0](images)
    mapped.retain_grad()
    logits = layers[1](model.conv.norm(mapped).mean((2, 3)))
    logits.retain_grad()
    cross_entropy(logits, seen.labels).backward()
    first = (mapped * mapped.grad).sum((2, 3)).square().mean(0).sum() / 2
    second = (logits * logits.grad).square().mean(0).sum() / 2
    assert proxy("fisher")(seen) == pytest.approx((first + second).item(), rel=1e-4)


def test_synflow_conserves_its_flow_through_every_layer():
    # Tanaka et al., theorem 1: each layer passes the whole output on, so three layers sum to three.
    seen = probe(LINEAR)
    one, two, three = (layer.weight.detach().abs().double() for layer in weighed(seen.network()))
    paths = (three @ two[:, :, 0, 0] @ one[:, :, 0, 0]).sum()
    assert proxy("synflow")(seen) == pytest.approx(math.log(3 * paths.item()), rel=1e-9)


def test_synflow_sees_neither_data_nor_labels():
    seen = probe(SMALL)
    other = Probe(seen.genotype, seen.images * 3 + 1, seen.labels.flip(0), seen.seed)
    assert proxy("synflow")(seen) == proxy("synflow")(other)


def test_jacob_cov_of_independent_and_of_equal_jacobians():
    # Of a network that is linear, all images have one Jacobian: eigenvalues N, 0, ..., 0.
    seen = probe("image(2, 3, 3) >> classifier(3)", images=5)
    k = 1e-5
    expected = -(math.log(5 + k) + 1 / (5 + k) + 4 * (math.log(k) + 1 / k))
    assert proxy("jacob_cov")(seen) == pytest.approx(expected, rel=1e-3)
    # No correlation: every eigenvalue is 1, and the score -N, its largest.
    assert proxy("jacob_cov")(probe(SMALL)) < -6


def test_naswot_counts_the_units_that_two_images_switch_alike():
    seen = probe("image(1, 2, 2) >> conv(3, 1) >> classifier(2)", images=3)
    model = seen.network()
    with torch.no_grad():
        x = model.conv.norm(model.conv.conv(seen.images))
    on = (x.flatten(1) > 0).tolist()
    alike = [[float(sum(a == b for a, b in zip(p, q, strict=True))) for q in on] for p in on]
    expected = torch.tensor(alike, dtype=torch.float64).logdet().item()
    assert proxy("naswot")(seen) == pytest.approx(expected, rel=1e-9)


def test_naswot_of_two_equal_images_is_minus_infinity():
    seen = probe(SMALL)
    twice = Probe(seen.genotype, seen.images[[0, 0]], seen.labels[:2])
    assert proxy("naswot")(twice) < -20


def test_zen_is_that_of_a_linear_map_without_norms():
    # (W (x + 0.01 d) - W x) = 0.01 W d: its mean magnitude over Gaussian W and d, by the paper's
    # own definition drawn anew here with many samples.
    seen = probe(
        "image(8, 4, 4) >> (default(norm='none') >> conv(16, 1, act='none')) >> classifier(2)"
    )
    random = torch.Generator().manual_seed(5)
    w = torch.randn(400, 16, 8, generator=random)
    d = torch.randn(400, 8, 16, generator=random)
    expected = (0.01 * w @ d).abs().flatten(1).sum(1).mean().log().item()
    assert proxy("zen")(seen) == pytest.approx(expected, abs=0.1)


def test_zen_grows_with_depth_although_norms_keep_the_scale():
    scores = [
        proxy("zen")(probe(f"image(3, 12, 12) >> conv(8, 3) * {n} >> classifier(3)"))
        for n in (1, 3, 6)
    ]
    assert scores == sorted(scores)


@pytest.mark.parametrize("name", names())
def test_a_network_that_passes_nothing_on_is_scored_lowest_not_refused(name):
    dead = proxy(name)(probe("image(2, 6, 6) >> conv(4, 3) >> zero() >> classifier(3)"))
    alive = proxy(name)(probe(SMALL))
    assert dead <= alive or name == "grasp"
