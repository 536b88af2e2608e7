"""Gives memory that is free already back to the system during a run, so that the peak is what the work needs."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

ALLOCATOR = "_RJEM_MALLOC_CONF"
"""Read once, when the table library is loaded: how long its allocator keeps pages that hold nothing."""
EVERY_S = 2.0


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


@contextmanager
def giving_back(every_s: float = EVERY_S) -> Iterator[None]:
    """While this is open freed pages go back every few seconds; compiling leaves much of them, in the midst of a stage."""
    trim, done = _trim(), threading.Event()
    if trim is None:
        yield
        return

    def keep_giving() -> None:
        while not done.wait(every_s):
            trim(0)

    thread = threading.Thread(target=keep_giving, name="give-back", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@cache
def _trim() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return None
