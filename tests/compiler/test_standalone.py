"""model.py: only torch, the state dict's names, the same outputs to the bit."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

import nas
from nas.blocks import entries
from nas.compiler.standalone import standalone

BLOCKS = [(entry.word, anchor) for entry in entries() for anchor in entry.make.anchors[:1]]
SMALL = 'image(3, 16, 16) >> conv(8, 3) >> mbconv(8) * 2 >> classifier(4) @ "head"'


def module(text: str) -> ModuleType:
    made = ModuleType("model")
    made.__dict__["__name__"] = "model"
    exec(compile(text, "model.py", "exec"), made.__dict__)
    return made


def same(genotype: "nas.Genotype", batch: int = 2) -> str:
    """Assert that the text computes what the compiled module does; the text."""
    text = standalone(genotype)
    ours = nas.compile(genotype, seed=1)
    theirs: Any = module(text).Network()
    assert list(theirs.state_dict()) == list(ours.state_dict())
    theirs.load_state_dict(ours.state_dict())
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, *ours.input_shape, generator=generator)
    for train in (False, True):
        results = []
        for network in (ours, theirs):
            torch.manual_seed(0)
            with torch.no_grad():
                results.append(network.train(train)(x))
        mine, its = results
        if isinstance(mine, tuple):
            assert torch.equal(mine[0], its[0])
            assert all(map(torch.equal, mine[1], its[1]))
        else:
            assert torch.equal(mine, its)
    return text


@pytest.mark.parametrize(("word", "anchor"), BLOCKS, ids=[word for word, _ in BLOCKS])
def test_every_block(word: str, anchor: Any) -> None:
    """Where the anchor's input is large, on fewer pixels."""
    from nas.errors import GenotypeError
    from nas.genotype.binding import leaf

    channels, *sides = anchor.shape
    side = min([16, *sides])
    block = leaf(word, options=anchor.fields)
    head = "" if sides else " >> global_pool"
    try:
        genotype = nas.parse(f"image(3, {side}, {side}) >> conv({channels}, 1){head}") >> block
        nas.cost(genotype)
    except GenotypeError as error:
        pytest.skip(f"not behind a convolution: {error}")
    same(genotype)


# small ones of twelve families; studies/standalone holds all
REFERENCES = [
    "lenet5_1998",
    "googlenet",
    "resnet20_cifar10",
    "squeezenet1_1",
    "mobilenet_v3_small",
    "shufflenet_v2_x0_5",
    "efficientnet_b0",
    "regnet_y_400mf",
    "ghostnet_050",
    "mnasnet0_5",
    "darts_cifar10",
    "nas_bench_201_best",
]


@pytest.mark.parametrize("name", REFERENCES)
def test_references(name: str) -> None:
    same(nas.genotype(name), batch=2)


def test_auxiliary_heads_are_put_out_in_training() -> None:
    text = "image(3, 16, 16) >> conv(8, 3) >> aux(classifier(4)) >> conv(8, 3) >> classifier(4)"
    assert "class Output(NamedTuple):" in same(nas.parse(text))


def test_equal_parts_are_one_class_and_equal_neighbours_a_loop() -> None:
    text = standalone(nas.genotype("efficientnet_b0"))
    assert text.count("class MBConv") == 3  # no expansion; with; with, and the input added
    assert "for _ in range(3)" in text  # stage 6: the first strides, then three alike
    assert len(text.splitlines()) < 250


def test_only_torch_is_imported() -> None:
    trees = [ast.parse(standalone(nas.genotype(name))) for name in ("googlenet", "nf_resnet50")]
    imported = {
        name.split(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"torch"}


def test_the_text_is_clean_and_laid_out(tmp_path: Path) -> None:
    """Of every family's first reference: by ruff's own rules, and as it would format it."""
    from nas.zoo import references

    firsts = {each.family: each for each in reversed(references().values())}
    for family, reference in firsts.items():
        (tmp_path / f"{family}.py").write_text(standalone(reference.genotype))
    for command in (["check"], ["format", "--check", "--line-length=100"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "."],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_a_dense_block_is_a_loop() -> None:
    """As its paper draws it, and of any number of layers one class."""
    text = same(nas.parse("image(3, 16, 16) >> conv(8) >> dense(3) >> dense(30) >> classifier(2)"))
    assert text.count("class Dense") == text.count("class Layer") == 1
    assert "for number in range(layers):" in text
    assert "Dense(8, 3)" in text


def test_branches_are_a_list() -> None:
    text = same(nas.parse("image(3, 8, 8) >> (conv(4) | conv(4, 3) | maxpool) >> classifier(2)"))
    assert "torch.cat([branch(x) for branch in self], 1)" in text
    assert "nn.MaxPool2d(3, stride=1, padding=1)" in text
    assert "getattr" not in text


def test_what_is_usual_is_a_default_and_what_comes_out_is_called_so() -> None:
    text = standalone(nas.genotype("googlenet"))
    assert "def __init__(self, channels, out, kernel=1, stride=1):" in text
    assert "self.conv = Conv(3, 64, kernel=7, stride=2)" in text
    assert "self.conv2 = Conv(64, 64)\n" in text
    assert "def __init__(self, channels, conv_out, out):" in text
    assert "return self.conv2(self.conv(x))" in text
    text = standalone(nas.genotype("efficientnet_b0"))
    assert "def __init__(self, channels, expand_out, kernel, reduce_out, out, stride=1):" in text
    assert '"""As MBConv, with `expand` and `expand_norm`, the input added."""' in text


def test_blocks_that_differ_in_a_number_are_one_class() -> None:
    text = same(nas.parse("image(3, 16, 16) >> conv(32) >> nf_bottleneck(32) * 4 >> classifier(2)"))
    assert text.count("class NormFreeBottleneck") == 1
    assert "self.factor" in text


def test_it_shows_how_it_is_used(tmp_path: Path) -> None:
    """`python model.py` in the folder."""
    from nas.train.checkpoint import save

    save(nas.compile(SMALL, seed=0), tmp_path / "weights.safetensors")
    (tmp_path / "model.py").write_text(standalone(nas.parse(SMALL)))
    done = subprocess.run(
        [sys.executable, tmp_path / "model.py"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "torch.Size([1, 4])\n", done.stderr


def test_the_text_is_the_same_in_every_process() -> None:
    code = (
        "import nas; from nas.compiler.standalone import standalone as write; "
        f"print(write(nas.parse({SMALL!r})), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout == standalone(nas.parse(SMALL))
