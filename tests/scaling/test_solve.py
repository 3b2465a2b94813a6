"""The solver: nearest by exact cost, checked by walking along the law."""

import pytest

import nas
from nas.costs import figures
from nas.errors import ScalingError
from nas.scaling import Budget, grown, laws, solve

FAMILIES = [
    "resnext50_32x4d", "densenet121", "squeezenet1_0", "shufflenet_g3_w1", "efficientnet_b0",
    "vit_tiny_patch16_224", "swin_t",
]  # fmt: skip


def macs(network):
    return figures(network).macs


def params(network):
    return figures(network).params


def budget(base, times, figure=macs):
    return Budget("MACs", figure(base) * times, figure)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("times", [0.25, 2])
def test_a_target_is_met_or_both_neighbours_are_told(name, times):
    base = nas.genotype(name)
    wanted = budget(base, times)
    found = solve(base, laws.make("compound"), [wanted])
    assert macs(found.nearest.network) == found.nearest.costs[0]
    below, above = found.below, found.above
    assert below.share < 1 < above.share
    assert above.phi - below.phi < 1e-4  # nothing lies between them
    assert found.nearest in (below, above)
    assert abs(found.miss) == min(1 - below.share, above.share - 1)
    assert found.close == (abs(found.miss) <= 0.03)
    built = nas.cost(found.nearest.network)
    assert built.macs == found.nearest.costs[0]
    assert built.graph.spec.shape == (1000,)


@pytest.mark.parametrize("name", ["compound", "width", "depth", "resolution", "fast", "regnet"])
def test_no_network_along_the_law_is_nearer(name):
    base, law = nas.genotype("mobilenet_v2"), laws.make(name)
    wanted = budget(base, 1.7)
    found = solve(base, law, [wanted])
    walk = (grown(base, law.factors(step / 25, 224)) for step in range(50))
    best = min(abs(macs(each) / wanted.target - 1) for each in walk)
    assert abs(found.miss) <= best + 1e-12


def test_of_several_budgets_the_first_that_binds_decides():
    base, law = nas.genotype("resnet50"), laws.make("compound")
    both = [budget(base, 4), budget(base, 1.5, params)]
    alone = solve(base, law, both[1:])
    together = solve(base, law, both)
    assert together.nearest.network == alone.nearest.network
    assert together.nearest.costs[0] < both[0].target


def test_a_budget_that_is_the_network_s_own_changes_nothing():
    base = nas.genotype("resnet18")
    found = solve(base, laws.make("compound"), [budget(base, 1)])
    assert found.nearest.network is base
    assert (found.below, found.above) == (None, None)


def test_an_image_that_can_shrink_no_further_stays_and_the_rest_goes_on():
    base = nas.genotype("lenet5")
    found = solve(base, laws.make("compound"), [budget(base, 0.7)])
    assert str(found.nearest.network).startswith("image(1, 32, 32)")
    assert found.nearest.factors.resolution == 1
    assert found.nearest.factors.width < 1


@pytest.mark.parametrize(
    ("name", "law", "times", "figure", "rule"),
    [
        ("lenet5", "compound", 0.1, macs, "the smallest network along the law compound has"),
        ("resnet18", "width", 1e-6, macs, "or take the law compound"),
        ("resnet18", "depth", 0.1, macs, "raise the target"),
        ("googlenet", "depth", 2, macs, "the largest network found along the law depth"),
        ("resnet18", "resolution", 2, params, "take a law that changes something else"),
    ],
)
def test_a_target_out_of_reach_is_one_sentence(name, law, times, figure, rule):
    base = nas.genotype(name)
    with pytest.raises(ScalingError) as refused:
        solve(base, laws.make(law), [budget(base, times, figure)])
    assert rule in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_budget_is_needed():
    with pytest.raises(ScalingError, match="give one, such as MACs"):
        solve(nas.genotype("resnet18"), laws.make("compound"), [])
