"""Every command and code fence in README.md and in studies/ is run.

`console` fences: each `$ nas ...` must end well, and print what stands below it. `python` fences
are run in an empty folder, `nas` fences are parsed, counted where they are networks. What takes
minutes (the search, the studies' scripts) is run with a small budget, or by `pytest --slow`;
`<!-- not run here: why -->` before a fence names the two that install and two that take minutes.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import nas
from nas.space import Space

ROOT = Path(__file__).parents[1]
FENCE = re.compile(
    r"^(?:<!-- (?P<skip>not run here: .*?) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
STUDIES = sorted(
    {
        command
        for readme in ROOT.glob("studies/*/README.md")
        for command in re.findall(r"^(python studies/.*?)(?: +#.*)?$|`(python studies/[^`]+)`",
                                  readme.read_text(), re.MULTILINE)
        for command in command
        if command
    }
)  # fmt: skip


@dataclass(frozen=True)
class Fence:
    """A fence of README.md: its language, text and why it is skipped."""

    kind: str
    text: str
    skip: str | None
    number: int


def fences(kind: str) -> list[Fence]:
    found = [
        Fence(match["kind"], match["text"], match["skip"], number)
        for number, match in enumerate(FENCE.finditer((ROOT / "README.md").read_text()))
    ]
    return [fence for fence in found if fence.kind == kind]


def commands() -> list[tuple[str, str]]:
    """(command, what it prints) of every `console` fence that is run."""
    found = []
    for fence in fences("console"):
        if fence.skip is None:
            for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((command, output))
    return found


def run(command: str, folder: Path, timeout: int = 120) -> str:
    words = shlex.split(command)
    program = {"nas": ["-m", "nas.cli"], "python": []}[words[0]]
    done = subprocess.run(
        [sys.executable, *program, *words[1:]],
        cwd=folder, capture_output=True, text=True, timeout=timeout,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def stripped(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").splitlines()


def test_every_kind_of_fence_is_known() -> None:
    kinds = {match["kind"] for match in FENCE.finditer((ROOT / "README.md").read_text())}
    assert kinds == {"console", "python", "nas"}
    assert sum(fence.skip is not None for fence in fences("console")) == 4


@pytest.mark.parametrize(("command", "output"), commands(), ids=lambda text: text[:60])
def test_commands_print_what_stands_below_them(command: str, output: str, tmp_path: Path) -> None:
    printed = run(command, tmp_path)
    if output.strip():
        assert stripped(printed) == stripped(output)


@pytest.mark.parametrize("fence", fences("python"), ids=lambda fence: str(fence.number))
def test_python(fence: Fence, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", fence.text], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("fence", fences("nas"), ids=lambda fence: str(fence.number))
def test_genotypes(fence: Fence) -> None:
    genotype = nas.parse(fence.text)
    assert nas.parse(str(genotype)) == genotype
    if genotype.open:
        assert Space(genotype).size > 1
    else:
        assert nas.cost(genotype).params > 0


def test_the_genotype_on_the_page_is_the_reference() -> None:
    assert nas.parse(fences("nas")[0].text) == nas.genotype("efficientnet_b0")


def test_the_search_runs_with_a_small_budget(tmp_path: Path) -> None:
    """README's first command, less the installation and the two minutes."""
    (line,) = [
        fence.text for fence in fences("console") if "nas search" in fence.text and fence.skip
    ]
    command = line.partition("&& ")[2].partition("\n")[0]
    assert command == "nas search --space mbconv"
    printed = run(f"{command} --trials 1 --epochs 1 --gpus 0 --out run", tmp_path)
    assert "run/best" in printed
    assert nas.load(tmp_path / "run" / "best").input_shape


def test_the_table_of_operators_is_whole() -> None:
    text = (ROOT / "README.md").read_text()
    for word in ("tap(", "aux(", "choice(", "each(", "tie(", "default(", "image("):
        assert word in text


def contributing(kind: str) -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_space_of_contributing_has_the_size_it_says() -> None:
    (text,) = contributing("nas")
    assert "2 * (3 + 3)^2 networks" in text
    assert Space(nas.parse(text)).size == 2 * (3 + 3) ** 2


def test_the_evaluator_of_contributing_is_found_and_ranks(tmp_path: Path) -> None:
    _, text = contributing("python")
    (tmp_path / "activations.py").write_text(text)
    program = (
        "import sys, nas.evaluate.cheap as cheap\n"
        "cheap.__path__.append(sys.argv[1])\n"
        "from nas.cli import main\n"
        "words = '--space mbconv --evaluator activations --objective score --trials 6'\n"
        "words += ' --survivors 0 --gpus 0'\n"
        "sys.exit(main(['search', *words.split(), '--out', 'run']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "trial 5: score -" in done.stdout


def test_the_block_of_contributing_keeps_the_contract(tmp_path: Path) -> None:
    text, _ = contributing("python")
    (tmp_path / "ghost.py").write_text(text)
    check = (
        "import nas.blocks, ghost, nas\n"
        "from nas.compiler.witnesses import check\n"
        "(anchor,) = ghost.Ghost.anchors\n"
        "cost = nas.cost(nas.parse('ghost(16)'), anchor.shape)\n"
        "assert (cost.params, cost.macs) == (anchor.params, anchor.macs), cost\n"
        "assert check(nas.parse('image(16, 8, 8) >> ghost(16)')).agrees\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_scripts_of_studies_exist() -> None:
    assert STUDIES
    for command in STUDIES:
        assert (ROOT / shlex.split(command)[1]).is_file(), command


@pytest.mark.slow
@pytest.mark.parametrize("command", STUDIES)
def test_scripts_of_studies(command: str) -> None:
    """Minutes each: as nightly tests."""
    assert run(command, ROOT, timeout=1800)
