"""Where a printed figure or a cell comes from: table, stage, rule, rows, and the cell of the user's own sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from resettle.journey.figures import FIGURES, figure_named
from resettle.policy import Pack
from resettle.problems import Problem, ResettleError
from resettle.tables import HOUSEHOLD, OUTSIDE, PERSON

SAMPLE = 5


@dataclass
class Origin:
    """The way back from a figure or cell."""

    name: str
    value: Any
    unit: str
    table: str
    stage: str
    rule: str | None
    condition: str
    row_count: int
    rows: list[dict[str, Any]] = field(default_factory=list)


def origin_of_figure(
    name: str, tables: dict[str, pl.DataFrame], stages: Mapping[str, str] | None = None
) -> Origin:
    """Walk a printed figure back to its rows.

    Raises:
        ResettleError: with all names there are, for a figure nobody prints.
    """
    figure = figure_named(name)
    if figure is None:
        raise ResettleError(
            Problem(
                "journey.figure_unknown",
                "error",
                value=name,
                nearest=", ".join([*(f.name for f in FIGURES), "TABLE/KEY/COLUMN"]),
            )
        )
    rows = figure.rows(tables)
    found = rows if rows is not None else pl.DataFrame()
    return Origin(
        name,
        figure.value(tables),
        figure.unit,
        figure.table,
        stage_of(figure.table, stages),
        figure.rule,
        str(figure.where),
        found.height,
        [sourced(row, figure.table, figure.column, tables) for row in found.head(SAMPLE).to_dicts()],
    )


def origin_of_cell(
    table: str,
    key: str,
    column: str,
    tables: dict[str, pl.DataFrame],
    stages: Mapping[str, str] | None = None,
) -> Origin:
    """Walk one cell back.

    Raises:
        ResettleError: naming what there is, for a table, key or column that is not there.
    """
    frame = tables.get(table)
    if frame is None:
        raise ResettleError(
            Problem("journey.not_provided", "error", value=table, nearest=", ".join(sorted(tables)))
        )
    if column not in frame.columns:
        raise ResettleError(
            Problem("journey.not_provided", "error", value=column, nearest=", ".join(frame.columns))
        )
    found = _rows_of(frame, key)
    if not found.height:
        raise ResettleError(
            Problem(
                "journey.key_unknown",
                "error",
                table=table,
                column=frame.columns[0],
                value=key,
                nearest=", ".join(
                    str(v) for v in frame[frame.columns[0]].unique(maintain_order=True).head(3)
                ),
            )
        )
    row = found.row(0, named=True)
    rule = column if table == "entitlement" else None
    return Origin(
        f"{table}/{key}/{column}",
        row[column] if found[column].n_unique() == 1 else None,
        "",
        table,
        stage_of(table, stages),
        rule,
        f"{frame.columns[0]} == {key}",
        found.height,
        [sourced(row, table, column, tables) for row in found.head(SAMPLE).to_dicts()],
    )


def told_beside(origin: Origin, column: str, folder: Path, tables: dict[str, pl.DataFrame]) -> Origin:
    """The origin of a household's fact with the file that says it, where that is not the roster's row."""
    if origin.table != HOUSEHOLD.name or column in HOUSEHOLD.names:
        return origin
    from resettle.journey.beside import said_beside
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme

    programme, _ = load_programme(folder)
    pack, rows = pack_of(programme), []
    for row in origin.rows:
        whole = tables[HOUSEHOLD.name].row(
            by_predicate=pl.col("household_id") == row["household_id"], named=True
        )
        file = said_beside(programme, pack, whole).get((HOUSEHOLD.name, column))
        kept = {k: v for k, v in row.items() if not k.startswith("source_")}
        rows.append(kept | {"source_file": file} if file else row)
    return replace(origin, rows=rows)


def _rows_of(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows of a key: the first column, or, parted by commas, the first columns of a table that has several."""
    whole = frame.filter(pl.col(frame.columns[0]).cast(pl.String) == key)
    parts = key.split(",")
    if whole.height or len(parts) > frame.width:
        return whole
    same = [
        pl.col(c).cast(pl.String).fill_null("None") == part
        for c, part in zip(frame.columns, parts, strict=False)
    ]
    return frame.filter(pl.all_horizontal(same))


def stage_of(table: str, stages: Mapping[str, str] | None = None) -> str:
    """Who writes a table: a stage, the registry, or the user; ``stages`` as the run's manifest counts them."""
    if stages and table in stages:
        return stages[table]
    if table in {HOUSEHOLD.name, PERSON.name, "region"}:
        return "registry"
    if table in {t.name for t in OUTSIDE}:
        return "outside"
    from resettle.journey.order import writers
    from resettle.journey.stages import STAGES  # loads every stage: only where no manifest says who wrote it

    stage = writers(STAGES).get(table)
    return stage.name if stage else "outside"


def column_titles(pack: Pack) -> dict[tuple[str, str], tuple[str, str]]:
    """Every contracted column and every one of the pack's own, rules too, with its words in Chinese and English."""
    from resettle.journey.stages import STAGES

    tables = [HOUSEHOLD, PERSON, *OUTSIDE, *(t for stage in STAGES for t in stage.provides)]
    tables += [row.table for row in pack.tables.values()]
    titles = {(t.name, c.name): (c.zh, c.en) for t in tables for c in t.columns}
    return titles | {("entitlement", r.name): (r.zh, r.en) for r in pack.rules if r.table == "household"}


def sourced(
    row: dict[str, Any], table: str, column: str | None, tables: dict[str, pl.DataFrame]
) -> dict[str, Any]:
    """A row's key, its value, and the cell of the user's sheet it goes back to, where it goes back to one."""
    key = next(iter(row))
    result: dict[str, Any] = {key: row[key]}
    if column:
        result[column] = row.get(column)
    source = row
    if "source_row" not in row and "household_id" in row and "household" in tables:
        match = tables["household"].filter(pl.col("household_id") == row["household_id"])
        source = match.row(0, named=True) if match.height else row
    for name in ("source_file", "source_sheet", "source_row", "source_note"):
        if source.get(name) is not None:
            result[name] = source[name]
    return result
