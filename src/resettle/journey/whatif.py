"""The reform lab: a reform over the whole registry, beside the policy as it stands and other reforms."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from resettle.journey.reform_book import Measure, book_of
from resettle.journey.reform_reach import beyond_only
from resettle.journey.reform_sums import NORM, costs_of, summary_of
from resettle.journey.reforms import Reform, reformed
from resettle.policy import Difference, Pack, Program, affected, bind, differences
from resettle.policy.dialects import dialect
from resettle.policy.engines import open_duckdb
from resettle.policy.said import in_words as value_in_words
from resettle.policy.sql import Compiler
from resettle.policy.sure import complete_columns
from resettle.policy.tree import Rule
from resettle.problems import Problem
from resettle.tables import Table as Contract
from resettle.tables import conform
from resettle.words import LANGUAGES, Language, tell

GROUPS = ("all", "county_code", "household_class", "size_class")
NEARLY_ALL_PPM = 950_000


@dataclass(frozen=True)
class Outcome:
    """What one reform does.

    Attributes:
        changes: reform, output, group_by, group, households that gain, lose or turn (un)known, sums.
        cost: reform, source, minor units before and after (costing norms, not money in hand).
        summary: one row: eligible, crowded households, area per person, the cliff, before and after.
        words: what changed in the policy, a sentence each.
        rules: the rules in force under the reform, whose sources it names.
    """

    name: str
    changes: pl.DataFrame
    cost: pl.DataFrame
    summary: dict[str, Any]
    words: list[Difference]
    rules: tuple[Rule, ...] = ()


class Registry:
    """A run's tables, loaded once into the embedded engine, so that each reform is one query."""

    def __init__(self, pack: Pack, tables: Mapping[str, pl.DataFrame], as_of: date, scope: str) -> None:
        self.pack, self.as_of, self.scope = pack, as_of, scope
        self.measure, _, self.problems = book_of(pack)
        self._connection = open_duckdb()
        self._folder = tempfile.TemporaryDirectory(prefix="resettle-")
        frames: dict[str, pl.DataFrame] = {}
        for name, info in pack.tables.items():
            columns = tuple(c for c in info.table.columns)
            frame = conform(tables.get(name, pl.DataFrame()), Contract(name, info.table.key, columns))[0]
            frames[name] = frame
            path = Path(self._folder.name) / f"{name}.parquet"
            frame.write_parquet(path)
            self._connection.execute(
                f"CREATE TABLE \"{name}\" AS SELECT * FROM read_parquet('{path.as_posix()}')"
            )
        self._complete = complete_columns(frames)
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
        self.ahead, self.ahead_year = None, None
        if ahead is not None and ahead.height:
            self.ahead_year = ahead["year"].max()
            last = ahead.filter(pl.col("year") == self.ahead_year)
            self.ahead = last.select("household_id", "size_expected", pl.col("^size_\\d+(_more)?_ppm$"))
        self.crowding = pack.settings.get("places", {}).get("crowding_threshold_dm2")
        self.program = bind(pack, as_of, scope)[0]
        self.base = self.computed(self.program, self._outputs(self.program))

    def _outputs(self, program: Program) -> list[str]:
        wanted = {*self.measure.outputs, *(c.output for c in self.measure.costs)}
        return [s.name for s in program.steps if s.table == "household" and s.final and s.name in wanted]

    def results(self, program: Program) -> pl.DataFrame:
        """The outputs of every household under a program; what it cannot touch is not computed again."""
        touched = {name for table, name in affected(self.program, program) if table == "household"}
        again = [n for n in self._outputs(program) if n in touched or n not in self.base.columns]
        kept = self.base.select("household_id", *(n for n in self._outputs(program) if n not in again))
        if not again:
            return kept
        return kept.join(self.computed(program, again), on="household_id", maintain_order="left")

    def computed(self, program: Program, names: list[str]) -> pl.DataFrame:
        """Results of every household under a program."""
        query = Compiler(program.only(names), dialect("duckdb"), self._complete).query("household", names)
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
    pack, problems = reformed(registry.pack, reform)
    if problems:
        return None, problems
    program, problems = bind(pack, reform.as_of or registry.as_of, registry.scope, reform.parameters)
    known = bind(registry.pack, registry.as_of, registry.scope)[1]
    if any(p.severity == "error" for p in problems if p not in known):
        return None, problems
    words = differences(registry.program, program)
    if not words:
        return None, [Problem("whatif.changes_nothing", "error", value=reform.name)]
    after = registry.results(program)
    found = [*_nearly_everybody(registry, after, reform), *beyond_only(registry, program, reform)]
    if any(p.severity == "error" for p in found):
        return None, found
    joined = registry.groups.join(registry.base, on="household_id").join(
        after, on="household_id", suffix="__after"
    )
    outcome = Outcome(
        reform.name,
        _changes(joined, reform.name, registry.measure),
        costs_of(joined, (registry.program, program), reform.name, registry.measure.costs),
        summary_of(registry, joined, reform.name),
        words,
        tuple(pack.rules),
    )
    return outcome, [*found, *(p for p in problems if p not in known)]


def _nearly_everybody(registry: Registry, after: pl.DataFrame, reform: Reform) -> list[Problem]:
    """A reform that makes nearly everybody eligible is often a lost condition: a person must mean it."""
    if reform.confirmed or "is_eligible" not in after.columns or not after.height:
        return []
    now, was = (int(frame["is_eligible"].sum() or 0) for frame in (after, registry.base))
    if now <= was or now * 1_000_000 // after.height <= NEARLY_ALL_PPM:
        return []
    share = round(100 * now / after.height, 1)
    values = {"share": share, "households": after.height}
    return [Problem("whatif.everybody_eligible", "error", value=reform.name, values=values)]


COUNTED = ("gain_count", "lose_count", "known_changed_count", "sum_before", "sum_after", "median_change")
CHANGE_SCHEMA = {
    "reform": pl.String,
    "output": pl.String,
    "group_by": pl.String,
    "group": pl.String,
    "household_count": pl.Int64,
    **dict.fromkeys(COUNTED[:-1], pl.Int64),
    "median_change": pl.Float64,
}


def _is_counted(joined: pl.DataFrame, output: str) -> bool:
    """Whether more and less can be told: a number or a yes, there before and after."""
    return {output, f"{output}__after"} <= set(joined.columns) and joined.schema[output] != pl.String


def _changes(joined: pl.DataFrame, name: str, measure: Measure) -> pl.DataFrame:
    """Gains and losses by output and group; to owe more, or to lack more area, is to lose."""
    outputs = [o for o in measure.outputs if _is_counted(joined, o)]
    counted = [pl.len().cast(pl.Int64).alias("household_count")]
    for output in outputs:
        old, new = pl.col(output).cast(pl.Int64), pl.col(f"{output}__after").cast(pl.Int64)
        up, down = (new > old).fill_null(False), (new < old).fill_null(False)
        gain, lose = (down, up) if output in measure.worse_when_more else (up, down)
        told = (
            gain.sum().cast(pl.Int64),
            lose.sum().cast(pl.Int64),
            (old.is_null() != new.is_null()).sum().cast(pl.Int64),
            old.sum(),
            new.sum(),
            (new - old).filter(up | down).median(),
        )
        counted += [e.alias(f"{output}:{kind}") for e, kind in zip(told, COUNTED, strict=True)]
    rows = [
        {"reform": name, "output": output, "group_by": group_by, "group": row[group_by]}
        | {"household_count": row["household_count"]}
        | {kind: row[f"{output}:{kind}"] for kind in COUNTED}
        for group_by in GROUPS
        for row in joined.group_by(group_by).agg(counted).iter_rows(named=True)
        for output in outputs
    ]
    return pl.DataFrame(rows, schema=CHANGE_SCHEMA).sort("output", "group_by", "group")


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


def lines(registry: Registry, outcome: Outcome, group_by: str, language: Language) -> list[str]:
    """What a reform does, a sentence each: who gains, loses, is decided anew; cost, crowding, the line.

    Args:
        group_by: ``all``, or one of :data:`GROUPS`: a sentence for each group in which something changes.
    """
    pack = registry.pack
    money = pack.currency_name(language)

    def shown(value: Any, unit: str) -> str:
        return value_in_words(None if value is None else round(value), "integer", language, unit, money)

    told = []
    for row in outcome.changes.filter(pl.col("group_by") == group_by).iter_rows(named=True):
        if not (row["gain_count"] or row["lose_count"] or row["known_changed_count"]):
            continue
        rule = pack.rule(row["output"])
        unit = rule.unit if rule else ""
        values = {end: shown(row[f"sum_{end}"], unit) for end in ("before", "after")}
        counts = {k: f"{row[f'{k}_count']:,}" for k in ("gain", "lose", "known_changed")}
        title = rule.title(language) if rule else row["output"]
        group = "" if group_by == "all" else row["group"]
        told.append(tell("whatif.line", language, title=title, group=group, **values, **counts))
    title = "source_zh" if language == "zh" else "source_en"
    for row in outcome.cost.iter_rows(named=True):
        payer = tell(f"whatif.payer.{row['payer']}", language)
        given = {"source": row[title], "payer": payer}
        if row["payer"] == NORM and row["cost_before_minor"] != row["cost_after_minor"]:
            ends = {end: shown(row[f"cost_{end}_minor"], "minor") for end in ("before", "after")}
            told.append(tell("whatif.cost", language, **given, **ends))
        elif row["payer"] != NORM and (row["change_low_minor"] or row["change_high_minor"]):
            low, high = (shown(row[f"change_{end}_minor"], "minor") for end in ("low", "high"))
            key = "whatif.cost_change" if low == high else "whatif.cost_range"
            told.append(tell(key, language, low=low, high=high, **given))
    norm = outcome.cost.filter(pl.col("payer") == NORM)
    total = norm.select(pl.col("cost_before_minor", "cost_after_minor").sum()).row(0)
    if norm.height:
        ends = {"before": shown(total[0], "minor"), "after": shown(total[1], "minor")}
        told.append(tell("whatif.total", language, **ends))
    s = outcome.summary
    for name in ("eligible", "unknown", "crowded", "near_line_eligible"):
        if f"{name}_before" in s:
            values = {end: f"{s[f'{name}_{end}']:,}" for end in ("before", "after")}
            told.append(tell(f"whatif.{name}", language, **values))
    return told


def in_words(changes: list[Difference], language: Language) -> list[str]:
    """What changed in the policy, one sentence each."""
    return [change.words(language) for change in changes]


def words_json(changes: list[Difference]) -> list[dict[str, Any]]:
    """The same as data, with the sentence in each language."""
    return [
        {"kind": c.kind, "name": c.name, "before": c.before, "after": c.after}
        | {language: c.words(language) for language in LANGUAGES}
        for c in changes
    ]
