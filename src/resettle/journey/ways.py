"""What makes the offer hard for one household and what would ease it: the lines of its page and of ``explain``.

Facts of its own case only, and scenarios that say they are one; never whether it will come.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.journey.traces import currency_text, value_text
from resettle.policy import Pack
from resettle.remedies.contracts import CLAUSE_STATES
from resettle.tables import HOUSEHOLD
from resettle.tables.page_text import money_text, percent_text, same
from resettle.tables.pages import Text
from resettle.words import LANGUAGES, sentences, tell

FILE = "remedies.toml"


def both(key: str, **values: Any) -> Text:
    """A sentence in both languages; a text among the values is said in the language of the sentence."""
    zh, en = (
        tell(key, k, **{n: getattr(v, k) if isinstance(v, Text) else v for n, v in values.items()})
        for k in LANGUAGES
    )
    return Text(zh, en)


def remedy_titles(pack: Pack) -> dict[str, Text]:
    """The pack's names of obstacles, remedies, places and its hotel; its clauses as each language cites them."""
    if FILE not in pack.files():
        return {}
    document = tomllib.loads(pack.read_text(FILE))
    titles = {
        f"{kind}.{x['code']}": Text(x.get("zh", x["code"]), x.get("en", x["code"]))
        for kind in ("obstacle", "remedy", "place")
        for x in document.get(kind, ())
    }
    for remedy in document.get("remedy", ()):
        for said in (str(remedy.get(name, "")).strip() for name in ("clause", "clause_document")):
            if said:
                titles[f"clause.{said}"] = Text(pack.cite(said, "zh"), pack.cite(said, "en"))
    norm = str(document.get("willingness", {}).get("cost_source", "")).strip()
    if norm:
        titles["willingness.cost_source"] = Text(pack.cite(norm, "zh"), pack.cite(norm, "en"))
    hotel = document.get("hotel", {}).get("title")
    return titles | ({"hotel": Text(hotel["zh"], hotel["en"])} if hotel else {})


def were_reckoned(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Whether the run has obstacles and remedies, and as this version writes them."""
    wanted = {"obstacle": ("household_id", "obstacle"), "remedy": ("household_id", "remedy", "clause_state")}
    return all(
        name in tables and set(columns) <= set(tables[name].columns) for name, columns in wanted.items()
    )


def ways_rows(tables: Mapping[str, pl.DataFrame], household_id: str) -> list[dict[str, Any]]:
    """The obstacles of one household, each with its remedies, as programs read them; see :func:`were_reckoned`."""
    if not were_reckoned(tables):
        return []
    obstacle, remedy = tables["obstacle"], tables["remedy"]
    mine = pl.col("household_id") == household_id
    order = {state: rank for rank, state in enumerate(CLAUSE_STATES)}
    ways = remedy.filter(mine).to_dicts()
    ways.sort(key=lambda r: (order[r["clause_state"]], r["remedy"]))
    return [
        {**row, "remedies": [w for w in ways if w["obstacle"] == row["obstacle"]]}
        for row in obstacle.filter(mine).sort("obstacle").to_dicts()
    ]


def ways_text(tables: Mapping[str, pl.DataFrame], pack: Pack, household_id: str) -> list[Text]:
    """A heading, one line an obstacle with the fact it rests on, one line a remedy with its prices and clause."""
    if not were_reckoned(tables):
        return [both("trace.ways.not_run")]
    titles, rows = remedy_titles(pack), ways_rows(tables, household_id)
    lines = [both(f"trace.ways.{'head' if rows else 'nothing'}")]
    for row in rows:
        name = titles.get(f"obstacle.{row['obstacle']}", same(row["obstacle"]))
        fact = _fact(pack, row["fact_column"], row["fact_value"])
        lines.append(both(f"trace.ways.{row['basis']}", obstacle=name, fact=fact))
        lines += [_way(pack, titles, way) for way in row["remedies"]]
    return lines


def notes_text(tables: Mapping[str, pl.DataFrame], pack: Pack, household_id: str) -> list[Text]:
    """The same for a page: one note an obstacle, what may be used at once and what has to be decided apart."""
    titles, notes = remedy_titles(pack), []
    for row in ways_rows(tables, household_id):
        name = titles.get(f"obstacle.{row['obstacle']}", same(row["obstacle"]))
        said = [
            both(
                f"trace.ways.{row['basis']}_note",
                obstacle=name,
                fact=_fact(pack, row["fact_column"], row["fact_value"]),
            )
        ]
        for key, is_here in (("at_once", True), ("to_decide", False)):
            names = [
                titles.get(f"remedy.{w['remedy']}", same(w["remedy"]))
                for w in row["remedies"]
                if (w["clause_state"] == "here") is is_here
            ]
            if names:
                joined = Text("、".join(n.zh for n in names), "; ".join(n.en for n in names))
                said.append(both(f"trace.ways.{key}", names=joined))
        notes.append(Text("".join(t.zh for t in said), " ".join(t.en for t in said)))
    return notes


def _way(pack: Pack, titles: Mapping[str, Text], way: Mapping[str, Any]) -> Text:
    """One remedy: both prices, how often, the delay, and whether it may be used at once."""
    currency = currency_text(pack)
    places = [
        titles.get(f"place.{code}", same(code)) for code in (way["clause_place"] or "").split(", ") if code
    ]
    listed = Text("、".join(p.zh for p in places), ", ".join(p.en for p in places))
    clause = both(
        f"trace.ways.clause.{way['clause_state']}",
        places=listed,
        clause=titles.get(f"clause.{way['clause']}", same(way["clause"] or "")),
        document=titles.get(f"clause.{way['clause_document']}", same(way["clause_document"] or "")),
    )
    return both(
        "trace.ways.remedy",
        remedy=titles.get(f"remedy.{way['remedy']}", same(way["remedy"])),
        household=money_text(way["household_cost_minor"], currency),
        county=money_text(way["county_cost_minor"], currency),
        period=both(f"report.obstacles.period.{way['period']}"),
        delay=both("trace.ways.delay", months=way["delay_months"]) if way["delay_months"] else Text("", ""),
        ask=both("trace.ways.ask") if way["ask_first"] else Text("", ""),
        clause=clause,
    )


def _fact(pack: Pack, name: str | None, value: str | None) -> Text:
    """The fact an obstacle rests on, with its value, in words."""
    if name is None:
        return both("common.unknown")
    if name == "outgrown_ppm" and value is not None:
        return both("trace.ways.draws", share=percent_text(int(value), 0))
    column = next((c for c in HOUSEHOLD.columns if c.name == name), None)
    rule = pack.rule(name)
    if column is not None:
        title, kind, unit = Text(column.zh, column.en), column.kind, column.unit
    elif rule is not None:
        title, kind, unit = Text(rule.zh, rule.en), "boolean", rule.unit
    else:
        known = f"trace.ways.named.{name}" in sentences("zh")
        title, kind, unit = both(f"trace.ways.named.{name}") if known else same(name), "text", ""
    said = _value(name, value, kind, unit, pack)
    return both("trace.ways.fact_is", name=title, value=said)


def _value(name: str, value: str | None, kind: str, unit: str, pack: Pack) -> Text:
    if value is None:
        return both("common.unknown")
    read: Any = value
    if value in ("true", "false"):
        read, kind = value == "true", "boolean"
    elif kind == "integer" or value.lstrip("-").isdigit():
        read, kind = int(value), "integer"
    return value_text(pack, name, read, kind, unit)
