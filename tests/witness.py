"""timm and torchvision beside a CPU build of torch: two missing operators are declared first."""

import torch

# kept, or the declarations go with it
LIBRARY = torch.library.Library("torchvision", "DEF")
LIBRARY.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
LIBRARY.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm  # noqa: E402
import timm.optim  # noqa: E402
import torchvision  # noqa: E402

__all__ = ["timm", "torchvision"]
