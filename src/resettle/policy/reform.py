"""Compares two readings of the policy over everybody, and lays the policy out as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from resettle.policy.engines import run_program
from resettle.policy.explain import parameter_shown
from resettle.policy.pack import Pack
from resettle.policy.program import Program, bind, names_in
from resettle.policy.tree import Choose, LookUp, Node, Rule
from resettle.problems import Problem
from resettle.words import Language


def diff(
    tables: Mapping[str, pl.DataFrame],
    before: Program,
    after: Program,
    outputs: Iterable[str] | None = None,
    by: str = "county_code",
    engine: str = "duckdb",
) -> tuple[pl.DataFrame, list[Problem]]:
    """Who gains and who loses between two programs (two dates, parameter sets or packs).

    Returns one row per result and county (``by``, a column of the household): how many households gain,
    lose, stay, change from or to unknown, and the sum before and after. For a yes or no, to gain is to
    become yes; for a number, to have more; a text that differs counts as changed.
    """
    wanted = None if outputs is None else list(outputs)
    first, problems = run_program(before.only(wanted), tables, engine, wanted)
    second, _ = run_program(after.only(wanted), tables, engine, wanted)
    a, b = first["household"], second["household"]
    groups = tables["household"].select("household_id", pl.col(by).cast(pl.String).alias(by))
    joined = a.join(b, on="household_id", suffix="__after").join(groups, on="household_id", how="left")
    parts = [
        _compared(joined, name, by)
        for name in a.columns[1:]
        if name in b.columns and not name.endswith("__provisional") and a.schema[name] == b.schema[name]
    ]
    result = pl.concat(parts) if parts else pl.DataFrame()
    return (result.sort("rule", by, nulls_last=True) if parts else result), problems


def _compared(joined: pl.DataFrame, name: str, by: str) -> pl.DataFrame:
    old, new = pl.col(name), pl.col(f"{name}__after")
    kind = joined.schema[name]
    both = old.is_not_null() & new.is_not_null()
    if kind in (pl.Boolean, pl.Int64):
        x, y = old.cast(pl.Int64), new.cast(pl.Int64)
        gain, lose = (both & (y > x)), (both & (y < x))
        sums = [x.sum().alias("sum_before"), y.sum().alias("sum_after")]
    else:
        gain, lose = pl.lit(False), pl.lit(False)
        sums = [pl.lit(None, pl.Int64).alias("sum_before"), pl.lit(None, pl.Int64).alias("sum_after")]
    flags = joined.select(by, name, f"{name}__after", gain.alias("_g"), lose.alias("_l"), both.alias("_b"))
    return (
        flags.group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("household_count"),
            pl.col("_g").sum().cast(pl.Int64).alias("gain_count"),
            pl.col("_l").sum().cast(pl.Int64).alias("lose_count"),
            (pl.col("_b") & (old != new)).sum().cast(pl.Int64).alias("changed_count"),
            (old.is_null() != new.is_null()).sum().cast(pl.Int64).alias("known_changed_count"),
            *sums,
        )
        .select(pl.lit(name).alias("rule"), pl.all())
    )


def _plain(program: Program, name: str) -> Any:
    setting = program.settings[name]
    value = setting.value if setting else None
    return str(value) if isinstance(value, date) else value


def parameters_used(pack: Pack, as_of: date, scope: str | None = None) -> list[dict[str, Any]]:
    """Every parameter the rules in force read, with value, dates, scope and source (for the manifest)."""
    program, _ = bind(pack, as_of, scope)
    used = {n for s in program.steps for n in parameters_in(s.tree)}
    rows = []
    for name in sorted(used):
        setting, parameter = program.settings[name], pack.parameters[name]
        rows.append(
            {
                "parameter": name,
                "unit": parameter.unit,
                "zh": parameter.zh,
                "en": parameter.en,
                "value": _plain(program, name),
                "from": str(setting.since) if setting and setting.since else None,
                "until": str(setting.until) if setting and setting.until else None,
                "scope": setting.scope if setting else None,
                "source": setting.source if setting else None,
                "is_assumption": bool(setting and setting.is_assumption),
            }
        )
    return rows


def parameters_in(tree: Node) -> set[str]:
    """The parameters an expression reads, tables of values too."""
    named = {n.name for n in names_in(tree) if n.origin == "parameter"}
    return named | {n.parameter for n in tree.walk() if isinstance(n, LookUp)}


def matrix(pack: Pack, as_of: date, scope: str | None = None, lang: Language = "en") -> pl.DataFrame:
    """The entitlement matrix: one row for each case of each rule in force.

    Columns: table, rule, title, case (the condition, as written), result, clause, source, assumption,
    parameters with value, dates and source, the file and line.
    """
    program, _ = bind(pack, as_of, scope)
    rows: list[dict[str, Any]] = []
    for step in program.steps:
        rule = step.rule
        shown = "; ".join(
            parameter_shown(program, n, lang).place or n for n in sorted(parameters_in(step.tree))
        )
        for case, result in cases_of(rule):
            rows.append(
                {
                    "table": step.table,
                    "rule": step.name,
                    "exception_to": rule.to,
                    "title": rule.title(lang),
                    "case": case,
                    "result": result,
                    "unit": rule.unit,
                    "clause": rule.clause,
                    "source": rule.source,
                    "is_assumption": rule.is_assumption,
                    "parameters": shown,
                    "place": f"{rule.file}:{rule.line}",
                }
            )
    return pl.DataFrame(rows)


def cases_of(rule: Rule) -> list[tuple[str, str]]:
    """A rule's cases: each condition, written out, with its result."""
    from resettle.policy.tell import written

    tree = rule.tree
    if not isinstance(tree, Choose):
        return [("", written(tree))]
    rows = [(written(c), written(v)) for c, v in tree.branches]
    return [*rows, ("", written(tree.otherwise))]
