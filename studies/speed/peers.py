"""The peers, imported where they can be: timm and torchvision also beside a torch without
torchvision's operators (some CPU builds)."""

from __future__ import annotations

import warnings
from importlib.metadata import version

import torch

warnings.simplefilter("ignore")  # of their imports

if not hasattr(torch.ops.torchvision, "nms"):  # declared, or torchvision can't be imported
    KEPT = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        KEPT.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import thop  # noqa: E402
import timm  # noqa: E402
import torchvision  # noqa: E402

__all__ = ["named", "thop", "timm", "torchvision"]


def named(*packages: str) -> str:
    """`timm 1.0.31, torch 2.13.0+cpu`."""
    return ", ".join(f"{package} {version(package)}" for package in packages)
