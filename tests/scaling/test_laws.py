"""Laws against what their papers say, and against the networks that were released."""

import math
import re
from itertools import pairwise

import pytest

import nas
from nas.errors import ScalingError, UsageError
from nas.genotype import canonical_hash
from nas.scaling import Factors, grown, laws
from nas.scaling.released import EFFICIENTNET

NAMES = laws.names()


def test_every_law_is_there():
    wanted = "compound depth efficientnetv2 fast nfnet regnet resolution width"
    assert " ".join(NAMES) == wanted


@pytest.mark.parametrize("name", NAMES)
class TestContract:
    def test_nothing_changes_at_zero(self, name):
        network = nas.genotype("efficientnet_b0")
        assert laws.make(name).factors(0) == Factors()
        assert grown(network, laws.make(name).factors(0)) is network

    def test_more_phi_is_never_less(self, name):
        law = laws.make(name)
        phis = [law.least + 0.01, -0.5, -0.1, 0, 0.3, 1, 2, 5, 9]
        found = [law.factors(phi) for phi in phis]
        for less, more in pairwise(found):
            assert less.nominal < more.nominal
            for direction in ("width", "depth", "resolution", "group_width"):
                assert getattr(less, direction) <= getattr(more, direction)

    def test_it_says_where_it_is_from_and_what_it_keeps(self, name):
        law = laws.make(name)
        assert "arXiv:" in law.source
        assert law.keeps

    @pytest.mark.parametrize("phi", [math.nan, math.inf, 65, True])
    def test_what_is_no_phi_is_refused(self, name, phi):
        with pytest.raises(ScalingError, match="phi must be a number from"):
            laws.make(name).factors(phi)


@pytest.mark.parametrize("name", ["width", "depth", "resolution", "fast", "regnet"])
@pytest.mark.parametrize("phi", [-1, 0.5, 3])
def test_phi_doubles_the_nominal_macs(name, phi):
    assert laws.make(name).factors(phi).nominal == pytest.approx(2**phi)


def test_compound_doubles_only_almost():
    """1.2 * 1.1^2 * 1.15^2, by hand."""
    assert laws.make("compound").factors(1).nominal == pytest.approx(1.92027)
    assert laws.make("compound", alpha=2, beta=1, gamma=1).factors(3).nominal == 8


@pytest.mark.parametrize("doublings", [1, 2, 5])
def test_fast_has_the_exponents_of_its_paper(doublings):
    """Section 4: width s^0.4, depth s^0.1, resolution s^0.05."""
    s, found = 2**doublings, laws.make("fast").factors(doublings)
    assert found.width == found.group_width == pytest.approx(s**0.4)
    assert found.depth == pytest.approx(s**0.1)
    assert found.resolution == pytest.approx(s**0.05)


def test_images_of_efficientnetv2_end_at_480_pixels():
    law = laws.make("efficientnetv2")
    assert law.factors(1, 384).resolution == pytest.approx(1.15)
    assert law.factors(4, 384).resolution == 480 / 384
    assert law.factors(4, 600).resolution == 1
    assert law.factors(-1, 600).resolution < 1


@pytest.mark.parametrize("size", range(1, 7))
def test_nfnet_gives_f1_to_f6(size):
    made = grown(nas.genotype("dm_nfnet_f0"), laws.make("nfnet").factors(size, 256))
    assert canonical_hash(made) == canonical_hash(nas.genotype(f"dm_nfnet_f{size}"))


RELEASED = [  # arXiv:1905.11946's code, as timm and torchvision build it
    5_288_548, 7_794_184, 9_109_994, 12_233_232, 19_341_616, 30_389_784, 43_040_704, 66_347_960,
]  # fmt: skip


MACS = [  # torchvision 0.28's, by torch's FlopCounterMode
    385_814_752, 686_802_832, 993_561_872, 1_827_141_392, 4_393_771_024, 10_266_384_752,
    19_067_593_536, 37_745_884_192,
]  # fmt: skip


@pytest.mark.parametrize("size", range(8))
def test_released_coefficients_give_the_released_networks(size):
    base, own = nas.genotype("efficientnet_b0"), EFFICIENTNET[f"b{size}"]
    factors = Factors(own.width, own.depth, own.pixels / 224)
    made = grown(base, factors)
    found = nas.cost(made)
    assert (found.params, found.macs) == (RELEASED[size], MACS[size])
    assert found.graph.input.shape == (3, own.pixels, own.pixels)
    assert f"dropout={own.dropout}" in str(made)


def test_no_phi_gives_a_released_network_but_b2_has_as_many_parameters_as_phi_1():
    base, law = nas.genotype("efficientnet_b0"), laws.make("compound")
    assert nas.cost(grown(base, law.factors(1))).params == RELEASED[2]
    found = {nas.cost(grown(base, law.factors(phi))).params for phi in range(2, 8)}
    assert not found & set(RELEASED)


def test_the_released_regnets_widen_and_stay_as_deep():
    names = [f"regnet_x_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "16gf", "32gf")]
    texts = [str(nas.genotype(name)) for name in names]
    for text in texts:
        depth = sum(int(times) for times in re.findall(r"xblock.*\* (\d+)", text))
        assert 16 <= depth <= 25
        assert text.startswith("image(3, 224, 224)")
    least, most = (re.findall(r"xblock\((\d+).*group_width=(\d+)", t)[-1] for t in texts[::5])
    channels, group = (int(large) / int(small) for small, large in zip(least, most, strict=True))
    macs = nas.cost(names[-1]).macs / nas.cost(names[0]).macs
    law = laws.make("regnet").factors(math.log2(macs))
    assert channels < law.width == law.group_width < group
    assert (channels, group) == pytest.approx((6.3, 10.5))
    assert law.width == pytest.approx(8.8, abs=0.05)


def test_regnet_widens_groups_with_the_channels():
    wider = grown(nas.genotype("regnet_x_400mf"), laws.make("regnet").factors(2))
    assert "group_width=32" in str(wider)  # of 16


@pytest.mark.parametrize(
    ("name", "given", "rule"),
    [
        ("compund", {}, "law 'compund' is none of .*did you mean 'compound'"),
        ("width", {"alpha": 1.2}, "law width has no coefficient 'alpha'; it has none"),
        ("fast", {"alpha": 1.2}, "it has share"),
        ("compound", {"beta": -1.1}, "beta must be a number above 0, such as 1.2, but got -1.1"),
        ("compound", {"gamma": math.nan}, "gamma must be a number above 0"),
    ],
)
def test_refused(name, given, rule):
    with pytest.raises(UsageError, match=rule):
        laws.make(name, **given)


def test_nfnet_s_depth_stays_above_0():
    with pytest.raises(ScalingError, match=r"from -0\.99 to 64, but got -1"):
        laws.make("nfnet").factors(-1)
