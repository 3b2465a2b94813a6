"""The cost card: a network's figures in exact numbers, and as lines for people."""

from __future__ import annotations

from typing import TypedDict

from nas.costs.cost import cost
from nas.genotype import Genotype, canonical_hash
from nas.quantity import spoken, spoken_bytes

BATCH = 32  # images of a training step


class Memory(TypedDict):
    """An estimate of a peak: for so many images at once, in float32."""

    batch: int
    bytes: int


class Card(TypedDict):
    """What a network costs. params, macs and activations as in `Cost`; pixels are the image's."""

    image: list[int]  # channels, height, width
    params: int
    training_params: int  # with auxiliary heads
    macs: int
    activations: int
    inference_memory: Memory
    training_memory: Memory  # SGD with momentum
    receptive_field: list[int]  # height, width
    hash: str


def card(genotype: Genotype, used: int = 1, trained: int = BATCH) -> Card:
    """A network's card; its memory with `used` images at once, and with `trained` in training.

    Raises GenotypeError as `cost`.
    """
    figures = cost(genotype)
    return Card(
        image=list(figures.graph.input.shape),
        params=figures.params,
        training_params=figures.training_params,
        macs=figures.macs,
        activations=figures.activations,
        inference_memory=Memory(batch=used, bytes=figures.inference_memory(used)),
        training_memory=Memory(batch=trained, bytes=figures.training_memory(trained)),
        receptive_field=list(figures.receptive_field),
        hash=canonical_hash(genotype),
    )


def card_lines(card: Card) -> list[tuple[str, str, str]]:
    """(name, figure, exact figure or remark) for each line of a card."""
    heads = card["training_params"] - card["params"]
    use, training = card["inference_memory"], card["training_memory"]
    with_heads = (
        "  in training",
        spoken(card["training_params"]),
        f"{card['training_params']:,}: {heads:,} more, of auxiliary heads",
    )
    return [
        ("parameters", spoken(card["params"]), f"{card['params']:,}"),
        *([with_heads] if heads else []),
        ("MACs", spoken(card["macs"]), f"{card['macs']:,} for one image"),
        ("activations", spoken(card["activations"]), f"{card['activations']:,}"),
        (
            "memory in use",
            spoken_bytes(use["bytes"]),
            f"estimated peak, float32, batch {use['batch']}",
        ),
        (
            "memory in training",
            spoken_bytes(training["bytes"]),
            f"estimated peak, float32, batch {training['batch']}, SGD with momentum",
        ),
        (
            "receptive field",
            "x".join(map(str, card["receptive_field"])),
            f"pixels of {'x'.join(map(str, card['image'][1:]))}, of one output of the last map",
        ),
        ("hash", card["hash"][:12], card["hash"]),
    ]
