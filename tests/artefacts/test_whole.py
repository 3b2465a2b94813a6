"""A network's folder: written whole, completed in one step, refused where files would be lost."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import nas
from nas.artefacts.formats import ALL
from nas.artefacts.readme import Origin
from nas.artefacts.whole import FILES, complete, free, write
from nas.errors import RunError
from nas.train.checkpoint import save

TEXT = "image(1, 8, 8) >> conv(4, 3) >> classifier(2)"
ORIGIN = Origin("Trial 7", "trained: accuracy 0.9", "Train it by", "nas train x", {"trial": 7})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    network = nas.compile(TEXT, seed=0)
    out = tmp_path / "net"
    write(out, nas.parse(TEXT), lambda path: save(network, path), ORIGIN)
    return out


def test_a_folder_is_completed(folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in FILES}
    inode = (folder / "weights.safetensors").stat().st_ino
    added = complete(folder, ("py", "pt2"))
    assert list(added.files) == ["model.pt2"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "model.pt2"])
    kept = ("genotype.nas", "weights.safetensors", "model.py", "cost.md")
    assert all((folder / name).read_bytes() == before[name] for name in kept)
    assert (folder / "weights.safetensors").stat().st_ino == inode  # no copy
    told = json.loads((folder / "cost.json").read_text())
    assert (told["trial"], told["made"]["command"]) == (7, "nas train x")
    assert told["made"]["off"]["model.pt2"] <= 1e-4
    text = (folder / "README.md").read_text()
    assert text.startswith("# Trial 7\n")
    assert 'torch.export.load("model.pt2")' in text
    images = torch.randn(3, 1, 8, 8)
    with torch.no_grad():
        program = torch.export.load(folder / "model.pt2").module()
        torch.testing.assert_close(program(images), nas.load(folder)(images))
    assert complete(folder, ("py", "pt2")).files == {}  # nothing is left to do


def test_the_lines_of_its_page_all_give_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fence is run, in order, in the folder."""
    from nas.inference import choice

    defaults = {**choice.optimize.__kwdefaults__, "seconds": 0}
    monkeypatch.setattr(choice.optimize, "__kwdefaults__", defaults)
    assert complete(folder, ALL).problems == []
    page = (folder / "README.md").read_text()
    fences = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "model", raising=False)
    held: dict[str, Any] = {}
    given = []
    for fence in fences:
        exec(fence, held)
        given.append(held.pop("logits", None))
    monkeypatch.delitem(sys.modules, "model")
    assert given.pop(0) is None  # it makes the images
    assert len(given) == 4
    with torch.no_grad():
        wanted = nas.load(folder)(held["images"])
    assert wanted.shape == (2, 2)
    for logits in given:
        torch.testing.assert_close(torch.as_tensor(logits), wanted, rtol=1e-4, atol=1e-5)


def test_what_is_no_network_is_not_completed(folder: Path) -> None:
    (folder / "cost.json").write_text("[]")
    with pytest.raises(RunError, match=r"holds no network \(cost.json can't be read"):
        complete(folder, ("pt2",))
    assert (folder / "model.py").exists()


def test_where_it_may_be_written(folder: Path, tmp_path: Path) -> None:
    free(folder)
    free(tmp_path / "new")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"holds other files \(notes.txt\), which would be lost"):
        free(folder)
    with pytest.raises(RunError, match="is a file; choose another folder"):
        free(folder / "notes.txt")
