"""Random genotypes: every block through its fields' types, every operator, choices or none."""

from __future__ import annotations

import contextlib
import operator
import re

from hypothesis import strategies as st

from nas.blocks import Slot, registry
from nas.errors import GenotypeError
from nas.genotype import Choice, Genotype
from nas.genotype import binding as words
from nas.genotype.expression import Repeat
from nas.ops import ACTIVATIONS

NAMES = st.sampled_from(["a", "b", "s1", "3a", "stem", "if", "x_1", "F"])
SIDE = st.integers(1, 5)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "channels": st.integers(1, 24),
    "classes": st.integers(1, 12),
    "repeats": st.integers(1, 3),
    "kernel": SIDE | st.tuples(SIDE, SIDE),
    "stride": st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "size": st.integers(1, 4) | st.tuples(SIDE, SIDE),
    "dilation": st.integers(1, 2) | st.tuples(st.integers(1, 2), st.integers(1, 2)),
    "padding": st.integers(0, 2) | st.sampled_from(["half", "same", "valid", (1, 0)]),
    "groups": st.integers(1, 4),
    "count": st.integers(1, 4),
    "heads": st.integers(1, 4),
    "distance": st.integers(0, 2),
    "ratio": st.sampled_from([0.25, 0.5, 1, 2, 4.0, 1 / 3, 1e-6, 6]),
    "rate": st.sampled_from([0, 0.1, 0.5, 1e-9]),
    "switch": st.booleans(),
    "activation": st.sampled_from(["none", *ACTIVATIONS]),
    "name": NAMES,
}


def _valid(slot: Slot) -> list[object]:
    found = []
    for value in (1, 2, 3, 4, 0.5, True, "a", (1, 2)):
        with contextlib.suppress(ValueError):
            found.append(slot.coerce(value))
    return found


def values(slot: Slot) -> st.SearchStrategy[object]:
    """What may be written for a field; more than is valid for none."""
    if slot.type.kind == "word":
        found: st.SearchStrategy[object] = st.sampled_from(re.findall(r"'(\w+)'", slot.type.rule))
    else:
        known = slot.type.kind in VALUES
        found = VALUES[slot.type.kind] if known else st.sampled_from(_valid(slot))
    return found | st.none() if slot.optional else found


@st.composite
def leaves(draw: st.DrawFn, inside: st.SearchStrategy[Genotype], choices: bool) -> Genotype:
    """One block; each field given or left out, some with a choice."""
    entry = draw(st.sampled_from(list(registry().values())))
    given: dict[str, object] = {}
    for slot in entry.slots:
        if not (slot.required or draw(st.booleans())):
            continue
        if slot.type.kind == "expression":
            given[slot.name] = draw(inside)
        elif choices and draw(st.integers(0, 3)) == 0:
            options = [slot.coerce(x) for x in draw(st.lists(values(slot), min_size=1, max_size=4))]
            name = draw(st.none() | NAMES)
            given[slot.name] = Choice(tuple(dict.fromkeys(options)), name)
        else:
            given[slot.name] = draw(values(slot))
    return words.leaf(entry.word, options=given)


def settings() -> st.SearchStrategy[Genotype]:
    """`default(...)` with some of its settings."""
    found = {
        "act": VALUES["activation"],
        "norm": st.sampled_from(["batch", "layer", "none"]),
        "eps": st.sampled_from([1e-3, 1e-5, 0.5]),
        "momentum": st.sampled_from([0.1, 0.01]),
        "padding": st.sampled_from(["half", "same", "valid"]),
        "drop_path": VALUES["rate"],
    }
    return st.fixed_dictionaries({}, optional=found).map(_default)


def _tap(names: list[str]) -> Genotype:
    return words.tap(*names)


def _row(copies: list[Genotype]) -> Genotype:
    return words.each(*copies)


def _nested(a: Genotype, b: Genotype, c: Genotype) -> Genotype:
    return a >> (b >> c)


def _default(given: dict[str, object]) -> Genotype:
    return words.default(**given)


def expressions(*, choices: bool) -> st.SearchStrategy[Genotype]:
    """Any expression of the language, without image(...); shapes need not fit."""
    small = leaves(st.just(words.leaf("identity")), choices)
    taps = st.lists(NAMES, min_size=1, max_size=2).map(_tap)

    def larger(inner: st.SearchStrategy[Genotype]) -> st.SearchStrategy[Genotype]:
        times = st.integers(1, 3)
        made = [
            st.builds(operator.rshift, inner, inner),
            st.builds(_nested, inner, inner, inner),
            st.builds(operator.or_, inner, inner),
            st.builds(operator.add, inner, inner),
            st.builds(operator.mul, inner, times),
            st.builds(operator.matmul, inner, NAMES),
            st.builds(words.each, inner, times),
            st.lists(inner, min_size=1, max_size=3).map(_row),
            st.builds(words.tie, inner, NAMES),
            st.builds(words.aux, inner, st.sampled_from([0, 0.3, 1, 100])),
            leaves(inner, choices),
        ]
        if choices:
            counts = st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True).map(tuple)
            some = st.builds(Choice, counts, st.none() | NAMES)
            options = st.lists(inner, min_size=1, max_size=3, unique=True).map(tuple)
            made += [
                st.builds(Choice, options, st.none() | NAMES),
                st.builds(Repeat, inner, some),
                st.builds(words.each, inner, some),
            ]
        return st.one_of(made)

    atoms = small | taps | settings()
    return st.recursive(atoms, larger, max_leaves=8)


FITTING = [
    "identity", "conv({c}, 3)", "conv(kernel=3)", "conv({c}, {k}, stride={s}, act={a})",
    "conv({c}, {k}, padding={p}, dilation=2)", "conv({c}, bias=True)",
    "mbconv({c}, {k}, stride={s})",
    "mbconv({c}, skip=False, expand=1, se=0)", "fused_mbconv({c}, se=0.5)", "basic({c}, se=0.25)",
    "bottleneck({c}, stride=2)", "preact({c})", "dense(2, 4)", "transition", "depthwise(3)",
    "sep({c}, 3)", "dwsep({c}, 3, stride={s})", "maxpool(3, stride={s}, padding={p})",
    "avgpool({k}, stride={s}, ceil=True, count_pad=False)", "pool_to({s})", "se(0.5)", "act({a})",
    "norm", "dropout(0.2)", "lrn", "zero", "zero(2)", "global_pool", "flatten", "fc({c})",
    "linear({c})", "tap(\"n0\")", "aux(classifier(3))", "conv({c}, (1, 3), stride=(2, 1))",
    "default(padding=\"same\")", "default(act=\"silu\", drop_path=0.2)", "default(norm=\"none\")",
]  # fmt: skip


@st.composite
def networks(draw: st.DrawFn, depth: int = 2, length: int = 4) -> str:
    """The text of a small network; most of them fit, some don't."""
    number = 0

    def part(level: int) -> str:
        nonlocal number
        kind = draw(st.integers(0, 9 if level else 4))
        if kind <= 4:
            act = f'"{draw(VALUES["activation"])}"'
            padding = draw(st.sampled_from(["None", "0", "1", '"same"', '"valid"', '"half"']))
            return draw(st.sampled_from(FITTING)).format(
                c=draw(st.sampled_from([4, 6, 8])), k=draw(SIDE), s=draw(st.integers(1, 2)), a=act,
                p=padding,
            )  # fmt: skip
        if kind == 5:
            return f"({chain(level - 1)}) * {draw(st.integers(1, 3))}"
        if kind == 6:
            number += 1
            return f'({chain(level - 1)}) @ "n{number - 1}"'
        joined = (" | " if kind == 7 else " + ").join(
            f"({chain(level - 1)})" for _ in range(draw(st.integers(2, 3)))
        )
        return f"({joined})"

    def chain(level: int) -> str:
        return " >> ".join(part(level) for _ in range(draw(st.integers(1, length))))

    sides = draw(st.sampled_from([(8, 8), (9, 7), (16, 16), (5, 12)]))
    return f"image({draw(st.sampled_from([3, 4, 8]))}, {sides[0]}, {sides[1]}) >> {chain(depth)}"


def counted(text: str) -> Genotype | None:
    """The network where it can be counted, else None."""
    import nas

    try:
        network = nas.parse(text)
        nas.cost(network)
    except GenotypeError:
        return None
    return network


__all__ = ["counted", "expressions", "networks", "values"]
