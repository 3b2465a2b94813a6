"""What is to be drawn, from what a person writes: the network, its title and where it is from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from nas.genotype import Genotype, load
from nas.genotype.files import within
from nas.space.library import known
from nas.zoo import genotype, reference


@dataclass(frozen=True, slots=True)
class Subject:
    """A network or space with a title and a line below it."""

    genotype: Genotype
    title: str
    source: str = ""


def subject(what: str) -> Subject:
    """A reference's or space's name, a `.nas` file, text, or the folder of a network or of a run,
    which is its best.

    Raises GenotypeError where it is none of these.
    """
    path = Path(what) if len(what) < 4096 and "\n" not in what else None
    if what in known():
        return Subject(load(known()[what]), what, "a search space")
    if path is not None and path.is_dir():
        return _folder(path)
    found = genotype(what)
    if what.strip().isidentifier():
        one = reference(what.strip())
        error = f", {one.top1_error:g} % top-1 error" if one.top1_error else ""
        return Subject(found, what.strip(), f"{one.paper} ({one.year}){error}")
    if path is not None and path.suffix == ".nas":
        return Subject(found, path.stem)
    return Subject(found, "Network")


def _folder(path: Path) -> Subject:
    file = within(path)
    return Subject(load(file), path.resolve().name, _scores(file.with_name("cost.json")))


def _scores(path: Path) -> str:
    """`trial 12: accuracy 0.97 (validation)`, of what a search left; nothing of anything else."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        scores = [f"{name} {value:.4g}" for name, value in told["validation"].items()]
        return f"trial {told['trial']}: {', '.join(scores)} (validation)"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
