"""Dense evaluation against the network itself, run on every window by hand."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

import nas
from nas.data import Split, load
from nas.errors import GenotypeError
from nas.evaluate.dense import Dense, dense
from nas.train import Recipe, fit

HEADS = {
    "mean": "classifier(5)",
    "largest": 'classifier(5, pool="max")',
    "flattened": 'classifier(5, pool="flatten")',
    "hidden": "fc(20, dropout=0.5) * 2 >> classifier(5, dropout=0.2)",
    "spelled out": "flatten >> linear(7) >> act >> norm >> linear(5)",
    "no linear layer": 'conv(5, 1, act="none") >> global_pool',
}
TRUNK = (
    'image(2, 16, 16) >> conv(8, 3, padding="valid") >> maxpool(2, stride=2, padding=0) '
    '>> conv(8, 3, padding="valid")'
)


def network(text: str, seed: int = 0) -> nn.Module:
    model = nas.compile(nas.parse(text), seed=seed).eval()
    for layer in model.modules():  # or batch norm would hide that it was left out
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return model


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_every_window_and_shift_is_the_network_on_that_crop(head):
    model = network(f"{TRUNK} >> {head}")
    images = torch.randn(2, 2, 21, 23, generator=torch.Generator().manual_seed(0))
    maps = list(Dense(model).maps(images))
    assert len(maps) == 4  # the pool's stride each way
    windows = 0
    for (down, right), scores in zip([(0, 0), (0, 1), (1, 0), (1, 1)], maps, strict=True):
        for i in range(scores.shape[2]):
            for j in range(scores.shape[3]):
                top, left = down + 2 * i, right + 2 * j
                crop = images[:, :, top : top + 16, left : left + 16]
                torch.testing.assert_close(scores[:, :, i, j], model(crop), atol=1e-5, rtol=1e-4)
                windows += 1
    assert windows == (21 - 15) * (23 - 15)  # every place at which a window fits


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_1", "googlenet", "mobilenet_v3_small"])
def test_references_keep_their_parameters_and_their_answer_at_their_own_size(name):
    genotype = nas.genotype(name)
    model = nas.compile(genotype, seed=0).eval()
    images = torch.randn(1, *model.input_shape)
    with torch.no_grad():
        (scores,) = Dense(model).maps(images)
        logits = model(images)
    difference = (scores.flatten(1) - logits).abs().max() / logits.abs().max()
    assert difference < 1e-4
    wide = dense(genotype, 320, 288)
    assert nas.cost(wide).params == nas.cost(genotype).params


def test_digits_that_lie_anywhere_are_found_by_sliding_and_missed_by_the_centre():
    data = load("digits").resized(16, 16)
    model = nas.compile(
        nas.parse(
            "image(1, 16, 16) >> conv(16, 3) >> maxpool(2, stride=2, padding=0) "
            ">> conv(32, 3) >> classifier(10, pool='flatten')"
        ),
        seed=0,
    )
    fit(model, data, Recipe.load("proxy"), epochs=8)
    held = data.validation()
    canvas = torch.zeros(len(held), 1, 28, 28, dtype=torch.uint8)
    places = torch.randint(13, (len(held), 2), generator=torch.Generator().manual_seed(0))
    for image, at, place in zip(held.images, canvas, places.tolist(), strict=True):
        at[:, place[0] : place[0] + 16, place[1] : place[1] + 16] = image
    split = Split(canvas, held.labels)
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        centre = (model(images[:, :, 6:22, 6:22]).argmax(1) == split.labels).float().mean()
        larger = F.interpolate(images, (32, 32), mode="bilinear", antialias=True)
        slide = Dense(model)
        shares = (slide.shares(images) + slide.shares(larger)) / 2
    slid = (shares.argmax(1) == split.labels).float().mean()
    torch.testing.assert_close(shares.sum(1), torch.ones(len(shares)))
    assert slid > 1.4 * centre


def test_what_cannot_slide_is_refused_in_one_sentence():
    with pytest.raises(GenotypeError, match=r"images of at least 16 x 16 pixels.*got 15 x 30"):
        next(Dense(network(f"{TRUNK} >> classifier(5)")).maps(torch.zeros(1, 2, 15, 30)))
    with pytest.raises(GenotypeError, match="ends in a map"):
        dense(nas.parse(TRUNK), 20, 20)
    with pytest.raises(GenotypeError, match="reads a token"):
        dense(nas.genotype("deit_tiny_patch16_224"), 256, 256)
