"""A cell that becomes unknown makes figures unknown, never other figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
import pytest

from resettle.funds.stage import STAGE as FUNDS
from resettle.journey.run import Run
from resettle.policy import evaluate
from resettle.tables import FUND, PAYMENT, Inputs, Outputs, Table

HOUSEHOLDS = 8
NO_FACTS = ("source_file", "source_sheet", "source_row", "head_name", "name", "phone", "is_synthetic")


def _moved(before: pl.DataFrame, after: pl.DataFrame, key: tuple[str, ...], columns: list[str]) -> list[str]:
    """The columns in which some row of both frames was known and is known otherwise now."""
    both = before.join(after, on=list(key), how="inner", suffix="_after")
    return [c for c in columns if both.filter(pl.col(c) != pl.col(f"{c}_after")).height]


def _blanked(frame: pl.DataFrame, column: str, rows: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(pl.when(~rows).then(pl.col(column)).alias(column))


def _few(run: Run) -> dict[str, pl.DataFrame]:
    """Every table of the rules, of a few households."""
    every = run.tables["household"].sort("household_id")
    ids = every.gather_every(every.height // HOUSEHOLDS)["household_id"].to_list()
    names = ["household", "person", "village", *run.read.child_tables]
    frames = {name: run.tables[name] for name in names}
    return {
        name: frame.filter(pl.col("household_id").is_in(ids)) if "household_id" in frame.columns else frame
        for name, frame in frames.items()
    }


def test_no_entitlement_moves_because_a_fact_became_unknown(peach_run: Run) -> None:
    """Rules that go on with a stated value for an unknown one mark their result as provisional."""
    tables, programme = _few(peach_run), peach_run.programme

    def entitled(given: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        made = evaluate(peach_run.pack, dict(given), programme.as_of, programme.scope, engine="interpreter")
        return made[0]["household"]

    before = entitled(tables)
    moved, tried = [], 0
    for name, frame in tables.items():
        for column in frame.columns:
            if column in NO_FACTS or column.endswith(("_id", "_code")) or not frame[column].count():
                continue
            tried += 1
            after = entitled({**tables, name: _blanked(frame, column, pl.lit(True))})
            for rule in _moved(before, after, ("household_id",), _rules(before)):
                mark = f"{rule}__provisional"
                if mark not in after.columns or not after[mark].any():
                    moved.append(f"{name}.{column}: {rule}")
    assert tried > 50 and not moved, moved


def _rules(frame: pl.DataFrame) -> list[str]:
    return [c for c in frame.columns if c != "household_id" and not c.endswith("__provisional")]


def _single_cells(frame: pl.DataFrame, table: Table) -> Iterator[tuple[str, pl.DataFrame]]:
    """The table with one optional cell left empty, each in turn."""
    key = table.key[0]
    for column in table.columns:
        if column.required or column.name in (*NO_FACTS, "status", "source_note"):
            continue
        for row in frame.filter(pl.col(column.name).is_not_null())[key].to_list():
            yield f"{row}.{column.name}", _blanked(frame, column.name, pl.col(key) == row)


@pytest.mark.parametrize("table", [FUND, PAYMENT], ids=lambda t: t.name)
def test_no_rate_or_reproach_of_money_arises_because_a_cell_became_unknown(
    peach_run: Run, table: Table
) -> None:
    tables = {name: peach_run.tables[name] for name in ("household", "fund", "payment", "site_plan")}

    def reckoned(given: Mapping[str, pl.DataFrame]) -> Outputs:
        return FUNDS.run(Inputs(dict(given), {"as_of": peach_run.programme.as_of}, None))

    def short(made: Outputs) -> set[str]:
        return set(made.tables["fund_shortfall"].filter("is_first")["county_code"].to_list())

    def rate(made: Outputs) -> pl.DataFrame:
        """All but what is *confirmed* as received, which says by its name that the rest is not known."""
        return made.tables["fund_rate"].filter(pl.col("rate") != "received_of_disbursed")

    before, wrong = reckoned(tables), []
    for cell, frame in _single_cells(tables[table.name], table):
        after = reckoned({**tables, table.name: frame})
        if not any(
            p.code == "funds.counties_differ" for p in after.problems
        ):  # a row read as the whole, and said
            sides = ["rate_ppm", "gap_minor"]
            wrong += [
                f"{cell}: {c}" for c in _moved(rate(before), rate(after), ("rate", "denominator"), sides)
            ]
        desk = [made.tables["fund_desk"] for made in (before, after)]
        stands = ["received_minor", "sent_on_minor", "standing_minor"]
        wrong += [f"{cell}: {c}" for c in _moved(*desk, ("level", "code"), stands)]
        wrong += [f"{cell}: {county} called short" for county in short(after) - short(before)]
    assert not wrong, wrong
