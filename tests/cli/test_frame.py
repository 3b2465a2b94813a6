"""The command line's frame: fast help, exit codes, one sentence for each error."""

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from nas import cli
from nas.errors import RunError, UsageError


def nas(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "nas.cli", *arguments], capture_output=True, text=True, timeout=60
    )


def test_help_loads_nothing_slow() -> None:
    code = (
        "import sys, nas.cli\n"
        "try: nas.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "slow = {'torch', 'optuna', 'ray', 'numpy', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {slow}' if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_lists_every_subcommand() -> None:
    done = nas("--help")
    assert done.returncode == 0
    assert all(each.NAME in done.stdout and each.HELP for each in cli.subcommands())


def test_unknown_subcommand_is_a_usage_error() -> None:
    done = nas("sarch")
    assert done.returncode == 2
    assert "sarch" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RunError("runs/a: no such run"), 1, "nas: runs/a: no such run\n"),
        (
            UsageError("--gpus 8: this machine has none"),
            2,
            "nas: --gpus 8: this machine has none\n",
        ),
        (KeyboardInterrupt(), 130, "nas: interrupted\n"),
        (OSError(28, "No space left on device", "x"), 1, "nas: x: No space left on device\n"),
    ],
)
def test_errors_become_one_sentence_and_a_code(
    error: BaseException,
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(_: Namespace) -> int:
        raise error

    def add_arguments(_: ArgumentParser) -> None:
        pass

    failing = SimpleNamespace(NAME="fail", HELP="fails", add_arguments=add_arguments, run=run)
    monkeypatch.setattr(cli, "subcommands", lambda: iter([failing]))
    assert cli.main(["fail"]) == code
    assert capsys.readouterr().err == says


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = (
        "import sys, nas.cli, types\n"
        "def run(_):\n"
        "    for _ in range(100_000): print('x' * 100)\n"
        "    return 0\n"
        "one = types.SimpleNamespace(NAME='a', HELP='a', add_arguments=lambda p: None, run=run)\n"
        "nas.cli.subcommands = lambda: iter([one])\n"
        "sys.exit(nas.cli.main(['a']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == cli.BROKEN_PIPE
        assert process.stderr.read() == ""


@pytest.mark.parametrize("module", ["nas", "nas.cli"])
def test_a_closed_stdout_and_an_encoding_without_the_blocks_are_no_errors(module: str) -> None:
    for command in ("cost lenet5 >&-", "show lenet5 --draw", "cost lenet5 2>&-"):
        done = subprocess.run(
            f"{sys.executable} -m {module} {command}",
            shell=True, capture_output=True, timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        assert (b"?" in done.stdout) is ("--draw" in command)


def test_a_caught_ctrl_c_leaves_the_exit_code_alone(tmp_path: Path) -> None:
    # Python would end by SIGINT (-2) where KeyboardInterrupt has passed through an exec of text.
    (tmp_path / "caught.py").write_text(
        "import sys\n"
        "import nas.cli.list\n"
        "def run(args):\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 130\n"
        "nas.cli.list.run = run\n"
        "sys.exit(nas.cli.main(['list']))\n"
    )
    assert subprocess.run([sys.executable, "-m", "caught"], cwd=tmp_path).returncode == 130
