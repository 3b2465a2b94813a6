"""Groups, heads, classes, stages and images under scaling, against what papers do."""

import re

import pytest

import nas
from nas.errors import GenotypeError
from nas.scaling import scale
from nas.scaling.resolution import smallest


def channels(text, word):
    return [int(found) for found in re.findall(rf"{word}\((\d+)", str(text))]


@pytest.mark.parametrize("name", ["resnext50_32x4d", "senet154", "alexnet_2012"])
@pytest.mark.parametrize("width", [0.25, 0.5, 0.77, 1.1, 1.25, 1.9])
def test_groups_stay_as_many_and_divide(name, width):
    base = nas.genotype(name)
    wider = scale(base, width=width)
    nas.cost(wider)  # refuses groups that don't divide
    assert re.findall(r"groups=(\d+)", str(wider)) == re.findall(r"groups=(\d+)", str(base))


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("width", [0.25, 0.5, 1.25, 1.5, 2])
def test_shufflenet_keeps_whole_groups_in_both_1x1s(groups, width):
    """arXiv:1707.01083, section 3.2: s x scales the number of filters, groups stay."""
    wider = scale(nas.genotype(f"shufflenet_g{groups}_w1"), width=width)
    assert nas.cost(wider).graph.spec.shape == (1000,)
    for out in channels(wider, "shuffle_group"):
        assert out // 4 % groups == 0
        assert out % 8 == 0


def test_heads_stay_as_wide():
    wider = scale(nas.genotype("vit_b_16"), width=1.4)  # 768 * 1.4 = 1075.2: 17 heads of 64
    assert channels(wider, "patch_embed") == [1088]
    assert channels(wider, "transformer") == [17]
    wider = scale(nas.genotype("swin_t"), width=1.4)  # 134.4: 4 of 32
    assert channels(wider, "transformer") == [4, 4, 8, 8, 16, 16, 32, 32]


def test_a_group_of_given_width_keeps_it_or_widens_as_asked():
    base = nas.genotype("regnet_y_400mf")
    assert "group_width" not in str(scale(base, width=1.5))  # 8, the default, as before
    assert "group_width=16" in str(scale(base, width=1.5, group_width=2))


def test_one_filter_a_channel_stays_so():
    base = nas.parse("image(3, 32, 32) >> conv(32, 3) >> conv(32, 3, groups=32) >> conv(64)")
    assert str(scale(base, width=1.5)) == (
        "image(3, 32, 32) >> conv(48, 3) >> conv(48, 3, groups=48) >> conv(96)"
    )


@pytest.mark.parametrize("name", ["squeezenet1_0", "spos", "nin_cifar10", "alexnet", "lenet5"])
def test_classes_stay(name):
    base = nas.genotype(name)
    assert nas.cost(scale(base, width=2)).graph.spec == nas.cost(base).graph.spec


def test_both_terms_of_a_sum_change_alike():
    """Inception-ResNet: a concatenation plus what a 1x1 made as wide as it."""
    for width in (0.33, 0.61, 0.97, 1.03, 1.7):
        nas.cost(scale(nas.genotype("inception_resnet_v2"), width=width))


def test_what_a_default_says_scales_too():
    """DenseNet-161's growth of 48 is DenseNet-169's of 32, the block's default, times 1.5."""
    assert channels(scale(nas.genotype("densenet121"), width=1.5), "conv") == [96]
    assert "dense(6, 48)" in str(scale(nas.genotype("densenet121"), width=1.5))
    deeper = scale(nas.genotype("densenet121"), depth=1.5)
    assert channels(deeper, "dense") == [9, 18, 36, 24]


def test_a_composite_that_halves_the_map_counts_with_its_stage():
    """SENet-154's stages of 3, 8, 36 and 3 blocks, the first of each strided and written alone."""
    deeper = scale(nas.genotype("senet154"), depth=1.5)
    times = [int(found) for found in re.findall(r"\) \* (\d+)$", str(deeper), re.M)]
    stages = [first + rest for first, rest in zip(times[::2], times[1::2], strict=True)]
    assert stages == [5, 12, 54, 5]
    assert nas.cost(deeper).graph.spec.shape == (1000,)


@pytest.mark.parametrize("divisor", [1, 4, 16, 32])
def test_channels_are_multiples_of_the_divisor(divisor):
    wider = scale(nas.genotype("mobilenet_v2"), width=1.7, divisor=divisor)
    assert all(out % divisor == 0 for out in channels(wider, "mbconv"))
    nas.cost(wider)


def test_rounding_never_goes_against_the_factor():
    base = nas.genotype("hrnet_w18")
    assert channels(scale(base, width=0.99), "basic")[0] == 18  # not 24, the nearest within 10 %
    assert channels(scale(base, width=1.01), "basic")[0] == 24


@pytest.mark.parametrize("divisor", [0, -8, 1.5, True, 5_000])
def test_a_divisor_that_is_none_is_refused(divisor):
    with pytest.raises(GenotypeError, match="divisor must be a whole number of channels from 1"):
        scale(nas.genotype("resnet18"), width=2, divisor=divisor)


def test_an_image_smaller_than_the_stride_is_refused():
    base = nas.genotype("efficientnet_b0")
    rule = "an image of 5x5 pixels is smaller than the network's stride, 32"
    with pytest.raises(GenotypeError, match=rule) as refused:
        scale(base, resolution=5 / 224)
    assert "give a resolution of 32 pixels or more" in str(refused.value)
    assert nas.cost(scale(base, resolution=32)).graph.input.size == (32, 32)
    with pytest.raises(GenotypeError, match="31x31 pixels is smaller"):
        scale(base, resolution=31)


def test_branches_that_would_not_meet_get_the_nearest_size_at_which_they_do():
    """HRNet's upsampled maps fit where halving, rounded up, leaves eight times the last."""
    base = nas.genotype("hrnet_w18_small_v2")
    assert str(scale(base, resolution=1.15)).partition("image(")[2].startswith("3, 256, 256")
    with pytest.raises(GenotypeError, match="it can at 224 or 253"):
        scale(base, resolution=250)


def test_the_least_resolution_is_where_the_last_map_has_a_pixel():
    assert smallest(nas.genotype("resnet50")) == 32 / 224
    assert smallest(nas.genotype("lenet5")) == 1  # its last convolution is as large as its map
