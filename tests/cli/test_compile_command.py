"""`nas compile`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import nas
from nas import cli
from nas.errors import RunError

SMALL = "image(3, 16, 16) >> conv(8, 3) >> mbconv(8) * 2 >> classifier(4)"


def test_the_folder_holds_all_and_loads_both_ways(tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", SMALL, "--out", str(out), "--seed", "3"]) == 0
    held = sorted(path.name for path in out.iterdir())
    assert held == [
        "README.md",
        "cost.json",
        "cost.md",
        "genotype.nas",
        "model.py",
        "weights.safetensors",
    ]
    network = nas.load(out)
    assert not network.training
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, again = network(x), nas.compile(SMALL, seed=3).eval()(x)
    assert torch.equal(ours, again)
    torch.save(x, tmp_path / "x.pt")
    code = (  # README.md's lines, where nas can't be imported
        "import sys; sys.modules['nas'] = None\n"
        "import torch\n"
        "from model import load\n"
        'network = load("weights.safetensors")\n'
        "torch.set_num_threads(1)\n"
        "torch.save(network(torch.load('../x.pt')).detach(), '../y.pt')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=out, check=True, timeout=60)
    torch.testing.assert_close(torch.load(tmp_path / "y.pt"), ours)


def test_the_card_and_the_command_are_there(tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", SMALL, "--out", str(out), "--zero-gamma"]) == 0
    told = json.loads((out / "cost.json").read_text())
    assert told["cost"]["params"] == nas.cost(SMALL).params
    assert told["made"]["versions"]["torch"] == torch.__version__
    assert f"--out {out} --seed 0 --zero-gamma" in told["made"]["command"]
    assert told["made"]["command"] in (out / "README.md").read_text()
    assert nas.genotype(out / "genotype.nas") == nas.parse(SMALL)
    state = nas.load(out).state_dict()
    ends = [float(v.abs().max()) for k, v in state.items() if k.endswith("project_norm.weight")]
    assert 0.0 in ends


def test_written_again_it_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "net"
    for classes in (4, 5):
        text = SMALL.replace("classifier(4)", f"classifier({classes})")
        assert cli.main(["compile", text, "--out", str(out)]) == 0
        assert nas.load(out)(torch.zeros(1, 3, 16, 16)).shape == (1, classes)
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_a_folder_with_other_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    assert cli.main(["compile", SMALL, "--out", str(tmp_path)]) == 1
    assert "thesis.tex" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_unwritable_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert cli.main(["compile", SMALL, "--out", str(tmp_path / "file" / "net")]) == 1
    told = capsys.readouterr().err
    assert "can't be written (Not a directory)" in told
    assert told.count("\n") == 1
    assert cli.main(["compile", SMALL, "--out", "/proc/net-of-mine"]) == 1
    assert "/proc/net-of-mine: can't be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--device", "meta"], "--device meta: must be cpu, cuda or cuda:N"),
        (["--device", "cuda:99"], "--device cuda:99: this machine has"),
        (["--seed", "-1"], "--seed -1: must be at least 0"),
    ],
)
def test_options_that_cannot_be(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compile", SMALL, "--out", str(tmp_path / "net"), *options]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "net").exists()


def test_a_folder_without_a_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no network"):
        nas.load(tmp_path)


def test_weights_from_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, source = tmp_path / "net", tmp_path / "w.pth"
    given = nas.compile(SMALL, seed=9).state_dict()
    torch.save({"state_dict": given}, source)
    command = ["compile", SMALL, "--out", str(out), "--weights", str(source)]
    assert cli.main(command) == 0
    assert f"numbers from {source}" in capsys.readouterr().err
    assert all(torch.equal(v, given[k]) for k, v in nas.load(out).state_dict().items())
    page = (out / "README.md").read_text()
    assert f"taken from {source}" in page
    assert f"--weights {source}" in page
    source.write_bytes(b"")
    assert cli.main([*command[:-3], str(tmp_path / "other"), *command[-2:]]) == 1
    assert "no file of torch.save" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
