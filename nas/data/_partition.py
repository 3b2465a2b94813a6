"""How one pool of labelled images is divided into disjoint parts, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nas.data._base import Part
from nas.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nas.data._pictures import Pictures
    from nas.data._split import Split

S = TypeVar("S", "Split", "Pictures")
HELD_OUT = 0.1  # of the official training part, for validation


def stratified(
    labels: NDArray[Any], shares: Sequence[float], seed: int = 0
) -> tuple[NDArray[np.intp], ...]:
    """Disjoint, sorted index arrays, one per share, that together hold every index once.

    Each class is shuffled by `seed` and cut at the shares, so that every part holds every class in
    the pool's proportions, to within one image. `shares` add up to 1.
    Raises `DataError` where they don't, or where a class has fewer images than there are parts.
    """
    import numpy as np

    if abs(sum(shares) - 1) > 1e-9 or min(shares) <= 0:
        raise DataError(f"shares must be positive and add up to 1, but got {tuple(shares)}")
    # numpy promises that this generator's numbers never change; the newer ones may, and an image
    # that moved between two versions' splits would leak from test into training.
    random = np.random.RandomState(seed)
    parts: list[list[NDArray[np.intp]]] = [[] for _ in shares]
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) < len(shares):
            raise DataError(
                f"class {label} has {len(members)} images, too few for {len(shares)} parts; "
                "add images or leave the class out"
            )
        cuts = np.rint(np.cumsum(shares)[:-1] * len(members)).astype(int)
        for part, chosen in zip(parts, np.split(members, cuts), strict=True):
            part.append(chosen)
    return tuple(np.sort(np.concatenate(part)) for part in parts)


def divided(split: S, shares: Mapping[Part, float], part: Part) -> S:
    """The `part` of a pool that is divided class by class at the `shares`, always in the same way.

    The same pool's part is the same object while it is in use: candidates train on it in turn.
    """
    return cast(S, _piece(split, tuple(shares.values()), tuple(shares).index(part)))


def held_out(split: S, part: Part, share: float = HELD_OUT) -> S:
    """The training or validation part of a data set's official training split.

    `share` of every class is held out for validation, always the same images.
    """
    return divided(split, {Part.TRAIN: 1 - share, Part.VALIDATION: share}, part)


@lru_cache(maxsize=4)
def _piece(split: Split | Pictures, shares: tuple[float, ...], place: int) -> Split | Pictures:
    return split.chosen(stratified(split.labels.numpy(), shares)[place])
