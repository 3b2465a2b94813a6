"""Blocks: one file each. A new file with an `@block` class is all it takes to add one."""

from nas.blocks._base import SETTABLE, Anchor, Block, Entry, Slot, block, entries, registry

__all__ = ["SETTABLE", "Anchor", "Block", "Entry", "Slot", "block", "entries", "registry"]
