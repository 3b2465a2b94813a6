"""The peers, imported where they can be: timm and torchvision also beside a torch without
torchvision's operators (some CPU builds), calflops without transformers."""

from __future__ import annotations

import logging
import sys
import types
import warnings
from importlib.metadata import version

import torch

warnings.simplefilter("ignore")  # of their imports

if not hasattr(torch.ops.torchvision, "nms"):  # declared, or torchvision can't be imported
    KEPT = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        KEPT.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

if "calflops.flops_counter_hf" not in sys.modules:  # which wants transformers, for language models
    UNUSED = types.ModuleType("calflops.flops_counter_hf")
    UNUSED.calculate_flops_hf = None  # type: ignore[attr-defined]
    sys.modules[UNUSED.__name__] = UNUSED

import calflops  # noqa: E402
import fvcore.nn  # noqa: E402
import ptflops  # noqa: E402
import thop  # noqa: E402
import timm  # noqa: E402
import torchinfo  # noqa: E402
import torchvision  # noqa: E402

logging.getLogger("fvcore").setLevel(logging.ERROR)

__all__ = ["calflops", "fvcore", "named", "ptflops", "thop", "timm", "torchinfo", "torchvision"]


def named(*packages: str) -> str:
    """`timm 1.0.31, torch 2.13.0+cpu`."""
    return ", ".join(f"{package} {version(package)}" for package in packages)
