"""How many of the CPU's threads a training uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SHARE = 250_000_000  # multiply-accumulates a step, forth and back, that keep a thread busy


def worthwhile(macs: int, batch: int) -> int:
    """The number of threads that pays for a network of `macs` per image at `batch` images a step.

    At least 1, at most as many as torch would use. A second thread makes a network of 1M MACs a
    tenth faster on an idle machine, and thirty times slower on a busy one, where each of the step's
    hundreds of small kernels waits for a thread that has no core.
    """
    # The backward pass does twice the forward's work: gradients of the inputs and of the weights.
    return max(1, min(torch.get_num_threads(), 3 * macs * batch // SHARE))


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads of the CPU meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
