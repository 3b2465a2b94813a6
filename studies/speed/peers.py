"""timm and thop, also beside a torch without torchvision's operators (some CPU builds)."""

from __future__ import annotations

import warnings

import torch

warnings.simplefilter("ignore")  # of their imports

if not hasattr(torch.ops.torchvision, "nms"):  # declared, or torchvision can't be imported
    KEPT = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        KEPT.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import thop  # noqa: E402
import timm  # noqa: E402

__all__ = ["thop", "timm"]
