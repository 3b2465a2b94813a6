"""What is said of a network in its folder: where it comes from, what it costs, how it is loaded."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from nas.artefacts.formats import FILES, Exports
from nas.costs import Card, card_lines
from nas.quantity import spoken

LISTED = 20  # classes


@dataclass(frozen=True, slots=True)
class Origin:
    """How a network was made."""

    title: str
    weights: str  # how they came about: "drawn with seed 0, not trained"
    again: str  # what the command does: "Made, in the folder above this one, by"
    command: str
    figures: Mapping[str, object]  # what else cost.json says, such as trial and scores
    data: Mapping[str, Any] | None = None  # the card of what it was trained on, if it was


def made(origin: Origin, exports: Exports) -> dict[str, object]:
    """What cost.json tells of its making; of each exported file how far its outputs are off, as a
    share of the largest."""
    told: dict[str, object] = {
        "title": origin.title,
        "again": origin.again,
        "command": origin.command,
        "weights": origin.weights,
        "versions": {**_packages(exports), "python": platform.python_version()},
    }
    if exports.off or exports.failed:
        told["off"] = dict(exports.off)
        told["left out"] = dict(exports.failed)
    return told


def table(title: str, costs: Card) -> str:
    """The cost card in Markdown."""
    lines = [f"# What {title} costs", "", "| | | |", "| --- | ---: | --- |"]
    lines += [f"| {name.strip()} | {value} | {note} |" for name, value, note in card_lines(costs)]
    return "\n".join(lines) + "\n"


def readme(origin: Origin, costs: Card, files: Collection[str]) -> str:
    """README.md: how to load the network from each of the `files`, and how it was made."""
    image = "x".join(map(str, costs["image"]))
    sides = ", ".join(map(str, costs["image"]))
    parts = [
        f"# {origin.title}",
        f"{spoken(costs['params'])} parameters, {spoken(costs['macs'])} MACs for one {image} "
        f"image. The weights were {origin.weights}.",
        f"Images are float32 tensors of shape (N, {sides})." + _normalised(origin.data),
        "Of these random ones, each of the ways below makes the same `logits`:",
        f"```python\nimport torch\n\nimages = torch.randn(2, {sides})\n```",
    ]
    for name, (told, code) in _WAYS.items():
        if name in files or not name:
            parts += [f"{told}:", f"```python\n{code.strip()}\n```"]
    if "inference.md" in files:
        parts.append("`inference.md` holds what was tried to run it fast, and how long each took.")
    packages = ", ".join(f"{name} {value}" for name, value in _packages(files).items())
    parts += [
        f"`cost.json` and `cost.md` hold what it costs. {origin.again}",
        f"```\n{origin.command}\n```",
        f"with {packages}, Python {platform.python_version()}.",
    ]
    return "\n\n".join(parts) + "\n"


def _normalised(data: Mapping[str, Any] | None) -> str:
    """How an image becomes input, and what the answers mean, where that is known."""
    if data is None:
        return ""
    classes = [str(each) for each in data["classes"]]
    listed = "named in `cost.json`" if len(classes) > LISTED else ", ".join(classes)
    mean, std = (", ".join(f"{each:.4g}" for each in data[name]) for name in ("mean", "std"))
    return (
        f" Of bytes x they are (x / 255 - mean) / std, for each channel; mean: {mean}; std: {std}. "
        f"Its answers are the {len(classes)} classes of `{data['name']}` in this order: {listed}."
    )


_WAYS = {
    FILES["py"]: (
        "With nothing but torch",
        """
from model import load

network = load("weights.safetensors")
with torch.inference_mode():
    logits = network(images)
""",
    ),
    "": (
        "With nas, which reads `genotype.nas` and executes nothing of this folder; `fast` is the "
        "same network as it runs fastest on this machine",
        """
import nas

network = nas.load(".")
fast = nas.optimize(network)
logits = fast(images)
""",
    ),
    FILES["pt2"]: (
        "As torch's exported program",
        """
network = torch.export.load("model.pt2").module()
with torch.inference_mode():
    logits = network(images)
""",
    ),
    FILES["onnx"]: (
        "By onnxruntime",
        """
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
(logits,) = session.run(["logits"], {"images": images.numpy()})
""",
    ),
}


def _packages(what: Exports | Collection[str]) -> dict[str, str]:
    files = what.files if isinstance(what, Exports) else what
    names = ["nas", "torch", *(["onnx", "onnxruntime"] if FILES["onnx"] in files else [])]
    return {name: version(name) for name in names}
