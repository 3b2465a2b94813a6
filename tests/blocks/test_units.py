"""Blocks that the zoo needed: what they refuse, and laws that tie them to one another."""

import pytest

import nas
from nas.blocks.lenet import connections
from nas.errors import GenotypeError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "image(24, 8, 8) >> shuffle_group(30)",
            "shuffle_group: a shuffle_group without a stride keeps its channels, but got 24 in and "
            "out=30; make them equal or give it a stride",
        ),
        (
            "image(24, 8, 8) >> shuffle_group(24, stride=2)",
            "shuffle_group: a shuffle_group with a stride puts its input's 24 channels out too, so "
            "out must be more, but got out=24; widen it",
        ),
        (
            "image(24, 8, 8) >> shuffle_split(48)",
            "shuffle_split: a unit without a stride keeps its channels and halves them, but got "
            "24 in and out=48; make them equal and even, or give it a stride",
        ),
        (
            "image(25, 8, 8) >> shuffle_unit(25)",
            "shuffle_unit: a unit without a stride keeps its channels and halves them, but got "
            "25 in and out=25; make them equal and even, or give it a stride",
        ),
        (
            "image(24, 8, 8) >> shuffle_unit(20, stride=2)",
            "shuffle_unit: a shuffle_unit with a stride puts its input's 24 channels out too, so "
            "out must be more, but got out=20; widen it",
        ),
        (
            'image(24, 8, 8) >> basic(16, shortcut="pad")',
            "basic: a padded shortcut can't lose channels, but got 24 in and out=16; "
            'widen it or set shortcut="project"',
        ),
        (
            'image(24, 8, 8) >> basic(16, shortcut="cut")',
            "<text>, line 1, column 30: basic's field 'shortcut' must be one of 'project', 'pad', "
            "but got 'cut'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(text: str, words: str) -> None:
    with pytest.raises(GenotypeError) as error:
        nas.cost(nas.parse(text))
    assert str(error.value) == words


def test_a_padded_shortcut_costs_nothing() -> None:
    """arXiv:1512.03385, section 4.2: option A has no extra parameters."""
    padded, projected = (
        nas.cost(f'image(16, 8, 8) >> basic(32, stride=2, shortcut="{how}")')
        for how in ("pad", "project")
    )
    assert projected.params - padded.params == 16 * 32 + 2 * 32
    assert projected.macs - padded.macs == 16 * 32 * 4 * 4


def test_a_bneck_without_squeeze_is_an_mbconv() -> None:
    bneck = nas.cost('image(16, 8, 8) >> bneck(24, 5, stride=2, hidden=64, act="relu")')
    mbconv = nas.cost('image(16, 8, 8) >> mbconv(24, 5, stride=2, expand=4, se=0, act="relu")')
    assert (bneck.params, bneck.macs) == (mbconv.params, mbconv.macs)


def test_an_xblock_of_one_group_is_a_bottleneck_of_full_width() -> None:
    xblock = nas.cost("image(16, 8, 8) >> xblock(32, stride=2, group_width=32)")
    bottleneck = nas.cost("image(16, 8, 8) >> bottleneck(32, stride=2, width=1)")
    assert (xblock.params, xblock.macs) == (bottleneck.params, bottleneck.macs)


def test_connections_are_those_of_table_1() -> None:
    """LeCun et al. 1998, Table I, column by column."""
    table = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345"
    assert ["".join(map(str, seen)) for seen in connections(6)] == table.split()


@pytest.mark.parametrize("group", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("width", [1, 0.5, 0.25])
def test_an_xblocks_groups_are_whole_as_in_pycls(width: float, group: int) -> None:
    for out in (8, 24, 56, 104, 232, 1000):
        # adjust_block_compatibility of facebookresearch/pycls for multipliers up to 1
        v = int(max(1, out * width))
        g = min(group, v)
        v = max(g, round(v / g) * g)
        counted = nas.cost(
            f"image({out}, 4, 4) >> xblock({out}, group_width={group}, width={width})"
        )
        assert counted.params == 2 * out * v + 9 * v * g + 2 * (2 * v + out)
        assert counted.graph.spec.shape == (out, 4, 4)
