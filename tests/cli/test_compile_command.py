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

CARD = {"name": "folder:pets", "classes": ["cat", "dog"], "mean": [0.25], "std": [0.5]}
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


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """A run's folder as a search leaves it: trial 1 is best, trial 0 kept for the front, trial 2
    not kept."""
    from nas.report.best import Best, publish
    from nas.train.checkpoint import save

    run = tmp_path / "run"
    lines = []
    for number, channels in enumerate((4, 6, 8)):
        text = f"image(1, 8, 8) >> conv({channels}) >> classifier(2)"
        held = {"hash": str(number), "genotype": text}
        moment = "2026-01-01T00:00:00"
        lines.append({"op_code": 4, "worker_id": "a", "datetime_start": moment, "user_attrs": held})
        folder = run / "trials" / str(number)
        folder.mkdir(parents=True)
        if number < 2:
            save(nas.compile(text, seed=number), folder / "weights.safetensors")
        if number == 1:
            best = Best(1, text, {"accuracy": 0.9}, "nas train genotype.nas", data=CARD)
            publish(best, folder / "weights.safetensors", run / "best")
    (run / "journal.log").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def same(folder: Path, text: str, seed: int) -> bool:
    """Whether the folder's network is `text` with the weights of that seed."""
    wanted, given = nas.compile(text, seed=seed).state_dict(), nas.load(folder).state_dict()
    return list(wanted) == list(given) and all(torch.equal(wanted[k], given[k]) for k in wanted)


@pytest.mark.parametrize(
    ("options", "channels", "seed"),
    [([], 6, 1), (["--trial", "1"], 6, 1), (["--trial", "0"], 4, 0)],
)
def test_a_runs_folder_gives_its_best_or_a_trial_with_its_weights(
    options: list[str], channels: int, seed: int, search: Path, tmp_path: Path
) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", str(search), *options, "--out", str(out)]) == 0
    assert same(out, f"image(1, 8, 8) >> conv({channels}) >> classifier(2)", seed)
    assert f"taken from trial {seed} of the search in {search}" in (out / "README.md").read_text()


def test_a_networks_folder_is_compiled_with_its_weights(search: Path, tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", str(search / "best"), "--out", str(out)]) == 0
    assert same(out, "image(1, 8, 8) >> conv(6) >> classifier(2)", 1)
    assert json.loads((out / "cost.json").read_text())["data"] == CARD
    said = (out / "README.md").read_text()
    assert "(x / 255 - mean) / std, for each channel; mean: 0.25; std: 0.5." in said
    assert "the 2 classes of `folder:pets` in this order: cat, dog." in said
    assert "best, where they were trained by the search: accuracy 0.9 (validation split)." in said


def test_a_searchs_best_is_not_written_over(
    search: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (search / "best" / "cost.json").read_bytes()
    assert cli.main(["compile", SMALL, "--out", str(search / "best")]) == 2
    assert "keeps its best there; name another" in capsys.readouterr().err
    assert (search / "best" / "cost.json").read_bytes() == before


def test_a_card_that_is_none_is_left_out(search: Path, tmp_path: Path) -> None:
    path = search / "best" / "cost.json"
    path.write_text(path.read_text().replace("0.25", '"a quarter"'))
    out = tmp_path / "net"
    assert cli.main(["compile", str(search / "best"), "--out", str(out)]) == 0
    assert "data" not in json.loads((out / "cost.json").read_text())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--trial", "2"], "the weights of trial 2 weren't kept"),
        (["--trial", "9"], "the run has no trial 9; its last is 2"),
        (["--seed", "3"], "--seed 3: not with a folder"),
        (["--zero-gamma"], "--zero-gamma: not with a folder"),
    ],
)
def test_what_a_run_can_not_give_is_told(
    options: list[str],
    said: str,
    search: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", str(search), *options, "--out", str(out)]) in (1, 2)
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_without_a_network_and_weights_of_another_are_told(
    search: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net"
    assert cli.main(["compile", str(tmp_path), "--out", str(out)]) == 1
    assert "holds no network and no run" in capsys.readouterr().err
    assert cli.main(["compile", SMALL, "--trial", "1", "--out", str(out)]) == 2
    assert "is no run's folder" in capsys.readouterr().err
    (search / "best" / "genotype.nas").write_text("image(1, 8, 8) >> conv(7) >> classifier(2)")
    assert cli.main(["compile", str(search / "best"), "--out", str(out)]) == 1
    assert "the weights are of another network" in capsys.readouterr().err
    assert not out.exists()


def test_optimize_tells_what_was_tried_and_exports_it_folded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas.inference import choice

    monkeypatch.setattr(
        choice.optimize, "__kwdefaults__", {**choice.optimize.__kwdefaults__, "seconds": 0}
    )
    out = tmp_path / "net"
    command = ["compile", SMALL, "--out", str(out), "--optimize", "inference", "--formats", "pt2"]
    assert cli.main(command) == 0
    told = capsys.readouterr().err
    assert "folded, channels last" in told
    assert "median and 95 % interval" in (out / "inference.md").read_text()
    assert not (out / "model.py").exists()
    program = torch.export.load(out / "model.pt2").module()
    x = torch.randn(3, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(program(x), nas.load(out)(x), rtol=1e-4, atol=1e-6)
    assert not [name for name in program.state_dict() if "running_mean" in name]
    assert "Exported files hold the network folded." in (out / "inference.md").read_text()


def test_what_folded_gives_other_outputs_is_exported_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas.inference import choice

    defaults = {**choice.optimize.__kwdefaults__, "seconds": 0}
    monkeypatch.setattr(choice.optimize, "__kwdefaults__", defaults)
    monkeypatch.setattr(choice, "LIKE", -1.0)  # nothing is that near
    out = tmp_path / "net"
    command = ["compile", SMALL, "--out", str(out), "--optimize", "inference", "--formats", "pt2"]
    assert cli.main(command) == 0
    said = (out / "inference.md").read_text()
    assert "* as it is" in said
    assert "Exported files hold the network as it is, for folded it doesn't give the same." in said
    program = torch.export.load(out / "model.pt2").module()
    assert [name for name in program.state_dict() if "running_mean" in name]


def test_what_can_not_be_exported_is_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas.artefacts import program

    def fails(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(program, "exported", fails)
    out = tmp_path / "net"
    assert cli.main(["compile", SMALL, "--out", str(out), "--formats", "all"]) == 1
    said = capsys.readouterr().err
    assert "nas: model.onnx was left out: RuntimeError: no such operator" in said
    assert "nas: model.pt2 was left out" in said
    assert nas.load(out)
    assert (out / "model.py").exists()


def test_without_out_the_folder_is_named_as_the_network(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.nas").write_text("image(1, 8, 8) >> conv(4) >> classifier(2)")
    for written, name in (
        ("lenet5_1998", "lenet5_1998"),
        ("./mine.nas", "mine"),
        ("image(1, 8, 8) >> conv(4) >> classifier(2)", "network"),
        ("compiled/mine/", "mine"),
    ):
        assert cli.main(["compile", written, "--formats", "none"]) == 0
        assert f"compiled/{name}/weights.safetensors" in capsys.readouterr().out.splitlines()
