"""Genotypes on disk: a `.nas` file, or the folder of a network or of a run."""

from __future__ import annotations

from pathlib import Path

from nas.errors import GenotypeError
from nas.genotype.expression import Genotype
from nas.genotype.text import parse

FILE = "genotype.nas"  # a network's, in a folder of it


def load(path: str | Path) -> Genotype:
    """The genotype in a `.nas` file, or in a folder: a network's, or a run's, which is its best.

    Raises GenotypeError where it can't be read.
    """
    path = Path(path)
    if path.is_dir():
        path = within(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin with a byte order mark
    except OSError as error:
        raise GenotypeError(f"{path}: can't be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise GenotypeError(
            f"{path}: is no UTF-8 text (byte {error.start}); a .nas file is plain text"
        ) from None
    return parse(text, str(path))


def within(folder: Path) -> Path:
    """The file of the network in a folder: its own, or that of a run's best. Raises GenotypeError
    where there is none."""
    for path in (folder / FILE, folder / "best" / FILE):
        if path.exists():
            return path
    raise GenotypeError(
        f"{folder}: holds no network ({FILE} or best/{FILE}); name a run's folder or what "
        "`nas compile --out` made"
    )
