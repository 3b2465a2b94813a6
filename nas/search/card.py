"""The card of a candidate: what it costs, and what identifies it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol

from nas.search.limits import FIGURES

BASIC = ("macs", "params")  # on every card; the others are worked out when asked for


class Latency(Protocol):
    """What tells how long a network takes; `nas.latency.Calibration` is one."""

    def predict(self, genotype: Any) -> float:
        """Seconds for one image; the same for equal genotypes."""


class Card:
    """What a genotype costs, and what identifies it, which is worked out only when asked for.

    `others` are further figures by name: memory in bytes, latency in seconds.
    """

    def __init__(
        self,
        macs: int,
        params: int,
        identify: Callable[[], tuple[str, str]],
        others: Mapping[str, Callable[[], float]] | None = None,
    ) -> None:
        self.macs = macs
        self.params = params
        self._identify = identify
        self._others = others or {}
        self._known: dict[str, float] = {"macs": macs, "params": params}

    def figure(self, name: str) -> float:
        """A figure by its name: macs, params, memory or latency."""
        if name not in self._known:
            self._known[name] = self._others[name]()
        return self._known[name]

    @cached_property
    def identity(self) -> tuple[str, str]:
        """(text, canonical hash)."""
        return self._identify()

    @property
    def genotype(self) -> str:
        """The text."""
        return self.identity[0]

    @property
    def hash(self) -> str:
        """The canonical hash: equal for isomorphic networks."""
        return self.identity[1]

    def sizes(self, names: Iterable[str] = ()) -> dict[str, float]:
        """MACs and parameters, and the figures of these names."""
        return {name: self.figure(name) for name in dict.fromkeys((*BASIC, *names))}

    def stored(self, names: Iterable[str] = ()) -> dict[str, str | float]:
        """Text, hash and sizes, as a trial keeps them."""
        return {"genotype": self.genotype, "hash": self.hash, **self.sizes(names)}


def sizes(held: Mapping[str, Any]) -> dict[str, float]:
    """Those of a trial that were stored."""
    return {name: held[name] for name in FIGURES if name in held}


NOTHING = Card(0, 0, lambda: ("", ""), {"memory": lambda: 0, "latency": lambda: 0})


def cards(latency: Latency | None = None) -> Callable[[Any], Card]:
    """What makes the card of a genotype without choices, counted without building it."""
    from nas.costs import figures
    from nas.genotype import canonical_hash

    def card(genotype: Any) -> Card:
        counted = figures(genotype)
        others: dict[str, Callable[[], float]] = {"memory": lambda: counted.memory}
        if latency is not None:
            others["latency"] = lambda: latency.predict(genotype)
        return Card(
            counted.macs,
            counted.params,
            lambda: (str(genotype), canonical_hash(genotype)),
            others,
        )

    return card
