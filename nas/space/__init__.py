"""Search spaces: sampling, size, mutation, over any expression with choices."""

from nas.space.around import around
from nas.space.decisions import Decision, Option
from nas.space.fit import fit, fit_to
from nas.space.library import known, load
from nas.space.space import Point, Space

__all__ = ["Decision", "Option", "Point", "Space", "around", "fit", "fit_to", "known", "load"]
