"""The peers that count, of the extra `peers` (`pip install -c constraints.txt -e '.[test,peers]'`);
calflops is imported without transformers, which it wants for language models only."""

from __future__ import annotations

import logging
import sys
import types

if "calflops.flops_counter_hf" not in sys.modules:  # which wants transformers, for language models
    UNUSED = types.ModuleType("calflops.flops_counter_hf")
    UNUSED.calculate_flops_hf = None  # type: ignore[attr-defined]
    sys.modules[UNUSED.__name__] = UNUSED

import peers  # noqa: F401  # calflops imports torchvision, for which it declares the operators

import calflops  # isort: skip
import fvcore.nn
import ptflops
import torchinfo

logging.getLogger("fvcore").setLevel(logging.ERROR)

__all__ = ["calflops", "fvcore", "ptflops", "torchinfo"]
