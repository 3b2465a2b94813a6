"""Figures of many networks that share parts: each part is counted once, and looked up after that.

A network whose parts read nothing but what stands before them is the sum of its parts, and needs
as much memory as the neediest of them. Any other is counted whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

from nas.blocks import registry
from nas.costs.cost import BYTES, cost
from nas.costs.memory import peak_inference
from nas.errors import GenotypeError
from nas.genotype.expression import Chain, Default, Genotype, Image, Leaf, Named, Repeat, Row
from nas.genotype.normal import normalize
from nas.genotype.recording import alone, block_graph, unstrided
from nas.graph import Graph, Settings
from nas.ops import Spec, Zero


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network costs for one image: learned numbers and multiply-accumulates as in `Cost`,
    and the estimated peak of memory in use, in bytes of float32."""

    params: int
    macs: int
    memory: int


def figures(network: Genotype) -> Figures:
    """The figures that `cost` has, sooner where parts of the network were counted before.

    Raises GenotypeError as `cost`.
    """
    parts = network.items if isinstance(network, Chain) else (network,)
    image = parts[0]
    whole = None
    if isinstance(image, Image) and not network.open:
        spec = Spec(image.channels, (image.height, image.width))
        whole = _chain(parts[1:], spec, Settings())
    if whole is None or whole.spec.last:  # where it is laid out anew at the end
        counted = cost(network)
        return Figures(counted.params, counted.macs, counted.inference_memory())
    return Figures(whole.params, whole.macs, BYTES * (whole.params + whole.peak))


@dataclass(frozen=True, slots=True)
class _Part:
    """What a part adds: `peak` is the most elements alive at one time, its input among them."""

    params: int
    macs: int
    peak: int
    spec: Spec  # what comes out
    names: frozenset[str] = frozenset()  # given inside, that another part may not give
    own: frozenset[str] = frozenset()  # and those in a scope of the part's own


@lru_cache(maxsize=1 << 15)
def _part(part: Genotype, spec: Spec, settings: Settings) -> _Part | None:
    """A part on such an input; None where it can't be counted by itself."""
    match part:
        case Chain(items=items):
            return _chain(items, spec, settings)
        case Row(copies=copies):
            return _copies(copies, spec, settings)
        case Repeat(body=body, times=times):
            return _copies((body,) * cast(int, times), spec, settings)
        case Named(body=body, name=name):
            inner = _part(body, spec, settings)
            if inner is None or name in inner.names:  # one name twice may be refused
                return None
            return replace(inner, names=inner.names | {name})
    try:
        if isinstance(part, Leaf) and not registry()[part.word].encloses:
            return _counted(block_graph(part, spec, settings))
        graph, names, own = alone(part, spec, settings)
        counted = _counted(normalize(graph))
        return counted and replace(counted, names=names, own=own)
    except GenotypeError:
        return None  # counting the whole tells where, or finds that it fits there


def _counted(graph: Graph) -> _Part | None:
    if graph.gives_zero or isinstance(graph.nodes[graph.output].item, Zero):
        return None  # what comes after is gone, too
    total = graph.total
    return _Part(total.params, total.macs, peak_inference(graph.flat()), graph.spec)


def _chain(items: Iterable[Genotype], spec: Spec, settings: Settings) -> _Part | None:
    """One after another; `default(...)` holds for those behind it."""
    parts: list[_Part] = []
    names: set[str] = set()
    at = spec
    for item in items:
        if isinstance(item, Default):
            settings = settings.updated(item.values)
            if settings.drop_path:  # which grows with the depth of the whole
                return None
            continue
        part = _part(item, at, settings)
        if part is None or names & part.names:
            return None
        names |= part.names
        parts.append(part)
        at = part.spec
    return _joined(parts, spec, frozenset(names).union(*(part.own for part in parts)))


def _copies(bodies: tuple[Genotype, ...], spec: Spec, settings: Settings) -> _Part | None:
    """Copies of a repeat; each has a scope of names of its own."""
    parts: list[_Part] = []
    at = spec
    for number, body in enumerate(bodies):
        part = _part(unstrided(body) if number and isinstance(body, Leaf) else body, at, settings)
        if part is None:
            return None
        parts.append(part)
        at = part.spec
    own = frozenset[str]().union(*(part.names | part.own for part in parts))
    return replace(_joined(parts, spec), own=own)


def _joined(parts: list[_Part], spec: Spec, names: frozenset[str] = frozenset()) -> _Part:
    return _Part(
        sum(part.params for part in parts),
        sum(part.macs for part in parts),
        max((part.peak for part in parts), default=spec.elements),
        parts[-1].spec if parts else spec,
        names,
    )
