"""`nas completion`: a script with which a shell completes `nas`'s command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import cache

NAME = "completion"
HELP = "print a script for your shell to complete nas's command line"
DESCRIPTION = """\
Print a script that completes subcommands, options, and names of networks, spaces, data sets,
recipes, samplers, evaluators and scaling laws; where a file serves, too, files as well.

  bash   nas completion bash > ~/.local/share/bash-completion/completions/nas
  zsh    nas completion zsh > ~/.zfunc/_nas   (and `fpath+=~/.zfunc` before `compinit`)
  fish   nas completion fish > ~/.config/fish/completions/nas.fish

The names are those of this version: print it again after an update.
"""
SHELLS = ("bash", "zsh", "fish")
KINDS = {
    "networks": ("genotype", "before", "after", "around", "network", "base"),
    "spaces": ("space",),
    "data": ("data", "name"),
    "recipes": ("recipe",),
    "samplers": ("sampler",),
    "evaluators": ("evaluator",),
    "proxies": ("proxy",),
    "laws": ("law",),
    "topics": ("topic",),
    "files": ("latency", "file", "weights", "study", "table"),
    "folders": ("folder", "folders", "resume", "warm_start", "out"),
}
WITH_FILES = {"networks", "spaces", "recipes"}  # where the argument may be a file, too


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the argument."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from nas import cli

    parser = cli.parser()
    kinds = {dest: kind for kind, dests in KINDS.items() for dest in dests}
    for action in _actions(parser):
        if action.choices is None and action.nargs != 0 and action.dest in kinds:
            action.complete = _completed(kinds[action.dest])  # type: ignore[attr-defined]
    print(shtab.complete(parser, args.shell))
    return 0


def words(kind: str) -> tuple[str, ...]:
    """The names of `kind`, one of `KINDS`; none for files and folders."""
    return tuple(_NAMES[kind]()) if kind in _NAMES else ()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of every subcommand."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in dict.fromkeys(action.choices.values()):
                yield from _actions(inner)
        else:
            yield action


@cache
def _completed(kind: str) -> object:
    """How each shell completes an argument of `kind`, in shtab's terms."""
    import shtab

    if kind == "files":
        return shtab.FILE
    if kind == "folders":
        return shtab.DIRECTORY
    name, listed = f"_nas_{kind}", " ".join(words(kind))
    files = kind in WITH_FILES
    return {
        "bash": name,
        "zsh": name,
        "fish": f"(echo {listed} | string split ' '"
        + ("; __fish_complete_path (commandline -ct))" if files else ")"),
        "preamble": {
            "bash": f'{name}() {{\n  compgen -W "{listed}" -- "$1"\n'
            + ('  compgen -f -- "$1"\n}' if files else "}"),
            "zsh": f"{name}() {{\n  compadd -- {listed}\n" + ("  _files\n}" if files else "}"),
        },
    }


def _networks() -> Iterable[str]:
    from nas.zoo import references

    return references()


def _spaces() -> Iterable[str]:
    from nas.space.library import known

    return known()


def _data() -> Iterable[str]:
    from nas.data import argument, names

    return (f"{name}:" if argument(name) else name for name in names())


def _recipes() -> Iterable[str]:
    from nas.train.recipe import Recipe

    return Recipe.names()


def _samplers() -> Iterable[str]:
    from nas.search.samplers import names

    return names()


def _evaluators() -> Iterable[str]:
    from nas.evaluate.cheap import names

    return names()


def _proxies() -> Iterable[str]:
    from nas.evaluate.zero_cost import names

    return names()


def _laws() -> Iterable[str]:
    from nas.scaling.laws import names

    return names()


def _topics() -> Iterable[str]:
    from nas import cli
    from nas.blocks import registry

    return ("blocks", *(each.NAME for each in cli.subcommands()), *registry())


_NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "networks": _networks,
    "spaces": _spaces,
    "data": _data,
    "recipes": _recipes,
    "samplers": _samplers,
    "evaluators": _evaluators,
    "proxies": _proxies,
    "laws": _laws,
    "topics": _topics,
}
