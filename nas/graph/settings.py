"""Settings: what `default(...)` says for the blocks after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Settings:
    """What `default(...)` says for the blocks after it; None leaves the choice to the block."""

    act: str | None = None
    norm: str | None = None  # "batch", "layer" or "none"
    eps: float | None = None
    momentum: float | None = None
    gain: str | None = None  # "act" or "weights": where an activation's lost variance is restored
    padding: str | None = (
        None  # "half": kernel // 2 on each side; "same": as TensorFlow; "valid": none
    )
    drop_path: float | None = None  # of the block at hand; the recorder lets it grow with depth

    def updated(self, values: Iterable[tuple[str, object]]) -> Settings:
        """These settings with some of them changed."""
        return replace(self, **cast(dict[str, Any], dict(values)))
