"""Ctrl-C: the first stops cleanly, the second at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\033[?25h"


class Interrupt:
    """While `with interrupt:` lasts, a signal sets `asked` and interrupts what `allowed` wraps.

    So an entry of the journal is never given up half-way. A second signal ends the process at once,
    which the journal survives.
    """

    def __init__(self) -> None:
        self.asked = False
        self._may_raise = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._first) for each in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Inside, a signal raises `KeyboardInterrupt`; also one that came just before."""
        self._may_raise = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._may_raise = False

    def _first(self, _: int, __: FrameType | None) -> None:
        self.asked = True
        for each in SIGNALS:
            signal.signal(each, self._second)
        if self._may_raise:
            self._may_raise = False
            raise KeyboardInterrupt

    def _second(self, number: int, _: FrameType | None) -> None:
        if sys.stdout.isatty():
            os.write(1, SHOW_CURSOR.encode())
        os._exit(128 + number)
