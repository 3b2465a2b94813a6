"""The language in Python: `from nas.dsl import image, conv, mbconv, classifier`.

Every registered block is here under its word, beside `choice`, `each`, `tie`, `tap`, `aux` and
`default`.
"""

from __future__ import annotations

from typing import cast

from nas.blocks import registry
from nas.genotype.binding import WORDS, Word

__all__ = ["aux", "choice", "default", "each", "image", "tap", "tie", *registry()]  # noqa: F822

_BLOCKS = {word: Word(word) for word in registry()}


def __getattr__(name: str) -> Word:
    # to a type checker every word is called and joined as a block is
    if name in WORDS:
        return cast(Word, WORDS[name])
    if name in _BLOCKS:
        return _BLOCKS[name]
    raise AttributeError(f"nas.dsl has no block {name!r}; nas.blocks.registry() lists them")


def __dir__() -> list[str]:
    return sorted(__all__)
