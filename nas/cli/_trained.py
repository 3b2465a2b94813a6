"""A trained network in a folder, and the data set at hand as that network reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import DataError, GenotypeError

if TYPE_CHECKING:
    from nas.compiler.network import Network
    from nas.data import DataSet


def trained(folder: Path, data: DataSet, resolution: int | None = None) -> tuple[Network, DataSet]:
    """The network in `folder` (a run's folder means its best/) and `data` at the size it reads.

    `resolution` is another side of its images, in pixels. Nothing in the folder is executed.
    Raises `DataError` where `data` has other channels or classes, `RunError` or `WeightsError`
    where the folder holds no network, `GenotypeError` where one takes no other resolution.
    """
    import nas
    from nas.genotype.recording import graph
    from nas.train.fixres import at_resolution

    network = nas.load(folder)
    channels, answers = network.input_shape[0], graph(nas.parse(network.genotype)).spec.shape
    if (channels, *answers) != (data.shape[0], len(data.classes)):
        raise DataError(
            f"{folder}: the network tells {' x '.join(map(str, answers))} classes apart in images "
            f"of {_channels(channels)}, but {data.name} has {len(data.classes)} classes and images "
            f"of {_channels(data.shape[0])}; name with --data what it was trained on"
        )
    if resolution is not None:
        try:
            network = at_resolution(network, resolution, resolution)
        except GenotypeError as error:
            raise GenotypeError(f"{folder}: {error}") from error
    return network, data.resized(*network.input_shape[1:])


def _channels(count: int) -> str:
    return f"{count} channel{'s' if count > 1 else ''}"
