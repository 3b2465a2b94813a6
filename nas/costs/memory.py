"""Memory by liveness: which maps exist at one time, and which ones backward reads."""

from __future__ import annotations

from nas.graph import Graph
from nas.ops import Op


def peak_inference(flat: Graph) -> int:
    """The most elements alive at one time for one image: each map until its last reader is done.

    Auxiliary heads don't run in use.
    """
    live = flat.live(with_aux=False)
    last: dict[int, int] = {}
    for index in live:
        for i in flat.nodes[index].inputs:
            last[i] = index
    last[flat.output] = len(flat.nodes)
    ends: dict[int, list[int]] = {}
    for index, end in last.items():
        ends.setdefault(end, []).append(index)
    alive = peak = 0
    for index in live:
        alive += flat.nodes[index].spec.elements
        peak = max(peak, alive)
        alive -= sum(flat.nodes[i].spec.elements for i in ends.get(index, ()))
    return peak


def saved_for_training(flat: Graph) -> int:
    """Elements that the forward pass leaves for backward, for one image."""
    kept: set[int] = set()
    owner = [0]  # of each node's memory
    besides = 0
    for index, node in enumerate(flat.nodes[1:], 1):
        assert isinstance(node.item, Op)
        owner.append(owner[node.inputs[0]] if node.item.view else index)
        if node.item.saves_input:
            kept.update(owner[i] for i in node.inputs)
        if node.item.saves_output:
            kept.add(owner[index])
        besides += node.item.keeps(node.spec, *flat.specs(node))
    return besides + sum(flat.nodes[index].spec.elements for index in kept)
