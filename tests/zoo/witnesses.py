"""The public implementation of each reference; weights come from it in order of execution."""

import contextlib
import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import by_hand
import orders
import pytest
import torch
from torch import Tensor, nn
from witness import timm, torchvision

from nas.zoo import Reference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        from pytorchcv.model_provider import get_model as pytorchcv_model
    except ImportError:
        pytorchcv_model = None


@dataclass(frozen=True)
class Witness:
    """An implementation: the package, its name there, and the options that make the variant."""

    source: str
    model: str
    options: tuple[tuple[str, object], ...] = ()
    pixels: int | None = None  # a side at which outputs are compared, where not chosen by cost
    order: Callable[[list[str]], list[str]] = list  # its layers in our order of execution

    def build(self) -> nn.Module:
        """The network without memory."""
        options = dict(self.options)
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.source == "torchvision":
                with torch.device("cpu" if self.model.startswith("regnet") else "meta"):
                    made = torchvision.models.get_model(self.model, weights=None, **options)
                return made.to("meta")
            if self.source == "timm":
                return timm.create_model(self.model, **options)
            if self.source == "pytorchcv":
                if pytorchcv_model is None:
                    pytest.skip("pytorchcv is not installed; pip install pytorchcv --no-deps")
                return pytorchcv_model(self.model, **options)
            return getattr(by_hand, self.model)(**options)


def torchvision_net(name: str, **options: object) -> Witness:
    return Witness("torchvision", name, tuple(options.items()))


def timm_net(name: str, pixels: int | None = None, **options: object) -> Witness:
    return Witness("timm", name, tuple(options.items()), pixels)


def cv_net(name: str, pixels: int | None = None, **options: object) -> Witness:
    return Witness("pytorchcv", name, tuple(options.items()), pixels)


def by_hand_net(name: str, pixels: int | None = None, **options: object) -> Witness:
    return Witness("by hand", name, tuple(options.items()), pixels)


DEVICES = ("mobile", "cpu", "gpu")
REGNETS = torchvision.models.list_models(module=torchvision.models, include="regnet*")
SPECIAL = {
    **{f"coatnet_{number}": by_hand_net("coatnet", number=number) for number in range(6)},
    "coatnet_6": by_hand_net("coatnet_mixed", widths=(192, 384, 768, 1536, 3072)),
    "coatnet_7": by_hand_net("coatnet_mixed", widths=(256, 512, 1024, 2048, 3072)),
    "swin_v2_g": by_hand_net("swin_v2_g"),
    "swinv2_large_window12_192": timm_net("swinv2_large_window12_192", num_classes=1000),
    "googlenet": torchvision_net("googlenet", aux_logits=True, init_weights=False),
    "lenet5": by_hand_net("lenet5"),
    "lenet5_1998": by_hand_net("lenet5_1998"),
    "googlenet_2014": by_hand_net("googlenet_2014", 224),
    "alexnet_2012": by_hand_net("alexnet_2012"),
    "overfeat_fast": by_hand_net("overfeat_fast"),
    "overfeat_accurate": by_hand_net("overfeat_accurate"),
    "zfnet": cv_net("zfnet"),
    "nin": by_hand_net("nin", 224),
    "nin_cifar10": cv_net("nin_cifar10"),
    "bninception": cv_net("bninception", 224),
    "inception_v3": Witness("torchvision", "inception_v3", (("init_weights", False),), 299),
    "inception_v4": timm_net("inception_v4", 107),
    "inception_resnet_v1": cv_net("inceptionresnetv1", 299),
    "inception_resnet_v2": timm_net("inception_resnet_v2", 107),
    **{f"shufflenet_g{g}_w1": cv_net(f"shufflenet_g{g}_w1", 224) for g in (1, 2, 3, 4, 8)},
    **{f"proxylessnas_{name}": cv_net(f"proxylessnas_{name}", 224) for name in DEVICES},
    **{
        f"mobilenetv1_{round(100 * width):03}": by_hand_net(
            "mobilenet_v1", channel_multiplier=width
        )
        for width in (0.25, 0.5, 0.75)
    },
    "resnetv2_200": timm_net("resnetv2_152", layers=(3, 24, 36, 3)),
    **{f"resnet{n}_cifar10": by_hand_net("resnet_cifar", depth=n) for n in (20, 56, 110)},
    "wrn28_10_cifar10": by_hand_net("wrn28_10"),
    **{name: replace(torchvision_net(name), order=orders.late("proj", 3)) for name in REGNETS},
    **{
        name: replace(timm_net(name), order=orders.late("downsample", 2))
        for name in timm.list_models("legacy_se*")
    },
    **{
        f"resnet{n}_2015": replace(cv_net(f"resnet{n}", 224), order=orders.late("identity_conv", 3))
        for n in (50, 101, 152)
    },
    "spos": by_hand_net("spos"),
    "xception": timm_net("legacy_xception"),
    "densenet264": by_hand_net("densenet264"),
    "resnext101_32x48d": by_hand_net("resnext101_32x48d"),
    "darts": cv_net("darts", pixels=224),
    "darts_cifar10": by_hand_net("darts_cifar10"),
    "amoebanet_a": by_hand_net("amoebanet_a"),
    "nas_bench_201_best": by_hand_net("nas_bench_201_best"),
    **{  # every side divides by 32, or theirs can't add its streams
        name: timm_net(name, 64) for name in ("hrnet_w18_small_v2", "hrnet_w18", "hrnet_w32")
    },
    "nasnetalarge": replace(timm_net("nasnetalarge"), order=orders.nasnet),
    "pnasnet5large": replace(timm_net("pnasnet5large"), order=orders.cells),
    **{
        f"dm_nfnet_f{f}": replace(timm_net(f"dm_nfnet_f{f}"), order=orders.skip_gains)
        for f in range(7)
    },
}


def find(reference: Reference) -> Witness | None:
    """The special one, else torchvision's or timm's of the same name."""
    if reference.name in SPECIAL:
        return SPECIAL[reference.name]
    if reference.name in torchvision.models.list_models(module=torchvision.models):
        return torchvision_net(reference.name)
    names = (reference.name, *reference.aliases)
    return next((timm_net(name) for name in names if timm.is_model(name)), None)


@cache
def figures() -> dict:
    """reference_models.json; skips where it isn't at hand."""
    folder = os.environ.get("NAS_BENCH_DATA")
    if not folder:
        pytest.skip("NAS_BENCH_DATA names no folder; set it to the one of reference_models.json")
    return json.loads((Path(folder) / "reference_models.json").read_text())


RECORDED = {  # where reference_models.json goes by the architecture's name only
    "lenet5": "LeNet-5 (modern dense, 10 classes)",
    "lenet5_1998": "LeNet-5 (1998 original, 10 classes)",
    "googlenet_2014": "GoogLeNet (2014 original, aux)",
    "alexnet_2012": "AlexNet (2012, 2 groups)",
    "densenet264": "DenseNet-264",
    "overfeat_fast": "OverFeat-fast",
    "overfeat_accurate": "OverFeat-accurate",
    "resnetv2_200": "PreResNet-200 (no stem norm, TF-style)",
    "mobilenetv1_025": "MobileNet-v1 0.25",
    "mobilenetv1_050": "MobileNet-v1 0.5",
    "mobilenetv1_075": "MobileNet-v1 0.75",
    "resnext101_32x48d": "ResNeXt-101 32x48d",
}


def recorded(reference: Reference) -> list[dict]:
    """What reference_models.json says of the witness, or of the architecture."""
    if reference.name in RECORDED:
        kinds = (figures()["implementations"], figures()["by_paper"])
        return [r for kind in kinds for r in kind if r["arch"] == RECORDED[reference.name]]
    witness = find(reference)
    return [
        row
        for row in figures()["implementations"]
        if witness
        and row["source"] == witness.source
        and row["model"].partition("{")[0] == witness.model
    ]


def layers(network: nn.Module, image: Tensor) -> list[str]:
    """Modules that hold numbers, in the order in which they run; training-only ones last."""
    seen: dict[str, None] = {}
    with contextlib.ExitStack() as stack:
        for name, module in network.named_modules():
            if module._parameters or module._buffers:
                hook = module.register_forward_pre_hook(lambda *_, name=name: seen.setdefault(name))
                stack.callback(hook.remove)
        with torch.no_grad():
            network.eval()(image)
            network.train()(image)
    network.eval()
    return list(seen)


def numbers(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """A module's own parameters and buffers that hold values."""
    for name, value in [*module._parameters.items(), *module._buffers.items()]:
        if value is not None:
            yield name, value


def copy(source: nn.Module, source_order: list[str], target: nn.Module, order: list[str]) -> None:
    """Copies all numbers across; AssertionError where the layers don't line up."""
    assert len(source_order) == len(order)
    copied = 0
    for there, here in zip(source_order, order, strict=True):
        given = dict(numbers(source.get_submodule(there)))
        for name, value in numbers(target.get_submodule(here)):
            if name not in given and len(given) == 1:  # a lone number may be called otherwise
                given = {name: next(iter(given.values()))}
            shapes = tuple(given[name].shape), tuple(value.shape)
            bare = [tuple(side for side in shape if side != 1) for shape in shapes]
            assert bare[0] == bare[1], f"{there} {shapes[0]} does not fit {here} {shapes[1]}"
            value.data.copy_(given.pop(name).reshape(value.shape))
            copied += value.numel()
        assert not given, f"{here} lacks {list(given)} of {there}"
    assert copied == sum(
        v.numel() for _, v in [*source.named_parameters(), *source.named_buffers()]
    )


def fill(network: nn.Module, seed: int) -> None:
    """Every number random, so that equality of outputs means something: shifts and biases too."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(value: Tensor, low: float, high: float) -> None:
        value.data.uniform_(low, high, generator=generator)

    for module in network.modules():
        for name, value in numbers(module):
            if name == "num_batches_tracked":
                value.zero_()
            elif name == "gain":  # of a standardised filter
                uniform(value, 0.5, 1.5)
            elif value.ndim > 1:
                bound = (6 / value[0].numel()) ** 0.5
                uniform(value, -bound, bound)
            elif name == "running_var" or (name == "weight" and "running_var" in module._buffers):
                uniform(value, 0.5, 1.5)
            else:
                uniform(value, -0.2, 0.2)


def settle(network: nn.Module, images: Tensor, seed: int) -> None:
    """Running statistics near the images' own, so that signals neither vanish nor explode."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momentum = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        network.train()(images)
    generator = torch.Generator().manual_seed(seed)
    for norm, before in zip(norms, momentum, strict=True):
        norm.momentum = before
        noise = torch.rand((2, norm.num_features), generator=generator)
        norm.running_mean += (noise[0] - 0.5) * norm.running_var.sqrt()
        norm.running_var *= 0.7 + noise[1]
    network.eval()


def still(network: nn.Module) -> None:
    """No dropout of any kind."""
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name in ("drop_rate", "drop_prob", "rate", "p"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def images(channels: int, height: int, width: int, count: int = 4) -> Tensor:
    """Images with real variation: coarse shapes, fine texture, another contrast and hue each."""
    generator = torch.Generator().manual_seed(3)
    made = []
    for number in range(count):
        image = torch.zeros(1, channels, height, width)
        for cells, weight in ((2 + number, 1.0), (9, 0.5), (min(height, width), 0.3)):
            coarse = torch.randn((1, channels, cells, cells), generator=generator)
            image += weight * nn.functional.interpolate(coarse, (height, width), mode="bilinear")
        made.append(
            image * (0.5 + 0.4 * number) + torch.randn((1, channels, 1, 1), generator=generator)
        )
    return torch.cat(made)
