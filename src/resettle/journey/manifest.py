"""The record of a run: enough to repeat it and to see that nothing was lost on the way."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from resettle import __version__

LIBRARIES = ("duckdb", "highspy", "numba", "numpy", "polars", "python-calamine", "scipy", "xlsxwriter")
RAN_OUT = "time_limit"


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content."""
    return sha256(path.read_bytes()).hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of what computed the results."""
    found = {"python": platform.python_version(), "resettle": __version__}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def manifest(
    inputs: Mapping[str, str],
    pack: Mapping[str, Any],
    settings: Mapping[str, Any],
    parameters: Sequence[Mapping[str, Any]],
    counts: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    tables: Mapping[str, str],
    problems: Mapping[str, int],
) -> str:
    """The manifest as JSON. It holds no clock time and no path, so the same run gives the same manifest."""
    repeatable = RAN_OUT not in json.dumps(facts, default=str)
    data = {
        "inputs_sha256": dict(sorted(inputs.items())),
        "pack": dict(pack),
        "settings": {k: v for k, v in settings.items() if k != "options"}
        | {"options": settings.get("options", {})},
        "parameters": list(parameters),
        "libraries": library_versions(),
        "row_counts": list(counts),
        "facts": dict(facts),
        "problems": dict(problems),
        "tables_sha256": dict(sorted(tables.items())),
        "repeatable": repeatable,
    }
    if not repeatable:
        data["repeatable_note"] = "a wall-clock limit ended a search; another run may give another answer"
    return json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"
