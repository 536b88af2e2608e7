"""The reform lab: a reform over the whole registry, beside the policy as it stands and other reforms."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from resettle.journey.reforms import Reform, check_reform, reformed_pack
from resettle.policy import Pack, Program, bind
from resettle.policy.dialects import dialect
from resettle.policy.reform import parameter_changes
from resettle.policy.sql import Compiler
from resettle.problems import Problem
from resettle.tables import Table as Contract
from resettle.tables import conform
from resettle.words import Language, tell

OUTPUTS = (
    "is_eligible",
    "mover_class",
    "resettled_persons",
    "area_cap_dm2",
    "area_short_dm2",
    "self_raised_minor",
    "house_price_high_minor",
)
WORSE_WHEN_MORE = ("area_short_dm2", "self_raised_minor", "house_price_high_minor")
GROUPS = ("all", "county_code", "household_class", "size_class")
SOURCES = "norm_by_source_minor"
NEARLY_ALL_PPM = 950_000


@dataclass(frozen=True)
class Outcome:
    """What one reform does.

    Attributes:
        changes: reform, output, group_by, group, households that gain, lose or turn (un)known, sums.
        cost: reform, source, minor units before and after (costing norms, not money in hand).
        summary: one row: eligible, crowded households, area per person, the cliff, before and after.
        words: what changed in the policy, as parameters with values and sources, or rules by name.
    """

    name: str
    changes: pl.DataFrame
    cost: pl.DataFrame
    summary: dict[str, Any]
    words: list[dict[str, Any]]


class Registry:
    """A run's tables, loaded once into the embedded engine, so that each reform is one query."""

    def __init__(self, pack: Pack, tables: Mapping[str, pl.DataFrame], as_of: date, scope: str) -> None:
        self.pack, self.as_of, self.scope = pack, as_of, scope
        self._connection = duckdb.connect()
        self._folder = tempfile.TemporaryDirectory(prefix="resettle-")
        for name, info in pack.tables.items():
            columns = tuple(c for c in info.table.columns)
            frame = conform(tables.get(name, pl.DataFrame()), Contract(name, info.table.key, columns))[0]
            path = Path(self._folder.name) / f"{name}.parquet"
            frame.write_parquet(path)
            self._connection.execute(
                f"CREATE TABLE \"{name}\" AS SELECT * FROM read_parquet('{path.as_posix()}')"
            )
        household = tables["household"]
        size = pl.col("member_count")
        self.groups = household.select(
            "household_id",
            pl.lit("all").alias("all"),
            pl.col("county_code").fill_null("?"),
            pl.col("household_class").fill_null("?"),
            pl.when(size <= 2)
            .then(pl.lit("1-2"))
            .when(size <= 4)
            .then(pl.lit("3-4"))
            .when(size > 4)
            .then(pl.lit("5+"))
            .otherwise(pl.lit("?"))
            .alias("size_class"),
        )
        near = tables.get("targeting_household")
        self.near = near.select("household_id", "is_near_line") if near is not None else None
        ahead = tables.get("projection_household")
        self.ahead = None
        if ahead is not None and ahead.height:
            last = ahead.filter(pl.col("year") == ahead["year"].max())
            self.ahead = last.select("household_id", "size_expected")
        self.program = bind(pack, as_of, scope)[0]
        self.base = self.results(self.program)

    def results(self, program: Program) -> pl.DataFrame:
        """The outputs of every household under a program."""
        have = [s.name for s in program.steps if s.table == "household" and s.final and s.name in OUTPUTS]
        query = Compiler(program.only(have), dialect("duckdb")).query("household", have)
        path = Path(self._folder.name) / "out.parquet"
        self._connection.execute(
            f"COPY ({query}) TO '{path.as_posix()}' (FORMAT PARQUET, COMPRESSION UNCOMPRESSED)"
        )
        return pl.read_parquet(path, memory_map=False)

    def close(self) -> None:
        self._connection.close()
        self._folder.cleanup()


def try_reform(registry: Registry, reform: Reform) -> tuple[Outcome | None, list[Problem]]:
    """One reform over everybody; refused where it is faulty, or makes nearly everybody eligible unconfirmed."""
    problems = check_reform(registry.pack, reform)
    if problems:
        return None, problems
    pack, problems = reformed_pack(registry.pack, reform)
    if problems:
        return None, problems
    program, problems = bind(pack, reform.as_of or registry.as_of, registry.scope, reform.parameters)
    after = registry.results(program)
    if "is_eligible" in after.columns and after.height:
        share = int(after["is_eligible"].sum() or 0) * 1_000_000 // after.height
        was = int(registry.base["is_eligible"].sum() or 0) * 1_000_000 // after.height
        if share > NEARLY_ALL_PPM > was and not reform.confirmed:
            return None, [
                Problem(
                    "whatif.everybody_eligible",
                    "error",
                    value=reform.name,
                    values={"share": round(share / 10_000, 1), "households": after.height},
                )
            ]
    joined = registry.groups.join(registry.base, on="household_id").join(
        after, on="household_id", suffix="__after"
    )
    words = parameter_changes(registry.program, program)
    words += [
        {"rule": text.split("def ", 1)[1].split("(", 1)[0], "after": text.strip()} for text in reform.rules
    ]
    return (
        Outcome(
            reform.name,
            _changes(joined, reform.name),
            _cost(joined, registry.program, program, reform.name),
            _summary(registry, joined, reform.name),
            words,
        ),
        [p for p in problems if p.severity != "error"],
    )


def _changes(joined: pl.DataFrame, name: str) -> pl.DataFrame:
    """Gains and losses by output and group; to owe more, or to lack more area, is to lose."""
    parts = []
    for output in OUTPUTS:
        if (
            output not in joined.columns
            or f"{output}__after" not in joined.columns
            or output == "mover_class"
        ):
            continue
        old, new = pl.col(output).cast(pl.Int64), pl.col(f"{output}__after").cast(pl.Int64)
        up, down = (new > old).fill_null(False), (new < old).fill_null(False)
        gain, lose = (down, up) if output in WORSE_WHEN_MORE else (up, down)
        for group_by in GROUPS:
            parts.append(
                joined.group_by(pl.col(group_by).alias("group"))
                .agg(
                    pl.len().cast(pl.Int64).alias("household_count"),
                    gain.sum().cast(pl.Int64).alias("gain_count"),
                    lose.sum().cast(pl.Int64).alias("lose_count"),
                    (old.is_null() != new.is_null()).sum().cast(pl.Int64).alias("known_changed_count"),
                    old.sum().alias("sum_before"),
                    new.sum().alias("sum_after"),
                    (new - old).filter(up | down).median().alias("median_change"),
                )
                .select(
                    pl.lit(name).alias("reform"),
                    pl.lit(output).alias("output"),
                    pl.lit(group_by).alias("group_by"),
                    pl.all(),
                )
            )
    return pl.concat(parts).sort("output", "group_by", "group")


def _cost(joined: pl.DataFrame, before: Program, after: Program, name: str) -> pl.DataFrame:
    """Norm by source times the persons of eligible households, before and after."""
    people = [
        int(joined.filter(pl.col(f"is_eligible{end}").fill_null(False))[f"resettled_persons{end}"].sum() or 0)
        for end in ("", "__after")
    ]
    norms = [dict(p.values.get(SOURCES) or {}) for p in (before, after)]
    rows = [
        {
            "reform": name,
            "source": source,
            "cost_before_minor": int(norms[0].get(source) or 0) * people[0],
            "cost_after_minor": int(norms[1].get(source) or 0) * people[1],
        }
        for source in sorted({*norms[0], *norms[1]})
    ]
    schema = {
        "reform": pl.String,
        "source": pl.String,
        "cost_before_minor": pl.Int64,
        "cost_after_minor": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema)


def _summary(registry: Registry, joined: pl.DataFrame, name: str) -> dict[str, Any]:
    frame = joined
    if registry.ahead is not None:
        frame = frame.join(registry.ahead, on="household_id", how="left")
    if registry.near is not None:
        frame = frame.join(registry.near, on="household_id", how="left")
    row: dict[str, Any] = {"reform": name}
    for end, label in (("", "before"), ("__after", "after")):
        eligible = frame.filter(pl.col(f"is_eligible{end}").fill_null(False))
        area, people = pl.col(f"area_cap_dm2{end}"), pl.col(f"resettled_persons{end}")
        row[f"eligible_{label}"] = eligible.height
        row[f"unknown_{label}"] = frame[f"is_eligible{end}"].null_count()
        row[f"crowded_{label}"] = eligible.filter(pl.col(f"area_short_dm2{end}") > 0).height
        total = eligible.select(area.sum(), people.sum()).row(0)
        row[f"area_per_person_dm2_{label}"] = None if not total[1] else total[0] / total[1]
        if registry.ahead is not None:
            later = eligible.select(area.sum(), pl.col("size_expected").sum()).row(0)
            row[f"area_per_expected_person_dm2_{label}"] = None if not later[1] else later[0] / later[1]
        if registry.near is not None:
            near = eligible.filter(pl.col("is_near_line").fill_null(False))
            row[f"near_line_eligible_{label}"] = near.height
            row[f"near_line_area_dm2_{label}"] = near.select(area.median()).item()
    return row


def compare(registry: Registry, reforms: list[Reform]) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Several reforms side by side: tables ``reform_summary``, ``reform_change``, ``reform_cost``."""
    done: list[Outcome] = []
    problems: list[Problem] = []
    for reform in reforms:
        outcome, found = try_reform(registry, reform)
        problems += found
        if outcome is not None:
            done.append(outcome)
    if not done:
        return {}, problems
    return {
        "reform_summary": pl.DataFrame([o.summary for o in done], infer_schema_length=None),
        "reform_change": pl.concat([o.changes for o in done]),
        "reform_cost": pl.concat([o.cost for o in done]),
    }, problems


def in_words(changes: list[dict[str, Any]], pack: Pack, language: Language) -> list[str]:
    """What changed in the policy, one sentence each."""
    lines = []
    for change in changes:
        if "rule" in change:
            rule = pack.rule(str(change["rule"]))
            title = rule.title(language) if rule else str(change["rule"])
            lines.append(tell("whatif.rule_changed", language, name=title))
            continue
        parameter = pack.parameters[str(change["parameter"])]
        values = {k: change[k] for k in ("before", "after", "source_before", "source_after")}
        name, unit = parameter.title(language), parameter.unit
        lines.append(tell("whatif.parameter_changed", language, name=name, unit=unit, **values))
    return lines
