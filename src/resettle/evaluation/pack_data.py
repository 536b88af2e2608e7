"""The instruments and indicators a pack declares, read from its files."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.contract import RESPONSE
from resettle.evaluation.form import Item, read_items
from resettle.evaluation.judge import Declared
from resettle.evaluation.several import flags_of
from resettle.tables.contract import Column, Table


def _has(pack: Any, path: str) -> bool:
    return pack is not None and path.rsplit("/", 1)[-1] in {
        f.rsplit("/", 1)[-1] for f in pack.files(path.rsplit("/", 1)[0])
    }


def table_of(pack: Any, path: str) -> pl.DataFrame:
    """A pack's CSV as a table; empty where the pack has none."""
    if not _has(pack, path):
        return pl.DataFrame()
    rows = list(csv.DictReader(io.StringIO(pack.read_text(path))))
    return pl.DataFrame([{k: v or None for k, v in row.items()} for row in rows], infer_schema_length=None)


def background_of(pack: Any) -> list[Item]:
    """Questions about the household beside the scales."""
    return read_items(table_of(pack, "forms/background.csv"))


def said_of(pack: Any) -> list[dict[str, str]]:
    """Sentences a pack has invented for the demo's interviews: ``code`` (none: nothing to code), ``zh``, ``en``."""
    path = "demo/interviews.toml"
    given = tomllib.loads(pack.read_text(path)).get("said", ()) if _has(pack, path) else ()
    return [{k: str(entry.get(k, "")) for k in ("code", "zh", "en")} for entry in given]


def instruments_of(pack: Any) -> tuple[list[Item], list[Item], dict[str, Any], pl.DataFrame]:
    """Satisfaction items, adaptation items, the path model and the indicators of a pack."""
    satisfaction = read_items(table_of(pack, "forms/satisfaction.csv"))
    adaptation = read_items(table_of(pack, "forms/adaptation.csv"))
    path = "forms/satisfaction_model.toml"
    model = tomllib.loads(pack.read_text(path)) if _has(pack, path) else {}
    declared = table_of(pack, "indicators/indicators.csv")
    if not declared.width:
        names = ("code", "group", "zh", "en", "unit", "direction", "source")
        declared = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return satisfaction, adaptation, model, declared


def declared_of(pack: Any, options: Mapping[str, Any] | None = None) -> Declared:
    """Indicators, risks and standards of a pack, and how its index is made: ``indicators/index.toml``, over which the
    programme's own ``[options.evaluation.index]`` goes."""
    path = "indicators/index.toml"
    index = tomllib.loads(pack.read_text(path)) if _has(pack, path) else {}
    own = (options or {}).get("index", {})
    table = table_of(pack, "indicators/standards.csv")
    if table.width:
        table = table.with_columns(pl.col("number").cast(pl.Int64))
    return Declared(instruments_of(pack)[3], table, index | dict(own))


def codes_of(pack: Any) -> dict[str, Any]:
    """The pack's codes for interviews; empty where it has none."""
    path = "forms/interview_codes.toml"
    return tomllib.loads(pack.read_text(path)) if _has(pack, path) else {}


def response_table(pack: Any) -> Table:
    """The contract of the answers with every question of the pack's instruments as a column."""
    satisfaction, adaptation, _, _ = instruments_of(pack)
    known = {c.name for c in RESPONSE.columns}
    asked = [
        Column(i.name, "number", zh=i.zh, en=i.en, low=i.low, high=i.high)
        for question in [*satisfaction, *adaptation, *background_of(pack)]
        for i in (flags_of(question) if question.choices else (question,))
        if i.name not in known and not i.repeat
    ]
    more = Column("respondent", "text", zh="受访户", en="household asked")
    return Table(RESPONSE.name, RESPONSE.key, (*RESPONSE.columns, *asked, more), RESPONSE.zh, RESPONSE.en)
