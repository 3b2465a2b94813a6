"""A reference's facts: what was published of it, and what is counted here."""

from __future__ import annotations

from dataclasses import dataclass

from nas.costs import cost
from nas.zoo import Reference


@dataclass(frozen=True, slots=True)
class Record:
    """A reference: `top1` and `top5` are errors in percent as `source` has them, `image` is
    (channels, height, width); `training_params` counts auxiliary heads, too."""

    name: str
    aliases: tuple[str, ...]
    family: str
    year: int
    params: int
    training_params: int
    macs: int
    image: tuple[int, ...]
    top1: float | None
    top5: float | None
    source: str
    paper: str
    idea: str


def record(reference: Reference) -> Record:
    """The facts of a reference; it is counted, not built."""
    counted = cost(reference.genotype)
    return Record(
        reference.name,
        reference.aliases,
        reference.family,
        reference.year,
        counted.params,
        counted.training_params,
        counted.macs,
        counted.graph.input.shape,
        reference.top1_error,
        reference.top5_error,
        reference.source,
        reference.paper,
        reference.idea,
    )
