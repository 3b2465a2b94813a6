"""Scaling against what the released EfficientNet code gives, and its laws."""

import pytest
from genotypes import networks
from hypothesis import given

import nas
from nas.errors import GenotypeError
from nas.scaling import round_channels, scale


@pytest.mark.parametrize(
    ("width", "released"),
    [
        # stem, seven stages and head of the released networks, arXiv:1905.11946's code
        (1.1, [32, 16, 24, 48, 88, 120, 208, 352, 1408]),  # B2
        (1.4, [48, 24, 32, 56, 112, 160, 272, 448, 1792]),  # B4
        (2.0, [64, 32, 48, 80, 160, 224, 384, 640, 2560]),  # B7
    ],
)
def test_channels_round_as_released(width, released):
    b0 = [32, 16, 24, 40, 80, 112, 192, 320, 1280]
    assert [round_channels(channels * width) for channels in b0] == released


def test_never_below_ninety_percent():
    for channels in range(1, 2_000):
        for width in (0.25, 0.35, 0.5, 1.3):
            rounded = round_channels(channels * width)
            assert rounded % 8 == 0
            assert rounded >= 0.9 * channels * width


def test_each_factor_touches_its_own():
    base = nas.parse(
        'image(3, 64, 48) >> conv(32, 3) >> mbconv(16) * 2 @ "a" >> (conv(16) * 3 | act) '
        ">> each(conv(8), conv(24)) >> classifier(10)"
    )
    assert scale(base, width=2) == nas.parse(
        'image(3, 64, 48) >> conv(64, 3) >> mbconv(32) * 2 @ "a" >> (conv(32) * 3 | act) '
        ">> each(conv(16), conv(48)) >> classifier(10)"
    )
    assert scale(base, depth=2) == nas.parse(
        'image(3, 64, 48) >> conv(32, 3) >> mbconv(16) * 4 @ "a" >> (conv(16) * 3 | act) '
        ">> each(conv(8), conv(24), conv(24), conv(24)) >> classifier(10)"
    )
    assert scale(base, resolution=1.5) == nas.parse(str(base).replace("64, 48", "96, 72"))
    assert scale(base, resolution=128) == nas.parse(str(base).replace("64, 48", "128, 128"))
    assert scale(base, depth=0.5) == nas.parse(
        'image(3, 64, 48) >> conv(32, 3) >> mbconv(16) * 1 @ "a" >> (conv(16) * 3 | act) '
        ">> conv(8) * 1 >> classifier(10)"
    )


def test_cells_that_pass_by_their_input_are_repeated_by_two_more():
    """The last of them reads every other one; were they one more, it would read those that led
    nowhere before."""
    base = nas.parse(
        'image(3, 32, 32) >> conv(8) @ "stem" >> conv(8) >> cell(8, tap("prev") >> conv(8, 3)) * 4 '
        ">> classifier(10)"
    )
    for depth, copies in ((0.25, 2), (0.5, 2), (0.6, 4), (1.25, 6), (1.5, 6), (1.6, 8)):
        assert f"* {copies} " in str(scale(base, depth=depth)).replace("\n", " "), depth
    reads = nas.parse(str(base).replace('tap("prev")', 'tap("prev") + identity'))
    assert "* 5 " in str(scale(reads, depth=1.25)).replace("\n", " ")


@given(networks(depth=1, length=3))
def test_wider_and_deeper_cost_no_less(text):
    network = nas.parse(text)
    try:
        base = nas.cost(network)
        wider, deeper = nas.cost(scale(network, width=2)), nas.cost(scale(network, depth=2))
    except GenotypeError:
        return
    assert wider.params >= base.params
    assert wider.macs >= base.macs
    assert deeper.params >= base.params


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"width": 0}, "scale's width must be a number above 0"),
        ({"depth": -1}, "scale's depth"),
        ({"resolution": float("nan")}, "scale's resolution"),
        ({"width": float("inf")}, "scale's width"),
        ({"width": True}, "but got True"),
        ({"width": "2"}, "but got '2'"),
        ({"width": 1e5}, "from 1 to 1048576"),
        ({"depth": 20_000}, "a repeat must be at most 10000"),
        ({"resolution": 1e5}, "image's height"),
    ],
)
def test_refused(how, rule):
    with pytest.raises(GenotypeError) as refused:
        scale(nas.parse("image(3, 64, 64) >> conv(32) * 2"), **how)
    assert rule in str(refused.value)
