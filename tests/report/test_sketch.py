"""The drawing of `nas show --draw`: every reference in one screen, wide maps wide, work dark."""

import pytest

import nas
from nas.cli import main
from nas.report.sketch import WIDTH, sketch
from nas.zoo import references

FAMILIES = {reference.family: name for name, reference in references().items()}


@pytest.mark.parametrize("name", sorted(FAMILIES.values()))
def test_a_network_of_each_family_is_one_screen(name):
    cost = nas.cost(name)
    lines = sketch(cost).splitlines()
    assert len(lines) == len(cost.stages) <= 48
    assert max(map(len, lines)) <= 110
    for line, stage in zip(lines, cost.stages, strict=True):
        assert stage.name[:13] in line


def test_bands_are_as_wide_as_the_maps_and_dark_where_the_work_is():
    lines = sketch(nas.cost("image(3,32,32) >> conv(8) >> conv(64,3,stride=2) >> classifier(10)"))
    image, first, second, head = lines.splitlines()
    assert image.count("·") == WIDTH
    assert first.count("░") == WIDTH  # 24,576 MACs of 1,179,648
    assert second.count("█") == round(WIDTH / 2)
    assert head.count("░") == 1


def test_the_command_draws(capsys):
    assert main(["show", "googlenet", "--draw"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].split() == ["3x224x224", "·" * WIDTH, "input", "Input"]
    assert "aux2 +" in said
