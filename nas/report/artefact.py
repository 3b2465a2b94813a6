"""A network in a folder of its own: genotype, weights, a model.py that needs only torch, costs, and
how it was made."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from nas.costs import Card, card, card_lines
from nas.errors import GenotypeError, RunError
from nas.genotype import Genotype, load
from nas.quantity import spoken
from nas.report.folder import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.compiler.network import Network

GENOTYPE, WEIGHTS, MODEL = "genotype.nas", "weights.safetensors", "model.py"
FILES = (GENOTYPE, WEIGHTS, MODEL, "cost.json", "cost.md", "README.md")


@dataclass(frozen=True, slots=True)
class Origin:
    """How a network was made."""

    title: str
    weights: str  # how they came about: "drawn with seed 0, not trained"
    again: str  # what the command does: "Made, in the folder above this one, by"
    command: str
    figures: Mapping[str, object]  # what else cost.json says, such as trial and scores


def write(folder: Path, genotype: Genotype, save: Callable[[Path], object], origin: Origin) -> None:
    """`folder` holds the network whole; `save(path)` writes its weights as safetensors.

    Whatever the folder held is replaced in one step. Raises GenotypeError for choices left open,
    RunError where the folder can't be written or holds anything else; it then stays as it was.
    """
    filled = contents(genotype, save, origin)
    _free(folder)
    try:
        replace(folder, filled)
    except OSError as error:
        raise RunError(
            f"{folder}: can't be written ({error.strerror or error}); make room or choose another "
            "folder"
        ) from error


def contents(
    genotype: Genotype, save: Callable[[Path], object], origin: Origin
) -> Callable[[Path], None]:
    """What writes all `FILES` into an empty folder; GenotypeError for choices left open."""
    from nas.compiler.standalone import standalone

    costs = card(genotype)
    figures = {**origin.figures, "cost": costs, "made": _made(origin)}
    texts = {
        GENOTYPE: f"{genotype}\n",
        MODEL: standalone(genotype),
        "cost.json": json.dumps(figures, indent=2) + "\n",
        "cost.md": _table(origin.title, costs),
        "README.md": _readme(origin, costs),
    }

    def fill(folder: Path) -> None:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        save(folder / WEIGHTS)

    return fill


def read(folder: Path) -> Network:
    """The compiled network of a folder with its weights, in eval mode; nothing there is executed.

    Raises GenotypeError, WeightsError or RunError where the folder doesn't hold one.
    """
    from nas.compiler.network import compile
    from nas.train.checkpoint import restore

    try:
        genotype = load(folder / GENOTYPE)
    except GenotypeError as error:
        raise RunError(f"{folder}: holds no network: {error}") from error
    network = compile(genotype)
    restore(network, folder / WEIGHTS)
    return network.eval()


def _free(folder: Path) -> None:
    """RunError where writing would lose a file that isn't such a folder's."""
    if folder.is_dir():
        others = sorted(
            path.name for path in folder.iterdir() if path.name not in (*FILES, "__pycache__")
        )
        if others:
            raise RunError(
                f"{folder}: holds other files ({', '.join(others[:3])}), which would be lost; "
                "choose another folder"
            )
    elif folder.exists():
        raise RunError(f"{folder}: is a file; choose another folder")


def _made(origin: Origin) -> dict[str, object]:
    packages = {name: version(name) for name in ("nas", "torch")}
    return {
        "command": origin.command,
        "weights": origin.weights,
        "versions": {**packages, "python": platform.python_version()},
    }


def _table(title: str, costs: Card) -> str:
    lines = [f"# What {title} costs", "", "| | | |", "| --- | ---: | --- |"]
    lines += [f"| {name.strip()} | {value} | {note} |" for name, value, note in card_lines(costs)]
    return "\n".join(lines) + "\n"


def _readme(origin: Origin, costs: Card) -> str:
    image = "x".join(map(str, costs["image"]))
    packages = ", ".join(f"{name} {version(name)}" for name in ("nas", "torch"))
    return f"""# {origin.title}

{spoken(costs["params"])} parameters, {spoken(costs["macs"])} MACs for one {image} image. \
The weights were {origin.weights}.

Load it with nothing but torch; images are float32 tensors of shape (N, {image.replace("x", ", ")}):

```python
from model import load

network = load("weights.safetensors")
```

or with nas, which reads `genotype.nas` and executes nothing of this folder:

```python
import nas

network = nas.load(".")
```

`cost.json` and `cost.md` hold what it costs. {origin.again}

```
{origin.command}
```

with {packages}, Python {platform.python_version()}.
"""
