"""Every reference against its public implementation: figures, outputs, gradients; and its text."""

from functools import cache, partial

import pytest
import torch
from cases import Case, difference, flat, pair
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from witness import timm
from witnesses import RECORDED, SPECIAL, find, recorded, timm_net

import nas
from nas.errors import GenotypeError
from nas.zoo import Reference, references

TOLERANCE = 1e-4  # of the output's scale
LARGE = 30_000_000  # parameters: gradients are compared in smaller networks
HEAVY = 60_000_000  # parameters: outputs of larger networks are compared with --slow only
HUGE = 400_000_000  # parameters: larger networks are counted and built without memory only
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


def test_figures_are_the_implementation_s(case: Case, request: pytest.FixtureRequest) -> None:
    """Parameters exactly, MACs as torch counts them in the witness itself."""
    witness = case.witness.build().eval()
    assert case.cost.training_params == sum(p.numel() for p in witness.parameters())
    if case.reference.name not in _representatives() and not request.config.getoption("--slow"):
        return  # its MACs are compared with the recorded ones
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
    if not request.config.getoption("--slow"):
        if case.reference.name not in _representatives():
            pytest.skip("another variant of its builder stands for it; run with --slow")
        if case.cost.training_params > HEAVY and case.reference.name not in FIRST:
            pytest.skip("over 60 M parameters; run with --slow")
    if case.cost.training_params > HUGE:
        pytest.skip("over 400 M parameters: counted and built without memory only")
    theirs, ours, batch = pair(case)
    with torch.no_grad():
        _same(theirs(batch), ours(batch))
        assert _variation(ours(batch)) > 0.01, "outputs hardly depend on the image"
        theirs.train()
        ours.train()
        for there, here in zip(flat(theirs(batch)), flat(ours(batch)), strict=True):
            _same(there, here)
    statistics = [_statistics(network) for network in (theirs, ours)]
    for there, here in zip(*statistics, strict=True):
        _same(there, here)


ALIASES = [
    (reference, alias)
    for reference in references().values()
    for alias in reference.aliases
    if timm.is_model(alias) and alias not in SPECIAL
]


@pytest.mark.parametrize(
    ("reference", "alias"), ALIASES, ids=lambda value: getattr(value, "name", value)
)
def test_aliases_are_the_same_network(
    reference: Reference, alias: str, request: pytest.FixtureRequest
) -> None:
    """The other library's network of that name computes what the reference does."""
    case = Case(reference)
    case.witness = timm_net(alias, num_classes=case.cost.graph.spec.channels)
    parameters = sum(p.numel() for p in case.witness.build().parameters())
    assert parameters == case.cost.training_params
    if request.config.getoption("--slow"):
        theirs, ours, batch = pair(case)
        with torch.no_grad():
            _same(theirs(batch), ours(batch))


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
    theirs, ours, batch = pair(Case(reference))
    gradients = []
    for network in (theirs.double(), ours.double()):
        x = batch.double().requires_grad_()
        y = network(x)
        weights = torch.linspace(-1, 1, y.numel()).view_as(y)
        (gradient,) = torch.autograd.grad((y * weights).sum(), x)
        gradients.append(gradient)
    _same(*gradients)


def _same(there: Tensor, here: Tensor) -> None:
    assert difference(there, here) <= TOLERANCE


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


@pytest.mark.parametrize("path", ["found/bst", "./found", "runs/mbconv-1/best"])
def test_a_path_that_leads_nowhere_is_told_so(path: str) -> None:
    with pytest.raises(GenotypeError, match=f"{path}: there is no such file or folder"):
        nas.genotype(path)
