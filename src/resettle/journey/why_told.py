"""The way back of a figure or cell as a person reads it: names of tables, stages, rules, columns and values in words."""

from __future__ import annotations

from typing import Any

from resettle.journey.figures import figure_named
from resettle.journey.why import Origin
from resettle.policy import Pack
from resettle.policy.said import in_words
from resettle.tables import HOUSEHOLD, OUTSIDE, PERSON, REGION, Column, Table
from resettle.words import Language, sentences, tell

SOURCE = ("source_file", "source_sheet", "source_row", "source_note")


def figure_text(name: str, value: int | None, language: Language, currency: str = "") -> str:
    """A figure's value by its unit: areas in m2, money in whole units, shares in percent."""
    figure = figure_named(name)
    if value is None or figure is None:
        return "?" if value is None else f"{value:,}"
    return in_words(value, "integer", language, figure.unit, currency)


def origin_lines(origin: Origin, pack: Pack, column: str | None, language: Language) -> list[str]:
    """Value, table, stage, rule, condition and rows, and then some of the rows with the cells they go back to."""
    figure = figure_named(origin.name)
    column = column or (figure.column if figure else None)
    rule = pack.rule(origin.rule) if origin.rule else None
    told = {
        "value": _value(pack, origin.table, column, origin.value, language, origin.unit),
        "table": _named(_title(_tables(pack).get(origin.table), language), origin.table, language),
        "stage": _named(_stage(origin.stage, language), origin.stage, language),
        "rule": _named(rule.title(language), rule.name, language) if rule else "—",
        "where": _where(origin, pack, language),
        "rows": f"{origin.row_count:,}",
    }
    lines = [tell(f"figures.why.{key}", language, text=text) for key, text in told.items()]
    for row in origin.rows:
        facts = {k: v for k, v in row.items() if k not in SOURCE}
        said = [
            tell(
                "policy.pair",
                language,
                name=_column_title(pack, origin.table, k, language),
                value=_value(pack, origin.table, k, v, language),
            )
            for k, v in facts.items()
        ]
        place = _place(row, language)
        lines.append("  " + tell("policy.list_comma", language).join([*said, *([place] if place else [])]))
    return lines


def _where(origin: Origin, pack: Pack, language: Language) -> str:
    """Over which rows, by the figure's own name or the key of the row; the expression itself is in ``--json``."""
    own = sentences(language).get(f"figure.{origin.name}")
    key, _, value = origin.condition.partition(" == ")
    if own or not value:
        return own or origin.condition
    return tell("policy.pair", language, name=_column_title(pack, origin.table, key, language), value=value)


def _tables(pack: Pack) -> dict[str, Table]:
    from resettle.journey.stages import STAGES

    known = [HOUSEHOLD, PERSON, REGION, *OUTSIDE, *(t for stage in STAGES for t in stage.provides)]
    return {t.name: t for t in known} | {n: row.table for n, row in pack.tables.items()}


def _stage(name: str, language: Language) -> str:
    from resettle.journey.stages import STAGES

    stage = next((s for s in STAGES if s.name == name), None)
    if stage is not None:
        return stage.zh if language == "zh" else stage.en
    return sentences(language).get(f"figures.stage.{name}", name)


def _title(table: Table | None, language: Language) -> str:
    return "" if table is None else table.zh if language == "zh" else table.en


def _named(title: str, name: str, language: Language) -> str:
    """What a thing is called, and behind it the name a command is asked with."""
    return name if title in ("", name) else tell("figures.why.named", language, title=title, name=name)


def _column(pack: Pack, table: str, name: str | None) -> Column | None:
    found = _tables(pack).get(table)
    return next((c for c in found.columns if c.name == name), None) if found else None


def _column_title(pack: Pack, table: str, name: str, language: Language) -> str:
    column, rule = _column(pack, table, name), pack.rule(name)
    if rule is not None and table == "entitlement":
        return rule.title(language)
    return name if column is None else (column.zh if language == "zh" else column.en) or name


def _value(pack: Pack, table: str, name: str | None, value: Any, language: Language, unit: str = "") -> str:
    column, rule = _column(pack, table, name), pack.rule(name or "")
    kind = column.kind if column else "text"
    if rule is not None and table == "entitlement":
        unit = unit or rule.unit
    elif column is not None:
        unit = unit or column.unit
    if isinstance(value, str) and name:
        return pack.label(name, value, language)
    if isinstance(value, float):
        return f"{value:,}"
    return in_words(value, kind, language, unit, pack.currency_name(language))


def _place(row: dict[str, Any], language: Language) -> str:
    """The cell's place in the user's own file, as explanations say it."""
    if not row.get("source_file"):
        return str(row.get("source_note") or "")
    if not row.get("source_sheet") or row.get("source_row") is None:
        return str(row["source_file"])
    return tell(
        "policy.place", language, file=row["source_file"], sheet=row["source_sheet"], row=row["source_row"]
    )
