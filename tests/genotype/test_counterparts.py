"""Which part of a network is which of another's: by hand for each kind of change."""

import nas
from nas.genotype.counterparts import counterparts


def found(new, old):
    """Places that moved or are new, as text."""
    pairs = counterparts(nas.parse(new), nas.parse(old)).items()
    return {".".join(at): was and ".".join(was) for at, was in pairs if at != was}


def test_what_stands_where_it_stood_keeps_its_place():
    text = "conv(8) >> mbconv(16) * 3 @ 's1' >> (conv(8) | conv(8, 3)) >> classifier(10)"
    assert found(text, text) == {}
    assert found(text.replace("16", "24").replace("8, 3", "8, 5"), text) == {}


def test_a_block_put_in_moves_those_behind_it():
    old = "conv(8) >> conv(16) >> classifier(10)"
    assert found("conv(8) >> conv(12) >> conv(16) >> classifier(10)", old) == {
        "conv2": None,
        "conv3": "conv2",
    }
    assert found("conv(16) >> classifier(10)", old) == {"conv": "conv2"}
    assert found("conv(8) >> se >> conv(16) >> classifier(10)", old) == {"se": None}


def test_copies_and_branches_are_added_at_the_end():
    assert found("mbconv(8) * 3 >> conv(8)", "mbconv(8) * 2 >> conv(8)") == {"mbconv.2": None}
    assert found("mbconv(8) * 1 >> conv(8)", "mbconv(8) >> conv(8)") == {"mbconv.0": "mbconv"}
    three, two = "conv(8) >> (conv(8) | act | se)", "conv(8) >> (conv(8) | act)"
    assert found(three, two) == {"branches.2": None}
    longer = "conv(8) >> (conv(8) >> conv(8) | act)"
    assert found(longer, two) == {"branches.0.conv": "branches.0", "branches.0.conv2": None}


def test_another_block_at_a_place_is_a_new_one():
    assert found("conv(8) >> basic(8)", "conv(8) >> bottleneck(8)") == {"basic": None}
    both = "cell(8, {}) >> conv(8)"
    assert found(both.format("conv(8) + act"), both.format("conv(8, 3) + identity")) == {
        "cell.inside.1": None
    }
