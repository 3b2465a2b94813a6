"""Data sets, one per file: what they hold, where they come from, and how their images are read.

`nas.data.load("digits")` describes a data set; nothing is read before a split is asked for.
A new data set is one more file here, with a function `describe(argument)`; its name is the file's,
with `-` for `_`, and what stands after a colon in `name:argument` is its argument. Files that begin
with `_` are what all data sets are made of.
"""

from __future__ import annotations

import importlib
import pkgutil

from nas.data._base import DataSet, Part
from nas.data._partition import stratified
from nas.data._pictures import Pictures
from nas.data._split import Split
from nas.errors import DataError, nearest

__all__ = ["DataSet", "Part", "Pictures", "Split", "load", "names", "stratified"]


def names() -> tuple[str, ...]:
    """The names of all data sets, sorted."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in modules if not name.startswith("_")))


def load(name: str) -> DataSet:
    """The data set called `name`, or `name:argument` where the data set takes one.

    Raises `DataError` for an unknown name or a refused argument.

    >>> load("digits").shape
    (1, 32, 32)
    """
    base, _, argument = name.partition(":")
    if base not in names():
        hint = nearest(base, names()) or f"; there are {', '.join(names())}"
        raise DataError(f"data set {base!r} is not known{hint}")
    module = importlib.import_module(f"{__name__}.{base.replace('-', '_')}")
    described: DataSet = module.describe(argument)
    return described
