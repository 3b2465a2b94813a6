"""The errors a user can meet: one small tree, each with one sentence that gives rule, value,
place and repair."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NasError(Exception):
    """A user's mistake or a refusal; its text is the whole message, shown without a traceback."""


class GenotypeError(NasError):
    """The text or the expression is no genotype: unknown name, wrong argument, too large, shapes
    that don't fit.

    `place` is where in the network it happened, from the outermost scope inwards; the text begins
    with it.
    """

    field = ""  # the field of a block that was written wrongly

    def __init__(self, message: str, place: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.place = message, place

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}: {self.message}" if self.place else self.message


class SpaceError(NasError):
    """A search space can't be sampled as asked: no choices left, an unknown decision, nothing
    fits the budget."""


class ScalingError(NasError):
    """A network can't be scaled as asked: no coefficient there, a target that no scaled network
    meets."""


class DataError(NasError):
    """A data set is missing, damaged or not what the genotype expects."""


class DivergenceError(NasError):
    """A training's loss stopped being a finite number."""


class WeightsError(NasError):
    """Weights don't fit the module they are loaded into."""


class RunError(NasError):
    """A run folder can't be created, locked, read or continued."""


class LatencyError(NasError):
    """A latency can't be measured as asked, or a calibration can't be read."""


class UsageError(NasError):
    """A command line asks for something that can't be done as written; exit code 2."""


def shown(value: object) -> str:
    """A value as an error quotes it: at most 60 characters, however large it is."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the CPU or a GPU; torch needn't be loaded to tell."""
    names = ("MemoryError", "OutOfMemoryError")  # Python's and torch's
    if any(each.__name__ in names for each in type(error).__mro__):
        return True
    # on the CPU torch says it only in the message
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def nearest(name: str, known: Iterable[str]) -> str:
    """A clause naming the known names nearest to `name`: `"; did you mean 'relu'?"`, or `""`."""
    close = difflib.get_close_matches(name[:60], list(known), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
