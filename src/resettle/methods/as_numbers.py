"""Columns as strangers bring them: numbers written as text, and codes that stand for no answer.

What a specification declares under ``missing_values`` becomes unknown; what looks like such a code and was not declared is
said, never dropped by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from resettle.problems import Problem

EMPTY = frozenset(
    ("", ".", "-", "—", "na", "n/a", "nan", "null", "none", "#n/a", "#null!", "缺失", "missing")
)
"""Texts that statistical programs and spreadsheets write where nothing is known."""
CODES = (77, 88, 97, 98, 99, 777, 888, 997, 998, 999, 9997, 9998, 9999, 99999, 999999, 9999999, 99999999)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}([, ]\d{3})+(\.\d+)?")
_DECIMAL = re.compile(r"[-+]?\d+,\d+")
_NO_ANSWER = re.compile(
    r"don'?t know|do not know|no answer|no response|refus|missing|not applicable|not stated|不知道|拒答|拒绝|缺失|不适用|未答|没有回答",
    re.IGNORECASE,
)


def plain_number(text: str, decimal_comma: bool = False) -> str | None:
    """A number's text as a program reads it, ``None`` where nothing was given; other texts come back as they were.

    >>> plain_number(" 1,234.5 "), plain_number("７"), plain_number("12 %"), plain_number("n/a"), plain_number("high")
    ('1234.5', '7', '12', None, 'high')
    >>> plain_number("3,5", decimal_comma=True)
    '3.5'
    """
    own = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    if own.lower() in EMPTY:
        return None
    bare = own.removesuffix("%").strip()
    if decimal_comma and _DECIMAL.fullmatch(bare):
        return bare.replace(",", ".")
    if _THOUSANDS.fullmatch(bare):
        return re.sub(r"[, ]", "", bare)
    try:
        float(bare)
    except ValueError:
        return text
    return bare


def _texts(column: pl.Series) -> pl.Series:
    """A text column with every number written plainly; whether a comma is decimal is settled for the whole column."""
    given = [unicodedata.normalize("NFKC", v).strip() for v in column.drop_nulls().to_list()]
    commas = [v for v in given if "," in v]
    decimal = bool(commas) and all(_DECIMAL.fullmatch(v) for v in commas)
    decimal = decimal and not all(_THOUSANDS.fullmatch(v) for v in commas)
    values = [None if v is None else plain_number(v, decimal) for v in column.to_list()]
    return pl.Series(column.name, values, dtype=pl.String)


def declared(given: Mapping[str, Any]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """``missing_values`` of a specification: a list for every measured column (under ``""``), or a table by column.

    >>> declared({"missing_values": [99, -9]})[0]
    {'': [99, -9]}
    """
    raw = given.get("missing_values", {})
    table = raw if isinstance(raw, Mapping) else {"": raw}
    found: dict[str, list[Any]] = {}
    for name, codes in table.items():
        if not isinstance(codes, list | tuple) or any(isinstance(c, bool | list | dict) for c in codes):
            values = {"kind": "numbers, texts"}
            text = str(codes)[:60]
            return {}, [
                Problem("spec.value_kind", "error", column="missing_values", value=text, values=values)
            ]
        found[str(name)] = list(codes)
    return found, []


def brought(
    frame: pl.DataFrame,
    given: Mapping[str, Any],
    measured: Sequence[str],
    value_labels: Mapping[str, Mapping[Any, str]] | None = None,
) -> tuple[pl.DataFrame, list[Problem]]:
    """The table with the measured columns' numbers written plainly and declared codes unknown.

    Args:
        measured: the columns that hold answers or amounts; design and group columns stay as they are.
        value_labels: what a code means, where the file says so.

    Returns:
        The table, and what was set unknown or looks as if it should be.
    """
    codes, problems = declared(given)
    if problems:
        return frame, problems
    made: list[pl.Series] = []
    dropped: dict[str, int] = {}
    for name in (m for m in dict.fromkeys(measured) if m in frame.columns):
        column = frame[name]
        own = [*codes.get("", ()), *codes.get(name, ())]
        if column.dtype == pl.String:
            column = _texts(column)
        hit = _is_one_of(column, own)
        if hit.any():
            dropped[name] = int(hit.sum())
            column = column.to_frame().select(pl.when(~hit).then(pl.col(name)).alias(name)).to_series()
        made.append(column)
        problems += _suspect(column, (value_labels or {}).get(name, {}))
    if dropped:
        value = ", ".join(f"{name} {n}" for name, n in dropped.items())
        problems.append(
            Problem("data_files.codes_missing", "hint", value=value, values={"count": sum(dropped.values())})
        )
    for name in codes:
        if name and name not in frame.columns:
            problems.append(Problem("data_files.code_column", "warning", column=name))
    return (frame.with_columns(made) if made else frame), problems


def _is_one_of(column: pl.Series, codes: Sequence[Any]) -> pl.Series:
    """Where a column holds one of the codes, be they numbers or texts."""
    numbers = [float(c) for c in codes if isinstance(c, int | float)]
    texts = [str(c).strip() for c in codes if isinstance(c, str)]
    hit = column.cast(pl.Float64, strict=False).is_in(numbers).fill_null(False)
    if texts:
        hit = hit | column.cast(pl.String, strict=False).str.strip_chars().is_in(texts).fill_null(False)
    return hit


def _suspect(column: pl.Series, labels: Mapping[Any, str]) -> list[Problem]:
    """Codes that look like "no answer": by what the file calls them, or by standing far from all other values."""
    values = column.cast(pl.Float64, strict=False).drop_nulls().to_numpy()
    values = values[np.isfinite(values)]
    kinds = np.unique(values)
    if len(kinds) < 3:
        return []
    named = {
        float(code)
        for code, text in labels.items()
        if isinstance(code, int | float) and _NO_ANSWER.search(str(text))
    }
    odd = [float(v) for v in kinds if v in named]
    rest = kinds[~np.isin(kinds, odd)]
    for code in (*(-c for c in (1, 2, 3, 7, 8, 9, *CODES)), *CODES):
        others = rest[rest != code]
        if code not in rest or len(others) < 2:
            continue
        low, high = float(others.min()), float(others.max())
        many = int((values == code).sum()) > 1
        below = code < 0 <= low and many
        above = code > high + 2 * max(high - low, 1.0) and many
        if below or above:
            odd.append(float(code))
            rest = others
    return [
        Problem("data_files.code_suspected", "warning", column=column.name, value=f"{code:g}",
                values={"count": int((values == code).sum()), "label": str(labels.get(code, "—"))})
        for code in sorted(odd)
    ]  # fmt: skip


def more_cells(column: str, count: int, told: int = 5) -> list[Problem]:
    """How many more cells than those told one by one could not be used."""
    if count <= told:
        return []
    return [Problem("data_files.cells_more", "warning", column=column, value=f"{count - told:,}")]


def label_of(value: object) -> str | None:
    """A group's label: whole numbers without their decimals, nothing where it is unknown.

    >>> label_of(1.0), label_of("a"), label_of(None)
    ('1', 'a', None)
    """
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
