"""From a genotype to its graph: every block recorded at its place, names and settings resolved
lexically."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count, islice
from typing import NamedTuple, cast

from nas.blocks import Block, registry
from nas.errors import GenotypeError, nearest
from nas.genotype.binding import with_fields
from nas.genotype.expression import (
    Aux,
    Branches,
    Chain,
    Choice,
    Default,
    Genotype,
    Image,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tap,
    Tie,
)
from nas.genotype.places import places
from nas.graph import Graph, Inside, Path, Recorder, Settings, Surroundings, Value
from nas.ops import Add, Concat, Spec


class Step(NamedTuple):
    """A block or a repeat with what it reads and what it gives; a block in copies 2..n of a repeat
    is `unstrided`."""

    part: Genotype
    reads: Spec
    gives: Spec


def graph(network: Genotype) -> Graph:
    """The graph of a whole network; GenotypeError with the place where shapes don't fit or
    choices are left."""
    return recorded(network)[0]


def steps(network: Genotype) -> tuple[Step, ...]:
    """Each block and repeat of a whole network where it stands, inner ones first; GenotypeError
    as `graph`."""
    return recorded(network)[1]


@lru_cache(maxsize=256)
def recorded(network: Genotype) -> tuple[Graph, tuple[Step, ...]]:
    """What `graph` and `steps` give, recorded once for each of the latest networks."""
    parts = network.items if isinstance(network, Chain) else (network,)
    image = parts[0]
    if not isinstance(image, Image):
        raise GenotypeError(
            "a network begins with its input; "
            "write image(channels, height, width) >> before the first block"
        )
    if network.open:
        raise GenotypeError(
            "choices are left in the genotype, so it is a search space; decide them "
            "(nas search --space FILE, or nas.space.Space(g).sample) before counting or compiling"
        )
    recorder = Recorder("Network", Spec(image.channels, (image.height, image.width)))
    state = _State(recorder)
    settings = Settings()
    x = state.chain(parts[1:], recorder.start(settings), _Context((), (), settings))
    x = x.laid(False)
    aux = state.heads()
    names = [(".".join(name), value) for name, value in state.names.items()]
    return recorder.finish(x, aux, names), tuple(state.steps)


def alone(
    part: Genotype, spec: Spec, settings: Settings
) -> tuple[Graph, frozenset[str], frozenset[str]]:
    """The graph of a part by itself on such an input, the names it gives in the scope around it,
    and those in its own; GenotypeError also where it reads what the rest of a network names."""
    recorder = Recorder("Part", spec)
    state = _State(recorder)
    x = state.record(part, recorder.start(settings), _Context(("",), (), settings))
    own = [name for name in state.names if name[0] == ""]
    around = frozenset(name[-1] for name in state.names if name not in own)
    return recorder.finish(x, state.heads()), around, frozenset(name[-1] for name in own)


class _Context(NamedTuple):
    """Where recording is: the module's path, the scope of names, the settings."""

    path: Path
    scope: Path  # grows with repeats and ties only: names live in these
    settings: Settings
    ramp: _Ramp | None = None  # of drop-path, where `default(drop_path=...)` holds

    def inside(self, name: str | None) -> _Context:
        if name is None:
            return self
        return _Context((*self.path, name), self.scope, self.settings, self.ramp)

    @property
    def own(self) -> Path:
        """The scope of the part that is recorded here."""
        # a copy of a repeat has a scope already
        if self.scope[-2:] == self.path[-2:]:
            return self.scope
        return (*self.scope, *self.path[-1:])


@dataclass(slots=True)
class _Ramp:
    """Drop-path grows linearly over the residual blocks, from 0 before the first
    (arXiv:1603.09382)."""

    rate: float
    total: int
    done: int = 0


@dataclass(slots=True)
class _State:
    recorder: Recorder
    names: dict[Path, Value] = field(default_factory=dict)
    carried: dict[Path, Value] = field(default_factory=dict)  # by a repeat's copies, to the next
    waiting: list[tuple[Aux, Value, _Context]] = field(default_factory=list)
    read: dict[int, Value] = field(default_factory=dict)  # by a value: what its step read
    steps: list[Step] = field(default_factory=list)

    def heads(self) -> list[tuple[Value, float]]:
        """Auxiliary heads, recorded behind the network, at places of their own."""
        done = []
        taken = {node.path[0] for node in self.recorder.nodes}
        names = (f"aux{number}" if number > 1 else "aux" for number in count(1))
        free = (name for name in names if name not in taken)
        for (aux, x, context), name in zip(self.waiting, free, strict=False):
            # a head is no part of the growth of drop-path with depth
            settings = replace(context.settings, drop_path=None)
            inner = context._replace(path=(name,), settings=settings, ramp=None)
            end = self.record(aux.head, _set(x, settings), inner)
            done.append((end.laid(False), aux.weight))
        return done

    def chain(self, parts: tuple[Genotype, ...], x: Value, context: _Context) -> Value:
        for index, (part, name) in enumerate(zip(parts, places(parts), strict=True)):
            if isinstance(part, Default):
                context = context._replace(settings=context.settings.updated(part.values))
                rate = dict(part.values).get("drop_path")
                if rate is not None:
                    total = sum(map(_residuals, parts[index + 1 :]))
                    context = context._replace(ramp=_Ramp(cast(float, rate), total))
                continue
            x = self.record(part, x, context.inside(name))
        return x

    def record(self, part: Genotype, x: Value, context: _Context) -> Value:
        match part:
            case Leaf():
                y = self.leaf(part, x, context)
                self.steps.append(Step(part, x.spec, y.spec))
                return y
            case Chain(items=items):
                return self.chain(items, x, context)
            case Repeat(body=body, times=times):
                y = self.copies((body,) * cast(int, times), x, context)
                self.steps.append(Step(part, x.spec, y.spec))
                return y
            case Row(copies=copies):
                return self.copies(copies, x, context)
            case Named(body=body, name=name):
                y = self.record(body, x, context)
                self.enter(name, y, context)
                return y
            case Tie(body=body):
                return self.record(body, x, context._replace(scope=context.own))
            case Branches(items=items) | Sum(items=items):
                ends = [
                    self.record(item, x, context.inside(str(i))) for i, item in enumerate(items)
                ]
                op = Add() if isinstance(part, Sum) else Concat()
                with self.recorder.inside(context.path):
                    y = self.recorder.add(op, ends)
                self.read[y.index] = x
                return y
            case Tap(names=names):
                ends = [self.find(name, context) for name in names]
                if len(ends) == 1:
                    return ends[0]
                with self.recorder.inside(context.path):
                    return self.recorder.add(Concat(), ends)
            case Aux():
                self.waiting.append((part, x, context))
                return x
            case Default():
                return x
        raise GenotypeError(
            f"{'.'.join(context.path)}: {type(part).__name__} can't stand inside a network"
        )

    def leaf(self, part: Leaf, x: Value, context: _Context) -> Value:
        settings, ramp, entry = context.settings, context.ramp, registry()[part.word]
        if ramp and entry.make.residual:
            settings = replace(settings, drop_path=ramp.rate * ramp.done / max(1, ramp.total))
            ramp.done += 1
        if entry.encloses:
            return self.enclosing(part, x, context._replace(settings=settings))
        try:
            inner = block_graph(part, x.spec, settings)
        except GenotypeError as error:
            error.place = (*context.path, *error.place)
            raise
        if inner.trivial:
            return x
        y = self.recorder.splice(inner, x, context.path)
        self.read[y.index] = x
        return y

    def enclosing(self, part: Leaf, x: Value, context: _Context) -> Value:
        """A block that holds expressions, recorded in place: it may read other outputs too."""
        recorder, before = self.recorder, self.recorder.surroundings
        recorder.surroundings = _Around(self, context)
        try:
            with recorder.inside(context.path):
                y = built(part, context.settings).body(_set(x, context.settings))
        except GenotypeError as error:
            error.place = error.place or context.path
            raise
        finally:
            recorder.surroundings = before
        if y.index != x.index:
            self.read[y.index] = x
        return y

    def copies(self, bodies: tuple[Genotype, ...], x: Value, context: _Context) -> Value:
        around = (*context.scope, *context.path[-1:])
        for number, body in enumerate(bodies):
            if number and isinstance(body, Leaf):
                body = unstrided(body)
            path, scope = (*context.path, str(number)), (*around, str(number))
            known = len(self.names)
            x = self.record(body, x, _Context(path, scope, context.settings, context.ramp))
            if len(self.names) > known:
                self.carry(scope, len(self.names) - known)
        return x

    def carry(self, scope: Path, given: int) -> None:
        """The last `given` names, of the copy at `scope`, stand under the repeat's name too: the
        next copy finds them there, and what comes after the repeat."""
        for key, value in islice(reversed(self.names.items()), given):
            self.carried[scope[:-1] + key[len(scope) :]] = value

    def enter(self, name: str, value: Value, context: _Context) -> None:
        key = (*context.scope, name)
        if key in self.names:
            raise GenotypeError(
                f"the name {'.'.join(key)!r} is given twice; "
                'rename one, or wrap the part in tie(..., "cell")'
            )
        self.names[key] = value

    def find(self, name: str, context: _Context) -> Value:
        steps = tuple(name.split("."))
        for depth in range(len(context.scope), -1, -1):
            key = context.scope[:depth] + steps
            value = self.names.get(key) or self.carried.get(key)
            if value is not None:
                return value
        known = [".".join(key) for key in self.names]
        hint = nearest(name, known) or f"; named so far: {', '.join(known) or 'nothing'}"
        raise GenotypeError(f"tap({name!r}) finds no output of that name before it{hint}")


@dataclass(frozen=True, slots=True)
class _Around(Surroundings):
    """The network as a block that holds expressions sees it from its place."""

    state: _State
    context: _Context

    def before(self, x: Value) -> Value:
        found = self.state.read.get(x.index)
        if found is None:
            raise GenotypeError(
                "reads the output before the previous, but nothing stands before it; "
                'name an earlier output with @ "a" and give it as prev="a"'
            )
        return _set(found, self.context.settings)

    def named(self, name: str, x: Value) -> Value:
        return _set(self.state.find(name, self.context), self.context.settings)

    def through(
        self, inside: Inside, x: Value, part: str, known: Mapping[str, Callable[[], Value]]
    ) -> Value:
        body, context = cast(Genotype, inside), self.context
        scope = context.own
        tapped = _taps(body)
        entered = [(*scope, name) for name in known if name in tapped]
        for key in entered:
            self.state.names[key] = known[key[-1]]()
        y = self.state.record(body, x, context.inside(part)._replace(scope=scope))
        for key in entered:
            del self.state.names[key]
        return y


def _set(x: Value, settings: Settings) -> Value:
    """The same value where these settings hold."""
    return Value(x.recorder, x.index, x.spec, settings)


@lru_cache(maxsize=1 << 10)
def _taps(part: Genotype) -> frozenset[str]:
    """The first names of every tap in an expression."""
    match part:
        case Tap(names=names):
            return frozenset(name.partition(".")[0] for name in names)
        case Leaf(values=values):
            parts = tuple(value for _, value in values if isinstance(value, Genotype))
        case _:
            parts = part.parts
    return frozenset().union(*map(_taps, parts))


@lru_cache(maxsize=1 << 15)
def block_graph(part: Leaf, spec: Spec, settings: Settings) -> Graph:
    """A block's own graph; GenotypeError, without the place, where the input doesn't fit."""
    block = built(part, settings)
    recorder = Recorder(type(block).__name__, spec)
    return recorder.finish(block.body(recorder.start(settings)))


def built(part: Leaf, settings: Settings | None = None) -> Block:
    """The block that a leaf without choices stands for."""
    return registry()[part.word].build(dict(part.values), settings or Settings())


@lru_cache(maxsize=1 << 12)
def unstrided(part: Leaf) -> Leaf:
    """A block as in copies 2..n of a repeat: without its stride, unless it is a pool."""
    if registry()[part.word].make.keeps_stride:
        return part
    return with_fields(part.word, {name: value for name, value in part.values if name != "stride"})


def _residuals(part: Genotype) -> int:
    """Residual blocks after every repeat is written out."""
    match part:
        case Leaf(word=word, values=values):
            inside = (value for _, value in values if isinstance(value, Genotype))
            return int(registry()[word].make.residual) + sum(map(_residuals, inside))
        case Repeat(body=body, times=times):
            return _residuals(body) * (
                max(cast(tuple[int, ...], times.options)) if isinstance(times, Choice) else times
            )
        case Aux() | Default() | Tap() | Image():
            return 0
    return sum(map(_residuals, part.parts))
