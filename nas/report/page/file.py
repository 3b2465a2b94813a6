"""A page's file."""

from __future__ import annotations

import contextlib
from pathlib import Path

from nas.errors import RunError, UsageError


def check(path: Path) -> None:
    """Raise `UsageError` for a name that no browser would open as a page, before any work."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {path}: must end in .html, as a browser is to open it")
    if path.is_dir():
        raise UsageError(f"--out {path}: is a folder; name a file in it")


def write(path: Path, page: str) -> None:
    """The page is at `path`, in folders that are made for it; whoever reads it meanwhile finds the
    old page or the new one. Raises `RunError` if it can't be written."""
    new = path.with_name(f".{path.name}-new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(page, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise RunError(
            f"{path}: can't be written ({error.strerror or error}); give another --out"
        ) from error
