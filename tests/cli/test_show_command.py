"""`nas show`."""

import json
from typing import Any

import pytest

import nas
from nas import cli


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["show", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("name", "pixels"),
    # Araujo et al., "Computing receptive fields of convolutional networks", Distill 2019, table
    [("alexnet", 195), ("vgg16", 212)],
)
def test_receptive_fields_are_those_of_distill(
    name: str, pixels: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(capsys, name)["total"]["receptive_field"] == [pixels, pixels]


def test_a_gate_sees_no_more_than_what_it_weighs(capsys: pytest.CaptureFixture[str]) -> None:
    plain, gated = (shown(capsys, name) for name in ("resnet50", "seresnet50"))
    assert gated["total"]["receptive_field"] == plain["total"]["receptive_field"]


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "efficientnet_b0"])
def test_stages_and_nodes_add_up_to_the_total(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stages, nodes = shown(capsys, name), shown(capsys, name, "--nodes")
    assert stages["total"] == nodes["total"]
    for key in ("params", "macs", "activations"):
        for lines in (stages["stages"], nodes["nodes"]):
            used = sum(line[key] for line in lines if not line["training_only"])
            assert used == stages["total"][key]
    trained = sum(line["params"] for line in stages["stages"])
    assert trained == stages["total"]["training_params"]


def test_auxiliary_heads_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "googlenet"]) == 0
    told = capsys.readouterr().out
    assert "aux2 +" in told
    assert "6.38 M parameters more" in told  # 13,004,888 - 6,624,904, torchvision's counts


def test_the_text_comes_first_and_is_the_genotype(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "resnet50"]) == 0
    text = capsys.readouterr().out.partition("\n\n")[0]
    assert nas.parse(text) == nas.genotype("resnet50")


def test_a_part_is_shown_on_an_image(capsys: pytest.CaptureFixture[str]) -> None:
    part = shown(capsys, "conv(16, 3) >> maxpool(2, stride=2)", "--image", "3,32,32")
    assert part["stages"][-1]["shape"] == [16, 16, 16]
    assert part["total"]["params"] == 16 * 3 * 9 + 2 * 16


def test_nodes_are_written_as_torch_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "resnet50", "--nodes"]) == 0
    told = capsys.readouterr().out
    assert "Conv2d(3, 64, 7, stride=2, padding=3, bias=False)" in told
    assert "F.max_pool2d(x, 3, 2, 1)" in told


def test_a_space_is_shown_by_its_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    space = shown(capsys, "image(3, 8, 8) >> conv(choice(8, 16), choice(1, 3, 5)) >> classifier(2)")
    assert space["size"] == 6
    assert sorted(map(len, space["decisions"].values())) == [2, 3]
    assert cli.main(["show", "mbconv"]) == 0
    assert "a search space: " in capsys.readouterr().out
