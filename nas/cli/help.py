"""`nas help`: the blocks of the language, one block, or one subcommand."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    from nas.blocks import Entry, Slot

NAME = "help"
HELP = "explain the language's blocks, one block, or a subcommand"
DESCRIPTION = """\
`nas help blocks` lists every block with its fields and an example; `nas help mbconv` explains one;
`nas help search` is `nas search --help`.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("topic", nargs="?", help="blocks, a block's word, or a subcommand")
    parser.add_argument("--json", action="store_true", help="of blocks, or a block, as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the topic."""
    from nas import cli
    from nas.blocks import registry

    commands = [each.NAME for each in cli.subcommands()]
    if args.json:
        print(json.dumps(_explained(args.topic), indent=2))
    elif args.topic is None:
        cli.parser().print_help()
    elif args.topic == "blocks":
        for entry in registry().values():
            print(_brief(entry))
    elif args.topic in registry():
        print(_full(registry()[args.topic]))
    elif args.topic in commands:
        return cli.main([args.topic, "--help"])
    else:
        known = ["blocks", *commands, *registry()]
        hint = nearest(args.topic, known) or "; `nas help` and `nas help blocks` list what there is"
        raise UsageError(f"nothing is known about {args.topic!r}{hint}")
    return 0


def _explained(topic: str | None) -> Any:
    """Every block, or the block `topic`, as JSON holds it."""
    from nas.blocks import registry

    if topic == "blocks":
        return [_as_json(entry) for entry in registry().values()]
    if topic is not None and topic in registry():
        return _as_json(registry()[topic])
    raise UsageError(f"--json goes with `blocks` or a block's word, not {topic or 'nothing'!r}")


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "block": entry.word,
        "what": _paragraph(entry)[0],
        "example": example(entry),
        "fields": [
            {
                "name": slot.name,
                "rule": slot.type.rule,
                "required": slot.required,
                "default": None if slot.required else slot.default,
            }
            for slot in entry.slots
        ],
    }


def example(entry: Entry) -> str:
    """The block as it is written in the first of its anchors: figures from outside the program."""
    from nas.genotype.binding import leaf

    return str(leaf(entry.word, options=entry.make.anchors[0].fields))


def _brief(entry: Entry) -> str:
    fields = ", ".join(_written(slot) for slot in entry.slots)
    shown = f"{entry.word}({fields})" if fields else entry.word
    return f"{shown}\n    {_paragraph(entry)[0]}\n    example: {example(entry)}\n"


def _full(entry: Entry) -> str:
    lines = [_brief(entry).rstrip(), ""]
    lines += [f"    {line}" for line in _paragraph(entry)[1:]]
    for slot in entry.slots:
        default = "must be given" if slot.required else f"default {slot.default!r}"
        lines.append(f"    {slot.name}: {slot.type.rule}; {default}")
    for anchor in entry.make.anchors:
        lines.append(
            f"    {'x'.join(map(str, anchor.shape))} in: {anchor.params:,} parameters, "
            f"{anchor.macs:,} MACs ({anchor.source})"
        )
    return "\n".join(lines)


def _paragraph(entry: Entry) -> list[str]:
    """The docstring: its first sentence on one line, then the rest line by line."""
    first, _, rest = inspect.cleandoc(entry.make.__doc__ or "").partition("\n\n")
    return [" ".join(first.split()), *(line for line in rest.splitlines() if line.strip())]


def _written(slot: Slot) -> str:
    if slot.default is dataclasses.MISSING:
        return slot.name
    text = f'"{slot.default}"' if isinstance(slot.default, str) else repr(slot.default)
    return f"{slot.name}={text}"
