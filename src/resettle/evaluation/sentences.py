"""The room's sentences and how its numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from resettle.tables.pages import Cell, Text
from resettle.words import sentences, tell


def say(key: str, **values: Any) -> Text:
    """A sentence of the room in both languages; a value may itself be a :class:`Text`."""
    zh = {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}
    en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
    return Text(tell(f"evaluation.{key}", "zh", **zh), tell(f"evaluation.{key}", "en", **en))


def head(key: str) -> Text:
    """The head of a column."""
    return say(f"head.{key}")


def name_of(kind: str, value: str) -> Text:
    """A measure's or group's name where the words know it, as it stands otherwise."""
    key = f"evaluation.{kind}.{value}"
    return say(f"{kind}.{value}") if key in sentences("en") else Text(value, value)


def number(value: float, decimals: int = 1) -> str:
    """A number in a sentence.

    >>> number(63.349), number(1234.5, 0)
    ('63.3', '1,234')
    >>> number(-119.2, 0)
    '−119'
    """
    return f"{value:,.{decimals}f}".replace("-", "−")


def band_name(group: str) -> Text:
    """A band of distances, whose ends no minus may stand between.

    >>> band_name("0-2").en, band_name("20+").zh
    ('0–2 km', '20 公里以上')
    """
    if group.endswith("+"):
        return Text(f"{group[:-1]} 公里以上", f"{group} km")
    return Text(f"{group.replace('-', '—')} 公里", f"{group.replace('-', '–')} km")


def short_name(measure: str) -> Text:
    """A measure's name inside a sentence, without the unit that stands in the heads of tables."""
    return (
        say(f"short.{measure}")
        if f"evaluation.short.{measure}" in sentences("en")
        else name_of("measure", measure)
    )


def listed(parts: Sequence[Text], mark: tuple[str, str] = ("、", ", ")) -> Text:
    """Several things in one sentence.

    >>> listed([Text("甲", "A"), Text("乙", "B")]).en
    'A, B'
    """
    return Text(mark[0].join(p.zh for p in parts), mark[1].join(p.en for p in parts))


def apart(rows: Sequence[Mapping[str, Any]], name: Callable[[Mapping[str, Any]], Text]) -> list[Text]:
    """Every group whose interval lies wholly below that of others, with those others; both with their values.

    >>> rows = [{"g": "a", "value": 1.0, "low": 0.9, "high": 1.1}, {"g": "b", "value": 2.0, "low": 1.8, "high": 2.2}]
    >>> apart(rows, lambda r: Text(r["g"], r["g"]))[0].en
    'a 1.0 (0.9 to 1.1) lies below b 2.0 (1.8 to 2.2)'
    """
    shown = [r for r in rows if r["low"] is not None]
    found = []
    for low in sorted(shown, key=lambda r: float(r["value"])):
        above = [r for r in shown if low["high"] < r["low"]]
        if not above:
            continue
        digits = next((d for d in range(1, 5) if all(_clear(low, r, d) for r in above)), 5)
        others = [
            say("apart_one", name=name(r), value=number(r["value"], digits), ends=stretch(r, digits))
            for r in above
        ]
        own = say("apart_one", name=name(low), value=number(low["value"], digits), ends=stretch(low, digits))
        found.append(say("apart", low=own, above=listed(others)))
    return found


def _clear(low: Mapping[str, Any], high: Mapping[str, Any], digits: int) -> bool:
    """Whether two intervals that do not touch are seen not to touch with so many decimals."""
    return bool(round(low["high"], digits) < round(high["low"], digits))


def held_back(rows: Sequence[Mapping[str, Any]]) -> Text:
    """How many groups have no interval, by reason; empty where all have one."""
    reasons: dict[str, int] = {}
    for r in rows:
        if r["low"] is None:
            key = name_of("withheld", r.get("withheld") or "few_units")
            reasons[f"{key.zh}|{key.en}"] = reasons.get(f"{key.zh}|{key.en}", 0) + 1
    parts = [say("held_one", count=n, why=Text(*k.split("|"))) for k, n in reasons.items()]
    return say("held", list=listed(parts)) if parts else Text("", "")


def stretch(row: Mapping[str, Any], decimals: int = 1) -> Text:
    """Both ends of an interval in a sentence, or that there is none."""
    if row["low"] is None:
        return name_of("withheld", row.get("withheld") or "few_units")
    low, high = number(row["low"], decimals), number(row["high"], decimals)
    return Text(f"{low} 至 {high}", f"{low} to {high}")


def interval_cell(row: Mapping[str, Any], decimals: int = 1) -> Cell:
    """Both ends of an interval in a table, or why there is none."""
    if row["low"] is None:
        return name_of("withheld", row.get("withheld") or "few_units")
    text = f"{number(row['low'], decimals)} – {number(row['high'], decimals)}"
    return Text(text, text)


def site_names(made: Mapping[str, pl.DataFrame]) -> dict[str, Text]:
    """Sites by their number, with the township in brackets where it has a name."""
    site, region = made.get("site", pl.DataFrame()), made.get("region", pl.DataFrame())
    if not {"site_id", "township_code"} <= set(site.columns):
        return {}
    if not {"region_code", "name_zh", "name_en"} <= set(region.columns):
        return {}
    towns = {r["region_code"]: r for r in region.iter_rows(named=True)}
    found: dict[str, Text] = {}
    for number_, code in site.select("site_id", "township_code").iter_rows():
        town = towns.get(code)
        if town is not None and town["name_zh"]:
            zh = str(town["name_zh"])
            found[number_] = Text(f"{number_}（{zh}）", f"{number_} ({town['name_en'] or zh})")
    return found


def site_name(names: Mapping[str, Text], site: str) -> Text:
    """A site as the page calls it; by its number alone where its township has no name."""
    return names.get(site, Text(site, site))
