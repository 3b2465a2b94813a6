"""Fetching a data set's files: resumed where they broke off, checked, then put in place at once."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from nas.data._origin import Origin, Remote
from nas.errors import DataError

TIMEOUT = 30  # seconds without a byte
BLOCK = 1 << 20  # bytes read at a time
GONE = (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException)
SATISFIED = 416  # the server has no bytes beyond those that are here

Tell = Callable[[str, int, int], None]  # file, bytes here, bytes in total or 0 if unknown


def fetch(origin: Origin, tell: Tell | None = None) -> tuple[Path, ...]:
    """The files of `origin`, fetched where they were not yet; `tell` hears of every block.

    A broken transfer leaves `FILE.part`, from which the next call goes on; a file under its own
    name is whole and has its publisher's MD5 sum.
    Raises `DataError` where there is no address, the server can't be reached or doesn't answer as
    it should, the sum is wrong or the file can't be written.
    """
    if not origin.remote:
        raise DataError(f"{origin.name} can't be downloaded; {origin.advice}")
    paths = tuple(origin.home / each.file for each in origin.remote)
    try:
        origin.home.mkdir(parents=True, exist_ok=True)
        for remote, path in zip(origin.remote, paths, strict=True):
            if not path.exists():
                _fetch_one(origin, remote, path, tell or _silent)
    except OSError as error:
        raise DataError(
            f"{error.filename or origin.home}: can't be written: {error.strerror or error}; "
            "choose another folder with the environment variable NAS_DATA"
        ) from error
    return paths


def _fetch_one(origin: Origin, remote: Remote, path: Path, tell: Tell) -> None:
    part = path.with_name(f"{path.name}.part")
    _transfer(origin, remote, part, tell)
    found = md5(part)
    if found != remote.md5:
        part.unlink()
        raise DataError(
            f"{remote.url}: its MD5 sum must be {remote.md5}, but is {found}; it was thrown away, "
            f"try again later or put a right {path.name} into {path.parent}"
        )
    part.replace(path)


def _transfer(origin: Origin, remote: Remote, part: Path, tell: Tell) -> None:
    """Bring `part` to its full length, beginning at the bytes it already has."""
    begun = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(remote.url)
    if begun:
        request.add_header("Range", f"bytes={begun}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            resumed = answer.status == http.client.PARTIAL_CONTENT
            begun = begun if resumed else 0
            length = answer.headers.get("Content-Length")
            total = begun + int(length) if length else 0
            with part.open("ab" if resumed else "wb") as file:
                done = _copied(answer, file, begun, lambda done: tell(remote.file, done, total))
    except urllib.error.HTTPError as error:
        if error.code == SATISFIED and begun:
            return  # whole, or wrong: the sum will tell
        raise DataError(
            f"{remote.url}: the server answers {error.code} {error.reason}; "
            f"put {remote.file} into {origin.home} yourself (MD5 {remote.md5})"
        ) from error
    except (*GONE, urllib.error.URLError) as error:
        raise DataError(
            f"{remote.url}: can't be reached: {getattr(error, 'reason', error)}; "
            f"put {remote.file} into {origin.home} yourself (MD5 {remote.md5})"
        ) from error
    if total and done < total:
        raise DataError(
            f"{remote.url}: the connection ended after {done:,} of {total:,} bytes; "
            "run the command again to go on from there"
        )


def _copied(
    source: http.client.HTTPResponse, file: BinaryIO, done: int, tell: Callable[[int], None]
) -> int:
    """The bytes that `file` holds once all that comes from `source` is in it."""
    while True:
        try:
            block = source.read1(BLOCK)  # what has come so far, not a full block
        except GONE as error:
            block = cast(bytes, getattr(error, "partial", b""))
            file.write(block)
            return done + len(block)
        if not block:
            return done
        file.write(block)
        done += len(block)
        tell(done)


def md5(path: Path) -> str:
    """The file's MD5 sum, as publishers of data sets state it: 32 digits."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _silent(file: str, done: int, total: int) -> None:
    pass
