"""The formats that a network is written in besides its genotype and weights, each read again and
compared before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

FILES = {"py": "model.py", "onnx": "model.onnx", "pt2": "model.pt2"}
ALL = tuple(FILES)
ALIKE = 1e-4  # of the largest output: how far a file's outputs may be off
COUNTS = (1, 3)  # images at once, on which they are compared


def parse_formats(text: str) -> tuple[str, ...]:
    """The formats that `text` names: `py,onnx,pt2`, `all` or `none`.

    Raises `UsageError` for others.

    >>> parse_formats("onnx,py"), parse_formats("none")
    (('py', 'onnx'), ())
    """
    words = [word.strip() for word in text.split(",")]
    if words in (["all"], ["none"]):
        return ALL if words == ["all"] else ()
    for word in words:
        if word not in FILES:
            hint = nearest(word, (*ALL, "all", "none"))
            raise UsageError(
                f"--formats {text}: {word!r} is no format; write one or more of "
                f"{', '.join(ALL)}, or all, or none{hint}"
            )
    return tuple(each for each in ALL if each in words)


@dataclass(slots=True)
class Exports:
    """Files by name, how far the outputs of each are from the network's as a share of the largest,
    and of what couldn't be written, why."""

    files: dict[str, bytes] = field(default_factory=dict)
    off: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """A sentence for each file that couldn't be written."""
        return [f"{name} was left out: {why}" for name, why in self.failed.items()]


def exports(
    network: nn.Module,
    image: tuple[int, ...],
    formats: tuple[str, ...],
    instead: nn.Module | None = None,
) -> Exports:
    """The ONNX file and the exported program, those of `formats`, of a network that reads images of
    the size (channels, height, width).

    Each is read again, and its outputs for one and for three random images must be within 1e-4 of
    the largest; what can't be written or isn't right is told in `failed` and never raised.
    `instead` is what is exported, where it isn't the network itself but gives the same.
    """
    made = Exports()
    if not {"onnx", "pt2"} & set(formats):
        return made
    training, before = network.training, [each.device for each in network.parameters()][:1]
    try:
        network.cpu().eval()
        if instead is not None:
            instead.cpu()
        for name, write, read in _ways(instead or network, image, formats):
            try:
                content = write()
                off = _off(network, read(content), image)
                if not off <= ALIKE:
                    why = f"its outputs were off by {off:.1e} of the largest, more than {ALIKE:.0e}"
                    made.failed[name] = why
                    continue
                made.files[name], made.off[name] = content, off
            except Exception as error:  # whatever an exporter stumbles over
                made.failed[name] = _brief(error)
    finally:
        network.train(training)
        for device in before:
            network.to(device)
    return made


def _ways(
    network: nn.Module, image: tuple[int, ...], formats: tuple[str, ...]
) -> Iterator[tuple[str, Callable[[], bytes], Callable[[bytes], Any]]]:
    """(name, what writes it, what reads it) of each file."""
    from nas.artefacts import onnx, program

    held: list[ExportedProgram] = []

    def once() -> ExportedProgram:
        if not held:
            held.append(program.exported(network, image))
        return held[0]

    if "pt2" in formats:
        yield FILES["pt2"], lambda: program.packed(once()), program.loaded
    if "onnx" in formats:
        yield FILES["onnx"], lambda: onnx.translated(once()), onnx.Session


def _off(network: nn.Module, other: Callable[[Any], Any], image: tuple[int, ...]) -> float:
    """The largest difference of outputs, as a share of the largest output."""
    import torch

    most = 0.0
    for count in COUNTS:
        images = torch.randn(count, *image, generator=torch.Generator().manual_seed(count))
        with torch.no_grad():
            wanted, given = network(images), other(images)
        if given.shape != wanted.shape:
            return float("inf")
        scale = float(wanted.abs().max()) or 1.0
        apart = float((given - wanted).abs().max()) / scale
        most = most if apart <= most else apart  # also where it is no number
    return most


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return f"{type(error).__name__}: {text[:160]}"
