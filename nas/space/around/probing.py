"""Probing: of the steps that were proposed, those stay that give a network by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from nas.blocks.fields import Scalar
from nas.costs import Cost, cost
from nas.errors import GenotypeError
from nas.genotype.binding import with_fields
from nas.genotype.expression import Argument, Choice, Genotype, Leaf, Repeat, Tie
from nas.genotype.rewriting import rebuilt
from nas.space.around.proposal import BLOCK, DEPTH, Proposal
from nas.space.space import Space

Kept = dict[str, list[int]]  # for each decision the options that stay, by index; the first always


def probed(proposed: Proposal) -> Genotype:
    """The space of the proposed steps that are possible, each tried alone.

    Widths that can't move alone, as they meet others in a sum, move together with those of the
    same number of channels.
    """
    seed, space, kinds = cost(proposed.seed), proposed.space, proposed.kinds
    kept = _possible(space, kinds, seed)
    stuck = {name for name, found in kept.items() if kinds[name] == "channels" and found == [0]}
    if stuck:
        space = _tied(space, stuck)
        kept |= _possible(space, kinds, seed, stuck)
    return _placed(_narrowed(space, kept, kinds), kinds)


def _possible(
    space: Genotype, kinds: Mapping[str, str], seed: Cost, only: set[str] | None = None
) -> Kept:
    """The options that give a network which fits, by decision."""
    searched = Space(space)
    origin = searched.complete({})
    kept: Kept = {}
    for decision in searched.decisions:
        if only is not None and decision.key not in only:
            continue
        kept[decision.key] = [0]
        for index, option in enumerate(decision.options[1:], start=1):
            point = searched.complete({**origin, decision.key: option})
            if _fits(searched.resolve(point), kinds[decision.key], seed):
                kept[decision.key].append(index)
    return kept


def _fits(candidate: Genotype, kind: str, seed: Cost) -> bool:
    """Whether it can be built, ends as the seed does and strides as it does."""
    try:
        made = cost(candidate)
    except GenotypeError:
        return False
    if made.graph.spec != seed.graph.spec:
        return False
    if kind in (BLOCK, DEPTH) and _maps(made) != _maps(seed):
        return False
    # a ratio that no layer's size depends on is no matter of architecture
    return kind != "ratio" or (made.params, made.macs) != (seed.params, seed.macs)


def _maps(counted: Cost) -> set[tuple[int, ...]]:
    """The sizes of the maps inside."""
    shapes = (node.spec.shape for node in counted.graph.nodes)
    return {shape[1:] for shape in shapes if len(shape) == 3}


def _tied(space: Genotype, stuck: set[str]) -> Genotype:
    """The space with one name for all stuck choices of the same channels."""
    names: dict[object, str | None] = {}

    def change(choice: Choice) -> Argument:
        if choice.name not in stuck:
            return choice
        return replace(choice, name=names.setdefault(choice.options, choice.name))

    return _changed(space, change)


def _narrowed(space: Genotype, kept: Kept, kinds: Mapping[str, str]) -> Genotype:
    """The space with the kept options only; a choice of one is made."""

    def change(choice: Choice) -> Argument:
        name = cast(str, choice.name)
        options = [choice.options[index] for index in kept[name]]
        if kinds[name] == "channels":
            options = _one_each_way(cast(list[int], options))
        return options[0] if len(options) == 1 else Choice(tuple(options), name)

    return _changed(space, change)


def _one_each_way(widths: Sequence[int]) -> list[int | Genotype | Scalar]:
    """The first, and of the others the first narrower and the first wider one."""
    own, *others = widths
    narrower = [width for width in others if width < own][:1]
    return [own, *narrower, *[width for width in others if width > own][:1]]


def _placed(space: Genotype, kinds: Mapping[str, str]) -> Genotype:
    """The space without the names of choices that stand once: their place says it."""
    count = Counter[str | None]()

    def note(choice: Choice) -> Argument:
        count[choice.name] += 1
        return choice

    def change(choice: Choice) -> Argument:
        shared = count[choice.name] > 1 or kinds[cast(str, choice.name)] == BLOCK
        return choice if shared else replace(choice, name=None)

    _changed(space, note)
    return _changed(space, change)


def _changed(part: Genotype, change: Callable[[Choice], Argument]) -> Genotype:
    """The expression with every choice changed, of fields and counts too, inner ones first.

    What is tied is visited once, wherever it stands.
    """
    ties: dict[Genotype, Genotype] = {}

    def value(held: Argument) -> Argument:
        if isinstance(held, Choice) and not held.parts:
            return change(held)
        return inside(held) if isinstance(held, Genotype) else held

    def inside(part: Genotype) -> Genotype:
        match part:
            case Leaf(word=word, values=values):
                return with_fields(word, {name: value(held) for name, held in values})
            case Repeat(body=body, times=Choice() as times):
                count = change(times)
                # once is how a part stands that isn't repeated
                return inside(body) if count == 1 else Repeat(inside(body), cast(int, count))
            case Choice(options=options, name=name):
                made = tuple(inside(cast(Genotype, option)) for option in options)
                return cast(Genotype, change(Choice(made, name)))
            case Tie(body=body):
                if part not in ties:
                    ties[part] = replace(part, body=inside(body))
                return ties[part]
        return rebuilt(part, inside)

    return inside(part)
