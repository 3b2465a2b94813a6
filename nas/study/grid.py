"""A grid of scaling coefficients: the networks that it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nas.errors import SpaceError
from nas.search.candidates import Candidates
from nas.space.coefficients import Coefficients

GRID = "grid"  # the sampler that draws all there is


@dataclass(frozen=True, slots=True)
class Grid:
    """The networks of a grid, the base first: each with all coefficients that give it; of the
    points that give none, how many, and why most of them don't."""

    networks: dict[str, tuple[Coefficients, ...]]  # by canonical hash
    outside: int
    reason: str

    @property
    def points(self) -> int:
        """How many points of the grid give a network, the base not counted."""
        return sum(map(len, self.networks.values())) - 1


def grid(among: Candidates) -> Grid:
    """All networks of a grid of coefficients, counted and told apart.

    Raises `SpaceError` where there is none but the base.
    """
    networks: dict[str, list[Coefficients]] = {}
    reasons: Counter[str] = Counter()
    for point in among.space.points():
        candidate = among.at(point)
        if candidate.excess <= 1:
            found = networks.setdefault(candidate.card.hash, [])
            found.append(Coefficients.of(point))
        else:
            reasons[candidate.reason] += 1
    reason = reasons.most_common(1)[0][0] if reasons else ""
    if len(networks) < 2:
        raise SpaceError(
            f"no coefficients on the grid give another network than the base"
            f"{': ' + reason if reason else ''}; raise the target, or take a base with more blocks "
            "and channels, or larger images"
        )
    return Grid({key: tuple(all_) for key, all_ in networks.items()}, reasons.total(), reason)
