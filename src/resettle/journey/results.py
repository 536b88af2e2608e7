"""The tables a former run has left, read back."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import polars as pl

from resettle.problems import Problem, ResettleError
from resettle.store.table_files import read_parquet_folder


def read_results(folder: Path) -> dict[str, pl.DataFrame]:
    """Tables of ``folder/out/tables``.

    Raises:
        ResettleError: if the programme has not been run.
    """
    tables = read_parquet_folder(folder / "out" / "tables")
    if not tables:
        raise ResettleError(Problem("journey.not_run", "error", file=str(folder)))
    return tables


def stages_of(folder: Path) -> dict[str, str]:
    """Who wrote each table, as the manifest of ``folder/out`` says; nothing where there is none."""
    try:
        counts = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["row_counts"]
        return {str(c["table"]): str(c["stage"]) for c in counts}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def household_row(tables: dict[str, pl.DataFrame], household_id: str) -> dict[str, object]:
    """One household's row.

    Raises:
        ResettleError: with the nearest numbers, if there is no such household.
    """
    household = tables["household"]
    found = household.filter(pl.col("household_id") == household_id)
    if not found.height:
        ids = household["household_id"].to_list()
        near = difflib.get_close_matches(household_id, ids, n=3, cutoff=0.3) or ids[:3] or ["-"]
        raise ResettleError(
            Problem("journey.household_unknown", "error", value=household_id, nearest=", ".join(near))
        )
    return found.row(0, named=True)
