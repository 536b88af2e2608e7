"""Everything a run leaves in ``out/``: tables, problems, report, manifest; whole or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl

from resettle.journey.manifest import file_hash, manifest
from resettle.journey.pages import report_of
from resettle.journey.run import Run
from resettle.policy import parameters_used
from resettle.report.page import build_report
from resettle.store.folder import replaced_folder, write_text
from resettle.store.problems_file import write_problems
from resettle.store.report_document import write_docx
from resettle.store.report_files import write_xlsx
from resettle.store.table_files import write_parquet, write_workbook
from resettle.words import LANGUAGES


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
        found = run.read.register
        language = run.programme.languages[0]
        write_problems(
            folder / "problems.xlsx",
            run.read.sheets,
            found.quarantine,
            run.problems,
            found.counts,
            found.cells,
            "zh" if language == "zh" else "en",
            visit_list(run),
        )
        chapters, meta = report_of(run)
        write_text(folder / "report.html", build_report(chapters, meta))
        write_xlsx(chapters, folder / "report.xlsx", meta)
        for name in LANGUAGES:
            write_docx(chapters, folder / f"report-{name}.docx", meta, name)
        hashes = {p.relative_to(folder).as_posix(): file_hash(p) for p in sorted(tables.iterdir())}
        write_text(folder / "manifest.json", manifest_of(run, hashes))


def visit_list(run: Run) -> pl.DataFrame | None:
    """Whom to visit first, with the names of the villages, as the office's own problem file lists them."""
    visits, region = run.tables.get("visit"), run.tables.get("region")
    if visits is None or region is None:
        return None
    names = region.filter(pl.col("level") == "village").unique(
        "region_code", keep="last", maintain_order=True
    )
    named = names.select(pl.col("region_code").alias("village_code"), pl.col("name_zh").alias("village"))
    return visits.join(named, on="village_code", how="left", maintain_order="left")


def manifest_of(run: Run, hashes: dict[str, str]) -> str:
    """The manifest of a run whose tables have these hashes."""
    pack = run.pack
    return manifest(
        inputs=run.read.hashes,
        pack={"id": pack.id, "version": pack.version, "content_sha256": pack.content_hash},
        settings=run.programme.settings() | {"engine": run.engine},
        parameters=parameters_used(run.pack, run.programme.as_of, run.programme.scope),
        counts=run.counts,
        facts=dict(run.facts),
        tables=hashes,
        problems=dict(sorted(Counter(f"{p.severity} {p.code}" for p in run.problems).items())),
    )
