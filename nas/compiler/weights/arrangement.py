"""A state dict without its module: the one order of its named parts that fits the network.

Names form a tree. Parts of a scope lie together, and numbered parts (`conv1`, `conv2`; `layers.0`,
`layers.1`) run in the order of their numbers; else any order of a scope's parts may be that of
execution. Every order whose shapes are those of the network's layers one after another is looked
for. Exactly one is an alignment. Of several the order of the keys decides, as that in which the
parts were made; but not where keys are sorted by name, where a scope has two parts alike that no
number orders, or where layers alike lie on branches side by side: those are refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from nas.compiler.weights.layers import Layer, Signature, table
from nas.errors import WeightsError

Label: TypeAlias = tuple[Signature, str]
Path: TypeAlias = "tuple[Path, _Node | int] | None"  # placed so far, the last first

STATES = 1 << 14  # arrangements begun at once: beyond, nobody can tell
DEEP = 64  # scopes within scopes
ROLES = (  # what names say of a layer, and shapes don't
    ("aux", re.compile(r"aux", re.IGNORECASE)),
    ("shortcut", re.compile(r"shortcut|downsample|identity|skip|^proj$|^conv_?sc$", re.IGNORECASE)),
    ("se", re.compile(r"^se\d?$|se_module|squeeze|^scse$|^se_", re.IGNORECASE)),
)
NUMBERED = re.compile(r"(.*?)(\d+)([a-z]?)")
ASK = "pass the module that the weights belong to (like=...; timm:NAME=FILE), whose run decides it"

Precedes: TypeAlias = Callable[[str, str], bool]


@dataclass(slots=True)
class _Node:
    """A scope of names, or a layer (`leaf` is its number)."""

    name: str = ""
    leaf: int | None = None
    parts: dict[str, _Node] = field(default_factory=dict)
    size: int = 0
    found: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)  # by where it begins


def arrange(
    ours: Sequence[Layer], theirs: Sequence[Layer], precedes: Precedes
) -> tuple[tuple[Layer, Layer], ...]:
    """Each layer of ours with its partner; WeightsError where none or more than one order fits.

    Both have the same shapes in all. `precedes(a, b)`: whether our layer `b` reads, at some
    remove, what `a` gave: numbers order only layers that run one after another.
    """
    roles = _labels(ours) if Counter(_labels(ours)) == Counter(_labels(theirs)) else None
    wanted = roles or [(layer.signature, "") for layer in ours]
    given = _labels(theirs) if roles else [(layer.signature, "") for layer in theirs]
    root = _tree(theirs)
    fits = _Search(wanted, given, _chains).at(root, 0)
    if not fits:
        raise WeightsError(
            "the shapes of all layers fit, but no order of the source's parts is the network's; "
            f"{ASK}\n{_disorder(ours, theirs)}"
        )
    if len(fits) > 1:
        differ = [theirs[a] for a, b in zip(*fits, strict=True) if a != b]
        if _sorted(theirs):
            why = "could be swapped, and keys that are sorted by name tell no order"
            raise _ambiguous(differ, why)
        fits = _Search(wanted, given, _made(given)).at(_tree(theirs), 0)
        if len(fits) != 1:
            raise _ambiguous(differ, "could be swapped, and the keys' order doesn't tell how")
        _unlike(root, given, theirs)
        _one_after_another(ours, wanted, [theirs[number] for number in fits[0]], precedes)
    order = fits[0]
    here = {number: place for place, number in enumerate(order)}
    _in_series(root, given, lambda a, b: precedes(ours[here[a]].name, ours[here[b]].name), theirs)
    _as_registered(root, theirs)
    return tuple((layer, theirs[number]) for layer, number in zip(ours, order, strict=True))


def role(name: str) -> str:
    """What a layer is for, as its name says: "aux", "shortcut", "se" or ""."""
    for what, pattern in ROLES:
        if any(pattern.search(part) for part in name.split(".")):
            return what
    return ""


def _labels(side: Sequence[Layer]) -> list[Label]:
    return [(layer.signature, role(layer.name)) for layer in side]


def _tree(theirs: Sequence[Layer]) -> _Node:
    root = _Node()
    for number, layer in enumerate(theirs):
        steps = layer.name.split(".", DEEP)
        node, above = root, [root]
        for step in steps:
            node = node.parts.setdefault(step, _Node(step))
            above.append(node)
        if node.parts:  # a scope with tensors of its own
            node = node.parts.setdefault("", _Node(""))
            above.append(node)
        node.leaf = number
        for each in above:
            each.size += 1
    for node in _nodes(root):
        if node.leaf is not None and node.parts:
            node.parts[""] = _Node("", node.leaf, size=1)
            node.leaf = None
    return root


def _nodes(root: _Node) -> list[_Node]:
    found = [root]
    for node in found:
        found.extend(node.parts.values())
    return found


def _chains(node: _Node) -> list[list[_Node]]:
    """The parts of a scope, numbered ones of one name in the order of their numbers."""
    found: dict[str, list[tuple[tuple[int, str], _Node]]] = {}
    for name, part in node.parts.items():
        match = NUMBERED.fullmatch(name)
        if match and len(match[2]) < 10:
            found.setdefault(f"{match[1]}#", []).append(((int(match[2]), match[3]), part))
        elif len(name) == 1 and name.isalpha():
            found.setdefault("#letter", []).append(((0, name), part))
        else:
            found.setdefault(name, []).append(((0, ""), part))
    return [[part for _, part in sorted(chain, key=lambda one: one[0])] for chain in found.values()]


def _made(given: Sequence[Label]) -> Callable[[_Node], list[list[_Node]]]:
    """As `_chains`, all parts in the order of their keys but those that shapes or roles place."""
    counts = Counter(given)

    def chains(node: _Node) -> list[list[_Node]]:
        free: list[_Node] = []
        ordered: list[_Node] = []
        for part in node.parts.values():
            labels = [given[number] for number in _leaves(part)]
            own = all(counts[label] == 1 for label in labels) or all(what for _, what in labels)
            (free if own else ordered).append(part)
        return [*([part] for part in free), ordered]

    return chains


class _Search:
    def __init__(
        self,
        wanted: Sequence[Label],
        given: Sequence[Label],
        chains: Callable[[_Node], list[list[_Node]]],
    ) -> None:
        self.wanted, self.given, self.chains, self.states = wanted, given, chains, 0

    def at(self, node: _Node, begin: int) -> list[tuple[int, ...]]:
        """The orders of a scope's layers that fit from `begin`; two at most."""
        if begin not in node.found:
            node.found[begin] = self._orders(node, begin)
        return node.found[begin]

    def _orders(self, node: _Node, begin: int) -> list[tuple[int, ...]]:
        if begin + node.size > len(self.wanted):
            return []
        if node.leaf is not None:
            return [(node.leaf,)] if self.given[node.leaf] == self.wanted[begin] else []
        chains = self.chains(node)
        # by how many parts of each chain are placed: up to two ways there
        frontier: dict[tuple[int, ...], list[tuple[tuple[int, ...], ...]]] = {
            (0,) * len(chains): [()]
        }
        at = dict.fromkeys(frontier, begin)
        for _ in range(len(node.parts)):
            after: dict[tuple[int, ...], list[tuple[tuple[int, ...], ...]]] = {}
            places: dict[tuple[int, ...], int] = {}
            for state, ways in frontier.items():
                for which, chain in enumerate(chains):
                    if state[which] == len(chain):
                        continue
                    part = chain[state[which]]
                    fits = self.at(part, at[state])
                    if not fits:
                        continue
                    new = (*state[:which], state[which] + 1, *state[which + 1 :])
                    self._count()
                    places[new] = at[state] + part.size
                    held = after.setdefault(new, [])
                    held += [(*way, fit) for way in ways for fit in fits][: 2 - len(held)]
            frontier, at = after, places
        found: list[tuple[int, ...]] = []
        for ways in frontier.values():
            found += [tuple(number for part in way for number in part) for way in ways]
        return list(dict.fromkeys(found))[:2]

    def _count(self) -> None:
        self.states += 1
        if self.states > STATES:
            raise WeightsError(f"too many orders of the source's parts fit the network; {ASK}")


def _in_series(
    root: _Node,
    given: Sequence[Label],
    precedes: Callable[[int, int], bool],
    theirs: Sequence[Layer],
) -> None:
    """WeightsError where numbers would order branches of equal shapes that run side by side."""
    for node in _nodes(root):
        for chain in _chains(node):
            alike: dict[object, int] = {}
            for part in chain:
                numbers = _leaves(part)
                kind = tuple(sorted(map(repr, (given[n] for n in numbers))))
                before = alike.get(kind)
                if before is not None and not precedes(before, numbers[0]):
                    raise _ambiguous(
                        [theirs[before], theirs[numbers[0]]],
                        "run side by side in the network, where numbers in names tell no order",
                    )
                alike[kind] = numbers[0]


def _as_registered(root: _Node, theirs: Sequence[Layer]) -> None:
    """WeightsError where keys that aren't sorted by name contradict the numbers in the names."""
    if _sorted(theirs):
        return
    for node in _nodes(root):
        for chain in _chains(node):
            firsts = [min(_leaves(part)) for part in chain]
            for one, other in pairwise(firsts):
                if one > other:
                    raise _ambiguous(
                        [theirs[one], theirs[other]],
                        "are numbered in one order and stored in the other",
                    )


def _unlike(root: _Node, given: Sequence[Label], theirs: Sequence[Layer]) -> None:
    """WeightsError where two parts of a scope hold the same layers and no number orders them."""
    for node in _nodes(root):
        chains = _chains(node)
        alike: dict[object, tuple[int, int]] = {}
        for which, chain in enumerate(chains):
            for part in chain:
                numbers = _leaves(part)
                kind = tuple(sorted(map(repr, (given[n] for n in numbers))))
                where, other = alike.setdefault(kind, (which, numbers[0]))
                if where != which:
                    raise _ambiguous(
                        [theirs[other], theirs[numbers[0]]],
                        "hold the same shapes, and only the keys' order tells which is first",
                    )


def _one_after_another(
    ours: Sequence[Layer], wanted: Sequence[Label], theirs: Sequence[Layer], precedes: Precedes
) -> None:
    """WeightsError where two layers of one shape and role run side by side."""
    last: dict[Label, int] = {}
    for place, label in enumerate(wanted):
        before = last.get(label)
        if before is not None and not precedes(ours[before].name, ours[place].name):
            raise _ambiguous(
                [theirs[before], theirs[place]],
                "have the same shapes and run side by side in the network",
            )
        last[label] = place


def _sorted(theirs: Sequence[Layer]) -> bool:
    """Whether keys come by name, as in safetensors files, and tell no order of making."""
    names = [layer.name for layer in theirs]
    return names == sorted(names)


def _leaves(node: _Node) -> list[int]:
    return [each.leaf for each in _nodes(node) if each.leaf is not None]


def _ambiguous(layers: Sequence[Layer], why: str) -> WeightsError:
    names = ", ".join(layer.shown for layer in layers[:4])
    more = f" and {len(layers) - 4} more" if len(layers) > 4 else ""
    return WeightsError(f"ambiguous: {names}{more} {why}; {ASK}")


def _disorder(ours: Sequence[Layer], theirs: Sequence[Layer]) -> str:
    differ = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.signature != b.signature]
    return table([a for a, _ in differ], [b for _, b in differ])
