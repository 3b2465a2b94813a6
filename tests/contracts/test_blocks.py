"""What every registered block keeps to; a new file in nas/blocks inherits all of it."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import nas
from nas.blocks import Entry, registry
from nas.errors import GenotypeError
from nas.genotype import Genotype, canonical_hash
from nas.genotype.binding import image, leaf
from nas.ops.layers import DropPath

BLOCKS = list(registry().values())
every_block = pytest.mark.parametrize("entry", BLOCKS, ids=lambda entry: entry.word)
every_anchor = pytest.mark.parametrize(
    ("entry", "anchor"),
    [(entry, anchor) for entry in BLOCKS for anchor in entry.make.anchors],
    ids=lambda x: getattr(x, "word", ""),
)

# a small value for each kind of a field that must be given, and of those whose default is large
SMALL = {"channels": 8, "classes": 3, "heads": 2, "repeats": 2, "size": 2, "expression": "identity"}
SMALL_FIELDS = {"groups": 2, "group_width": 4, "patch": 3, "factor": 0.5}  # by name


def on(shape: tuple[int, ...], block: Genotype) -> Genotype:
    """A network that gives the block an input of that shape, and has nothing to learn before."""
    if len(shape) == 3:
        return image(*shape) >> block
    if len(shape) == 2:
        return image(shape[0], shape[1], 1) >> leaf("tokens") >> block
    return image(shape[0], 1, 1) >> leaf("flatten") >> block


def small(entry: Entry, **more: object) -> Genotype:
    """The block with small fields."""
    kinds = {slot.name: SMALL.get(slot.type.kind) for slot in entry.slots if slot.required}
    names = {slot.name: SMALL_FIELDS.get(slot.name) for slot in entry.slots}
    both = [*kinds.items(), *names.items()]
    fields = {name: value for name, value in both if value is not None}
    return leaf(entry.word, options=fields | more)


def sized(entry: Entry, height: int = 9, width: int = 9) -> tuple[int, ...]:
    """A small input of the kind that the block's first anchor has."""
    return ((8,), (8, height), (8, height, width))[len(entry.make.anchors[0].shape) - 1]


def outputs(y: torch.Tensor | tuple) -> torch.Tensor:
    return y if isinstance(y, torch.Tensor) else y[0]


@every_block
def test_it_says_its_shape_and_has_few_fields(entry):
    assert "Shape: " in entry.make.__doc__
    assert entry.summary.endswith((".", ":", "`")), entry.summary
    assert len(entry.slots) <= 8
    assert entry.make.anchors, "a figure from outside that it must reproduce"


@every_anchor
def test_its_anchors_hold(entry, anchor):
    cost = nas.cost(on(anchor.shape, leaf(entry.word, options=anchor.fields)))
    assert cost.params == anchor.params
    assert cost.macs == anchor.macs
    assert len(anchor.source) > 10


@every_anchor
def test_what_is_counted_is_what_torch_builds(entry, anchor):
    genotype = on(anchor.shape, leaf(entry.word, options=anchor.fields))
    cost = nas.cost(genotype)
    network = nas.compile(genotype, device="meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        y = network(torch.zeros(1, *network.input_shape, device="meta"))
    assert sum(p.numel() for p in network.parameters()) == cost.params
    assert counter.get_total_flops() == 2 * cost.macs
    assert tuple(y.shape[1:]) == cost.graph.spec.shape


@every_block
def test_thop_counts_the_same(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # thop imports distutils
        from thop import profile

    def nothing(module, x, y):
        module.total_ops += 0

    genotype = on(sized(entry), small(entry))
    network = nas.compile(genotype, seed=0).eval()
    own = {type(m) for m in network.modules() if type(m).__module__ == "nas.ops.layers"}
    if own - {DropPath}:
        pytest.skip("thop counts layers that it doesn't know as nothing")
    kinds = {type(m) for m in network.modules()} - {nn.Conv2d, nn.Linear, nn.Sequential}
    free = {kind: nothing for kind in kinds if kind.__module__.startswith("torch.nn")}
    x = torch.zeros(1, *network.input_shape)
    macs, _ = profile(network, inputs=(x,), custom_ops=free, verbose=False)
    assert macs == nas.cost(genotype).macs


@every_block
def test_its_text_reads_as_itself(entry):
    for anchor in entry.make.anchors:
        block = leaf(entry.word, options=anchor.fields)
        assert nas.parse(str(block)) == block
    assert nas.parse(str(small(entry))) == small(entry)


def test_hashes_are_the_same_in_another_process():
    networks = [str(on(sized(entry), small(entry))) for entry in BLOCKS]
    code = "import nas, sys; from nas.genotype import canonical_hash as h\nprint(*map(h, map(nas.parse, sys.argv[1:])))"  # noqa: E501
    env = os.environ | {"PYTHONHASHSEED": "12345"}
    out = subprocess.run(
        [sys.executable, "-c", code, *networks], env=env, capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == [canonical_hash(nas.parse(text)) for text in networks]


@every_block
def test_wrong_fields_are_refused_with_rule_and_value(entry):
    for slot in entry.slots:
        with pytest.raises(GenotypeError) as refused:
            nas.parse(f"{entry.word}({slot.name}=-1)")
        text = str(refused.value)
        assert repr(slot.name) in text or "needs its field" in text
        if "needs its field" not in text:
            assert "-1" in text
            assert text.startswith(f"<text>, line 1, column {len(entry.word) + 2}: ")
    with pytest.raises(GenotypeError, match="has no field 'colour'"):
        leaf(entry.word, options={"colour": 1})
    with pytest.raises(GenotypeError, match="takes at most"):
        leaf(entry.word, args=(1,) * 20)


@every_block
def test_gradients_reach_every_parameter(entry):
    torch.manual_seed(0)
    network = nas.compile(on(sized(entry), small(entry)), seed=1).train()
    for name, parameter in network.named_parameters():
        if "gain" in name or "scale" in name:  # those that begin at zero let nothing through
            nn.init.constant_(parameter, 0.5)
    x = torch.randn(4, *network.input_shape, requires_grad=True)
    y = outputs(network(x))
    if not y.requires_grad:
        assert entry.word == "zero"
        return
    y.retain_grad()
    (y * torch.randn_like(y)).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@every_block
@pytest.mark.parametrize("size", [(9, 9), (7, 12), (5, 5)])
def test_batches_of_one_and_odd_sizes(entry, size):
    genotype = on(sized(entry, *size), small(entry))
    try:
        shape = nas.cost(genotype).graph.spec.shape
    except GenotypeError as refusal:
        with pytest.raises(GenotypeError) as refused:
            nas.compile(genotype)
        if str(refused.value) != str(refusal):
            raise AssertionError("counting and building say different things") from refusal
        return
    network = nas.compile(genotype, seed=0).eval()
    y = network(torch.randn(1, *network.input_shape))
    assert tuple(y.shape) == (1, *shape)
    assert torch.isfinite(y).all()


@every_block
def test_strided_where_it_has_a_stride(entry):
    if "stride" not in {slot.name for slot in entry.slots}:
        pytest.skip("no stride")
    wider = {"out": 16} if "out" in {slot.name for slot in entry.slots} else {}
    genotype = on(sized(entry, 8, 8), small(entry, stride=2, **wider))
    network = nas.compile(genotype, seed=0).eval()
    y = network(torch.randn(2, *network.input_shape))
    assert tuple(y.shape) == (2, *nas.cost(genotype).graph.spec.shape)
    assert y.shape[-2:] == (4, 4)
