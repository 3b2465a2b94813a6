"""`nas zoo report`."""

import json
from pathlib import Path

import pytest

from nas import cli
from nas.zoo import references


def test_json_is_the_pages_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zoo", "report", "--json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in held["references"]] == list(references())
    assert set(held["figures"]) == {"challenge", "errors", "accuracy-params", "accuracy-macs"}
    (alexnet,) = [step for step in held["ideas"] if step["name"] == "AlexNet"]
    assert "ReLU" in alexnet["idea"]
    assert alexnet["networks"] == ["alexnet_2012"]


def test_a_page_is_an_html_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zoo", "report", "--out", str(tmp_path / "zoo.pdf")]) == 2
    assert "must end in .html" in capsys.readouterr().err
    assert cli.main(["zoo", "report", "--out", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []
