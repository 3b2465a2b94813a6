import pytest
import torch

import nas
from nas.genotype.normal import normal
from nas.latency.bench import Bench
from nas.latency.runs import laid, runs

NETWORKS = ("efficientnet_b0", "googlenet", "densenet121", "shufflenet_v2_x1_0", "convnext_tiny")


def keys(text: str) -> list[str]:
    found = runs(nas.parse(text))
    return sorted(run.key for run in found.elements())


def test_what_follows_a_layer_at_once_is_of_its_run() -> None:
    # by hand: expand, depthwise and project; the last one ends in the sum with the block's input
    assert keys('image(8, 6, 6) >> mbconv(8, 3, expand=2, se=0, act="relu")') == [
        "16x6x6, 8x6x6: nn.Conv2d(16, 8, 1, bias=False) > nn.BatchNorm2d(8) > x + y",
        "16x6x6: nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False) > nn.BatchNorm2d(16)"
        " > F.relu(x)",
        "8x6x6: nn.Conv2d(8, 16, 1, bias=False) > nn.BatchNorm2d(16) > F.relu(x)",
    ]


def test_a_gate_ends_with_the_product_and_reads_the_map_from_before() -> None:
    assert keys('image(8, 6, 6) >> se(0.5, act="relu")') == [
        "4x1x1, 8x6x6: nn.Conv2d(4, 8, 1) > torch.sigmoid(x) > x * y",
        "8x1x1: nn.Conv2d(8, 4, 1) > F.relu(x)",
        "8x6x6: x.mean((2, 3), keepdim=True)",
    ]


def test_what_two_steps_read_ends_a_run() -> None:
    found = keys("image(8, 6, 6) >> conv(8) >> conv(8) + conv(8, 3) >> classifier(10)")
    assert len([key for key in found if "nn.Conv2d(8, 8, 1" in key]) == 2


def test_equal_runs_are_one_and_counted() -> None:
    found = runs(nas.parse("image(8, 6, 6) >> conv(8, 3) * 5"))
    assert list(found.values()) == [5]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_operation_in_use_is_in_one_run(name: str) -> None:
    genotype = nas.genotype(name)
    flat = normal(genotype).flat()
    steps = sum(len(run.steps) * count for run, count in runs(genotype).items())
    assert steps == len(flat.live(with_aux=False)) - 1  # the image is none


def test_work_is_the_networks() -> None:
    found = runs(nas.genotype("efficientnet_b0"))
    # timm's efficientnet_b0 built, and FlopCounterMode / 2 on it
    assert sum(run.work[0] * count for run, count in found.items()) == 385814752


@pytest.mark.parametrize("batch", [1, 3])
def test_every_run_can_be_called_by_itself(batch: int) -> None:
    text = """image(3, 16, 16) >> conv(8, 3) >> mbconv(8, 3)
    >> (conv(8) | conv(8, 3) >> maxpool(3, 1)) >> convnext
    >> conv(16, 3, stride=2) >> shuffle_unit(16) >> classifier(10)"""
    with Bench(batch=batch, threads=1) as bench:
        for run in runs(nas.parse(text)):
            given = bench.run(run)()
            assert isinstance(given, torch.Tensor)
            assert given.shape == (batch, *laid(run.graph.spec))


def test_a_run_computes_what_its_layers_do() -> None:
    from nas.compiler.network import part
    from nas.compiler.source import reading

    (run,) = runs(nas.parse('image(4, 6, 6) >> conv(8, 3, act="relu")'))
    module = part(reading(run.graph, 1)).eval()
    conv = next(each for each in module.modules() if isinstance(each, torch.nn.Conv2d))
    norm = next(each for each in module.modules() if isinstance(each, torch.nn.BatchNorm2d))
    x = torch.randn(2, 4, 6, 6)
    assert torch.equal(module(x), norm(conv(x)).relu())
