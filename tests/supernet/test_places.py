"""Blocks of a candidate are found at their places in the space, whatever was chosen beside them."""

import numpy as np
import pytest

import nas
from nas.errors import SpaceError
from nas.space import Space, fit, known, load
from nas.supernet.places import origins


def paths(found):
    return {".".join(path): ".".join(place) for path, place in found.items()}


def test_what_stands_behind_a_choice_keeps_its_place():
    space = nas.parse("image(3, 8, 8) >> choice(conv(4), maxpool >> norm) >> conv(6) >> conv(8)")
    found = paths(origins(space, nas.parse("image(3, 8, 8) >> conv(4) >> conv(6) >> conv(8)")))
    assert found == {"conv": "choice.conv", "conv2": "conv", "conv3": "conv2"}
    other = nas.parse("image(3, 8, 8) >> maxpool >> norm >> conv(6) >> conv(8)")
    assert paths(origins(space, other)) == {
        "maxpool": "choice.chain.maxpool",
        "norm": "choice.chain.norm",
        "conv": "conv",
        "conv2": "conv2",
    }


def test_alternatives_of_one_block_have_places_of_their_own_and_choices_of_a_field_dont():
    space = nas.parse("image(3, 8, 8) >> choice(conv(4), conv(4, 3)) @ 'a' >> conv(choice(4, 8))")
    places = set()
    for text in ("conv(4)", "conv(4, 3)"):
        for out in (4, 8):
            network = nas.parse(f"image(3, 8, 8) >> {text} @ 'a' >> conv({out})")
            places.add(tuple(paths(origins(space, network)).items()))
    assert places == {
        (("a", "a.conv"), ("conv", "conv")),
        (("a", "a.conv2"), ("conv", "conv")),
    }


def test_copies_terms_and_branches_are_steps():
    space = nas.parse(
        "image(3, 8, 8) >> each(conv(choice(4, 8)), choice(1, 2)) @ 's' "
        ">> (conv(4) | choice(conv(4) | conv(6), identity)) >> conv(3) * choice(1, 2)"
    )
    network = nas.parse(
        "image(3, 8, 8) >> each(conv(4), conv(8)) @ 's' >> (conv(4) | conv(4) | conv(6)) "
        ">> conv(3) * 2"
    )
    assert paths(origins(space, network)) == {
        "s.0": "s.0",
        "s.1": "s.1",
        "branches.0": "branches.0",
        "branches.1": "branches.1.branches.0",
        "branches.2": "branches.1.branches.1",
        "conv.0": "conv.0",
        "conv.1": "conv.1",
    }


@pytest.mark.parametrize(
    "text",
    [
        "image(3, 8, 8) >> conv(5)",
        "image(3, 8, 8) >> conv(4, 3)",
        "image(3, 8, 8) >> conv(4) >> conv(4)",
        "image(3, 8, 8) >> conv(4) * 2",
        "image(1, 8, 8) >> conv(4)",
        "image(3, 8, 8) >> default(act='silu') >> conv(4)",
    ],
)
def test_a_network_of_another_space_is_refused(text):
    space = nas.parse("image(3, 8, 8) >> conv(choice(4, 8))")
    assert origins(space, nas.parse("image(3, 8, 8) >> conv(8)"))
    with pytest.raises(SpaceError, match="the network is none of the space's"):
        origins(space, nas.parse(text))


@pytest.mark.parametrize("name", sorted(known()))
def test_every_candidate_that_comes_along_is_found_and_no_two_blocks_share_a_place(name):
    space, rng = Space(fit(load(name), (1, 32, 32), 10)), np.random.default_rng(2)
    for _ in range(5):
        candidate = nas.parse(str(space.resolve(space.sample(rng))))
        found = origins(space.genotype, candidate)
        assert len(set(found.values())) == len(found)


def test_what_is_chosen_for_a_field_shares_the_blocks_place():
    space = nas.parse(
        "image(3, 8, 8) "
        ">> mbconv(4, choice(3, 5), act=choice('relu', 'silu'), skip=choice(True, False))"
    )
    for kernel in (3, 5):
        for skip in (True, False):
            network = nas.parse(f"image(3, 8, 8) >> mbconv(4, {kernel}, act='relu', skip={skip})")
            assert origins(space, network) == {("mbconv",): ("mbconv",)}
