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


@pytest.mark.parametrize(
    "name", ["lenet5", "googlenet", "mobilenet_v2", "efficientnet_b0", "seresnet50"]
)
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


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "nf_resnet50"])
def test_the_text_is_clean(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(standalone(nas.genotype(name)))
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "model.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_text_is_the_same_in_every_process() -> None:
    code = (
        "import nas; from nas.compiler.standalone import standalone as write; "
        f"print(write(nas.parse({SMALL!r})), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == standalone(nas.parse(SMALL))
