"""`nas list`."""

import json
from typing import Any

import pytest

from nas import cli
from nas.zoo import references


def rows(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    assert cli.main(["list", "--json", *options]) == 0
    return list(json.loads(capsys.readouterr().out))


def test_every_reference_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys)
    assert [row["name"] for row in found] == list(references())
    assert all({"name", "family", "year", "params", "macs"} <= set(row) for row in found)
    # torchvision's documentation of ResNet50_Weights.IMAGENET1K_V1: 25557032 params, 4.09 GFLOPS
    (resnet,) = [row for row in found if row["name"] == "resnet50"]
    assert resnet["params"] == 25557032
    assert resnet["macs"] == pytest.approx(4.09e9, rel=1e-3)
    # arXiv:1409.4842: the auxiliary heads are training's
    (googlenet,) = [row for row in found if row["name"] == "googlenet"]
    assert googlenet["params"] == 6624904  # torchvision, aux_logits=False
    assert googlenet["training_params"] == 13004888  # torchvision, GoogLeNet_Weights' num_params


@pytest.mark.parametrize("key", ["year", "name", "family", "params", "macs", "top1", "top5"])
def test_sorted_by_any_column_and_unpublished_last(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = [row[key] for row in rows(capsys, "--sort", key)]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, key=str.lower if isinstance(known[0], str) else None)


def test_one_family_whatever_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--family", "resnet")
    assert found
    assert {row["family"] for row in found} == {"ResNet"}


def test_an_unknown_family_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--family", "ResNit"]) == 2
    assert "'ResNet'" in capsys.readouterr().err


def test_the_table_in_a_pipe_is_plain_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "…" not in told
    lines = {line.split()[1]: line for line in told.splitlines() if len(line.split()) > 7}
    assert set(references()) <= set(lines)
    assert "25.56 M" in lines["resnet50"]
    assert "4.09 G" in lines["resnet50"]
    assert "arXiv:1512.03385" in lines["resnet50"]


def test_published_errors_stand_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    told = capsys.readouterr().out
    for one in references().values():
        assert one.top1_error is None or one.source in told
