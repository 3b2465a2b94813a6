"""A compiled network is an ordinary torch module."""

import copy
import math
import pickle
import subprocess
import sys

import pytest
import torch
from genotypes import networks
from hypothesis import given
from torch import nn

import nas
from nas.compiler.network import Output
from nas.errors import GenotypeError
from nas.genotype.words import RESERVED

RESIDUAL = """image(3, 9, 9) >> conv(8, 3) @ "stem" >> mbconv(8, se=0.5) * 2 >> basic(8, se=0.5)
>> (conv(4) | conv(4, 3) | maxpool(3)) @ "3a" >> conv(8)
>> conv(8, 3) + (identity + act("tanh")) + tap("stem") >> act >> classifier(5)"""
AUXILIARY = """image(3, 9, 9) >> conv(8, 3) >> aux(conv(4) >> classifier(5), weight=0.4)
>> conv(8, 3) >> aux(classifier(5)) >> classifier(5)"""
EVERY = pytest.mark.parametrize("text", [RESIDUAL, AUXILIARY], ids=["residual", "auxiliary"])


def made(text=RESIDUAL, **how):
    return nas.compile(nas.parse(text), **({"seed": 0} | how))


def images(count=2, **how):
    return torch.randn(count, 3, 9, 9, generator=torch.Generator().manual_seed(1), **how)


@EVERY
def test_state_dicts_are_strict_and_readable(text):
    one, other = made(text, seed=1), made(text, seed=2)
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(one.eval()(images()), other.eval()(images()))


def test_names_are_the_genotypes():
    names = set(made().state_dict())
    assert "stem.conv.weight" in names
    assert "mbconv.0.depthwise.weight" in names
    assert "mbconv.1.project.weight" in names
    assert "3a.1.conv.weight" in names
    assert "classifier.linear.bias" in names


@EVERY
def test_copies_and_pickles_give_the_same(text):
    network = made(text)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert type(other) is type(network)
        assert other.genotype == network.genotype
        assert other.aux_weights == network.aux_weights
        assert other.state_dict().keys() == network.state_dict().keys()
        assert torch.equal(other.eval()(images()), network.eval()(images()))
        network.train()
    other.state_dict()["classifier.linear.bias"].fill_(7)
    assert network.state_dict()["classifier.linear.bias"].max() < 7


def test_a_fresh_process_loads_a_pickle(tmp_path):
    network = made().eval()
    torch.save(network, tmp_path / "network.pt")
    torch.save(images(), tmp_path / "images.pt")
    code = (
        "import sys, torch; from pathlib import Path; folder = Path(sys.argv[1])\n"
        "network = torch.load(folder / 'network.pt', weights_only=False)\n"
        "torch.save(network(torch.load(folder / 'images.pt')), folder / 'out.pt')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert torch.equal(torch.load(tmp_path / "out.pt"), network(images()))


def test_auxiliary_heads_only_in_training():
    network = made(AUXILIARY)
    assert network.aux_weights == (0.4, 0.3)
    out = network.train()(images())
    assert isinstance(out, Output)
    assert [tuple(y.shape) for y in (out.logits, *out.aux)] == [(2, 5)] * 3
    assert isinstance(network.eval()(images()), torch.Tensor)
    assert isinstance(made(RESIDUAL).train()(images()), torch.Tensor)
    assert {name.split(".")[0] for name in network.state_dict()} >= {"aux", "aux2"}


def test_a_head_reads_from_within_another_part():
    text = """image(3, 9, 9) >> conv(8) @ "x"
    >> (conv(6, 3) @ "side" >> tap("x") >> conv(8)) @ "p"
    >> aux(tap("side") >> classifier(4)) >> classifier(5)"""
    network = made(text)
    assert {"p.side.conv.weight", "p.conv.conv.weight"} <= set(network.state_dict())
    out = network.train()(images())
    out.aux[0].sum().backward()
    assert network.get_submodule("p.side").conv.weight.grad is not None
    assert network.get_submodule("p").conv.conv.weight.grad is None


def test_a_part_may_be_called_aux():
    network = made('image(3, 9, 9) >> conv(8) @ "aux" >> aux(classifier(5)) >> classifier(5)')
    assert {"aux.conv.weight", "aux2.linear.weight"} <= set(network.state_dict())


def test_one_seed_gives_the_same_weights_bit_for_bit():
    before = torch.get_rng_state()
    one, other = made(seed=3), made(seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    another = made(seed=4)
    assert not torch.equal(one.stem.conv.weight, another.stem.conv.weight)


def test_the_number_of_threads_changes_no_weight():
    text = "image(3, 9, 9) >> conv(300, 3) * 3 >> classifier(500)"
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = made(text)
        torch.set_num_threads(3)
        other = made(text)
    finally:
        torch.set_num_threads(before)
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_without_a_seed_torchs_generator_governs():
    torch.manual_seed(5)
    one = made(seed=None)
    torch.manual_seed(5)
    other = made(seed=None)
    third = made(seed=None)
    assert torch.equal(one.stem.conv.weight, other.stem.conv.weight)
    assert not torch.equal(one.stem.conv.weight, third.stem.conv.weight)


def test_weights_follow_he():
    network = made(
        "image(32, 9, 9) >> conv(256, 3, bias=True) >> conv(256, 3, groups=4) >> fc(512)"
    )
    dense, grouped = network.conv.conv, network.conv2.conv
    # arXiv:1502.01852, fan-out: variance 2 / (filters a channel feeds * kernel area)
    assert dense.weight.std().item() == pytest.approx(math.sqrt(2 / (256 * 9)), rel=0.02)
    assert grouped.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)
    assert abs(dense.weight.mean().item()) < 1e-3
    assert dense.bias.abs().max() == 0
    assert network.conv2.norm.weight.min() == network.conv2.norm.weight.max() == 1
    assert network.conv2.norm.running_var.min() == 1


def test_zero_gamma_lets_residual_blocks_begin_as_identities():
    text = "image(8, 9, 9) >> {} >> norm"
    for block in (
        'basic(8, act="none")',
        'bottleneck(8, act="none")',
        "mbconv(8)",
        'basic(8, se=0.5, act="none")',
        "(default(drop_path=0.2) >> mbconv(8) * 2)",
        '(conv(8, 3) >> conv(8, act="none")) + identity',
    ):
        network = made(text.format(block), zero_gamma=True).train()
        x = torch.randn(4, 8, 9, 9)
        bare = made("image(8, 9, 9) >> norm").train()
        assert torch.allclose(network(x), bare(x), atol=1e-6), block
        zeros = [
            m for m in network.modules() if isinstance(m, nn.BatchNorm2d) and not m.weight.any()
        ]
        assert len(zeros) == (2 if "* 2" in block else 1), block
    plain = made(RESIDUAL)
    assert all(m.weight.all() for m in plain.modules() if isinstance(m, nn.BatchNorm2d))


def test_channels_last():
    network = made().eval()
    expected = network(images())
    network = network.to(memory_format=torch.channels_last)
    x = images().to(memory_format=torch.channels_last)
    assert torch.allclose(network(x), expected, atol=1e-5)
    seen = []
    network.stem.register_forward_hook(lambda module, x, y: seen.append(y))
    network(x)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)


@EVERY
def test_autocast_trains(text):
    network = made(text).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = network(images())
        logits = out.logits if isinstance(out, Output) else out
    assert logits.dtype == torch.bfloat16
    logits.float().square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_hooks_see_every_part():
    network = made().eval()
    seen = {}
    for name, module in network.named_modules():
        module.register_forward_hook(lambda m, x, y, name=name: seen.setdefault(name, y))
    network(images())
    assert set(seen) == {name for name, _ in network.named_modules()}
    assert tuple(seen["stem"].shape) == (2, 8, 9, 9)


def test_meta_allocates_nothing():
    network = made("image(3, 64, 64) >> conv(65536, 255) >> classifier(10)", device="meta")
    assert all(p.is_meta for p in network.parameters())
    assert sum(p.numel() for p in network.parameters()) > 10**10
    network = nas.compile(nas.parse("image(3, 8, 8) >> conv(8)"), device="meta").to_empty(
        device="cpu"
    )
    assert network(torch.randn(1, 3, 8, 8)).shape == (1, 8, 8, 8)


def test_torchs_default_device_and_type_hold():
    with torch.device("meta"):
        assert all(each.is_meta for each in made().state_dict().values())
        assert not any(each.is_meta for each in made(seed=None, device="cpu").parameters())
    usual = made()
    try:
        torch.set_default_dtype(torch.float64)
        double = made()
        out = double(images())
    finally:
        torch.set_default_dtype(torch.float32)
    assert out.dtype == torch.float64
    for name, tensor in double.state_dict().items():
        same = tensor.dtype == usual.state_dict()[name].dtype
        assert same is not tensor.is_floating_point(), name


def test_more_weights_than_memory_are_refused():
    with pytest.raises(GenotypeError, match=r"the weights take \d+\.\d GB .* device=\"meta\""):
        made("image(3, 8, 8) >> conv(1000000) >> conv(1000000)")


@EVERY
def test_export(text):
    network = made(text).eval()
    program = torch.export.export(network, (images(),))
    assert torch.allclose(program.module()(images()), network(images()), atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # torch's own, in inductor
def test_torch_compile():
    network = made().eval()
    compiled = torch.compile(network, fullgraph=True)
    assert torch.allclose(compiled(images()), network(images()), atol=1e-4)


@EVERY
def test_nothing_is_traced_or_interpreted_twice(text):
    """One graph without breaks: torch.compile sees straight-line code."""
    network = made(text).eval()
    explained = torch._dynamo.explain(network)(images())
    assert explained.graph_break_count == 0
    torch._dynamo.reset()


def test_forward_is_written_out():
    network = made()
    label, forward, root = network.source
    assert (label, root) == ("Network", True)
    assert "for " not in forward
    assert "getattr" not in forward
    assert forward.count("\n") < 40
    for module in network.modules():
        if hasattr(module, "source"):
            assert "for " not in module.source[1]


@pytest.mark.parametrize(
    "text",
    [
        'conv(2, 3) @ "a" >> conv(2) + identity + (act + act("tanh")) >> act >> flatten',
        'conv(2, 3) @ "a" >> act @ "b" >> (conv(2) | tap("a") | tap("b", "a")) >> act',
        '(conv(2) + conv(2, 3)) @ "s" >> (act + tap("s")) >> act + tap("s") >> act("relu6")',
        '(norm | conv(2)) >> act >> maxpool(3) + avgpool(3) >> act("silu")',
        '(act("sigmoid") + act("tanh")) + identity >> act',
        'global_pool("max") >> act >> fc(3) + linear(3) >> act',
        'mbconv(2, se=0.5, act="relu") >> basic(2, se=0.5) >> se(0.5)',
        "dense(2, 2) >> preact(4) >> pool_to(2) >> lrn(3) >> act",
        "(identity + identity) >> act >> (identity + conv(2)) + (conv(2) + conv(2))",
        'maxpool(2, padding="same") >> act + (zero + conv(2)) >> flatten >> act',
    ],
)
def test_gradients_are_right(text):
    network = nas.compile(nas.parse(f"image(2, 5, 5) >> {text}"), seed=0).double().train()
    x = torch.randn(3, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = (x + 0.05 * x.sign()).requires_grad_()  # away from the kinks
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
    assert torch.autograd.gradcheck(
        network, (x,), eps=1e-7, atol=1e-4, nondet_tol=0, fast_mode=True
    )


@given(networks(depth=2, length=3))
def test_random_networks_train(text):
    """No in-place step overwrites what backward reads, and the input stays as it was."""
    try:
        network = nas.compile(nas.parse(text), seed=0).train()
    except GenotypeError:
        return
    x = torch.randn(2, *network.input_shape, requires_grad=True)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()  # torch refuses the variance of one number
    before = x.detach().clone()
    out = network(x)
    for y in (out.logits, *out.aux) if isinstance(out, Output) else (out,):
        if y.requires_grad:
            y.sum().backward(retain_graph=True)
    assert torch.equal(x.detach(), before)


@given(networks(depth=2, length=3))
def test_what_one_network_computes_another_with_its_state_does(text):
    """Equal genotypes: one in eval after a pickle, the other built anew from the printed text."""
    try:
        one = nas.compile(nas.parse(text), seed=0).eval()
    except GenotypeError:
        return
    other = nas.compile(nas.parse(one.genotype), seed=1).eval()
    other.load_state_dict(one.state_dict(), strict=True)
    x = torch.randn(2, *one.input_shape)
    y = one(x)
    assert torch.equal(other(x), y)
    assert torch.equal(pickle.loads(pickle.dumps(one))(x), y)


@pytest.mark.parametrize(
    "name", ["3a", "class", "F", "f", "output", "network", "torch", "x", "self"]
)
def test_parts_bear_awkward_names(name):
    text = f'image(3, 9, 9) >> (conv(8, 3) >> (conv(8) + conv(8, 3))) @ "{name}" >> classifier(5)'
    network = made(text).eval()
    assert f"{name}.conv.conv.weight" in network.state_dict()
    assert torch.equal(pickle.loads(pickle.dumps(network))(images()), network(images()))


def test_no_name_hides_an_attribute_of_torch():
    network = nn.Sequential()
    theirs = {name for name in dir(network) if not name.startswith("_")} | {
        name for name in dir(made()) if not name.startswith("_") and name not in made()._modules
    }
    assert theirs <= RESERVED
    assert not RESERVED & set(nas.blocks.registry())


def test_several_outputs_of_one_part():
    text = """image(3, 9, 9) >> (conv(4) @ "a" >> conv(6, 3) @ "b" >> conv(8)) @ "p"
    >> (tap("a") | tap("b") | identity) >> classifier(5)"""
    network = made(text).eval()
    x = images()
    a = network.p.a(x)
    b = network.p.b(a)
    c = network.p.conv(b)
    expected = network.classifier(torch.cat([a, b, c], 1))
    assert torch.equal(network(x), expected)


def test_it_computes_what_is_written():
    """Against the same network written by hand."""
    text = """image(3, 9, 9) >> conv(4, 3, stride=2) >> (conv(4, act="none") + identity)
    >> classifier(5)"""
    network = made(text).eval()
    x = images()
    y = network.conv.norm(network.conv.conv(x)).relu()
    assert y.shape == (2, 4, 5, 5)
    y = y + network.sum.get_submodule("0").norm(network.sum.get_submodule("0").conv(y))
    assert torch.allclose(network(x), network.classifier.linear(y.mean((2, 3))), atol=1e-6)
