"""The process's free memory, kept or given back: a page from the kernel costs more than the numbers
that are drawn into it, and by chance the C library gives back what one run left to the next."""

from __future__ import annotations

import ctypes

TRIM, MAPPINGS = -1, -4  # glibc's M_TRIM_THRESHOLD and M_MMAP_MAX

LIBRARY = ctypes.CDLL(None)


def keep() -> str:
    """From now on, and for good, free memory stays with the process; says whether."""
    if not hasattr(LIBRARY, "mallopt"):
        return "Memory is kept or given back as the C library likes."
    LIBRARY.mallopt(MAPPINGS, 0)
    LIBRARY.mallopt(TRIM, (1 << 31) - 1)
    return "Free memory stays with the process; only before a first network it is given back."


def give_back() -> None:
    """All of it to the kernel, as if the process were new."""
    if hasattr(LIBRARY, "malloc_trim"):
        LIBRARY.malloc_trim(0)
