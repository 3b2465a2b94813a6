"""Looking at torch's functions while they are called, whatever module calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Calls(TorchFunctionMode):
    """Every call of a torch function within `with` goes through `call`, which subclasses say."""

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What the call gives: by default what it would have given."""
        return func(*args, **options)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with torch._C.DisableTorchFunction():
            return self.call(func, args, dict(kwargs or {}))
