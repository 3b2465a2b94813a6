"""A folder that holds a network whole: what is in it, writing and reading it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from nas.artefacts.folder import link, replace
from nas.artefacts.formats import FILES as FORMATS
from nas.artefacts.formats import Exports, exports
from nas.artefacts.readme import Origin, made, readme, table
from nas.costs import card
from nas.errors import GenotypeError, RunError
from nas.genotype import Genotype, load
from nas.genotype.files import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.compiler.network import Network

GENOTYPE, WEIGHTS, MODEL = "genotype.nas", "weights.safetensors", FORMATS["py"]
FILES = (GENOTYPE, WEIGHTS, MODEL, "cost.json", "cost.md", "README.md")
MORE = (FORMATS["onnx"], FORMATS["pt2"], "inference.md")  # where they were asked for


def write(
    folder: Path,
    genotype: Genotype,
    save: Callable[[Path], object],
    origin: Origin,
    added: Exports | None = None,
    *,
    model: bool = True,
    measured: str = "",
) -> None:
    """`folder` holds the network whole, as `contents` says.

    Whatever the folder held is replaced in one step. Raises GenotypeError for choices left open,
    RunError where the folder can't be written or holds anything else; it then stays as it was.
    """
    filled = contents(genotype, save, origin, added, model=model, measured=measured)
    free(folder)
    try:
        replace(folder, filled)
    except OSError as error:
        raise RunError(
            f"{folder}: can't be written ({error.strerror or error}); make room or choose another "
            "folder"
        ) from error


def contents(
    genotype: Genotype,
    save: Callable[[Path], object],
    origin: Origin,
    added: Exports | None = None,
    *,
    model: bool = True,
    measured: str = "",
) -> Callable[[Path], None]:
    """What writes all `FILES` and those of `added` into an empty folder; `save(path)` writes the
    weights as safetensors.

    Without `model` there is no model.py; `measured` tells what was tried to run it fast. Raises
    GenotypeError for choices left open.
    """
    from nas.compiler.standalone import standalone

    added = added or Exports()
    costs = card(genotype)
    data = {} if origin.data is None else {"data": dict(origin.data)}
    figures = {**origin.figures, **data, "cost": costs, "made": made(origin, added)}
    texts = {GENOTYPE: f"{genotype}\n"}
    if model:
        texts[MODEL] = standalone(genotype)
    if measured:
        texts["inference.md"] = measured
    texts["cost.json"] = json.dumps(figures, indent=2) + "\n"
    texts["cost.md"] = table(origin.title, costs)
    texts["README.md"] = readme(origin, costs, {*texts, *added.files})

    def fill(folder: Path) -> None:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        for name, content in added.files.items():
            (folder / name).write_bytes(content)
        save(folder / WEIGHTS)

    return fill


def complete(folder: Path, formats: tuple[str, ...]) -> Exports:
    """Add the exported files of `formats` to a folder that holds a network, in one step; what
    can't be exported is told, and left out. Nothing is done where all are there.

    Raises GenotypeError, WeightsError or RunError where the folder doesn't hold one or can't be
    written; it then stays as it was.
    """
    if all((folder / FORMATS[each]).exists() for each in formats):
        return Exports()
    try:
        told = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
        ways = told.pop("made")
        del told["cost"]
        title, again = ways.get("title", folder.resolve().name), ways.get("again", "Made by")
        data = told.pop("data", None)
        origin = Origin(title, ways["weights"], again, ways["command"], told, data)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(f"{folder}: holds no network (cost.json can't be read: {error})") from error
    network = read(folder)
    added = exports(network, network.input_shape, formats)
    weights = folder / WEIGHTS
    genotype = load(folder / GENOTYPE)
    filled = contents(genotype, lambda path: link(weights, path), origin, added)
    try:
        replace(folder, filled)
    except OSError as error:
        raise RunError(
            f"{folder}: {', '.join(added.files)} can't be written ({error.strerror or error}); the "
            "rest is still there: make room and try again"
        ) from error
    return added


def read(folder: Path) -> Network:
    """The compiled network of a folder, or a run's best, with its weights, in eval mode; nothing
    there is executed.

    Raises GenotypeError, WeightsError or RunError where the folder doesn't hold one.
    """
    from nas.compiler.network import compile
    from nas.train.checkpoint import restore

    try:
        path = within(folder)
        genotype = load(path)
    except GenotypeError as error:
        raise RunError(str(error)) from error
    network = compile(genotype)
    restore(network, path.parent / WEIGHTS)
    return network.eval()


def free(folder: Path) -> None:
    """RunError where writing would lose a file that isn't such a folder's."""
    known = (*FILES, *MORE, "__pycache__")
    try:
        held = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise RunError(
            f"{folder}: can't be read ({error.strerror}); choose another folder"
        ) from error
    others = [name for name in held if name not in known]
    if others:
        raise RunError(
            f"{folder}: holds other files ({', '.join(others[:3])}), which would be lost; "
            "choose another folder"
        )
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file; choose another folder")
