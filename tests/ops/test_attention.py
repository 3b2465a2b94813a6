"""Attention against torchvision's and torch's own, and what it refuses."""

import copy
import io
import math
import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from witness import torchvision

import nas
from nas.compiler.network import compile as build
from nas.compiler.standalone import standalone
from nas.errors import GenotypeError
from nas.ops.layers import Attend

swin = torchvision.models.swin_transformer
NAMES = (
    ("attn.relative_position_bias_table", "attn.attend.table"),
    ("attn.logit_scale", "attn.attend.logit_scale"),
    ("attn.cpb_mlp", "attn.attend.cpb_mlp"),
    ("mlp.0", "fc1"),
    ("mlp.3", "fc2"),
)
TOLERANCE = 1e-5
SHIFTED = 'image(12, 8, 8) >> transformer(3, window=4, shift=2, bias="relative")'


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for value in module.parameters():
        value.data.uniform_(-0.5, 0.5, generator=generator)
    return module.eval()


def maps(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def in_ours(theirs: nn.Module, block: str) -> dict[str, Tensor]:
    """A Swin block's numbers under our names; V2's one bias in three."""
    state = {}
    for name, value in theirs.state_dict().items():
        if name.endswith(("relative_position_index", "relative_coords_table")):
            continue
        if name == "attn.qkv.bias" and hasattr(theirs.attn, "logit_scale"):
            for letter, part in zip("qkv", value.chunk(3), strict=True):
                state[f"{block}.attn.qkv.{letter}_bias"] = part
        else:
            for old, new in NAMES:
                name = new + name.removeprefix(old) if name.startswith(old) else name
            state[f"{block}.{name}"] = value
    return state


@pytest.mark.parametrize("size", [(8, 8), (10, 13), (12, 5), (4, 9)])
@pytest.mark.parametrize(("window", "shift"), [((4, 4), 0), ((4, 4), 2), ((3, 5), 1)])
@pytest.mark.parametrize("version", ["", "V2"])
def test_windows_are_torchvisions(
    size: tuple[int, int], window: tuple[int, int], shift: int, version: str
) -> None:
    """Also where windows don't fill the map, and where one side is a single window."""
    make = getattr(swin, f"SwinTransformerBlock{version}")
    theirs = randomised(make(12, 3, list(window), [shift, shift], norm_layer=nn.LayerNorm))
    word, fields = "transformer", 'bias="relative"'
    if version:
        word, fields = "cosine_transformer", "key_bias=True"
    text = f"image(12, {size[0]}, {size[1]}) >> default(eps=1e-5)"
    ours = build(nas.parse(f"{text} >> {word}(3, window={window}, shift={shift}, {fields})"))
    ours.load_state_dict(in_ours(theirs, word))
    x = maps(2, 12, *size)
    with torch.no_grad():
        expected = theirs(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        assert torch.allclose(ours(x), expected, atol=TOLERANCE)


def test_without_windows_it_is_torchs_multi_head_attention() -> None:
    theirs = randomised(nn.MultiheadAttention(24, 4, batch_first=True))
    ours = build(nas.parse("image(24, 5, 6) >> tokens >> transformer(4)"), seed=0).eval()
    attn = ours.get_submodule("transformer.attn")
    attn.qkv.weight.data, attn.qkv.bias.data = theirs.in_proj_weight, theirs.in_proj_bias
    attn.proj.load_state_dict(theirs.out_proj.state_dict())
    x = maps(2, 30, 24)
    with torch.no_grad():
        assert torch.allclose(attn(x), theirs(x, x, x)[0], atol=TOLERANCE)


def test_interleaved_queries_are_those_of_each_head() -> None:
    """The same numbers in another order are the same function."""
    x = maps(2, 7, 3 * 12)
    mixed = x.reshape(2, 7, 3, 4, 3).transpose(2, 3).reshape(2, 7, 36)
    assert torch.equal(Attend(4)(x), Attend(4, interleaved=True)(mixed))


@pytest.mark.parametrize(
    "text",
    [
        "image(12, 8, 8) >> transformer(3)",
        "image(12, 8, 8) >> class_token >> positions >> transformer(3)",
        'image(12, 10, 13) >> transformer(3, window=4, shift=2, bias="relative")',
        "image(12, 10, 13) >> cosine_transformer(3, window=4, shift=2)",
        'image(12, 8, 8) >> transformer(3, bias="relative")',
        "image(12, 9, 9) >> strided_transformer(20, 5, stride=2)",
        "image(12, 9, 9) >> patch_merge >> patch_merge(after=True)",
    ],
)
def test_counted_macs_are_torchs(text: str) -> None:
    genotype = nas.parse(text)
    network = build(genotype, seed=0).eval()
    x = torch.zeros(1, *network.input_shape)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        network(x)
    counted = nas.cost(genotype)
    assert counted.macs == counter.get_total_flops() / 2
    assert counted.params == sum(value.numel() for value in network.parameters())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("image(8, 4, 4) >> tokens >> transformer(2, window=2)", "needs a map"),
        ('image(8, 4, 4) >> tokens >> transformer(2, bias="relative")', "leave out the class"),
        ("image(8, 4, 4) >> transformer(2, shift=1)", "needs a window"),
        ("image(8, 9, 9) >> transformer(2, window=3, shift=3)", "smaller than its window of 3x3"),
        ("image(8, 4, 4) >> global_pool >> transformer(2)", "gets a vector of 8"),
        ("image(8, 4, 4) >> global_pool >> positions", "gets a vector of 8"),
        ('image(8, 4, 4) >> classifier(10, pool="token")', "put class_token or tokens before"),
    ],
)
def test_what_does_not_fit_is_refused_when_counted(text: str, rule: str) -> None:
    with pytest.raises(GenotypeError, match=rule):
        nas.cost(nas.parse(text))


def test_a_continuous_bias_needs_no_cosine() -> None:
    network = build(nas.parse('image(8, 4, 4) >> transformer(2, bias="continuous")'), seed=0)
    assert network(torch.randn(2, 8, 4, 4)).shape == (2, 8, 4, 4)


@pytest.mark.parametrize("text", [SHIFTED, "image(12, 8, 8) >> positions"])
def test_another_size_is_refused_with_a_sentence(text: str) -> None:
    network = build(nas.parse(text), seed=0)
    with pytest.raises(ValueError, match="made for 8x8 places, but got 12x12; compile"):
        network(maps(1, 12, 12, 12))


def test_a_shift_of_a_single_window_is_none() -> None:
    shifted, plain = (
        nas.parse(f'image(8, 7, 7) >> transformer(2, window=7, shift={by}, bias="relative")')
        for by in (3, 0)
    )
    assert nas.cost(shifted).flat.nodes[-1].spec == nas.cost(plain).flat.nodes[-1].spec
    a, b = build(shifted, seed=0), build(plain, seed=0)
    assert a.source == b.source
    assert torch.equal(a(maps(2, 8, 7, 7)), b(maps(2, 8, 7, 7)))


def test_heads_that_do_not_divide_the_channels_are_as_wide_as_fits_best() -> None:
    network = build(nas.parse("image(20, 4, 4) >> transformer(3)"), seed=0)
    assert network.get_submodule("transformer.attn.qkv").weight.shape == (3 * 21, 20)
    assert network(maps(1, 20, 4, 4)).shape == (1, 20, 4, 4)


def test_fixed_tables_are_no_part_of_the_state() -> None:
    """Nothing of a network on the meta device goes stale when it gets memory and weights."""
    genotype = nas.parse(SHIFTED)
    network = build(genotype, seed=0).eval()
    assert set(network.state_dict()) == {name for name, _ in network.named_parameters()}
    other = build(genotype, device="meta").to_empty(device="cpu").eval()
    other.load_state_dict(network.state_dict())
    x = maps(2, 12, 8, 8)
    assert torch.equal(network(x), other(x))


def test_a_network_that_first_ran_in_inference_mode_still_trains() -> None:
    network = build(nas.parse(SHIFTED.replace("window=4", "window=3")), seed=0)
    x = maps(2, 12, 8, 8)
    with torch.inference_mode():
        network(x)
    network(x).sum().backward()
    assert all(value.grad is not None for value in network.parameters())


def test_copies_pickles_graphs_and_the_standalone_file_compute_the_same() -> None:
    genotype = nas.parse(f"{SHIFTED} >> cosine_transformer(3, window=4, shift=2) >> classifier(5)")
    network = build(genotype, seed=0).eval()
    x = maps(2, 12, 8, 8)
    expected = network(x)
    assert torch.equal(copy.deepcopy(network)(x), expected)
    assert torch.equal(pickle.loads(pickle.dumps(network))(x), expected)
    compiled = torch.compile(copy.deepcopy(network), backend="eager", fullgraph=True)
    assert torch.allclose(compiled(x), expected, atol=TOLERANCE)
    exported = torch.export.export(network, (x,)).module()
    assert torch.allclose(exported(x), expected, atol=TOLERANCE)
    scope: dict = {"__name__": "model"}
    exec(standalone(genotype), scope)
    alone = scope["Network"]()
    alone.load_state_dict(network.state_dict())
    assert torch.equal(alone.eval()(x), expected)


def test_mixed_precision_keeps_the_residual_in_full() -> None:
    network = build(nas.parse(f"{SHIFTED} >> transformer(3)"), seed=0).eval()
    x = maps(2, 12, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = network(x)
    assert y.dtype == torch.float32
    assert torch.allclose(y, network(x), atol=0.1)
    half = network.bfloat16()
    assert half(x.bfloat16()).dtype == torch.bfloat16


def test_initial_weights_are_the_papers() -> None:
    genotype = nas.parse(
        "image(3, 64, 64) >> patch_embed(256, 8) >> class_token >> positions"
        " >> transformer(8, layer_scale=1e-4) >> classifier(10)"
    )
    state = build(genotype, seed=0).state_dict()
    for name, spread in (
        ("transformer.attn.qkv.weight", 0.0176),  # 0.02, cut at two deviations
        ("transformer.fc2.weight", 0.0176),
        ("positions.positions.table", 0.0176),
        ("patch_embed.conv.weight", 1 / math.sqrt(3 * 8 * 8)),
    ):
        assert float(state[name].std()) == pytest.approx(spread, rel=0.03), name
    assert not state["class_token.class_token.token"].any()
    assert torch.equal(state["transformer.layer_scale.gamma"], torch.full((256,), 1e-4))
    cosine = build(nas.parse("image(8, 4, 4) >> cosine_transformer(2)"), seed=0).state_dict()
    scale = cosine["cosine_transformer.attn.attend.logit_scale"]
    assert torch.allclose(scale, torch.full_like(scale, math.log(10)))


def test_the_same_seed_gives_the_same_weights() -> None:
    genotype = nas.parse(SHIFTED)
    first, second = (build(genotype, seed=7).state_dict() for _ in range(2))
    buffers = [io.BytesIO(), io.BytesIO()]
    for state, buffer in zip((first, second), buffers, strict=True):
        torch.save(state, buffer)
    assert all(torch.equal(first[name], second[name]) for name in first)
