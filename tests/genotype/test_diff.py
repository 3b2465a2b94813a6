"""The structural diff: what a reader would say changed, at every place where it did."""

import pytest
from genotypes import expressions
from hypothesis import given

import nas
from nas.genotype.diff import diff


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "resnet50",
            "seresnet50",
            ["bottleneck, bottleneck2, bottleneck3, bottleneck4: se 0 -> 0.0625"],
        ),
        ("resnet50", "resnet101", ["bottleneck3: repeats 6 -> 23"]),
        (
            "efficientnet_b0",
            "efficientnet_b1",
            [
                "network: image 3x224x224 -> 3x240x240",
                "mbconv, mbconv7: repeats 1 -> 2",
                "mbconv2, mbconv3: repeats 2 -> 3",
                "mbconv4, mbconv5: repeats 3 -> 4",
                "mbconv6: repeats 4 -> 5",
            ],
        ),
        ("conv(8) >> conv(16)", "conv(8) >> maxpool >> conv(16)", ["maxpool: added maxpool"]),
        ("conv(8) >> lrn >> conv(16)", "conv(8) >> conv(16)", ["lrn: removed lrn"]),
        (
            "(conv(8) | conv(16)) @ 'a'",
            "(conv(8) | conv(24)) @ 'b'",
            ["network: renamed a -> b", "1: out 16 -> 24"],
        ),
        ("conv(8) * 2", "each(conv(8), conv(8, 3))", ["network: kernel 1 -> 3"]),
        (
            "aux(conv(8)) >> conv(4)",
            "aux(conv(8), weight=0.5) >> conv(4)",
            ["aux: auxiliary weight 0.3 -> 0.5"],
        ),
        ("conv(8)", "mbconv(8)", ["network: conv(8) -> mbconv(8)"]),
    ],
)
def test_what_changed_is_said_at_every_place(before, after, said):
    assert [str(change) for change in diff(nas.genotype(before), nas.genotype(after))] == said


@given(expressions(choices=True), expressions(choices=True))
def test_only_equal_genotypes_have_no_difference(a, b):
    assert diff(a, a) == ()
    assert bool(diff(a, b)) == (a != b)
