"""The wall before individual predictions: no column, rule, stage or line of code reaches the totals of uptake."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from resettle.remedies import STAGE
from resettle.tables import (
    HOUSEHOLD,
    OUTSIDE,
    PERSON,
    Column,
    Table,
)

ROOT = Path(__file__).parents[3] / "src"
WORDS = ("uptake", "willingness")


def leaking(tables: list[Table]) -> list[str]:
    """Tables of single households or persons that carry an uptake by any name of table or column."""
    return [
        table.name
        for table in tables
        if {"household_id", "person_id"} & set(table.names)
        and any(word in name for name in (table.name, *table.names) for word in WORDS)
    ]


def test_uptake_is_never_a_column_of_a_household_or_person() -> None:
    from resettle.journey.stages import STAGES

    tables = [table for stage in STAGES for table in stage.provides] + list(OUTSIDE) + [HOUSEHOLD, PERSON]
    assert leaking(tables) == []
    for name in ("willingness_total", "willingness_decision"):
        table = next(t for t in STAGE.provides if t.name == name)
        assert table.key[0] == "county_code" and "household_id" not in table.names


@pytest.mark.parametrize("column", ["uptake_ppm", "predicted_uptake", "willingness_score"])
def test_the_wall_bites_on_a_column_of_a_household(column: str) -> None:
    bad = Table("case", ("household_id",), (Column("household_id", "text"), Column(column, "number")))
    named = Table("willingness", ("person_id",), (Column("person_id", "text"), Column("share", "number")))
    good = Table("total", ("county_code",), (Column("county_code", "text"), Column(column, "number")))
    assert leaking([bad, named, good]) == ["case", "willingness"]


def test_no_stage_reads_uptake_and_no_rule_knows_it() -> None:
    from resettle.journey.stages import STAGES

    for stage in STAGES:
        read = [name for name in stage.requires if any(word in name for word in WORDS)]
        assert not read or (stage.name, read) == ("remedies", ["uptake_survey?"])
    packs = ROOT / "resettle_packs"
    for file in [*packs.rglob("rules/*.py"), *packs.rglob("parameters/*.toml"), *packs.rglob("pack.toml")]:
        assert not any(word in file.read_text(encoding="utf-8") for word in WORDS), file.name


def test_only_this_room_and_the_report_name_uptake_in_code() -> None:
    """Imports and texts: eligibility, priority, tasks and exports cannot reach the totals by any name."""
    for file in sorted((ROOT / "resettle").rglob("*.py")):
        room = file.relative_to(ROOT / "resettle").parts[0]
        if room not in ("remedies", "report", "tables", "words", "evaluation"):
            assert naming_uptake(file.read_text(encoding="utf-8")) == set(), file.name
        elif room == "evaluation":
            # What people said afterwards, by distance band, is a measurement and no prediction.
            assert naming_uptake(file.read_text(encoding="utf-8")) <= {"willingness_by_distance"}, file.name


def naming_uptake(text: str) -> set[str]:
    """Every name, attribute, text and import of a file that reaches the totals of uptake."""
    tree = ast.parse(text)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    names |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(alias.name for alias in node.names)}
    return {
        n for n in names if "uptake_totals" in n or n.startswith("willingness_") or n.endswith(".willingness")
    }


@pytest.mark.parametrize(
    "line",
    [
        "from resettle.remedies import uptake_totals",
        "from resettle.remedies.willingness import Ratios",
        "frame = tables['willingness_total']",
        "rows = sorted(rows, key=lambda r: r.willingness_share)",
    ],
)
def test_the_wall_bites_on_code_that_sorts_or_exports_by_it(line: str) -> None:
    assert naming_uptake(line)


def test_no_table_workbook_or_letter_of_a_run_sorts_households_by_a_forecast() -> None:
    """No code orders rows of households by the chance of the projection or the totals of uptake."""
    for file in sorted((ROOT / "resettle").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "sort",
                "sort_by",
                "sorted",
                "top_k",
            ):
                said = {
                    n.value
                    for n in ast.walk(node)
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                }
                assert not said & {"outgrown_ppm", "size_expected", "would_move"}, (file.name, node.lineno)
