"""Operations on channels against their papers' own formulas."""

import pytest
import torch
from torch import Tensor

from nas.errors import GenotypeError
from nas.ops import Spec
from nas.ops.affine import Affine, Distance
from nas.ops.channels import PadChannels, Shuffle, Slice

MAPS = torch.randn((2, 12, 5, 4), generator=torch.Generator().manual_seed(4))


def run(op, x: Tensor) -> Tensor:
    scope = {"torch": torch, "F": torch.nn.functional, "x": x}
    return eval(op.code(["x"], "me"), scope)


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 6, 12])
def test_a_shuffle_is_a_transposition_of_groups(groups: int) -> None:
    """ShuffleNet, arXiv:1707.01083, section 3.1: reshape to (g, n), transpose, flatten."""
    n, channels, height, width = MAPS.shape
    by_groups = MAPS.view(n, groups, channels // groups, height, width)
    assert torch.equal(run(Shuffle(groups), MAPS), by_groups.transpose(1, 2).reshape(MAPS.shape))
    assert Shuffle(groups).infer(Spec(12, (5, 4))).shape == (12, 5, 4)


def test_a_slice_is_some_channels() -> None:
    assert torch.equal(run(Slice(3, 7), MAPS), MAPS[:, [3, 4, 5, 6]])
    assert Slice(3, 7).infer(Spec(12, (5, 4))).shape == (4, 5, 4)


def test_channels_of_zeros_are_put_behind() -> None:
    y = run(PadChannels(3), MAPS)
    assert torch.equal(y[:, :12], MAPS)
    assert y.shape == (2, 15, 5, 4)
    assert not y[:, 12:].any()
    assert PadChannels(3).infer(Spec(12, (5, 4))).shape == (15, 5, 4)


def test_affine_and_distance_count_what_they_learn() -> None:
    maps = Spec(6, (14, 14))
    assert Affine().total(maps, maps).params == 12
    assert Distance(10).total(Spec(10), Spec(84)).params == 0
    assert Distance(10).infer(Spec(84)).shape == (10,)


@pytest.mark.parametrize(
    ("op", "spec", "words"),
    [
        (Shuffle(5), Spec(12, (5, 4)), "12 channels and 5 groups; change the width or the groups"),
        (Slice(8, 13), Spec(12, (5, 4)), "channels 8 to 13 are asked for of 12x5x4"),
        (PadChannels(3), Spec(12), "needs a map"),
        (Affine(), Spec(12), "needs a map"),
        (Distance(10), Spec(16, (5, 5)), "need a vector, but got a map of 16x5x5"),
    ],
)
def test_what_does_not_fit_is_refused(op, spec: Spec, words: str) -> None:
    with pytest.raises(GenotypeError, match=words):
        op.infer(spec)
