"""The settings of a study, and their text: `study.toml`."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nas.errors import RunError, nearest
from nas.evaluate.cheap import TRAIN
from nas.evaluate.zero_cost import USUAL
from nas.search.standing import FAILURES

ZERO_COST, TABLE = "zero-cost", "table"  # evaluators with options of their own
SURVIVORS = 10  # of a cheap evaluator, as long as a table doesn't stand for the training itself

Section = TypeVar("Section", "Goal", "Scaling", "Training", "Budget", "Evaluation")


@dataclass(frozen=True, slots=True)
class Scaling:
    """The space of a search is a base, scaled by alpha, beta and gamma on a grid: all with `target`
    times its MACs, within the tolerance. By the rule of thumb, or `exact`ly."""

    target: float = 2.0
    tolerance: float = 0.1
    step: float = 0.1
    exact: bool = False
    divisor: int | None = None  # scaled channels are multiples of it; None: 8


@dataclass(frozen=True, slots=True)
class Goal:
    """What is searched: a space's text, for a data set, by a sampler, towards objectives."""

    space: str  # the genotype with choices, as text; where coefficients are searched, the base
    around: bool = False  # it is a network's neighbourhood: the network first, then near it
    data: str = "digits"
    width: float = 1.0  # scales the space's channels
    resolution: int | None = None  # pixels of an image's side; None: the data set's, or the space's
    sampler: str = "predictor"
    seed: int = 0
    objectives: tuple[str, ...] = ("mnasnet",)
    target_macs: int | None = None  # of MnasNet's reward; None: max_macs, or the space's median
    max_macs: int | None = None
    max_params: int | None = None
    target_latency: float | None = None  # seconds; instead of target_macs
    max_latency: float | None = None  # seconds
    max_memory: int | None = None  # bytes
    reference: tuple[float, ...] | None = None  # the worst values that count in the hypervolume
    warm_start: str | None = None  # another run's folder, whose trials are known
    features: tuple[str, ...] | None = None  # zero-cost proxies that the predictor learns from
    scaling: Scaling | None = None  # coefficients are searched, with which a base is scaled


@dataclass(frozen=True, slots=True)
class Training:
    """How each candidate is trained; None: the recipe's own number of epochs, or no rungs."""

    recipe: str = "proxy"
    epochs: int | None = None
    rungs: tuple[int, ...] | None = None  # epochs trained at each; the last is the whole training
    eta: int | None = None  # of so many at a rung one goes on; None: 3
    inherit: bool = False  # a candidate begins with the weights of the complete one nearest to it
    seeds: int | None = None  # each candidate is trained with so many, and judged by the mean


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What measures the candidates: training (None), or a cheap evaluator and then the training of
    its survivors; what None stands for is the evaluator's own."""

    evaluator: str | None = None
    proxy: str | None = None  # of zero-cost
    table: str | None = None  # of table: a file, or file:column
    survivors: int | None = None  # trained at least; 0 trains none

    @property
    def cheap(self) -> str | None:
        """The name of the cheap evaluator, None where candidates are only trained."""
        return None if self.evaluator in (None, TRAIN) else self.evaluator

    @property
    def trained(self) -> int:
        """How many survivors of the cheap evaluator are trained, at least."""
        if self.cheap is None:
            return 0
        usual = 0 if self.cheap == TABLE else SURVIVORS
        return usual if self.survivors is None else self.survivors

    @property
    def by(self) -> str:
        """The evaluator as it is named beside a figure that it gave: "naswot", "supernet"."""
        return (self.proxy or USUAL) if self.cheap == ZERO_COST else self.evaluator or TRAIN


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop, over all sittings: after so many seconds or good trials (complete, or pruned at
    a rung), None for no limit; or after so many failures of one kind in a row."""

    seconds: float | None = None
    trials: int | None = None
    failures: int = FAILURES


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that makes a search; all but the `budget` must stay when it is resumed."""

    goal: Goal
    training: Training = field(default_factory=Training)
    budget: Budget = field(default_factory=Budget)
    evaluation: Evaluation = field(default_factory=Evaluation)

    def fixed(self) -> dict[str, Any]:
        """The settings that every trial of a run shares, as JSON values.

        A setting that is new must be None, False or 0 unless given, as in runs begun before it.
        """
        return {**asdict(self.goal), **asdict(self.training), **asdict(self.evaluation)}

    def save(self, path: Path) -> None:
        """Write `study.toml`, without what is None. Raises `RunError` if it can't be written."""
        lines = ["# run again: nas search --study study.toml"]
        for section, values in asdict(self).items():
            given = {key: value for key, value in values.items() if value is not None}
            if given:
                lines.append(f"\n[{section}]")
                lines += [f"{key} = {_toml(value)}" for key, value in given.items()]
        new = path.with_name(f".{path.name}-new")
        try:
            new.write_text("\n".join(lines) + "\n", encoding="utf-8")
            new.replace(path)
        except OSError as error:
            raise RunError(f"{path}: can't be written: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> Study:
        """The study that `path` holds.

        Raises `RunError`, naming the file, for one that is missing, is no TOML, or has an unknown
        key or a value of the wrong kind.
        """
        try:
            held = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"{path}: there is no such study") from error
        except OSError as error:
            raise RunError(f"{path}: can't be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RunError(f"{path}: is no study (TOML): {error}") from error
        known = {each.name for each in fields(cls)}
        for name in held:
            if name not in known:
                raise RunError(f"{path}: [{name}] is not known{nearest(name, known)}")
        return cls(
            _section(Goal, held.get("goal"), f"{path}: [goal]"),
            _section(Training, held.get("training", {}), f"{path}: [training]"),
            _section(Budget, held.get("budget", {}), f"{path}: [budget]"),
            _section(Evaluation, held.get("evaluation", {}), f"{path}: [evaluation]"),
        )


def _section(kind: type[Section], held: object, where: str) -> Section:
    if not isinstance(held, dict):
        raise RunError(f"{where} is missing")
    hints = get_type_hints(kind)
    values = {}
    for key, value in held.items():
        if key not in hints:
            raise RunError(f"{where} {key} is not known{nearest(key, hints)}")
        values[key] = _typed(value, hints[key], f"{where} {key}")
    if kind is Goal and "space" not in values:
        raise RunError(f"{where} space is missing; it holds the text of the search space")
    return kind(**values)


def _typed(value: Any, hint: Any, where: str) -> Any:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if Scaling in kinds:
        return _section(Scaling, value, f"{where}:")
    if get_origin(kinds[0]) is tuple and isinstance(value, list):
        if all(type(each) is get_args(kinds[0])[0] for each in value):
            return tuple(value)
    elif float in kinds and type(value) is int:
        return float(value)
    elif type(value) in kinds:
        return value
    names = ", ".join(
        f"list of {get_args(kind)[0].__name__}" if get_origin(kind) is tuple else kind.__name__
        for kind in kinds
        if kind is not NoneType
    )
    raise RunError(f"{where} = {value!r}: must be {names}")


def _toml(value: Any) -> str:
    if isinstance(value, str):
        if "\n" in value and value.replace("\n", "").isprintable():
            escaped = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
            return f'"""\n{escaped}"""'
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, dict):
        given = {key: _toml(each) for key, each in value.items() if each is not None}
        return f"{{ {', '.join(f'{key} = {text}' for key, text in given.items())} }}"
    return json.dumps(value)
