"""What a stage came to, kept beside the programme: one entry a stage, used only if it is whole and asked for by its key.

Tables lie as Parquet and everything else as JSON, so that reading an entry can run nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.store.folder import replaced_folder
from resettle.tables import Outputs

INDEX = "index.json"


def frame_hash(frame: pl.DataFrame) -> str:
    """SHA-256 of a frame's columns, types and cells in their order.

    Of the cells as text: bytes in memory differ with what stands behind an unknown.
    """
    digest = sha256(repr(list(frame.schema.items())).encode())
    digest.update(frame.write_csv(null_value="\0", quote_style="always").encode())
    return digest.hexdigest()


def keep(folder: Path, key: str, outputs: Outputs) -> bool:
    """Keep what a stage came to under ``key``, in place of its former entry.

    Returns:
        Whether it was kept: not if JSON would change anything of it, or the disk refuses.
    """
    said = {"problems": [asdict(p) for p in outputs.problems], "facts": dict(outputs.facts)}
    try:
        if json.loads(json.dumps(said)) != said:
            return False
        with replaced_folder(folder) as inside:
            hashes = {}
            for name, frame in outputs.tables.items():
                frame.write_parquet(inside / f"{name}.parquet", compression="zstd")
                hashes[name] = sha256((inside / f"{name}.parquet").read_bytes()).hexdigest()
            index = {"key": key, "tables": hashes, **said}
            index["seal"] = _seal(index)
            (inside / INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
    except (OSError, TypeError, ValueError, pl.exceptions.PolarsError):
        return False
    return True


def kept(folder: Path, key: str) -> Outputs | None:
    """What was kept under ``key``; ``None`` for another key and for an entry that is not as it was written."""
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        seal = index.pop("seal")
        if index["key"] != key or seal != _seal(index):
            return None
        tables = {}
        for name, digest in index["tables"].items():
            path = folder / f"{name}.parquet"
            if sha256(path.read_bytes()).hexdigest() != digest:
                return None
            tables[name] = pl.read_parquet(path)
        problems = [Problem(**fields) for fields in index["problems"]]
        return Outputs(tables, problems, index["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
        return None


def _seal(index: Mapping[str, Any]) -> str:
    return sha256(json.dumps(index, sort_keys=True).encode()).hexdigest()


def forget(folder: Path) -> None:
    """Take away every entry."""
    shutil.rmtree(folder, ignore_errors=True)
