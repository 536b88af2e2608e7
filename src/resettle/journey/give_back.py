"""Gives memory that is free already back to the system between stages, so that the peak is what a stage needs."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from functools import cache
from typing import Any

ALLOCATOR = "_RJEM_MALLOC_CONF"
"""Read once, when the table library is loaded: how long its allocator keeps pages that hold nothing."""


def keep_little() -> None:
    """Have the table library's allocator return free pages within half a second; a user's own setting stands.

    To be called before the library is loaded. Where its allocator is another one this does nothing.
    """
    os.environ.setdefault(ALLOCATOR, "dirty_decay_ms:500,muzzy_decay_ms:0")


def give_back() -> None:
    """Collect what nothing refers to any more, and return the freed pages where the C library can (glibc)."""
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return None
