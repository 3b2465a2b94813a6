"""ONNX and torch's exported program: read again by others, for any number of images."""

import io
from dataclasses import dataclass
from typing import Any

import onnx
import onnxruntime
import pytest
import torch

import nas
from nas.artefacts import formats
from nas.artefacts import onnx as translating
from nas.artefacts.formats import ALL, exports, parse_formats
from nas.errors import UsageError
from nas.zoo import references

# gates, branches, an auxiliary head, padding before it is even, shifted windows, dropout
TEXT = (
    "image(3, 17, 17) >> (conv(8, 3) | maxpool >> conv(8)) >> mbconv(16, stride=2) >> "
    "aux(classifier(3)) >> pool_to(8) >> "
    'identity + attention(2, window=4, shift=2, bias="relative") >> dropout(0.5) >> classifier(3)'
)


@dataclass(frozen=True)
class Written:
    """What was exported of a network that was training, and what that gives for five images:
    another number than was exported or compared."""

    made: formats.Exports
    training: bool
    images: torch.Tensor
    wanted: torch.Tensor


@pytest.fixture(scope="module")
def written() -> Written:
    network = nas.compile(TEXT, seed=0).train()
    made = exports(network, network.input_shape, ALL)
    training = network.training
    images = torch.randn(5, *network.input_shape)
    with torch.no_grad():
        return Written(made, training, images, network.eval()(images))


def test_both_are_written(written: Written) -> None:
    assert written.made.problems == []
    assert sorted(written.made.files) == ["model.onnx", "model.pt2"]
    assert all(off <= 1e-4 for off in written.made.off.values())
    assert written.training


def test_the_program_is_right(written: Written) -> None:
    program = torch.export.load(io.BytesIO(written.made.files["model.pt2"])).module()
    with torch.no_grad():
        torch.testing.assert_close(program(written.images), written.wanted)


def test_the_onnx_file_is_right(written: Written) -> None:
    content = written.made.files["model.onnx"]
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    (given,) = model.graph.input
    (side, *sides) = given.type.tensor_type.shape.dim
    assert (given.name, side.dim_param) == ("images", "batch")
    assert [each.dim_value for each in sides] == list(written.images.shape[1:])
    session = onnxruntime.InferenceSession(content)
    (logits,) = session.run(["logits"], {"images": written.images.numpy()})
    torch.testing.assert_close(torch.from_numpy(logits), written.wanted, rtol=1e-4, atol=1e-5)


def smallest_of_each_family() -> list[str]:
    least: dict[str, tuple[int, str]] = {}
    for name, reference in references().items():
        macs = nas.cost(reference.genotype).macs
        least[reference.family] = min(least.get(reference.family, (macs, name)), (macs, name))
    return sorted(name for _, name in least.values())


@pytest.mark.slow
def test_every_family() -> None:
    for name in smallest_of_each_family():
        network = nas.compile(name, seed=0)
        made = exports(network, network.input_shape, ALL)
        assert made.problems == [], name
        assert sorted(made.files) == ["model.onnx", "model.pt2"], name


def test_one_that_fails_leaves_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> bytes:
        raise NotImplementedError("no operator aten::nothing\nand a page of it")

    monkeypatch.setattr(translating, "translated", fails)
    network = nas.compile("image(1, 4, 4) >> classifier(2)", seed=0)
    made = exports(network, network.input_shape, ALL)
    assert list(made.files) == ["model.pt2"]
    assert made.problems == [
        "model.onnx was left out: NotImplementedError: no operator aten::nothing"
    ]


@pytest.mark.parametrize("wrong", [0.5, float("nan")])
def test_one_with_other_outputs_is_left_out(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    from nas.artefacts import program

    monkeypatch.setattr(
        program, "loaded", lambda _: lambda images: torch.full((len(images), 2), wrong)
    )
    network = nas.compile("image(1, 4, 4) >> classifier(2)", seed=0)
    made = exports(network, network.input_shape, ("pt2",))
    assert made.files == {}
    assert "its outputs were off by" in made.problems[0]


def test_weights_beyond_one_file_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "MOST", 10)
    network = nas.compile("image(1, 4, 4) >> classifier(2)", seed=0)
    made = exports(network, network.input_shape, ("onnx",))
    assert "more than the 2 GB of one file" in made.failed["model.onnx"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("all", ALL), ("none", ()), ("onnx, py", ("py", "onnx")), ("pt2,pt2", ("pt2",))],
)
def test_formats_are_read(text: str, wanted: tuple[str, ...]) -> None:
    assert parse_formats(text) == wanted


@pytest.mark.parametrize("text", ["tflite", "", "py,none", "onx"])
def test_unknown_formats_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no format; write one or more of py, onnx, pt2"):
        parse_formats(text)
    assert formats.ALL == ("py", "onnx", "pt2")
