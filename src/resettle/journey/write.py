"""Everything a run leaves in ``out/``: tables, problems, report, manifest; whole or not at all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

from resettle.journey.manifest import file_hash, manifest
from resettle.journey.pages import report_of
from resettle.journey.run import Run
from resettle.policy import bind
from resettle.report.page import build_report
from resettle.store.folder import replaced_folder, write_text
from resettle.store.table_files import write_parquet, write_workbook


def write_run(run: Run, out: Path) -> None:
    """Write ``out/``; what stood there stays until everything new is whole.

    Raises:
        OSError: if the disk is full or the folder cannot be written; the former results are untouched.
    """
    with replaced_folder(out) as folder:
        tables = folder / "tables"
        tables.mkdir()
        ordered = dict(sorted(run.tables.items()))
        write_parquet(ordered, tables)
        write_workbook(ordered, tables / "tables.xlsx")
        chapters, meta = report_of(run)
        write_text(folder / "report.html", build_report(chapters, meta))
        hashes = {p.relative_to(folder).as_posix(): file_hash(p) for p in sorted(tables.iterdir())}
        write_text(folder / "manifest.json", manifest_of(run, hashes))


def manifest_of(run: Run, hashes: dict[str, str]) -> str:
    """The manifest of a run whose tables have these hashes."""
    pack = run.pack
    return manifest(
        inputs=run.read.hashes,
        pack={"id": pack.id, "version": pack.version, "content_sha256": pack.content_hash},
        settings=run.programme.settings(),
        parameters=parameters_used(run),
        counts=run.counts,
        facts=dict(run.facts),
        tables=hashes,
        problems=dict(sorted(Counter(f"{p.severity} {p.code}" for p in run.problems).items())),
    )


def parameters_used(run: Run) -> list[dict[str, Any]]:
    """Every parameter in force, with its dates, scope, value and source."""
    program, _ = bind(run.pack, run.programme.as_of, run.programme.scope)
    found = []
    for name, setting in sorted(program.settings.items()):
        if setting is not None:
            found.append({"parameter": name} | dataclasses.asdict(setting))
    return found
