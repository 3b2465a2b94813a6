"""`nas diff`: the sentence of the issue, exact figures, and networks that are the same."""

import json

from nas.cli import main


def test_squeeze_and_excitation_was_added_in_every_block(capsys):
    assert main(["diff", "resnet50", "seresnet50"]) == 0
    said = capsys.readouterr().out
    assert "bottleneck, bottleneck2, bottleneck3, bottleneck4: se 0 -> 0.0625\n" in said
    assert "params  25.56 M -> 28.09 M  (+9.9%)\n" in said


def test_exact_figures(capsys):
    assert main(["diff", "resnet50", "resnet101", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["params"] == [25_557_032, 44_549_160]  # torchvision's
    assert found["changes"] == [{"what": "repeats 6 -> 23", "places": ["bottleneck3"]}]
    assert not found["same_network"]


def test_one_network_written_twice(capsys):
    assert main(["diff", "image(3,8,8) >> identity >> conv(3)", "image(3,8,8) >> conv(3)"]) == 0
    assert capsys.readouterr().out.startswith("the same network, written differently\n")


def test_an_unknown_name_is_one_sentence(capsys):
    assert main(["diff", "resnet50", "seresnet5O"]) == 1
    assert "did you mean 'seresnet50'" in capsys.readouterr().err
