"""Where layers don't line up by order of execution: an implementation's names in ours."""

import re
from collections.abc import Callable, Iterator, Mapping

import by_hand_attention
import torch
from torch import Tensor, nn
from witness import timm, torchvision
from witnesses import Witness

Names = Callable[[str], str | None]  # None: a table that ours doesn't keep
PATCH = "patch_embed.conv"
HEAD = "classifier.linear"


def ordinal(name: str, number: int | str) -> str:
    """The place of the n-th part of a chain, from 0."""
    return name if int(number) == 0 else f"{name}{int(number) + 1}"


def renamed(name: str, *rules: tuple[str, str | Callable[[re.Match[str]], str]]) -> str:
    """By the first rule that fits the beginning; AssertionError where none does."""
    for pattern, new in rules:
        match = re.match(pattern, name)
        if match:
            begin = new(match) if callable(new) else match.expand(new)
            return begin + name[match.end() :]
    raise AssertionError(f"no rule for {name}")


def in_block(rest: str) -> str:
    """What blocks of all kinds call alike."""
    for old, new in (
        (r"ln_(\d)", r"norm\1"),
        (r"self_attention\.in_proj_", "attn.qkv."),
        (r"self_attention\.out_proj", "attn.proj"),
        (r"attn\.(rel_pos\.)?relative_position_bias_table", "attn.attend.table"),
        (r"attn\.(q|v)_bias", r"attn.qkv.\1_bias"),
        (r"attn\.(logit_scale|cpb_mlp)", r"attn.attend.\1"),
        (r"mlp\.(fc\d)", r"\1"),
        (r"mlp\.(0|linear_1)", "fc1"),
        (r"mlp\.(3|linear_2)", "fc2"),
    ):
        rest = re.sub(f"^{old}", new, rest)
    return rest


def vit_torchvision(name: str) -> str:
    return renamed(
        name,
        (r"conv_proj", PATCH),
        (r"class_token", "class_token.class_token.token"),
        (r"encoder\.pos_embedding", "positions.positions.table"),
        (
            r"encoder\.layers\.encoder_layer_(\d+)\.(.*)",
            lambda m: f"transformer.{m[1]}.{in_block(m[2])}",
        ),
        (r"encoder\.ln", "norm.norm"),
        (r"heads\.head", HEAD),
    )


def vit_timm(name: str) -> str:
    return renamed(
        name,
        (r"patch_embed\.proj", PATCH),
        (r"cls_token", "class_token.class_token.token"),
        (r"pos_embed", "positions.positions.table"),
        (r"blocks\.(\d+)\.(.*)", lambda m: f"transformer.{m[1]}.{in_block(m[2])}"),
        (r"norm", "norm.norm"),
        (r"head", HEAD),
    )


def _swin_block(word: str, stage: int, number: str, rest: str) -> str:
    pair, second = divmod(int(number), 2)
    return f"{ordinal('stage', stage)}.{pair}.{ordinal(word, second)}.{in_block(rest)}"


def swin_torchvision(name: str, word: str = "transformer") -> str | None:
    if name.endswith(("relative_position_index", "relative_coords_table")):
        return None
    return renamed(
        name,
        (r"features\.0\.0", PATCH),
        (r"features\.0\.2", "norm.norm"),
        (
            r"features\.([1357])\.(\d+)\.(.*)",
            lambda m: _swin_block(word, int(m[1]) // 2, m[2], m[3]),
        ),
        (
            r"features\.([246])\.norm",
            lambda m: f"{ordinal('patch_merge', int(m[1]) // 2 - 1)}.norm",
        ),
        (
            r"features\.([246])\.reduction",
            lambda m: f"{ordinal('patch_merge', int(m[1]) // 2 - 1)}.mix",
        ),
        (r"norm", "norm2.norm"),
        (r"head", HEAD),
    )


def swin_timm(name: str, word: str = "transformer") -> str:
    return renamed(
        name,
        (r"patch_embed\.proj", PATCH),
        (r"patch_embed\.norm", "norm.norm"),
        (r"layers\.(\d)\.blocks\.(\d+)\.(.*)", lambda m: _swin_block(word, int(m[1]), m[2], m[3])),
        (
            r"layers\.(\d)\.downsample\.norm",
            lambda m: f"{ordinal('patch_merge', int(m[1]) - 1)}.norm",
        ),
        (
            r"layers\.(\d)\.downsample\.reduction",
            lambda m: f"{ordinal('patch_merge', int(m[1]) - 1)}.mix",
        ),
        (r"norm", "norm2.norm"),
        (r"head\.fc", HEAD),
    )


def coatnet_timm(name: str) -> str:
    inside = (
        (r"^shortcut\.expand", "shortcut"),
        (r"^pre_norm", "norm"),
        (r"^conv1_1x1", "expand"),
        (r"^conv2_kxk", "depthwise"),
        (r"^conv3_1x1", "project"),
        (r"^se\.fc1", "se.reduce"),
        (r"^se\.fc2", "se.expand"),
        (r"^norm1\.norm", "norm1"),
    )

    def block(m: re.Match[str]) -> str:
        stage, rest = int(m[1]), m[3]
        if stage < 2:
            rest = re.sub("^norm1", "expand_norm", rest)
            rest = re.sub("^norm2", "depthwise_norm", rest)
        for old, new in inside:
            rest = re.sub(old, new, rest)
        word = ordinal("prenorm_mbconv" if stage < 2 else "strided_transformer", stage % 2)
        return f"{word}.{m[2]}.{in_block(rest)}"

    return renamed(
        name,
        (r"stem\.conv1", "conv.conv"),
        (r"stem\.norm1", "conv.norm"),
        (r"stem\.conv2", "chain.conv.conv"),
        (r"stages\.(\d)\.blocks\.(\d+)\.(.*)", block),
        (r"head\.norm", "norm.norm"),
        (r"head\.pre_logits\.fc", "fc.linear"),
        (r"head\.fc", HEAD),
    )


def coatnet_rw_timm(name: str) -> str:
    """Ours are sums: the shortcut is term 0, the branch term 1."""
    convolution = (
        (r"shortcut\.expand", "0.conv.conv"),
        (r"pre_norm", "1.norm.norm"),
        (r"conv1_1x1", "1.conv.conv"),
        (r"norm1", "1.norm2.norm"),
        (r"conv2_kxk", "1.depthwise.conv"),
        (r"se(_early)?\.fc1", "1.se.se.reduce"),
        (r"se(_early)?\.fc2", "1.se.se.expand"),
        (r"norm2", "1.norm3.norm"),
        (r"conv3_1x1", "1.conv2.conv"),
    )
    transformer = (
        (r"shortcut\.expand", "sum.0.conv.conv"),
        (r"norm1(\.norm)?", "sum.1.norm.norm"),
        (r"attn\.rel_pos\.relative_position_bias_table", "sum.1.attention.attn.attend.table"),
        (r"attn", "sum.1.attention.attn"),
        (r"norm2", "sum2.1.norm.norm"),
        (r"mlp", "sum2.1.mlp"),
    )

    def block(m: re.Match[str]) -> str:
        stage, copy = int(m[1]), int(m[2])
        place = f"{ordinal('stage', 2 * stage + bool(copy))}.{max(0, copy - 1)}"
        return f"{place}.{renamed(m[3], *(convolution if stage < 2 else transformer))}"

    return renamed(
        name,
        (r"stem\.conv1", "conv.conv"),
        (r"stem\.norm1", "conv.norm"),
        (r"stem\.conv2", "conv2.conv"),
        (r"stages\.(\d)\.blocks\.(\d+)\.(.*)", block),
        (r"norm", "norm.norm"),
        (r"head\.fc", HEAD),
    )


def convnext_torchvision(name: str) -> str:
    parts = {"0": "depthwise", "2": "depthwise_norm", "3": "fc1", "5": "fc2"}

    def block(m: re.Match[str]) -> str:
        place = f"{ordinal('convnext', int(m[1]) // 2)}.{m[2]}"
        return f"{place}.{parts[m[4]]}" if m[4] else f"{place}.layer_scale.gamma"

    return renamed(
        name,
        (r"features\.0\.0", PATCH),
        (r"features\.0\.1", "norm.norm"),
        (r"features\.([1357])\.(\d+)\.(block\.(\d)|layer_scale)", block),
        (r"features\.([246])\.0", lambda m: f"{ordinal('norm', int(m[1]) // 2)}.norm"),
        (r"features\.([246])\.1", lambda m: f"{ordinal('patch_embed', int(m[1]) // 2)}.conv"),
        (r"classifier\.0", "norm5.norm"),
        (r"classifier\.2", HEAD),
    )


def convnext_timm(name: str) -> str:
    parts = {
        "conv_dw": "depthwise",
        "norm": "depthwise_norm",
        "mlp.fc1": "fc1",
        "mlp.fc2": "fc2",
        "gamma": "layer_scale.gamma",
    }
    return renamed(
        name,
        (r"stem\.0", PATCH),
        (r"stem\.1", "norm.norm"),
        (
            r"stages\.(\d)\.blocks\.(\d+)\.(conv_dw|norm|mlp\.fc1|mlp\.fc2|gamma)",
            lambda m: f"{ordinal('convnext', m[1])}.{m[2]}.{parts[m[3]]}",
        ),
        (r"stages\.(\d)\.downsample\.0", lambda m: f"{ordinal('norm', m[1])}.norm"),
        (r"stages\.(\d)\.downsample\.1", lambda m: f"{ordinal('patch_embed', m[1])}.conv"),
        (r"head\.norm", "norm5.norm"),
        (r"head\.fc", HEAD),
    )


def swin_v2_torchvision(name: str) -> str | None:
    return swin_torchvision(name, "cosine_transformer")


def swin_v2_timm(name: str) -> str:
    return swin_timm(name, "cosine_transformer")


RULES: dict[tuple[str, str], Names] = {
    ("torchvision", "vit_"): vit_torchvision,
    ("timm", "vit_"): vit_timm,
    ("timm", "deit_"): vit_timm,
    ("torchvision", "swin_v2_"): swin_v2_torchvision,
    ("torchvision", "swin_"): swin_torchvision,
    ("timm", "swinv2_"): swin_v2_timm,
    ("timm", "swin_"): swin_timm,
    **{("timm", f"coatnet_{number}_rw"): coatnet_rw_timm for number in range(3)},
    ("timm", "coatnet_"): coatnet_timm,
    ("by hand", "coatnet"): coatnet_timm,
    ("torchvision", "convnext_"): convnext_torchvision,
    ("timm", "convnext_"): convnext_timm,
}


def rules(source: str, model: str) -> Names | None:
    """How an implementation's names are read; None where order of execution serves."""
    for (where, begin), names in RULES.items():
        if source == where and model.startswith(begin):
            return names
    return None


def build(witness: Witness) -> nn.Module:
    """The implementation with memory: its fixed tables are not among its numbers."""
    if witness.source == "torchvision":
        return torchvision.models.get_model(witness.model, weights=None)
    if witness.source == "by hand":
        return getattr(by_hand_attention, witness.model)(**dict(witness.options))
    return timm.create_model(witness.model, **dict(witness.options))


def fill(network: nn.Module, seed: int) -> None:
    """Every parameter random: matrices keep the signal's size, norms scale it by 0.5 to 1.5."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        scales = isinstance(module, nn.LayerNorm | nn.BatchNorm2d)
        for name, value in module.named_parameters(recurse=False):
            low, high = (0.5, 1.5) if scales and name == "weight" else (-0.2, 0.2)
            if value.ndim > 1 and value[0].numel() > 1:
                high = (6 / value[0].numel()) ** 0.5
                low = -high
            value.data.uniform_(low, high, generator=generator)


def translated(
    names: Names, theirs: Mapping[str, Tensor], ours: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Their numbers under our names and in our shapes; every one of them has its place."""
    made: dict[str, Tensor] = {}
    for name, value in theirs.items():
        place = names(name)
        for full, part in _parts(place, value, ours) if place else ():
            shape = ours[full].shape
            assert sorted(x for x in part.shape if x > 1) == sorted(x for x in shape if x > 1), full
            assert full not in made
            made[full] = part.reshape(shape)
    return made


def _parts(place: str, value: Tensor, ours: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """torchvision's Swin V2 keeps one bias for queries, keys and values, and zeroes the keys'."""
    begin = place.removesuffix("bias")
    if place not in ours and f"{begin}k_bias" in ours:
        for letter, part in zip("qkv", value.chunk(3), strict=True):
            yield f"{begin}{letter}_bias", part
    else:
        yield place, value
