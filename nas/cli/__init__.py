"""The command line: `nas SUBCOMMAND ...`, one module of this package per subcommand.

A subcommand's module holds `NAME`, `HELP`, `add_arguments(parser)` and `run(args) -> exit code`.
It is found by being here; it imports what is slow (torch, Optuna, Ray) inside `run`, so that
`nas --help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from typing import Protocol, cast

from nas.cli._reading import joined
from nas.errors import NasError, UsageError

BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended
INTERRUPTED = 130  # the same for SIGINT
EPILOG = f"""\
Exit codes: 0 done; 1 it went wrong, and one sentence on stderr says how; 2 the command line
asks for what can't be done as written; {INTERRUPTED} Ctrl-C; {BROKEN_PIPE} a pipe's reader left.
A table is JSON with --json. `nas completion SHELL` completes in your shell.
"""


class Subcommand(Protocol):
    """What a module of this package offers; `DESCRIPTION`, if there, heads its `--help`."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the subcommand's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def subcommands() -> Iterator[Subcommand]:
    """Every subcommand in this folder, by module name; a module named `_...` is none."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            yield cast(Subcommand, importlib.import_module(f"{__name__}.{module.name}"))


def parser() -> argparse.ArgumentParser:
    """The whole command line's parser; it leaves the chosen subcommand's function in `args.run`."""
    top = argparse.ArgumentParser(
        prog="nas",
        description="Neural architecture search and model scaling for images.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version)
    chosen = top.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    for each in subcommands():
        text = getattr(each, "DESCRIPTION", each.HELP)
        one = chosen.add_parser(
            each.NAME,
            help=each.HELP,
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        each.add_arguments(one)
        one.set_defaults(run=each.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0, 1 (error, one sentence) or 2 (usage)."""
    _writable()
    try:
        args = parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
        code = int(args.run(args))
        sys.stdout.flush()
    except UsageError as error:
        return _say(error, 2)
    except NasError as error:
        return _say(error, 1)
    except BrokenPipeError:
        # The reader (`| head`) has gone: whatever Python flushes at exit must go nowhere, silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}", 1)
    finally:
        # Ctrl-C during an exec of text (named tuples are made by one, so during imports) is noted
        # by `python -m`, which would die of SIGINT although it was caught; an exec forgets it.
        exec("")
    return code


def _writable() -> None:
    """A stream that was closed (`>&-`) takes all and keeps nothing; what the encoding of stdout
    lacks is written as `?`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _say(message: object, code: int) -> int:
    print(f"nas: {message}", file=sys.stderr)
    return code


class _Version(argparse.Action):
    """Print the version, looked up only when asked: `importlib.metadata` takes 30 ms to load."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"nas {version('nas')}")
        parser.exit()
