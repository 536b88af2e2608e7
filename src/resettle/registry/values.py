"""Cells to values: yes and no, labels and codes; numbers are read by `amounts`, dates by `dates`.

Every reader takes a column of shown texts and returns the values and a frame of faults, one row for each
different text that could not be read: ``text``, ``fault``, ``nearest``. Work is done on whole columns, and
on each different odd text once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.methods.nearest import Choices
from resettle.registry.amounts import FAULTS, read_amounts
from resettle.registry.dates import read_dates
from resettle.registry.fields import Field, fold, plain

YES = (
    "是",
    "yes",
    "有",
    "y",
    "true",
    "1",
    "√",
    "✓",
    "✔",
    "对",
    "已",
    "已签",
    "已签订",
    "参加",
    "已参加",
    "参保",
    "已参保",
    "在校",
    "同意",
    "享受",
    "■",
    "☑",
    "on",
    "t",
    "在读",
)
NO = (
    "否",
    "no",
    "无",
    "n",
    "false",
    "0",
    "×",
    "✗",
    "✘",
    "x",
    "没有",
    "未",
    "未签",
    "未签订",
    "未参加",
    "未参保",
    "不在校",
    "不同意",
    "不是",
    "不享受",
    "□",
    "☐",
    "off",
    "f",
)
"""Yes and no as cells say it; the usual word of each language first, as it is offered where a cell says neither."""
EMPTY = frozenset(
    [
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "?",
        "？",
        "n/a",
        "na",
        "n.a.",
        "null",
        "unknown",
        "tbc",
        "无数据",
        "不详",
        "未知",
        "不清楚",
        "不清",
        "不明",
        "不知道",
        "说不清",
        "待核",
        "待核实",
        "待查",
        "待定",
        "待补",
    ]
) | {"", "not known", "don't know", "do not know", "not stated", "not available", "to be confirmed"}
"""What a cell says that says nothing: the value is unknown, which is no fault of the row."""


def read_column(shown: pl.Series, field: Field, unit: str) -> tuple[pl.Series, pl.DataFrame]:
    """Read a column as its field's kind says; ``unit`` is the head's, where it names one."""
    shown = shown.str.strip_chars(" \t\r\n　\u00a0'‘’`")
    shown = shown.set(shown.str.to_lowercase().is_in(sorted(EMPTY)), None)
    match field.kind:
        case "bool":
            return _read_labels(shown, dict.fromkeys(YES, True) | dict.fromkeys(NO, False), pl.Boolean())
        case "label" | "code":
            return _read_labels(shown, field.labels, pl.String(), field.prefixes)
        case "ethnic":
            return _read_ethnic(shown, field.labels)
        case "date":
            return read_dates(shown)
        case "integer" | "area" | "money":
            return read_amounts(shown, field.kind, unit, field.unit)
        case "name":
            folded = shown.str.normalize("NFKC").str.replace_all(r"(\p{Han})\s+(\p{Han})", "$1$2")
            return folded.str.replace_all(r"(\p{Han})\s+(\p{Han})", "$1$2"), pl.DataFrame(schema=FAULTS)
    return shown, pl.DataFrame(schema=FAULTS)


def _read_labels(
    shown: pl.Series, labels: Mapping[str, Any], kind: pl.DataType, prefixes: Sequence[str] = ()
) -> tuple[pl.Series, pl.DataFrame]:
    """Labels or codes, each different text once; the nearest known label for those nobody knows."""
    meaning: dict[str, Any] = {}
    faults = []
    choices = Choices(labels)
    for text in shown.drop_nulls().unique().sort():
        bare = plain(text)
        keys = [
            bare,
            fold(text),
            re.sub(r"^\d+[.、\-:]*", "", bare),
            bare.removesuffix(".0"),
            bare.strip("()[]"),
        ]
        keys += [short for prefix in prefixes if (short := fold(text).removeprefix(prefix)) != fold(text)]
        found = next((key for key in keys if key in labels), None)
        if found is not None:
            meaning[text] = labels[found]
        else:
            key = choices.nearest(fold(text), 0.6 if text.isascii() else 0.3)
            near = labels[key] if key and isinstance(labels[key], str) else key
            faults.append((text, "label_unknown", near or _offered(labels, text)))
    if not meaning:
        return pl.Series(shown.name, [None] * len(shown), dtype=kind), _faults(faults)
    return shown.replace_strict(meaning, default=None, return_dtype=kind), _faults(faults)


def _offered(labels: Mapping[str, Any], text: str) -> str:
    """One label of each value, in the script of the text: what could have been written.

    >>> _offered({"head": "head", "户主": "head", "spouse": "spouse", "配偶": "spouse"}, "某某")
    '户主, 配偶'
    """
    foreign = text.isascii()
    found: dict[Any, str] = {}
    for label, value in labels.items():
        if label.isascii() == foreign and not label.isdigit():
            found.setdefault(value, label)
    return ", ".join(list(found.values())[:8])


def _read_ethnic(shown: pl.Series, labels: Mapping[str, Any]) -> tuple[pl.Series, pl.DataFrame]:
    """Names stand as they are without 族; registry numbers go by the pack's list, never by the national one."""
    meaning = {}
    faults = []
    for text in shown.drop_nulls().unique().sort():
        bare = plain(text)
        if bare.isdigit():
            if bare in labels:
                meaning[text] = labels[bare]
            else:
                faults.append((text, "label_unknown", ", ".join(sorted(labels)[:4])))
        else:
            meaning[text] = bare.removesuffix("族") or bare
    if not meaning:
        return pl.Series(shown.name, [None] * len(shown), dtype=pl.String()), _faults(faults)
    return shown.replace_strict(meaning, default=None, return_dtype=pl.String()), _faults(faults)


def _faults(rows: Sequence[tuple[str, str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FAULTS, orient="row")
