"""CoAtNet and Swin V2 as their papers have them, of timm's classes."""

from itertools import pairwise

from torch import nn
from witness import timm

parts = timm.models.maxxvit


def coatnet(number: int) -> nn.Module:
    """arXiv:2106.04803, eq. 4 and 5: the largest of each 2x2, and the stride on the first 1x1."""
    return timm.create_model(
        f"coatnet_{number}_224",
        conv_stride_mode="1x1",
        conv_pool_type="max2",
        transformer_pool_type="max2",
    )


def coatnet_mixed(widths: tuple[int, ...]) -> nn.Module:
    """CoAtNet-6 and 7: 2, 4 and 8 convolutions, 42 and 2 transformers; the first of the 42 keeps
    the map's size."""
    first, second, third, fourth, fifth = widths
    conv = parts.MaxxVitConvCfg(stride_mode="1x1", pool_type="max2")
    cfg = parts.MaxxVitTransformerCfg(pool_type="max2")
    blocks: list[nn.Module] = []
    before = 192
    for width, depth in ((first, 2), (second, 4), (third, 8)):
        for number, (a, b) in enumerate(pairwise([before] + [width] * depth)):
            blocks.append(parts.MbConvBlock(a, b, stride=2 - bool(number), cfg=conv))
        before = width
    for width, depth, side in ((fourth, 42, 14), (fifth, 2, 7)):
        for number, (a, b) in enumerate(pairwise([before] + [width] * depth)):

            def bias(num_heads: int, side: int = side, **_: object) -> nn.Module:
                return parts.RelPosBias((side, side), num_heads)

            block = parts.TransformerBlock2d(
                a, b, stride=2 - bool(number), rel_pos_cls=bias, cfg=cfg
            )
            if width == fourth and not number:
                block.shortcut.pool = block.norm1.down = nn.Identity()
            blocks.append(block)
        before = width
    head = (nn.Linear(fifth, fifth), nn.Tanh(), nn.Linear(fifth, 1000))
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(fifth, eps=1e-6))
    return nn.Sequential(parts.Stem(3, 192), *blocks, *pool, *head)


def swin_v2_g() -> nn.Module:
    """arXiv:2111.09883, appendix A1: one more norm on the main branch after every 6 blocks."""
    made = timm.models.swin_transformer_v2.SwinTransformerV2(
        img_size=192,
        window_size=12,
        embed_dim=512,
        depths=(2, 2, 42, 4),
        num_heads=(16, 32, 64, 128),
    )
    blocks = made.layers[2].blocks
    for place in range(42, 0, -6):
        blocks.insert(place, nn.LayerNorm(2048))
    return made
