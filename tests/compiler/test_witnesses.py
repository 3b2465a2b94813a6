"""`nas cost --check`: which counter is right about what."""

import pytest

import nas
from nas.compiler.witnesses import check


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "densenet121", "efficientnet_b0"])
def test_all_three_agree_on_convolutional_networks(name: str) -> None:
    found = check(nas.genotype(name))
    assert found.agrees
    assert all(one.decides for one in found.witnesses)


def test_thop_misses_subclasses_of_convolution_and_it_is_said() -> None:
    found = check(nas.genotype("nf_resnet50"))
    assert found.agrees
    ours, torch_, thop = found.witnesses
    assert ours.macs == torch_.macs
    assert not thop.decides
    assert f"{ours.macs - thop.macs:,} MACs" in thop.says


def test_the_largest_network_takes_no_memory() -> None:
    """Built on the meta device: 828 M parameters would be 3.3 GB."""
    assert check(nas.genotype("resnext101_32x48d")).agrees
