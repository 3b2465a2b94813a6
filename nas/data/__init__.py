"""Data sets, one per file: what they hold, where they come from, and how their images are read.

`nas.data.load("digits")` describes a data set; nothing is read before a split is asked for.
A new data set is one more file here, with a function `describe(argument)`; its name is the file's,
with `-` for `_`, and what stands after a colon in `name:argument` is its argument. Files that begin
with `_` are what all data sets are made of.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from nas.data._base import DataSet, Part
from nas.data._partition import stratified
from nas.data._pictures import Pictures
from nas.data._split import Split
from nas.errors import DataError, nearest

__all__ = [
    "DataSet",
    "Part",
    "Pictures",
    "Split",
    "absolute",
    "argument",
    "download",
    "load",
    "names",
    "stratified",
]


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
    described: DataSet = _module(base).describe(argument)
    return described


def argument(name: str) -> str:
    """What must stand after the colon of the data set called `name`: `"FOLDER"`, or `""`."""
    return getattr(_module(name), "ARGUMENT", "")


def absolute(name: str) -> str:
    """The same data set by a name that holds in every folder: a path in it is absolute."""
    base, _, path = name.partition(":")
    return f"{base}:{Path(path).expanduser().absolute()}" if path else name


def download(
    data: DataSet, tell: Callable[[str, int, int], None] | None = None
) -> tuple[Path, ...]:
    """Where the files of `data` are, fetched from their official address where they weren't here.

    A transfer that broke off is gone on with; `tell(file, bytes, bytes in total)` hears of every
    block. Nothing is fetched, and no path given, where a data set needs no files or they are the
    user's own. Raises `DataError` where there is no address, the server can't be reached or the
    files are not what their publisher says.
    """
    if data.origin is None:
        return ()
    if data.origin.complete:
        return tuple(data.origin.find(names) for names in data.origin.wanted)
    from nas.data._download import fetch

    return fetch(data.origin, tell)


def _module(name: str) -> ModuleType:
    if name not in names():
        hint = nearest(name, names()) or f"; there are {', '.join(names())}"
        if Path(name).is_dir():
            hint = f"; a folder of pictures is named folder:{name}"
        raise DataError(f"data set {name!r} is not known{hint}")
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
