"""Reading and augmenting images: JPEGs from an archive, policies on batches, pictures streamed.

Against torchvision's transforms of one image after another, on the same images and one thread.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from abba import compare, once, ratio, spread
from peers import timm  # noqa: F401 - lets torchvision be imported beside any torch
from PIL import Image
from torchvision import transforms

from nas.data import load, npz
from nas.data._pictures import Pictures
from nas.train.augment import RandAugment, autoaugment
from nas.train.stream import streamed

ARCHIVE = "cifar10_jpeg_train50000.npz"
CPU = torch.device("cpu")


def read(path: Path, runs: int = 5) -> list[float]:
    """CPU seconds to describe and read the archive at `path`, from nothing every time."""

    def anew() -> None:
        for cache in (npz._stored, npz._described):
            cache.cache_clear()
        load(f"npz:{path}").train()

    return [once(anew)[1] for _ in range(runs)]


def policies(side: int, batch: int, rounds: int = 5) -> None:
    """RandAugment of a batch against torchvision's, image by image; AutoAugment for comparison."""
    random = torch.Generator().manual_seed(0)
    noise = torch.rand(batch, 3, 8, 8, generator=random) * 255
    images = (
        torch.nn.functional.interpolate(noise, (side, side), mode="bicubic").clamp(0, 255).byte()
    )
    pictures = [Image.fromarray(each.permute(1, 2, 0).numpy()) for each in images]
    ours, theirs = RandAugment(2, 3), transforms.RandAugment(2, 9)
    pair = compare(
        lambda: ours(images, random), lambda: [theirs(each) for each in pictures], rounds
    )
    print(
        f"RandAugment, {batch} images of {side} x {side}: {spread(pair.a.cpu)}, torchvision on "
        f"Pillow's images {spread(pair.b.cpu)}, ratio {ratio(pair.ratio)}"
    )
    cpu = [once(lambda: autoaugment(images, random))[1] for _ in range(2 * rounds)]
    print(f"AutoAugment, {batch} images of {side} x {side}: {spread(cpu)}")


def photographs(folder: Path, count: int) -> Pictures:
    """Photograph-sized JPEGs of 500 x 375 pixels."""
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(256, size=(24, 32, 3)).astype(np.uint8))
        coarse.resize((500, 375), Image.Resampling.BICUBIC).save(
            folder / f"{number}.jpg", quality=90
        )
    names = tuple(f"{number}.jpg" for number in range(count))
    return Pictures(folder, names, torch.zeros(count, dtype=torch.int64), 224, 224)


def stream(pictures: Pictures, rounds: int = 5) -> None:
    """Random crops of 224 x 224 decoded in this process, against torchvision's."""
    batches = torch.arange(len(pictures)).split(32)
    steps = transforms.Compose([transforms.RandomResizedCrop(224), transforms.PILToTensor()])

    def ours() -> None:
        for _ in streamed(pictures, batches, CPU, 0, 0):
            pass

    def theirs() -> None:
        for batch in batches:
            torch.stack([steps(opened(pictures.root / pictures.files[i])) for i in batch.tolist()])

    pair = compare(ours, theirs, rounds)
    each = len(pictures) / statistics.median(pair.a.cpu)
    print(
        f"streaming, {len(pictures)} JPEGs of 500 x 375 to 224 x 224: {each:.0f} images a second "
        f"of one core, ratio to torchvision's transforms {ratio(pair.ratio)}"
    )


def opened(path: Path) -> Image.Image:
    """As torchvision's `ImageFolder` opens a file."""
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return image.convert("RGB")


def main() -> None:
    torch.set_num_threads(1)
    path = Path(os.environ.get("NAS_BENCH_DATA", ".")) / ARCHIVE
    if path.exists():
        seconds = read(path)
        print(f"50,000 JPEGs of 32 x 32 read: {spread(seconds)} CPU")
    else:
        print(f"50,000 JPEGs: not measured, NAS_BENCH_DATA names no folder with {ARCHIVE}")
    for side, batch in ((32, 128), (224, 32)):
        policies(side, batch)
    with tempfile.TemporaryDirectory() as folder:
        stream(photographs(Path(folder), 64))


if __name__ == "__main__":
    main()
