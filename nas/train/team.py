"""Several processes that train one network together, each on its part of every batch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from torch import Tensor, distributed, nn


@dataclass(frozen=True, slots=True)
class Team:
    """How many processes there are, and which of them this is; the first leads.

    Every process goes through the same batches with the same images; each passes its part, and
    gradients are the whole batch's. So the numbers are one process's, but for what is drawn or
    measured inside the network: dropout draws anew in each process, and batch norm measures each
    part by itself unless it is a `SyncBatchNorm`, which needs GPUs.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def here(cls) -> Team:
        """The process group that this process belongs to, or it alone."""
        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        return cls()

    @property
    def leads(self) -> bool:
        """Whether this process writes and reports for all."""
        return self.rank == 0

    def part(self, batch: Tensor) -> Tensor:
        """This process's part of a batch."""
        return batch if self.size == 1 else batch.tensor_split(self.size)[self.rank]

    def joined(self, model: nn.Module) -> nn.Module:
        """The same module, its gradients the mean of all processes'."""
        if self.size == 1:
            return model
        device = next(model.parameters()).device
        return nn.parallel.DistributedDataParallel(
            model, device_ids=[device] if device.type == "cuda" else None
        )

    def quiet(self, joined: nn.Module) -> AbstractContextManager[None]:
        """Let a joined module's gradients stay this process's own meanwhile."""
        if isinstance(joined, nn.parallel.DistributedDataParallel):
            return joined.no_sync()
        return nullcontext()

    def mean(self, value: Tensor) -> Tensor:
        """The mean of all processes' values."""
        if self.size > 1:
            distributed.all_reduce(value)
            value /= self.size
        return value

    def wait(self) -> None:
        """Go on when every process has come here."""
        if self.size > 1:
            distributed.barrier()
