"""`nas completion`: bash itself is asked what it would complete; zsh and fish check the syntax."""

import shutil
import subprocess
from pathlib import Path

import pytest

from nas import cli
from nas.cli import completion

ASK = """
source {script}
COMP_WORDS=({words}) COMP_CWORD={last}
$(complete -p nas | sed 's/.*-F \\([^ ]*\\).*/\\1/') nas "${{COMP_WORDS[{last}]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert cli.main(["completion", "bash"]) == 0
    path = tmp_path / "nas.bash"
    path.write_text(capsys.readouterr().out)
    return path


def completed(script: Path, *words: str) -> list[str]:
    """What bash offers for the last word of `nas words...`, in an empty folder with one file."""
    folder = script.parent / "empty"
    folder.mkdir(exist_ok=True)
    (folder / "resnet_of_mine.nas").touch()
    listed = " ".join(f"'{word}'" for word in ("nas", *words))
    asked = ASK.format(script=script, words=listed, last=len(words))
    done = subprocess.run(["bash", "-c", asked], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sta"], ["status"]),
        (["cost", "efficientnet_b7"], ["efficientnet_b7"]),
        (["cost", "resnet_of"], ["resnet_of_mine.nas"]),
        (["search", "--space", "mb"], ["mbconv", "mbconv_layerwise"]),
        (["search", "--sampler", "nsga"], ["nsga2", "nsga3"]),
        (["search", "--warm"], ["--warm-start"]),
        (["train", "lenet5", "--recipe", "few"], ["few-labels"]),
        (["data", "download", "cifar"], ["cifar10", "cifar100"]),
        (["help", "mbc"], ["mbconv"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_bash_completes(script: Path, words: list[str], expected: list[str]) -> None:
    assert completed(script, *words) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_the_script(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "efficientnet_b7" in text
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here to read it")
    path = tmp_path / "script"
    path.write_text(text)
    subprocess.run([shell, "-n", str(path)], check=True)


def test_every_kind_of_names_has_some() -> None:
    for kind in set(completion.KINDS) - {"files", "folders"}:
        assert completion.words(kind)
