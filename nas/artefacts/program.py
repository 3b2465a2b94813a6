"""A network as torch's exported program (.pt2): a graph with its weights, which other programs that
use torch load without nas and without a class."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram


def exported(network: nn.Module, image: tuple[int, ...]) -> ExportedProgram:
    """The network in eval mode as a graph of torch's operations, for any number of images of the
    size (channels, height, width)."""
    import torch

    images = torch.zeros(2, *image)
    with quiet():
        return torch.export.export(
            network.eval(), (images,), dynamic_shapes=({0: torch.export.Dim("batch")},)
        )


def packed(program: ExportedProgram) -> bytes:
    """The content of a file that `torch.export.load` reads."""
    import torch

    file = io.BytesIO()
    with quiet():
        torch.export.save(program, file)
    return file.getvalue()


def loaded(content: bytes) -> Any:
    """The module in such a file."""
    import torch

    with quiet():
        return torch.export.load(io.BytesIO(content)).module()


@contextmanager
def quiet() -> Iterator[None]:
    """Without what torch's exporters warn of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
