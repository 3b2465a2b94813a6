"""Patches: an image cut into squares, and squares of pixels merged into one.

Source: ViT, arXiv:2010.11929; merging, Swin, arXiv:2103.14030; after it the norm, Swin V2,
arXiv:2111.09883.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Channels, Kernel, Switch
from nas.graph import Value
from nas.ops import pair


@block("patch_embed")
class PatchEmbed(Block):
    """One linear map of each square of `patch` x `patch` pixels, nothing else: a convolution whose
    stride is its kernel.

    Shape: (C, H, W) -> (out, H // patch, W // patch).
    """

    out: Channels
    patch: Kernel = 16
    bias: Switch = True

    anchors = (
        Anchor(
            {"out": 768},
            shape=(3, 224, 224),
            params=590_592,
            macs=115_605_504,
            source="ViT-B/16, arXiv:2010.11929: 16*16*3*768 + 768, on 14*14 patches, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        side = pair(self.patch)
        return x.conv(self.out, side, side, padding=0, bias=self.bias)


@block("patch_merge")
class PatchMerge(Block):
    """The four pixels of each 2x2 window side by side in the channels, normalised, mixed to `out`
    of them.

    Shape: (C, H, W) -> (out, ceil(H / 2), ceil(W / 2)).
    """

    out: Channels | None = None  # None: twice the channels
    after: Switch = False  # normalise what was mixed (Swin V2), not what was gathered

    anchors = (
        Anchor(
            {},
            shape=(96, 56, 56),
            params=2 * 384 + 384 * 192,
            macs=28 * 28 * 384 * 192,
            source="Swin-T, arXiv:2103.14030, Table 7, by hand",
        ),
        Anchor(
            {"after": True},
            shape=(96, 64, 64),
            params=2 * 192 + 384 * 192,
            macs=32 * 32 * 384 * 192,
            source="Swin V2-T, arXiv:2111.09883, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Gather, normalise, mix."""
        out, y = self.out or 2 * x.channels, x.gather()
        if self.after:
            return y.pointwise(out, bias=False, name="mix").norm("layer")
        return y.norm("layer").pointwise(out, bias=False, name="mix")
