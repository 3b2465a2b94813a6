"""A block with an expression as a field: written, read back, decided, recorded, scoped."""

import numpy as np
import pytest
import torch
from torch import nn

import nas
from nas.dsl import act, cell, choice, conv, dsep, identity, image, maxpool, tap
from nas.errors import GenotypeError
from nas.genotype import Genotype, canonical_hash, parse
from nas.genotype.recording import graph
from nas.space import Space

PREV = tap("prev")
STEM = image(3, 16, 16) >> conv(4, 3, act="none")


def test_text_reads_back_and_places_the_expression_second() -> None:
    network = STEM >> cell(8, dsep(5) + (PREV >> maxpool)) >> cell(8, PREV | identity, prev="stem")
    text = str(network)
    assert 'cell(8, dsep(5) + (tap("prev") >> maxpool))' in text
    assert 'cell(8, tap("prev") | identity, prev="stem")' in text
    assert parse(text) == network


def test_a_bare_word_and_text_are_expressions_too() -> None:
    assert (
        cell(8, identity)
        == cell(8, identity())
        == cell(8, "identity")
        == parse("cell(8, identity)")
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("cell(8, 3)", "cell's field 'inside' must be an expression such as"),
        ("cell(8)", "cell needs its field 'inside'"),
        ("conv(dsep(5))", "conv's field 'out' must be a whole number of channels"),
        ("cell(8, image(3, 8, 8) >> conv(4))", "cell's field holds image"),
        ('cell(8, identity, prev="a b")', "cell's field 'prev' must be the name of an output"),
        ("cell(8, choice(identity, 3))", "all expressions or all values"),
    ],
)
def test_what_is_no_expression_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(GenotypeError, match=said):
        parse(wrong)


def test_blocks_inside_count_against_the_limits() -> None:
    inner: Genotype = identity * 300
    with pytest.raises(GenotypeError, match="number of blocks"):
        parse("a = conv * 9000\nb = cell(8, choice(a, dsep)) * 9000\nb")
    assert cell(8, inner).blocks == 300
    assert cell(8, choice(inner, identity)).blocks == 300


def test_prev_is_what_the_step_before_read() -> None:
    """conv, conv2, cell: the first convolution's output, 1x1 to the cell's channels."""
    network = image(3, 16, 16) >> conv(4, 3) >> conv(6, 3) >> cell(8, PREV)
    cost = nas.cost(network)
    adjust = next(line for line in cost.nodes if line.name == "cell.adjust_prev.conv")
    assert adjust.params == 4 * 8
    assert adjust.macs == 16 * 16 * 4 * 8


def test_in_a_row_each_cell_reads_the_two_before_it() -> None:
    """Outputs have 8, 16 + 8 = 24, ... channels: widths of the 1x1s tell what is read."""
    network = STEM >> cell(8, PREV | identity) * 3
    widths = [
        (line.name, line.params)
        for line in nas.cost(network).nodes
        if line.name.endswith("adjust_prev.conv")
    ]
    assert widths == [
        ("cell.0.adjust_prev.conv", 3 * 8),  # the image
        ("cell.1.adjust_prev.conv", 4 * 8),  # the stem
        ("cell.2.adjust_prev.conv", 16 * 8),  # the first cell
    ]


def test_a_named_output_is_read_instead() -> None:
    network = image(3, 16, 16) >> conv(4, 3) @ "stem"
    network = network >> conv(6, 3) >> conv(7, 3) >> cell(8, PREV, prev="stem")
    names = {line.name: line.params for line in nas.cost(network).nodes}
    assert names["cell.adjust_prev.conv"] == 4 * 8


def test_a_larger_output_is_halved_in_two_shifted_parts() -> None:
    """Against the same arithmetic in plain torch, on an odd side."""
    network = image(3, 15, 15) >> conv(4, 3, act="none") @ "a" >> maxpool(3, stride=2)
    network = network >> cell(6, PREV, prev="a")
    model = nas.compile(network, seed=0).eval()
    batch = torch.randn(2, 3, 15, 15, generator=torch.Generator().manual_seed(0))
    parts = dict(model.named_modules())
    with torch.no_grad():
        x = parts["a.norm"](parts["a.conv"](batch)).relu()
        here = parts["cell.adjust_prev.here"].weight.flatten(1)
        shifted = parts["cell.adjust_prev.shifted"].weight.flatten(1)
        first = torch.einsum("oc,nchw->nohw", here, x[:, :, ::2, ::2])
        moved = torch.zeros_like(x)
        moved[:, :, :-1, :-1] = x[:, :, 1:, 1:]
        second = torch.einsum("oc,nchw->nohw", shifted, moved[:, :, ::2, ::2])
        expected = parts["cell.adjust_prev.norm"](torch.cat((first, second), 1))
        torch.testing.assert_close(model(batch), expected)


def test_prev_is_not_made_where_nothing_taps_it() -> None:
    recorded = graph(STEM >> cell(8, dsep))
    assert not any("adjust_prev" in node.path for node in recorded.nodes)


def test_names_live_in_the_cell_and_are_reached_from_outside() -> None:
    body = identity @ "x" >> dsep(3) + tap("x")
    network = STEM >> cell(8, body) >> cell(8, body) * 2 >> tap("cell.x", "cell2.1.x")
    assert nas.cost(network).graph.spec.shape == (16, 16, 16)
    assert not {name for name, _ in graph(network).names if "prev" in name}


def test_a_cell_in_a_cell_has_a_prev_of_its_own() -> None:
    inner = cell(4, PREV + identity)
    network = image(3, 8, 8) >> conv(5, 1) >> cell(6, conv(7, 1) >> inner)
    names = {line.name: line.params for line in nas.cost(network).nodes}
    assert names["cell.inside.cell.adjust_prev.conv"] == 6 * 4  # what conv(7) read


def test_where_nothing_stands_before_the_error_says_so() -> None:
    with pytest.raises(GenotypeError, match=r"^cell: reads the output before the previous, but"):
        nas.cost(image(3, 8, 8) >> cell(8, PREV))


def test_sizes_that_no_stride_joins_are_refused_at_their_place() -> None:
    network = image(3, 16, 16) >> conv(4, 3) @ "a" >> conv(4, 3, stride=2, padding="valid")
    with pytest.raises(
        GenotypeError, match=r"^cell: no whole stride takes .* 4x16x16, to .* 4x7x7"
    ):
        nas.cost(network >> cell(8, PREV, prev="a"))


def test_errors_inside_name_the_whole_place() -> None:
    with pytest.raises(GenotypeError, match=r"^cell\.inside\.sum\.1|^cell\.inside\.1"):
        nas.cost(STEM >> cell(8, identity + conv(9, 99, padding=0)))


def test_choices_inside_have_keys_and_are_decided() -> None:
    edge = choice(identity, dsep(3), dsep(5))
    space = Space(STEM >> cell(choice(8, 16), edge + PREV) @ "one")
    assert {decision.key for decision in space.decisions} == {"one.out", "one.inside.0"}
    assert space.size == 6
    point = space.sample(np.random.default_rng(0))
    assert set(point) == {"one.out", "one.inside.0"}
    nas.cost(space.resolve(point))


def test_equal_cells_hash_alike_and_others_apart() -> None:
    one = STEM >> cell(8, dsep(3) + PREV)
    assert canonical_hash(one) == canonical_hash(STEM >> cell(8, PREV + dsep(3)))
    assert canonical_hash(one) != canonical_hash(STEM >> cell(8, dsep(5) + PREV))


def test_default_reaches_inside_and_drop_path_grows_there() -> None:
    text = """
        image(3, 16, 16) >> default(act="silu", eps=0.01, drop_path=0.2) >> conv(8, 3)
        >> cell(8, mbconv(8) >> mbconv(8)) >> mbconv(8)
    """
    model = nas.compile(parse(text), device="meta")
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {norm.eps for norm in norms} == {0.01}
    rates = [m.rate for m in model.modules() if type(m).__name__ == "DropPath"]
    assert rates == pytest.approx([0.2 / 3, 0.4 / 3])


def test_cells_compile_to_what_is_counted() -> None:
    network = STEM >> cell(8, (dsep(3) + PREV) @ "y" | PREV >> act) * 2 >> cell(16, PREV)
    model = nas.compile(network, device="meta")
    assert sum(p.numel() for p in model.parameters()) == nas.cost(network).params
    assert model(torch.zeros(1, 3, 16, 16, device="meta")).shape == (1, 16, 16, 16)
