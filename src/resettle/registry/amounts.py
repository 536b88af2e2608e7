"""Numbers, money and areas as cells hold them: with units, in Chinese words, with commas that mean something or do not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

FAULTS: dict[str, Any] = {"text": pl.String(), "fault": pl.String(), "nearest": pl.String()}
AREA_DM2 = {
    "m2": Decimal(100),
    "mu": Decimal(200000) / 3,
    "hectare": Decimal(1_000_000),
    "分": Decimal(20000) / 3,
    "acre": Decimal("404685.64224"),
    "sq ft": Decimal("9.290304"),
    "km2": Decimal(100_000_000),
}
"""Units of area in 0.01 m2; the international foot and acre (NIST SP 811, appendix B)."""
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
    "平方公里": "km2",
    "平方千米": "km2",
    "km2": "km2",
    "英亩": "acre",
    "平方英尺": "sq ft",
} | {
    word: unit
    for unit, words in {
        "m2": (
            "sq m",
            "sqm",
            "sq.m",
            "sq. m",
            "square metre",
            "square metres",
            "square meter",
            "square meters",
        ),
        "hectare": ("hectare", "hectares"),
        "acre": ("acre", "acres"),
        "sq ft": ("sq ft", "sqft", "sq. ft", "square foot", "square feet", "ft2"),
    }.items()
    for word in words
}
MONEY_MINOR = {"yuan": 100, "1k_yuan": 100_000, "10k_yuan": 1_000_000}
MONEY_WORDS = {
    "元": "yuan",
    "块": "yuan",
    "圆": "yuan",
    "yuan": "yuan",
    "rmb": "yuan",
    "cny": "yuan",
    "人民币": "yuan",
    "千元": "1k_yuan",
    "万元": "10k_yuan",
    "万": "10k_yuan",
}
COUNT_WORDS = dict.fromkeys(("人", "口", "户", "年", "年度", "岁", "个", "名", "persons", "people"), "one")
_NUMBER = re.compile(r"^(?:[¥￥$约]\s*)?([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*([^\d\s].*)?$", re.IGNORECASE)
_GROUPED = re.compile(r"^[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$")
"""Commas that part thousands, or lakhs; any other comma may be a decimal one, and 3,5 is not 35."""
_DECIMAL_COMMA = re.compile(r"^\s*([+-]?\d{1,3}(?:[.\s]\d{3})+|[+-]?\d+),(\d{1,2}|\d{4,}|(?<=\b0,)\d{3})\b")
_DOT_IN_DOUBT = re.compile(r"^\s*[+-]?\d{1,3}\.\d{3}\s*$")
_SPACED = re.compile(r"^\s*[+-]?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?\s*$")
_FINANCIAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬圆", "一二三四五六七八九十百千万元")
"""Numerals as they stand on receipts."""
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def read_amounts(shown: pl.Series, kind: str, unit: str, own_unit: str) -> tuple[pl.Series, pl.DataFrame]:
    """Read counts, areas or amounts of money; the frame of faults is as :data:`FAULTS` says.

    Args:
        kind: ``integer``, ``area`` or ``money``.
        unit: the head's, where it names one.
        own_unit: the field's: of areas the usual one, of money the currency of the pack.
    """
    if kind == "integer":
        return _read_numbers(shown, "one", {"one": Decimal(1)}, COUNT_WORDS, whole=True)
    if kind == "area":
        return _read_numbers(shown, unit if unit in AREA_DM2 else own_unit, AREA_DM2, AREA_WORDS)
    factors = {name: Decimal(factor) for name, factor in MONEY_MINOR.items()}
    unit, own = unit if unit in factors else "yuan", own_unit.lower()
    # The programme's own currency may stand before the amount as well as behind it.
    bare = shown.str.replace(f"(?i)^{own} ?", "") if own else shown
    values, faults = _read_numbers(
        bare,
        unit,
        factors,
        MONEY_WORDS | {own: "yuan"} if own else MONEY_WORDS,
        dollars=own not in ("", "cny"),
    )
    return values, _as_shown(faults, bare, shown) if own else faults


def _as_shown(faults: pl.DataFrame, bare: pl.Series, shown: pl.Series) -> pl.DataFrame:
    """Faults of cells as they stand, where a currency before the number was taken away to read it."""
    if not faults.height:
        return faults
    both = pl.DataFrame({"text": bare, "_shown": shown}).unique(maintain_order=True)
    return faults.join(both, on="text", how="left", maintain_order="left").select(
        pl.col("_shown").alias("text"), "fault", "nearest"
    )


def _read_numbers(
    shown: pl.Series,
    unit: str,
    factors: Mapping[str, Decimal],
    words: Mapping[str, str],
    whole: bool = False,
    dollars: bool = False,
) -> tuple[pl.Series, pl.DataFrame]:
    """Numbers in the head's unit, or in the one the cell names, as whole inner units, half up."""
    factor = factors.get(unit, Decimal(1))
    quick = shown.cast(pl.Float64, strict=False)
    safe = quick.is_finite() & (quick.abs() < 1e11)
    scaled = (quick * float(factor) + 0.5).floor()
    fits = safe & (quick == quick.floor()) if whole else safe
    values = scaled.set(~fits.fill_null(False), None).cast(pl.Int64, strict=False)
    rest = shown.filter(values.is_null() & shown.is_not_null()).unique().sort()
    found: dict[str, int] = {}
    faults: list[tuple[str, str, str | None]] = []
    commas = any(_DECIMAL_COMMA.match(unicodedata.normalize("NFKC", text)) for text in rest)
    if commas:
        # Where commas stand before decimals a point may part thousands: 1.234 is then one or the other.
        doubtful = shown.str.contains(_DOT_IN_DOUBT.pattern).fill_null(False)
        values = values.set(doubtful, None)
        rest = pl.concat([rest, shown.filter(doubtful)]).unique().sort()
    for text in rest:
        if commas and _DOT_IN_DOUBT.match(text):
            faults.append((text, "number_unreadable", f"{text.strip()} / {text.strip().replace('.', '')}"))
            continue
        is_foreign = "$" in text and not dollars
        value = None if is_foreign else number_in(text, unit, factors, words)
        if value is None or (whole and value != int(value)):
            faults.append((text, "number_unreadable", _plainly(text)))
        elif abs(value) >= 2**53:
            faults.append((text, "number_too_large", None))
        else:
            found[text] = int((value + Decimal("0.5")).__floor__())
    if found:
        values = values.fill_null(shown.replace_strict(found, default=None, return_dtype=pl.Int64))
    return values, pl.DataFrame(faults, schema=FAULTS, orient="row")


def _plainly(text: str) -> str | None:
    """A number with odd commas, points or spaces as it could be written; ``None`` for what is no number.

    >>> _plainly("3,5"), _plainly("12.345,60"), _plainly("12 345"), _plainly("约三")
    ('3.5', '12345.60', '12345', None)
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if match := _DECIMAL_COMMA.match(text):
        return re.sub(r"[.\s]", "", match[1]) + "." + match[2]
    return re.sub(r"\s", "", text).replace(",", ".") if _SPACED.match(text) else None


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
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("，", ",").translate(_FINANCIAL)
    match = _NUMBER.match(plain)
    if match:
        if "," in match[1] and not _GROUPED.match(match[1]):
            return None
        word = (
            re.sub(r"[（(][^()（）\d]*[)）]$|(?<=.)左右$", "", (match[2] or "").strip())
            .strip()
            .rstrip("整。. ")
        )
        known = words.get(word) if word else unit
        if known is None:
            return _in_words(plain, unit, factors, words)
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
