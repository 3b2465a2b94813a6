"""--formats: what a network's folder holds besides genotype, weights and costs."""

from __future__ import annotations

import argparse
import os

FORMATS = "NAS_FORMATS"  # in the environment: what holds where --formats isn't given


def add_formats(where: argparse._ActionsContainer, more: str = "") -> None:
    """Declare --formats; `more` goes behind what its help says."""
    where.add_argument(
        "--formats",
        default=os.environ.get(FORMATS, "all"),
        metavar="LIST",
        help="of py, onnx and pt2 those that are written of model.py, model.onnx and model.pt2, or "
        f"none (default: ${FORMATS}, else all){more}",
    )
