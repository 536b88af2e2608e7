"""An output folder that is either whole or not there: written beside, then put in place by renaming."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path


@contextlib.contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``target`` only if the block ends without an error.

    An interrupt, a full disk or a crash leaves the old ``target`` as it was; what a killed run left
    beside it is swept away by the next.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as base:
    ...     with replaced_folder(Path(base) / "out") as out:
    ...         _ = (out / "a.txt").write_text("whole")
    ...     (Path(base) / "out" / "a.txt").read_text()
    'whole'
    """
    partial = target.with_name(f".{target.name}.partial")
    previous = target.with_name(f".{target.name}.previous")
    _mend(target, partial, previous)
    partial.mkdir(parents=True)
    try:
        yield partial
        for file in sorted(partial.rglob("*")):
            if file.is_file():
                _sync(file)
        if target.exists():
            target.rename(previous)
        partial.rename(target)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if previous.exists() and not target.exists():
            previous.rename(target)


@contextlib.contextmanager
def added_files(target: Path, last: str) -> Iterator[Path]:
    """Yield an empty folder whose files come to ``target`` only if the block ends without an error.

    Args:
        last: the file that makes the folder what it is; it comes when all others are there.

    Raises:
        FileExistsError: naming a file that is already there; nothing is overwritten, and nothing added.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as base:
    ...     with added_files(Path(base) / "new", "b.txt") as new:
    ...         _ = (new / "a.txt").write_text("whole")
    ...     sorted(p.name for p in Path(base).iterdir())
    ['new']
    """
    whole = target.resolve()
    partial = whole.with_name(f".{whole.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    added: list[Path] = []
    try:
        yield partial
        names = sorted((p.name for p in partial.iterdir()), key=lambda name: (name == last, name))
        for name in names:
            if (whole / name).exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target / name))
            _sync(partial / name)
        if not whole.exists():
            partial.rename(whole)
            return
        for name in names:
            added.append(whole / name)
            (partial / name).rename(whole / name)
        added.clear()
    finally:
        for path in added:
            path.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)


def _mend(target: Path, partial: Path, previous: Path) -> None:
    """Put right what a killed run left: the old folder back in place, the half-written one away."""
    shutil.rmtree(partial, ignore_errors=True)
    if previous.exists():
        if target.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(target)


def _sync(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
LONGEST_STEM = 80


def safe_stem(text: str) -> str:
    """A number or code as the name of a file on every system; what had to be changed gets a mark of its own.

    Without the mark two numbers could share a name, and the second would take the place of the first.

    >>> safe_stem("4100000001"), safe_stem("A/1"), safe_stem("A:1"), safe_stem("con")
    ('4100000001', 'A_1-a5b3d27a', 'A_1-370b9816', 'con-1143da2b')
    """
    plain = re.sub(r"[^\w-]", "_", text)[:LONGEST_STEM]
    if plain == text and plain and not RESERVED.fullmatch(plain):
        return plain
    return f"{plain}-{sha256(text.encode()).hexdigest()[:8]}"


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, with ``\\n`` line ends on every system."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
