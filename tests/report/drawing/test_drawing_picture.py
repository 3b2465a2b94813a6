"""What is drawn is what papers draw: blocks folded, branches, skips and shapes as published."""

from __future__ import annotations

import pytest

import nas
from nas.report.drawing.fold import Unit
from nas.report.drawing.label import spelled
from nas.report.drawing.network import Picture, letter, picture
from nas.zoo import references


def pictured(text: str) -> Picture:
    genotype = nas.genotype(text)
    return picture([(genotype, nas.cost(genotype))])


def heads(unit: Unit) -> list[str]:
    return [vertex.label.head for vertex in unit.vertices]


def edges(unit: Unit) -> set[tuple[str, str]]:
    names = heads(unit)
    return {(names[a], names[b]) for a, b in unit.edges}


def test_resnet50_is_folded_as_in_table_1() -> None:
    drawn = pictured("resnet50")
    # arXiv:1512.03385, Table 1: conv2_x to conv5_x are 3, 4, 6 and 3 bottlenecks
    stages = [stage for stage in drawn.stages if stage.panels]
    assert [stage.times for stage in stages] == [("3",), ("4",), ("6",), ("3",)]
    assert [stage.shapes for stage in stages] == [
        (("256", "56", "56"),),
        (("512", "28", "28"),),
        (("1024", "14", "14"),),
        (("2048", "7", "7"),),
    ]


def test_a_bottleneck_is_figure_5() -> None:
    unit = pictured("image(256, 56, 56) >> bottleneck(256) >> classifier(10)").panels[0].unit
    assert heads(unit) == ["input", "1×1 conv", "3×3 conv", "1×1 conv", "+", "ReLU", "output"]
    assert [vertex.label.foot for vertex in unit.vertices[1:4]] == [
        "64 · BN, ReLU",
        "64 · BN, ReLU",
        "256 · BN",
    ]
    assert unit.edges == ((0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (4, 5), (5, 6))


def test_an_inception_module_has_its_four_branches() -> None:
    drawn = pictured("googlenet")
    unit = drawn.panels[0].unit  # arXiv:1409.4842, Figure 2 (b)
    assert heads(unit).count("concat") == 1
    into = [a for a, b in unit.edges if heads(unit)[b] == "concat"]
    assert [heads(unit)[a] for a in into] == ["1×1 conv", "3×3 conv", "3×3 conv", "1×1 conv"]
    rows = {stage.name: stage for stage in drawn.stages}
    widths = dict(rows["3a"].parts[0].label.facts)["of"]
    assert widths == ("64 | 128 | 32 | 32",)  # Table 1
    assert [stage.name for stage in drawn.stages if stage.training] == ["aux", "aux2"]
    assert drawn.stages[rows["aux"].reads[0]].name == "4a"


def test_mbconv_has_a_squeeze_beside_it() -> None:
    units = [panel.unit for panel in pictured("efficientnet_b0").panels]
    assert len(units) == 3  # without expansion, without skip, with both
    for unit in units:
        assert {("global average", "1×1 conv"), ("1×1 conv", "×")} <= edges(unit)
    assert ["+" in heads(unit) for unit in units] == [False, False, True]
    assert "3×3|5×5 depthwise" in heads(units[2])


def test_dense_layers_read_all_before() -> None:
    drawn = pictured("densenet121")
    unit = drawn.panels[0].unit
    names = heads(unit)
    assert names == ["input", "layer", "layer", "layer", "⋯", "layer", "concat", "output"]
    assert {(a, b) for a in range(6) for b in range(a + 1, 7)} <= set(unit.edges)
    more = unit.vertices[4].label.foot
    assert more == "2|8|12|20 more"  # Table 1: 6, 12, 24, 16 layers, of which four are drawn


def test_nasnets_normal_cell_is_figure_4() -> None:
    drawn = pictured("nasnetalarge")
    cell = next(panel.unit for panel in drawn.panels if "/2" not in panel.unit.title.head)
    names = heads(cell)
    assert names.count("+") == 5
    assert sum("dsep" in name for name in names) == 5
    assert names.count("3×3 avg pool") == 3
    final = names.index("concat")
    assert len([a for a, b in cell.edges if b == final]) == 6  # five sums and the input before


def test_hrnet_fuses_every_stream_with_every_other() -> None:
    stage4 = next(
        panel.unit for panel in pictured("hrnet_w18").panels if "stage4" in panel.unit.title.foot
    )
    names = heads(stage4)
    assert names.count("output") == 4
    for total in (n for n, name in enumerate(names) if name == "+"):
        assert len([a for a, b in stage4.edges if b == total]) == 4


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "nasnetamobile", "swin_t", "hrnet_w18"])
def test_rows_add_up_to_the_whole(name: str) -> None:
    cost, drawn = nas.cost(name), pictured(name)
    used = [stage for stage in drawn.stages if not stage.training]
    assert sum(stage.params for stage in used) == cost.params
    assert sum(stage.macs for stage in used) == cost.macs


def test_a_nas_bench_cell_leaves_out_its_zeros() -> None:
    cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|none~2|"
    drawn = pictured(cell)
    assert all("zero" not in head for panel in drawn.panels for head in heads(panel.unit))


def test_every_reference_has_rows_in_order() -> None:
    for name in ("lenet5", "alexnet", "vgg16", "mobilenet_v2"):
        drawn = pictured(name)
        assert [stage.reads for stage in drawn.stages] == [
            (n - 1,) if n else () for n in range(len(drawn.stages))
        ]


def test_values_are_spelled() -> None:
    assert spelled(("64",)) == "64"
    assert spelled(("5×5", "3×3")) == "3×3|5×5"
    assert spelled(("/2", "")) == "(/2)"
    assert spelled(("12 more", "2 more")) == "2|12 more"
    assert spelled(("16", "8", "320", "24", "40")) == "8 … 320"
    assert spelled(("", "")) == ""


def test_letters_go_on_behind_z() -> None:
    assert [letter(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_references_are_drawn_from_what_is_counted() -> None:
    name = "senet154"
    assert (
        sum(s.params for s in pictured(name).stages) == nas.cost(references()[name].genotype).params
    )
