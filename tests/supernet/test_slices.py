"""What a candidate takes of a shared tensor, compared with indices written by hand."""

import pytest
import torch

import nas
from nas.errors import SpaceError
from nas.space import Space
from nas.supernet import Supernet

START = "image(3, 8, 8) >> "
END = " >> classifier(2)"


def space_of(space):
    """The candidate of a space with one switch, by how that is set."""
    held = Space(space)
    return lambda on: held.resolve({held.decisions[0].key: on})


def taken(space, candidate, name):
    """The shared tensor at a name and what a candidate takes for a tensor of its own name."""
    net = Supernet(nas.parse(START + space + END), seed=1)
    own, shared = name if isinstance(name, tuple) else (name, name)
    weights = net.subnet(nas.parse(START + candidate + END)).weights()
    return net.shelf.get_parameter(shared), weights[own]


def test_channels_are_the_first_and_kernels_the_middle():
    whole, part = taken(
        "conv(choice(4, 6)) >> conv(choice(5, 8), choice(1, 3, 5))",
        "conv(4) >> conv(5, 3)",
        "conv2.conv.weight",
    )
    assert whole.shape == (8, 6, 5, 5)
    assert torch.equal(part, whole[:5, :4, 1:4, 1:4])


def test_each_branch_of_a_concatenation_is_cut_by_itself():
    whole, part = taken(
        "(conv(choice(2, 4)) | conv(choice(3, 5))) >> conv(6)",
        "(conv(2) | conv(3)) >> conv(6)",
        "conv.conv.weight",
    )
    assert whole.shape == (6, 9, 1, 1)
    assert torch.equal(part, whole[:, [0, 1, 4, 5, 6]])


def test_norms_follow_the_layout_of_what_they_norm():
    whole, part = taken(
        "(conv(choice(2, 4)) | conv(choice(3, 5))) >> norm >> conv(6)",
        "(conv(4) | conv(3)) >> norm >> conv(6)",
        "norm.norm.weight",
    )
    assert whole.shape == (9,)
    assert part.shape == (7,)


def test_hidden_channels_of_an_inverted_bottleneck_are_those_of_the_largest():
    space = "conv(choice(4, 8)) >> mbconv(choice(6, 8), choice(3, 5), expand=choice(2, 3), se=0.25)"
    candidate = "conv(4) >> mbconv(6, 3, expand=3, se=0.25)"
    for name, shape, index in (
        ("mbconv.expand.weight", (24, 8, 1, 1), (slice(12), slice(4))),
        ("mbconv.depthwise.weight", (24, 1, 5, 5), (slice(12), slice(1), slice(1, 4), slice(1, 4))),
        ("mbconv.project.weight", (8, 24, 1, 1), (slice(6), slice(12))),
    ):
        whole, part = taken(space, candidate, name)
        assert whole.shape == shape
        assert torch.equal(part, whole[index])


def test_a_matrix_on_a_flattened_map_keeps_the_pixels_of_each_channel():
    whole, part = taken(
        "conv(choice(2, 4)) >> pool_to(2) >> flatten >> linear(3)",
        "conv(2) >> pool_to(2) >> flatten >> linear(3)",
        ("linear.linear.weight", "linear.linear.2x2_weight"),
    )
    assert whole.shape == (3, 16)
    assert torch.equal(part, whole[:, :8])


def test_maps_of_other_sizes_have_matrices_of_their_own():
    net = Supernet(nas.parse(f"{START}pool_to(choice(1, 2)) >> flatten >> linear(3){END}"))
    shapes = {name: tuple(each.shape) for name, each in net.shelf.named_parameters()}
    assert shapes["linear.linear.2x2_weight"] == (3, 12)
    assert shapes["linear.linear.weight"] == (3, 3)


def test_queries_keys_and_values_are_cut_each():
    whole, part = taken(
        "conv(choice(4, 8)) >> attention(2)", "conv(4) >> attention(2)", "attention.attn.qkv.weight"
    )
    assert whole.shape == (24, 8)
    assert torch.equal(part, whole[[0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19], :4])


def test_first_weights_are_those_of_the_largest_network_and_follow_the_seed():
    space = nas.parse(f"{START}conv(choice(4, 64), choice(1, 3)) >> conv(choice(4, 64), 3){END}")
    nets = [Supernet(space, seed=seed) for seed in (0, 0, 1)]
    first = [net.shelf.get_parameter("conv2.conv.weight") for net in nets]
    assert torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[2])
    # He's by fan-out: variance 2 / (64 * 3 * 3)
    assert float(first[0].detach().var()) == pytest.approx(2 / (64 * 9), rel=0.1)


def test_residual_branches_begin_at_zero_where_a_recipe_asks_for_it():
    space = nas.parse(f"{START}conv(8) >> mbconv(8, choice(3, 5)){END}")
    for asked in (False, True):
        shelf = Supernet(space, zero_gamma=asked).shelf
        norms = {
            name: each
            for name, each in shelf.named_parameters()
            if "norm" in name and name.endswith(".weight")
        }
        zero = [name for name, each in norms.items() if not each.any()]
        assert len(zero) == int(asked)
        assert len(norms) == 4


def test_a_block_with_its_input_added_shares_all_but_the_norms_with_the_one_without():
    space = nas.parse(f"{START}conv(8) >> mbconv(8, skip=choice(True, False)){END}")
    net = Supernet(space, zero_gamma=True)
    names = {each.data_ptr(): name for name, each in net.shelf.named_parameters()}
    taken = [
        {names[each.data_ptr()] for each in net.subnet(network).weights().values()}
        for network in map(space_of(space), (True, False))
    ]
    added, alone = taken[0] - taken[1], taken[1] - taken[0]
    assert len(added) == len(alone) == 6  # scale and shift of three norms
    assert {name.replace("residual.", "") for name in added} == alone
    zero = [
        name
        for name in added | alone
        if "weight" in name and not net.shelf.get_parameter(name).any()
    ]
    assert zero == [max(name for name in added if "weight" in name)]


def test_every_candidate_is_found_where_widths_decide_whether_a_block_adds_its_input():
    space = Space(
        nas.parse(
            f"{START}conv(choice(4, 6, 8)) "
            f">> mbconv(choice(6, 8, 10), expand=choice(1, 2, 3), se=choice(0, 0.5)){END}"
        )
    )
    net = Supernet(space)
    for point in space.points():
        candidate = space.resolve(point)
        sizes = {name: each.shape for name, each in nas.compile(candidate).named_parameters()}
        assert {name: each.shape for name, each in net.subnet(candidate).weights().items()} == sizes


def test_a_candidate_of_another_space_is_refused():
    net = Supernet(nas.parse(f"{START}conv(choice(4, 8)){END}"))
    with pytest.raises(SpaceError, match="none of the space's"):
        net.subnet(nas.parse(f"{START}conv(16){END}"))
