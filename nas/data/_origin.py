"""Where a data set's files are looked for, and what is said where they are not.

One rule: `$NAS_DATA/NAME/`, without that variable `$XDG_CACHE_HOME/nas/NAME/` or
`~/.cache/nas/NAME/`; then the folders of system packages; `NAME:FOLDER` names a folder instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nas.errors import DataError


@dataclass(frozen=True, slots=True)
class Remote:
    """A file at its official address, with the MD5 sum its publisher states."""

    url: str
    md5: str

    @property
    def file(self) -> str:
        """Its name, here as there."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Origin:
    """The files of the data set `name`.

    Each of `wanted` is a file or folder under one of several names, such as packed and unpacked.
    `folder` is the user's own, `packaged` are those that system packages install into; `manual`
    tells what else there is to know about coming by them.
    """

    name: str
    wanted: tuple[tuple[str, ...], ...]
    remote: tuple[Remote, ...] = ()
    folder: str = ""
    packaged: tuple[str, ...] = ()
    manual: str = ""

    @property
    def home(self) -> Path:
        """The folder the files belong into."""
        return Path(self.folder).expanduser() if self.folder else home() / self.name

    @property
    def complete(self) -> bool:
        """Whether everything wanted is here."""
        return all(self._found(names) for names in self.wanted)

    def find(self, names: tuple[str, ...]) -> Path:
        """Where the file or folder known by one of `names` is.

        Raises `DataError` where it is nowhere, which says how to get it.
        """
        found = self._found(names)
        if found is None:
            raise DataError(f"{self.name}: there is no {names[0]} in {self.home}; {self.advice}")
        return found

    @property
    def advice(self) -> str:
        """How the files come here: an imperative, without a full stop."""
        if not self.remote:
            return self.manual
        files = ", ".join(each.file for each in self.remote)
        address = self.remote[0].url.rpartition("/")[0]
        where = f":{self.folder}" if self.folder else ""
        other = f"; {self.manual}" if self.manual else ""
        command = f"nas data download {self.name}{where}"
        return f"run `{command}`, or put {files} from {address} there{other}"

    def _found(self, names: tuple[str, ...]) -> Path | None:
        folders = [self.home] if self.folder else [self.home, *map(Path, self.packaged)]
        paths = (folder / name for folder in folders for name in names)
        return next((path for path in paths if path.exists()), None)


def home() -> Path:
    """The folder of all data sets' folders: $NAS_DATA, or `nas` in the user's cache."""
    if chosen := os.environ.get("NAS_DATA"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "nas"
