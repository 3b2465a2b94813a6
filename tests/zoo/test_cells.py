"""Networks of cells beyond the table of references: thin ones by the authors' tables, published
figures, and every cell of NAS-Bench-201 in its own notation."""

import csv
import gzip
import os
import random
import re
from pathlib import Path

import numpy as np
import orders
import pytest
from cells_by_hand import AmoebaNet
from cells_by_hand import nas_bench_201 as bench_by_hand
from thin import same_outputs
from witness import timm
from witnesses import figures

import nas
from nas.dsl import choice, tie
from nas.errors import GenotypeError
from nas.genotype import canonical_hash
from nas.genotype.recording import graph
from nas.space import Space, load
from nas.zoo.amoebanet import amoebanet_a
from nas.zoo.nas_bench_201 import OPERATIONS, cell, nas_bench_201, network, notation
from nas.zoo.nasnet import nasnet_a


def test_thin_nasnet_is_timm_s() -> None:
    theirs = timm.create_model("nasnetalarge", num_features=24 * 16, stem_size=12, num_classes=1000)
    same_outputs(theirs, nasnet_a(16, 6, 12, 75, 0.0), orders.nasnet)


def test_thin_amoebanet_is_the_release_s() -> None:
    same_outputs(AmoebaNet(16, 2, 8), amoebanet_a(16, 2, 8, 75))


@pytest.mark.parametrize("pixels", [64, 75])
def test_sides_that_halve_evenly_or_not_are_padded_alike(pixels: int) -> None:
    same_outputs(AmoebaNet(16, 1, 6), amoebanet_a(16, 1, 6, pixels))


def test_nasnet_mobile_has_the_published_figures() -> None:
    """5.3 M parameters, 564 M MACs, arXiv:1707.07012, Table 2; parameters as pytorchcv's."""
    cost = nas.cost("nasnetamobile")
    rows = [row for row in figures()["implementations"] if row["model"] == "nasnet_4a1056"]
    assert {row["params"] for row in rows} == {cost.params}
    assert round(cost.macs / 1e6) == 564


def test_amoebanet_has_the_published_figures() -> None:
    """86.7 M and 23.1 B, arXiv:1802.01548, Table 2."""
    cost = nas.cost("amoebanet_a")
    assert (round(cost.params / 1e6, 1), round(cost.macs / 1e9, 1)) == (86.7, 23.1)


def test_darts_has_the_published_figures() -> None:
    """4.719 M and 3.349 M parameters: quark0/darts, README.md."""
    assert round(nas.cost("darts").params / 1e6, 3) == 4.719
    assert round(nas.cost("darts_cifar10").params / 1e6, 3) == 3.349


@pytest.mark.parametrize("name", ["nasnetalarge", "pnasnet5large", "amoebanet_a"])
def test_large_networks_of_cells_are_few_lines(name: str) -> None:
    text = str(nas.genotype(name))
    assert len(text.splitlines()) < 20
    assert nas.parse(text) == nas.genotype(name)


def written(digits: str) -> str:
    """The table's six digits, edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3, in the paper's notation."""
    names = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    a, b, c, d, e, f = (names[int(digit)] for digit in digits)
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def table() -> list[dict[str, str]]:
    folder = os.environ.get("NAS_BENCH_DATA")
    if not folder:
        pytest.skip("NAS_BENCH_DATA names no folder; set it to the one of nas_bench_201.csv.gz")
    with gzip.open(Path(folder) / "nas_bench_201.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def check(rows: list[dict[str, str]]) -> None:
    for row in rows:
        network = nas_bench_201(written(row["ops"]))
        total = graph(network).total  # dead convolutions count in the table, too
        assert total.params == int(row["c10_params"]), row["ops"]
        assert total.macs + 10 == int(row["c10_macs"]), row["ops"]  # 10 biases count there
        assert notation(network) == written(row["ops"])


def test_figures_are_the_benchmark_s() -> None:
    check(random.Random(0).sample(table(), 300))


@pytest.mark.slow
def test_figures_are_the_benchmark_s_everywhere() -> None:
    rows = table()
    assert len(rows) == 15_625
    check(rows)


@pytest.mark.parametrize("digits", ["343212", "301432", "040403", "111111", "432124"])
def test_outputs_are_those_of_the_benchmark_s_code(digits: str) -> None:
    """Cells in which every convolution reaches the output; a dead one has no place in ours."""
    same_outputs(bench_by_hand(written(digits)), nas_bench_201(written(digits)))


EDGE = choice(*OPERATIONS.values())


@pytest.mark.parametrize(
    "space",
    [Space(network(tie(cell(*[EDGE] * 6), "cell"))), Space(load("nas_bench_201"))],
    ids=["built", "shipped"],
)
def test_a_space_of_cells_decides_into_the_notation(space: Space) -> None:
    assert space.size == 5**6
    for seed in range(5):
        candidate = space.resolve(space.sample(np.random.default_rng(seed)))
        again = nas_bench_201(notation(candidate))
        assert canonical_hash(again) == canonical_hash(candidate)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("|nor_conv_3x3~0|", "a cell of NAS-Bench-201 is written as '|nor_conv_3x3~0|+|"),
        (written("333333").replace("~1|+", "~0|+"), "is written as"),
        (written("333333").replace("3x3~2", "5x5~2"), "has no operation 'nor_conv_5x5'; did you"),
    ],
)
def test_another_notation_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(GenotypeError, match=re.escape(said)):
        nas_bench_201(wrong)


def test_the_notation_stands_for_its_network_wherever_a_genotype_is_read() -> None:
    assert nas.genotype(written("343212")) == nas_bench_201(written("343212"))
    with pytest.raises(GenotypeError, match="a cell of NAS-Bench-201 is written as"):
        nas.genotype("| conv(8)")


def test_another_network_has_no_notation() -> None:
    with pytest.raises(GenotypeError, match="is no cell of NAS-Bench-201, six edges of none, "):
        notation(nas.genotype("resnet50"))
