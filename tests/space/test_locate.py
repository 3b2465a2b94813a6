"""Stored candidates are found again in a space that has changed elsewhere, or said not to be."""

import numpy as np
import pytest

from nas.errors import SpaceError
from nas.genotype import canonical_hash, parse
from nas.space import Space
from nas.space.locate import Locator

OLD = (
    "image(3, 32, 32) >> conv(choice(8, 16), 3, stride=2) >> mbconv(24, choice(3, 5), stride=2) * 2"
    " >> conv(32, 3) >> classifier(10)"
)


def space(text: str) -> Space:
    return Space(parse(text))


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        OLD.replace("conv(32, 3)", "conv(choice(16, 32, 64), choice(1, 3, 5))"),
        OLD.replace("* 2", "* choice(1, 2, 3)").replace("conv(32", "conv(choice(64, 32)"),
        OLD.replace(
            "stride=2) * 2", "stride=2, se=choice(0, 0.25), act=choice('relu', 'silu')) * 2"
        ),
        OLD.replace("conv(32, 3)", "choice(mbconv(32), conv(32, choice(5, 3)), conv(8))"),
        OLD.replace("choice(3, 5)", "choice(3, 5, 7)"),
        OLD.replace("choice(8, 16)", "16"),
    ],
)
def test_every_network_of_the_old_space_that_the_new_one_has_is_found(new: str) -> None:
    old, changed = space(OLD), space(new)
    locator, rng = Locator(changed), np.random.default_rng(0)
    for _ in range(8):
        point = old.sample(rng)
        network = old.resolve(point)
        if "choice(8, 16)" not in new and point["conv.out"] == 8:
            continue
        found = locator.find(point, str(network))
        assert canonical_hash(changed.resolve(found)) == canonical_hash(network)
        assert changed.active(found) == found


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (OLD.replace("choice(3, 5)", "choice(3, 7)"), "'mbconv.kernel' has no option 5"),
        (OLD.replace("choice(3, 5)", "7"), "none of the space's: the parts without choices differ"),
        (OLD.replace("conv(32, 3)", "conv(choice(40, 48), 3)"), "none of the space's"),
    ],
)
def test_a_network_that_is_not_there_is_refused(new: str, says: str) -> None:
    old = space(OLD)
    point = {"conv.out": 16, "mbconv.kernel": 5}
    assert point.keys() == {decision.key for decision in old.decisions}
    with pytest.raises(SpaceError, match=says):
        Locator(space(new)).find(point, str(old.resolve(point)))


def test_twenty_new_decisions_are_found_one_by_one() -> None:
    layer = " >> mbconv(16, {}, expand={}, act='relu')"
    old = "image(3, 32, 32) >> conv(choice(8, 16), 3)" + layer.format(5, 4) * 10
    new = "image(3, 32, 32) >> conv(choice(8, 16), 3)"
    new += layer.format("choice(3, 5, 7)", "choice(2, 3, 4)") * 10
    point = {"conv.out": 8}
    text = str(space(old + " >> classifier(10)").resolve(point))
    changed = space(new + " >> classifier(10)")
    assert len(changed.decisions) == 21
    assert str(changed.resolve(Locator(changed).find(point, text))) == text
