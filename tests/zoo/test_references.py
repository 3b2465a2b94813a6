"""Every reference against its public implementation: figures, outputs, gradients; and its text."""

from dataclasses import dataclass
from functools import cache, cached_property, partial

import naming
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from witnesses import (
    RECORDED,
    Witness,
    copy,
    fill,
    find,
    images,
    layers,
    recorded,
    settle,
    still,
)

import nas
from nas.genotype.expression import Chain, Genotype, Image
from nas.zoo import Reference, references

TOLERANCE = 1e-4  # of the output's scale
LARGE = 30_000_000  # parameters: gradients are compared in smaller networks
HUGE = 400_000_000  # parameters: larger networks are counted and built without memory only
BUSY = 1.5e9  # MACs of one run that a test may take
FIRST = {  # issue 2's references
    "lenet5",
    "alexnet",
    "vgg16",
    "googlenet",
    "resnet50",
    "densenet121",
    "resnext50_32x4d",
    "seresnet50",
    "mobilenet_v2",
    "efficientnet_b0",
}


@dataclass
class Case:
    """A reference beside its witness."""

    reference: Reference

    @cached_property
    def genotype(self) -> Genotype:
        return self.reference.genotype

    @cached_property
    def cost(self) -> nas.costs.Cost:
        return nas.cost(self.genotype)

    @cached_property
    def witness(self) -> Witness:
        found = find(self.reference)
        if found is None:
            pytest.skip("no implementation of it is installed")
        return found

    @cached_property
    def small(self) -> Genotype:
        """The same layers on images small enough to run, where no layer's size depends on them."""
        image, *rest = self.genotype.items
        flattens = any(part.startswith(("fc", "classifier")) for part in self._heads)
        if flattens or self._bound or min(image.height, image.width) < 64:
            return self.genotype
        sides = (
            (image.height, 107, 75, 64) if self.witness.pixels is None else (self.witness.pixels,)
        )
        for side in sides:
            if self.cost.macs * (side / image.height) ** 2 * 4 < BUSY:
                break
        return Chain((Image(image.channels, side, side), *rest))

    @property
    def _bound(self) -> bool:
        """A table of positions fits one size only."""
        tables = ("Positions", "Attend")
        return any(type(node.item).__name__ in tables for node in self.cost.flat.nodes)

    @property
    def _heads(self) -> list[str]:
        """Fully connected layers right on a map."""
        return [
            ".".join(node.path)
            for node in self.cost.flat.nodes
            if type(node.item).__name__ == "Flatten" and node.path[0] not in ("aux", "aux2")
        ]


@pytest.fixture(params=references().values(), ids=lambda reference: reference.name, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_text_is_short_and_reads_back(case: Case) -> None:
    text = str(case.genotype)
    assert nas.parse(text) == case.genotype
    assert len(text.splitlines()) < 30


def test_built_parameters_are_counted_ones(case: Case) -> None:
    built = nas.compile(case.genotype, device="meta")
    assert case.cost.training_params == sum(p.numel() for p in built.parameters())


def test_figures_are_the_implementation_s(case: Case) -> None:
    """Parameters exactly, MACs as torch counts them in the witness itself."""
    witness = case.witness.build().eval()
    assert case.cost.training_params == sum(p.numel() for p in witness.parameters())
    image = torch.zeros(1, *case.cost.graph.input.shape, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        witness(image)
    assert case.cost.macs == pytest.approx(counter.get_total_flops() / 2, rel=1e-6)


def test_figures_are_the_recorded_ones(case: Case) -> None:
    """Parameters exactly, MACs within 0.5 % of reference_models.json."""
    rows = recorded(case.reference)
    if case.reference.name not in RECORDED:
        rows = [row for row in rows if row["params"] == case.cost.training_params]
    if not rows:
        assert not recorded(case.reference), "its parameters are none of the recorded ones"
        pytest.skip("reference_models.json has no row of it")
    assert case.cost.training_params == rows[0]["params"]
    if rows[0]["resolution"] == case.cost.graph.input.size[0]:
        assert case.cost.macs == pytest.approx(rows[0]["macs"], rel=0.005)


def test_outputs_are_the_implementation_s(case: Case, request: pytest.FixtureRequest) -> None:
    """With the same weights: in eval mode, and in training mode without dropout."""
    if case.reference.name not in _representatives() and not request.config.getoption("--slow"):
        pytest.skip("another variant of its builder stands for it; run with --slow")
    if case.cost.training_params > HUGE:
        pytest.skip("over 400 M parameters: counted and built without memory only")
    theirs, ours, batch = _pair(case)
    with torch.no_grad():
        _same(theirs(batch), ours(batch))
        assert _variation(ours(batch)) > 0.01, "outputs hardly depend on the image"
        theirs.train()
        ours.train()
        for there, here in zip(_flat(theirs(batch)), _flat(ours(batch)), strict=True):
            _same(there, here)
    statistics = [_statistics(network) for network in (theirs, ours)]
    for there, here in zip(*statistics, strict=True):
        _same(there, here)


@cache
def _representatives() -> set[str]:
    """The first variant of every builder and set of its options, beside issue 2's references."""
    found: dict[object, str] = {}
    for reference in references().values():
        build = reference.build
        options = tuple(build.keywords) if isinstance(build, partial) else ()
        builder = build.func if isinstance(build, partial) else build
        found.setdefault((builder, options, reference.name.startswith("tf_")), reference.name)
    return {*FIRST, *found.values()}


def _first_of_families() -> list[Reference]:
    families = {}
    for reference in references().values():
        if find(reference) and nas.cost(reference.genotype).params < LARGE:
            families.setdefault(reference.family, reference)
    return list(families.values())


@pytest.mark.parametrize("reference", _first_of_families(), ids=lambda r: r.name)
def test_gradients_are_the_implementation_s(reference: Reference) -> None:
    """In double precision: in single, a rounding decides which of two nearly equal numbers is the
    largest of a window, and the gradient with it."""
    theirs, ours, batch = _pair(Case(reference))
    gradients = []
    for network in (theirs.double(), ours.double()):
        x = batch.double().requires_grad_()
        y = network(x)
        weights = torch.linspace(-1, 1, y.numel()).view_as(y)
        (gradient,) = torch.autograd.grad((y * weights).sum(), x)
        gradients.append(gradient)
    _same(*gradients)


def _pair(case: Case) -> tuple[nn.Module, nn.Module, Tensor]:
    """The witness with random numbers, ours with the same ones, and images for both."""
    names = naming.rules(case.witness.source, case.witness.model)
    if names:
        return _named_pair(case, names)
    shape = nas.cost(case.small).graph.input.shape
    spare = torch.zeros(4, *shape, device="meta")
    theirs, ours = case.witness.build(), nas.compile(case.small, device="meta")
    still(theirs)
    still(ours)
    orders = case.witness.order(layers(theirs, spare)), layers(ours, spare)
    theirs.to_empty(device="cpu")
    ours.to_empty(device="cpu")
    batch = images(*shape)
    fill(theirs, seed=1)
    settle(theirs, batch, seed=2)
    copy(theirs, orders[0], ours, orders[1])
    if case.reference.name.startswith("tf_"):  # timm trains these with torch's usual momentum
        for module in ours.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = 0.1
    return theirs.eval(), ours.eval(), batch


def _named_pair(case: Case, names: naming.Names) -> tuple[nn.Module, nn.Module, Tensor]:
    """As `_pair`, the numbers found by their names."""
    ours, theirs = nas.compile(case.small, seed=0), naming.build(case.witness)
    still(theirs)
    still(ours)
    naming.fill(theirs, seed=1)
    batch = images(*ours.input_shape, count=2)
    if any(isinstance(module, nn.BatchNorm2d) for module in theirs.modules()):
        settle(theirs, batch, seed=2)
    ours.load_state_dict(naming.translated(names, theirs.state_dict(), ours.state_dict()))
    return theirs.eval(), ours.eval(), batch


def _flat(value: object) -> list[Tensor]:
    """The logits, then each auxiliary head's in the order of the network."""
    if isinstance(value, Tensor):
        return [value]
    if hasattr(value, "aux_logits1"):  # torchvision's GoogLeNet names the later one first
        return [value.logits, value.aux_logits1, value.aux_logits2]
    return [tensor for part in value for tensor in _flat(part)]


def _same(there: Tensor, here: Tensor) -> None:
    assert there.shape == here.shape
    scale = float(there.abs().max())
    assert float((there - here).abs().max()) <= TOLERANCE * scale
    assert torch.isfinite(here).all()


def _variation(y: Tensor) -> float:
    return float(y.std(0).mean() / y.abs().max())


def _statistics(network: nn.Module) -> list[Tensor]:
    """Running means and variances, by size and value, since names differ."""
    found = [
        torch.cat([module.running_mean, module.running_var])
        for module in network.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    return sorted(found, key=lambda t: (t.numel(), float(t[0])))
