"""Cells to values: yes and no, labels and codes, numbers, money and areas with their units.

Every reader takes a column of shown texts and returns the values and a frame of faults, one row for each
different text that could not be read: ``text``, ``fault``, ``nearest``. Work is done on whole columns, and
on each different odd text once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from resettle.methods.nearest import Choices
from resettle.registry.dates import read_dates
from resettle.registry.fields import Field, fold, plain

FAULTS: dict[str, Any] = {"text": pl.String(), "fault": pl.String(), "nearest": pl.String()}
YES = frozenset(
    [
        "是",
        "有",
        "y",
        "yes",
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
    ]
)
NO = frozenset(
    [
        "否",
        "无",
        "n",
        "no",
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
    ]
)
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
AREA_DM2 = {
    "m2": Decimal(100),
    "mu": Decimal(200000) / 3,
    "hectare": Decimal(1_000_000),
    "分": Decimal(20000) / 3,
}
AREA_WORDS = {
    "亩": "mu",
    "mu": "mu",
    "㎡": "m2",
    "平方米": "m2",
    "平方": "m2",
    "平米": "m2",
    "m2": "m2",
    "m²": "m2",
    "公顷": "hectare",
    "ha": "hectare",
    "分": "分",
}
MONEY_MINOR = {"yuan": 100, "1k_yuan": 100_000, "10k_yuan": 1_000_000}
MONEY_WORDS = {
    "元": "yuan",
    "块": "yuan",
    "圆": "yuan",
    "yuan": "yuan",
    "rmb": "yuan",
    "千元": "1k_yuan",
    "万元": "10k_yuan",
    "万": "10k_yuan",
}
COUNT_WORDS = dict.fromkeys(("人", "口", "户", "年", "年度", "岁", "个", "名", "persons", "people"), "one")
_NUMBER = re.compile(r"^(?:[¥￥$约]\s*)?([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*([^\d\s].*)?$", re.IGNORECASE)
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def read_column(shown: pl.Series, field: Field, unit: str) -> tuple[pl.Series, pl.DataFrame]:
    """Read a column as its field's kind says; ``unit`` is the head's, where it names one."""
    shown = shown.str.strip_chars(" \t\r\n　\u00a0'‘’`")
    shown = shown.set(shown.str.to_lowercase().is_in(sorted(EMPTY)), None)
    match field.kind:
        case "bool":
            return _read_labels(shown, dict.fromkeys(YES, True) | dict.fromkeys(NO, False), pl.Boolean())
        case "label" | "code":
            return _read_labels(shown, field.labels, pl.String())
        case "ethnic":
            return _read_ethnic(shown, field.labels)
        case "date":
            return read_dates(shown)
        case "integer":
            return _read_numbers(shown, "one", {"one": Decimal(1)}, COUNT_WORDS, whole=True)
        case "area":
            return _read_numbers(shown, unit if unit in AREA_DM2 else field.unit, AREA_DM2, AREA_WORDS)
        case "money":
            factors = {name: Decimal(factor) for name, factor in MONEY_MINOR.items()}
            return _read_numbers(shown, unit if unit in factors else "yuan", factors, MONEY_WORDS)
        case "name":
            folded = shown.str.normalize("NFKC").str.replace_all(r"(\p{Han})\s+(\p{Han})", "$1$2")
            return folded.str.replace_all(r"(\p{Han})\s+(\p{Han})", "$1$2"), pl.DataFrame(schema=FAULTS)
    return shown, pl.DataFrame(schema=FAULTS)


def _read_labels(
    shown: pl.Series, labels: Mapping[str, Any], kind: pl.DataType
) -> tuple[pl.Series, pl.DataFrame]:
    """Labels or codes, each different text once; the nearest known label for those nobody knows."""
    meaning: dict[str, Any] = {}
    faults = []
    choices = Choices(labels)
    for text in shown.drop_nulls().unique().sort():
        bare = plain(text)
        for key in (bare, fold(text), re.sub(r"^\d+[.、\-:]*", "", bare), bare.removesuffix(".0")):
            if key in labels:
                meaning[text] = labels[key]
                break
        else:
            near = choices.nearest(fold(text), 0.3)
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


def _read_numbers(
    shown: pl.Series,
    unit: str,
    factors: Mapping[str, Decimal],
    words: Mapping[str, str],
    whole: bool = False,
) -> tuple[pl.Series, pl.DataFrame]:
    """Numbers in the head's unit, or in the one the cell names, as whole inner units, half up."""
    factor = factors.get(unit, Decimal(1))
    quick = shown.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    safe = quick.is_finite() & (quick.abs() < 1e11)
    scaled = (quick * float(factor) + 0.5).floor()
    fits = safe & (quick == quick.floor()) if whole else safe
    values = scaled.set(~fits.fill_null(False), None).cast(pl.Int64, strict=False)
    rest = shown.filter(values.is_null() & shown.is_not_null()).unique().sort()
    found: dict[str, int] = {}
    faults = []
    for text in rest:
        value = number_in(text, unit, factors, words)
        if value is None or (whole and value != int(value)):
            faults.append((text, "number_unreadable", None))
        elif abs(value) >= 2**53:
            faults.append((text, "number_too_large", None))
        else:
            found[text] = int((value + Decimal("0.5")).__floor__())
    if found:
        values = values.fill_null(shown.replace_strict(found, default=None, return_dtype=pl.Int64))
    return values, _faults(faults)


def number_in(
    text: str, unit: str, factors: Mapping[str, Decimal], words: Mapping[str, str]
) -> Decimal | None:
    """A number with or without its unit, in digits or Chinese words; ``None`` where it cannot be read.

    >>> number_in("１２０ 平方米", "mu", AREA_DM2, AREA_WORDS)
    Decimal('12000')
    >>> number_in("三口", "one", {"one": Decimal(1)}, COUNT_WORDS)
    Decimal('3')
    >>> number_in("约2万元", "yuan", {"10k_yuan": Decimal(1000000)}, MONEY_WORDS)
    Decimal('2000000')
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("，", ",")
    match = _NUMBER.match(plain)
    if match:
        word = (match[2] or "").strip().rstrip("整。. ")
        known = words.get(word) if word else unit
        if known is None:
            return None
        try:
            value = Decimal(match[1].replace(",", "")) * factors.get(known, Decimal(1))
        except InvalidOperation:
            return None
        return value if value.is_finite() and abs(value) < Decimal(10) ** 20 else None
    return _in_words(plain, unit, factors, words)


def _in_words(
    plain: str, unit: str, factors: Mapping[str, Decimal], words: Mapping[str, str]
) -> Decimal | None:
    """Amounts in Chinese words, or of several units: 三, 一百零五亩, 三万二, 二亩五分, 两亩半, 1万2千元.

    >>> [str(_in_words(t, "mu", {"mu": Decimal(10), "分": Decimal(1)}, AREA_WORDS)) for t in ("二亩五分", "两亩半", "半亩")]
    ['25', '25', '5.0']
    >>> _in_words("五分二亩", "mu", {"mu": Decimal(10), "分": Decimal(1)}, AREA_WORDS) is None
    True
    """
    total, last, rest = Decimal(0), Decimal(0), plain
    while rest:
        if rest in ("半", "多", "余", "整"):
            return total + last / 2 if rest == "半" else (total or None)
        piece = _PIECE.match(rest)
        if not piece:
            return None
        word = next(
            (w for w in sorted(words, key=len, reverse=True) if rest[piece.end() :].startswith(w)), ""
        )
        ends = not word and piece.end() == len(rest)
        known = words.get(word) if word else unit
        if known is None or not (word or ends) or (ends and last):
            return None
        factor = factors.get(known, Decimal(1))
        number = _number_of(piece[0])
        if number is None or (last and factor >= last):
            return None
        total, last, rest = total + number * factor, factor, rest[piece.end() + len(word) :].strip()
    return total


_PIECE = re.compile(r"半|(?:\d[\d.]*|[零〇一二两三四五六七八九十百千万点])+")


def _number_of(text: str) -> Decimal | None:
    """Chinese number words up to 99,999,999, digits among them allowed: 一百零五, 三万二, 二点五, 1万2千.

    >>> [_number_of(t) for t in ("一百零五", "三万二", "二点五", "1万2千", "十二")]
    [Decimal('105'), Decimal('32000'), Decimal('2.5'), Decimal('12000'), Decimal('12')]
    """
    if text == "半":
        return Decimal("0.5")
    whole, point, part = text.partition("点")
    if point:
        digits = "".join(str(_CHINESE.get(c, "?")) for c in part)
        number = _number_of(whole)
        return None if number is None or not digits.isdigit() else number + Decimal(f"0.{digits}")
    total = section = digit = Decimal(0)
    scale = Decimal(1)
    for mark in re.findall(r"\d[\d.]*|.", whole):
        if mark in _SCALES:
            scale = Decimal(_SCALES[mark])
            if mark == "万":
                total, section, digit = (total + section + digit) * scale, Decimal(0), Decimal(0)
            else:
                section, digit = section + (digit or 1) * scale, Decimal(0)
        elif mark in "零〇":
            digit, scale = Decimal(0), Decimal(1)
        else:
            try:
                digit = Decimal(_CHINESE[mark]) if mark in _CHINESE else Decimal(mark)
            except InvalidOperation:
                return None
    # 三万二 is 32,000: a digit after a scale, with no zero between, counts the next lower one.
    return total + section + (digit * scale / 10 if scale > 10 and digit < 10 else digit)


_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}


def _faults(rows: Sequence[tuple[str, str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FAULTS, orient="row")
