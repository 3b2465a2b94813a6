"""Recipes: how a network is trained, one small TOML file each, its source in the first line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from nas.errors import UsageError, nearest
from nas.train.augment import Augmentation
from nas.train.optimizer import SGD, AdamW, Optimizer, RMSProp, RMSPropTF
from nas.train.schedule import Constant, Cosine, Exponential, Schedule, Step

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    "adamw": AdamW,
    "rmsprop": RMSProp,
    "rmsprop_tf": RMSPropTF,
    "sgd": SGD,
}
SCHEDULES: Mapping[str, type[Schedule]] = {
    "constant": Constant,
    "cosine": Cosine,
    "exponential": Exponential,
    "step": Step,
}
PRECISIONS = ("fp32", "bf16", "fp16")
PLAIN = Augmentation()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: for how long, in what steps, against which loss.

    `batch` is images a step. `drop_path` is the chance that the last residual branch is left out,
    less towards the first (arXiv:1603.09382). `ema` is how much of the weights' moving average
    stays at a step; with one, the trained weights are that average. `clip` is the largest norm of
    all gradients together, `clip_value` of each number, `clip_adaptive` of each unit's gradient in
    norms of its weights (arXiv:2102.06171); 0 leaves out any of these.

    `augment` is whether images are moved and mirrored as their data set allows and go through the
    `augmentation` besides. `zero_gamma` lets residual branches begin at zero (arXiv:1706.02677,
    section 5.1), `calibrate` measures batch-norm statistics anew at the end. `precision` is fp32,
    or what matrix products and convolutions are computed in: bf16, or fp16 with gradients scaled
    (arXiv:1710.03740). `accumulate` passes each batch in so many parts whose gradients add up to
    the whole's: less memory, the same steps but for batch norm, which norms each part by itself.
    """

    name: str
    optimizer: Optimizer
    schedule: Schedule
    epochs: int
    batch: int
    label_smoothing: float = 0.0
    drop_path: float = 0.0
    ema: float = 0.0
    clip: float = 0.0
    clip_value: float = 0.0
    clip_adaptive: float = 0.0
    augment: bool = True
    augmentation: Augmentation = PLAIN
    zero_gamma: bool = False
    calibrate: bool = False
    precision: str = "fp32"
    accumulate: int = 1

    def __post_init__(self) -> None:
        rules = (
            (self.epochs >= 1, "epochs", self.epochs, "at least 1"),
            (self.batch >= 2, "batch", self.batch, "at least 2, or batch norm has nothing to norm"),
            (0 <= self.label_smoothing < 1, "label_smoothing", self.label_smoothing, "in [0, 1)"),
            (0 <= self.drop_path < 1, "drop_path", self.drop_path, "in [0, 1)"),
            (0 <= self.ema < 1, "ema", self.ema, "in [0, 1)"),
            (self.clip >= 0, "clip", self.clip, "0 (none) or more"),
            (self.clip_value >= 0, "clip_value", self.clip_value, "0 (none) or more"),
            (self.clip_adaptive >= 0, "clip_adaptive", self.clip_adaptive, "0 (none) or more"),
            (self.precision in PRECISIONS, "precision", self.precision, " or ".join(PRECISIONS)),
            (self.accumulate >= 1, "accumulate", self.accumulate, "at least 1"),
            (self.optimizer.lr > 0, "optimizer.lr", self.optimizer.lr, "more than 0"),
            (self.schedule.warmup >= 0, "schedule.warmup", self.schedule.warmup, "0 or more"),
        )
        for holds, field, value, rule in rules:
            if not holds:
                raise UsageError(f"recipe {self.name}: {field} must be {rule}, but got {value}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The recipes that come with the package, sorted."""
        folder = files("nas.train") / "recipes"
        return tuple(sorted(Path(each.name).stem for each in folder.iterdir()))

    @classmethod
    def load(cls, name: str | Path) -> Recipe:
        """The recipe called `name`, or the one in the TOML file at that path.

        Raises `UsageError` for an unknown name and for anything in the file that is not understood.
        """
        if str(name) in cls.names():
            text = (files("nas.train") / "recipes" / f"{name}.toml").read_text("utf-8")
            return cls.parse(text, str(name))
        if not str(name).endswith(".toml"):
            hint = nearest(str(name), cls.names()) or f"; there are {', '.join(cls.names())}"
            raise UsageError(f"recipe {str(name)!r} is not known{hint}")
        try:
            return cls.parse(Path(name).read_text("utf-8"), Path(name).stem)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"recipe {name} can't be read: {error}") from error

    @classmethod
    def parse(cls, text: str, name: str) -> Recipe:
        """The recipe that a TOML text describes; every key must be known and of its type."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"recipe {name} is not TOML: {error}") from error
        for section, kinds in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            table[section] = _chosen(table.get(section), kinds, f"recipe {name}: {section}")
        if "augmentation" in table:
            place = f"recipe {name}: augmentation"
            if not isinstance(table["augmentation"], dict):
                raise UsageError(f"{place} needs a table")
            table["augmentation"] = _made(Augmentation, table["augmentation"], place)
        return _made(cls, {"name": name, **table}, f"recipe {name}")

    def at_batch(self, batch: int) -> Recipe:
        """The same recipe at another number of images a step, its learning rate moved along.

        In proportion for SGD, by the square root for the adaptive ones.
        Source: arXiv:1706.02677, section 2.1; arXiv:1404.5997, section 5 (the square root).
        """
        ratio = batch / self.batch
        power = 1.0 if isinstance(self.optimizer, SGD) else 0.5
        optimizer = replace(self.optimizer, lr=self.optimizer.lr * ratio**power)
        return replace(self, batch=batch, optimizer=optimizer)


def _chosen(table: object, kinds: Mapping[str, type[T]], place: str) -> T:
    """The value of a section whose `name` says which of `kinds` it is."""
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise UsageError(f"{place} needs a table with a name, one of {', '.join(kinds)}")
    kind = table["name"]
    if kind not in kinds:
        hint = nearest(kind, kinds) or f"; there are {', '.join(kinds)}"
        raise UsageError(f"{place}: {kind!r} is not known{hint}")
    rest = {key: value for key, value in table.items() if key != "name"}
    return _made(kinds[kind], rest, f"{place} {kind}")


def _made(kind: type[T], table: dict[str, Any], place: str) -> T:
    """`kind(**table)`, once each key is a field of it and each value of the field's type."""
    types = get_type_hints(kind)
    for key in table:
        if key not in types:
            hint = nearest(key, types) or f"; there are {', '.join(types)}"
            raise UsageError(f"{place}: {key!r} is not known{hint}")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.default is MISSING and field.name not in table:
            raise UsageError(f"{place}: {field.name!r} is missing; add it")
    return kind(
        **{key: _typed(value, types[key], f"{place}: {key}") for key, value in table.items()}
    )


def _typed(value: Any, kind: Any, place: str) -> Any:
    """`value`, an int made a float and a list a tuple where the field's type asks for it."""
    if isinstance(value, (Optimizer, Schedule, Augmentation)):
        return value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is float and number:
        return float(value)
    if kind == tuple[float, ...] and isinstance(value, list):
        return tuple(_typed(each, float, place) for each in value)
    if kind in (int, bool, str) and type(value) is kind:
        return value
    wanted = kind.__name__ if isinstance(kind, type) and kind is not tuple else str(kind)
    raise UsageError(f"{place} must be of type {wanted}, but got {value!r}")
