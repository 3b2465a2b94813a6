"""Blocks as a figure names them: word, stride, width, and the fields that tell them apart."""

from __future__ import annotations

from nas.blocks import registry
from nas.genotype.expression import Choice, Genotype, Leaf
from nas.ops import Spec
from nas.report.drawing.label import Kind, Label, label, sides, step

ALWAYS = ("expand", "growth", "group_width")  # of these also the default
NUMBERS = {  # fields that a figure names beside a block
    "expand": "expand {:g}",
    "groups": "{} groups",
    "layers": "{} layers",
    "growth": "growth {}",
    "heads": "{} heads",
    "window": "window {}",
    "shift": "shift {}",
    "se": "SE",
    "dilation": "dilation {}",
    "group_width": "group width {}",
}


def ratio(reads: Spec, gives: Spec) -> str:
    """How many times smaller a map becomes: `/2`, or nothing."""
    if len(reads.size) != 2 or len(gives.size) != 2:
        return ""
    return step(tuple(round(a / b) for a, b in zip(reads.size, gives.size, strict=True)))


def block_label(leaf: Leaf | None, name: str, reads: Spec, gives: Spec) -> Label:
    """What is said of a block as a whole: `mbconv 5×5 /2, 40 · expand 6`."""
    stride = ratio(reads, gives)
    if leaf is None:
        return label(Kind.BLOCK, name, stride=stride, width=gives.channels)
    entry, given = registry()[leaf.word], dict(leaf.values)
    facts: dict[str, object] = {"stride": stride, "width": gives.channels}
    for slot in entry.slots:
        value = given.get(slot.name, slot.default)
        if isinstance(value, Choice | Genotype) or (slot.required and slot.name not in given):
            continue
        if slot.name == "kernel" and isinstance(value, int | tuple):
            facts["kernel"] = sides(value)
        elif slot.name in NUMBERS and (value != slot.default or slot.name in ALWAYS):
            facts[slot.name] = NUMBERS[slot.name].format(value) if value else ""
    return label(Kind.BLOCK, leaf.word, **facts)
