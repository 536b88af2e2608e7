"""Runs only what changed: a stage whose every input is as it was gives what it gave.

The key of a stage is a hash of all it can see: the cells of its tables, its settings with seed and options,
the pack's content, this program's own source and the versions of what computes. Whoever changes one of them
gets a fresh answer; ``resettle run --fresh`` gets one always.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from resettle.journey.manifest import RAN_OUT, library_versions
from resettle.store.kept_stages import forget, frame_hash, keep, kept
from resettle.tables import Inputs, Outputs, Stage

FOLDER = ".kept"
"""In the programme's folder; it holds what ``out/tables`` holds, and may be deleted at any time."""


@cache
def source_hash() -> str:
    """SHA-256 of this program's own source and data."""
    digest = sha256()
    root = Path(str(resources.files("resettle")))
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".toml")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def stage_key(stage: Stage, inputs: Inputs) -> str:
    """A hash of everything that a stage's answer can rest on."""
    seen = {
        "stage": stage.name,
        "source": source_hash(),
        "libraries": library_versions(),
        "pack": getattr(inputs.pack, "content_hash", None),
        "settings": inputs.settings,
        "tables": {name: frame_hash(frame) for name, frame in sorted(inputs.tables.items())},
    }
    return sha256(json.dumps(seen, sort_keys=True, default=repr).encode()).hexdigest()


class Memory:
    """What a programme's last run left of each stage.

    Attributes:
        reused: names of the stages whose answer was taken from it in this run.
    """

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.folder = folder / FOLDER
        self.reused: list[str] = []
        if fresh:
            forget(self.folder)

    def run(self, stage: Stage, inputs: Inputs, compute: Callable[[Inputs], Outputs]) -> Outputs:
        """The stage's answer, kept or computed; an answer that a clock cut short is never kept."""
        key, place = stage_key(stage, inputs), self.folder / stage.name
        former = kept(place, key)
        if former is not None:
            self.reused.append(stage.name)
            return former
        outputs = compute(inputs)
        if not inputs.deadline() and RAN_OUT not in json.dumps(outputs_said(outputs), default=str):
            keep(place, key, outputs)
        return outputs


def outputs_said(outputs: Outputs) -> Mapping[str, Any]:
    """Facts and the words in small tables, where a search says that its time ran out."""
    status = {
        n: f["status"].to_list()
        for n, f in outputs.tables.items()
        if "status" in f.columns and f.height < 5000
    }
    return {"facts": dict(outputs.facts), "status": status}
