"""Identity numbers: a pack names the grammar; here are the grammars, and the keyed pseudonym.

``gb11643`` is the Chinese citizen number (GB 11643-1999): 6 digits division, 8 birth, 3 order (odd for a
man), 1 check character. The place is not checked against the birth year, because codes are reissued and
people keep their number; only the province is. ``none`` is for a country without such numbers.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
BLOCK = 64
"""Bytes SHA-256 takes at a time."""
NO_NUMBER = (
    "无",
    "没有",
    "暂无",
    "未办",
    "无证",
    "不详",
    "未知",
    "待查",
    "待补",
    "NONE",
    "N/A",
    "NIL",
    "UNKNOWN",
)
"""How a cell says that there is no number, or that nobody knows it."""
PROVINCES = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for code in codes
)


def check_character(first17: str) -> str:
    """The check character of 17 digits, ISO 7064 MOD 11-2 (GB 11643-1999, 4.4).

    >>> check_character("11010519491231002")
    'X'
    """
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first17, strict=True))
    return CHECKS[total % 11]


def synthetic_number(division: str, birth: date, order: int) -> str:
    """A number that passes the check but can belong to nobody, because its division was never issued.

    Args:
        division: six digits that no code table holds; its last places count on where ``order`` passes 999.
        birth: date of birth.
        order: odd for a man, even for a woman.

    >>> synthetic_number("419900", date(1962, 3, 1), 1)
    '419900196203010016'
    """
    area = str(int(division) + order // 1000).zfill(6)
    first = f"{area}{birth:%Y%m%d}{order % 1000:03d}"
    return first + check_character(first)


def pseudonym(key: bytes, number: str) -> str:
    """The keyed pseudonym of a number: HMAC-SHA256, its first 96 bits.

    Without the key a list of all numbers does not lead back; with it the same person is found again.

    >>> pseudonym(b"k", "419900196203010019") == pseudonym(b"k", "419900196203010019")
    True
    >>> pseudonym(b"k", "1") == pseudonym(b"other", "1")
    False
    """
    return "p" + hmac.new(key, number.encode(), sha256).hexdigest()[:24]


def pseudonyms(key: bytes, numbers: pl.Series) -> pl.Series:
    """:func:`pseudonym` of a whole column; null stays null.

    >>> pseudonyms(b"k", pl.Series(["1"]))[0] == pseudonym(b"k", "1")
    True
    """
    # The key's two halves are hashed once; what is copied for each number is their state (RFC 2104).
    block = (key if len(key) <= BLOCK else sha256(key).digest()).ljust(BLOCK, b"\0")
    inner, outer = sha256(bytes(b ^ 0x36 for b in block)), sha256(bytes(b ^ 0x5C for b in block))
    found: list[str | None] = []
    for number in numbers:
        if number is None:
            found.append(None)
            continue
        first, second = inner.copy(), outer.copy()
        first.update(number.encode())
        second.update(first.digest())
        found.append("p" + second.hexdigest()[:24])
    return pl.Series(numbers.name, found, dtype=pl.String)


def read_numbers(shown: pl.Series, grammar: str) -> pl.Series:
    """Read a column of shown identity numbers by a named grammar.

    Returns a struct of ``number`` (cleaned, 18 places where the grammar has them), ``check`` (as
    ``person.id_check``), ``birth_date``, ``sex``, ``nearest`` (a nearest valid choice), ``province_known``
    and ``text`` (cleaned only).

    Raises:
        KeyError: for a grammar nobody wrote.

    >>> read_numbers(pl.Series(["419900196203010016", "4.19900196203010E+17"]), "gb11643").struct["check"].to_list()
    ['valid', 'digits_lost']
    """
    distinct = shown.cast(pl.String).rename("shown").unique(maintain_order=True)
    frame = distinct.to_frame().with_columns(cleaned(pl.col("shown")).alias("text"))
    read: pl.DataFrame = GRAMMARS[grammar](frame)
    if len(distinct) < len(shown):  # what many rows share, such as the number of a household, is read once
        read = (
            shown.cast(pl.String)
            .rename("shown")
            .to_frame()
            .join(read, on="shown", how="left", nulls_equal=True, maintain_order="left")
        )
    return read.select(*RESULT).to_struct("id")


def cleaned(shown: pl.Expr) -> pl.Expr:
    """Full-width forms folded, spaces, quotes, dashes and dots between digits taken away, x in capitals."""
    return (
        shown.str.normalize("NFKC")
        .str.replace_all(r"[\s'‘’`\"“”\u200b-\u200f\ufeff·_-]", "")
        .str.to_uppercase()
        .replace(["", *NO_NUMBER], None)
    )


def _expected(numbers: pl.Series) -> pl.Series:
    """The check character that belongs behind the first 17 digits of texts; null where there are none."""
    formed = numbers.str.contains(r"^\d{17}").fill_null(False)
    digits = numbers.str.slice(0, 17).set(~formed, None).cast(pl.Int64)
    total = pl.Series([0] * len(digits), dtype=pl.Int64)
    for weight in reversed(WEIGHTS):
        total += weight * (digits % 10)
        digits = digits // 10
    return (total % 11).replace_strict(dict(enumerate(CHECKS)), default=None, return_dtype=pl.String)


def _gb11643(frame: pl.DataFrame) -> pl.DataFrame:
    """The Chinese citizen number, its 15-digit forerunner, and the disability card that begins with it.

    Every step is a column of its own: as one expression the same part would be computed many times over.
    """
    text = pl.col("text")
    frame = frame.with_columns(
        is_card=text.str.contains(r"^\d{17}[\dX][1-7][1-4]") & text.str.len_chars().is_in([20, 21, 22, 23]),
        is_old=text.str.contains(r"^\d{15}$"),
    )
    frame = frame.with_columns(
        full=pl.when("is_card")
        .then(text.str.slice(0, 18))
        .when("is_old")
        .then(text.str.slice(0, 6) + pl.lit("19") + text.str.slice(6))
        .otherwise(text)
    )
    frame = frame.with_columns(_expected(frame["full"]).alias("expected"))
    frame = frame.with_columns(
        number=pl.when("is_old").then(pl.col("full") + pl.col("expected")).otherwise("full")
    )
    number = pl.col("number")
    frame = frame.with_columns(
        formed=number.str.contains(r"^\d{17}[\dX]$"),
        born=number.str.slice(6, 8).str.to_date("%Y%m%d", strict=False),
        agrees=pl.col("expected") == number.str.slice(17, 1),
        lost=text.str.contains(r"^\d(\.\d+)?E\+?1[4-9]$") | text.str.contains(r"^\d{17,18}\.0?$"),
        sex_digit=number.str.slice(16, 1).cast(pl.Int8, strict=False),
        province_known=number.str.slice(0, 2).is_in(sorted(PROVINCES)),
    )
    zeroed = pl.col("formed") & number.str.ends_with("000") & ~pl.col("agrees")
    frame = frame.with_columns(
        check=pl.when(text.is_null())
        .then(pl.lit("absent"))
        .when(pl.col("lost") | zeroed)
        .then(pl.lit("digits_lost"))
        .when(~pl.col("formed") | pl.col("born").is_null())
        .then(pl.lit("malformed"))
        .when("is_old")
        .then(pl.lit("old_15"))
        .when(~pl.col("agrees"))
        .then(pl.lit("check_digit"))
        .when("is_card")
        .then(pl.lit("document_other"))
        .otherwise(pl.lit("valid"))
    )
    sound = pl.col("check").is_in(["valid", "old_15", "document_other"])
    odd = pl.col("sex_digit") % 2 == 1
    # A sound number with words before or behind it: 身份证：4199..., 4199...（已核).
    inside = pl.when(pl.col("check") == "malformed").then(text.str.extract(r"^\D*(\d{17}[\dX])\D*$"))
    frame = frame.with_columns(inside=inside)
    frame = frame.with_columns(_expected(frame["inside"]).alias("inside_expected"))
    return frame.with_columns(
        pl.when(sound).then(number).alias("number"),
        pl.when(sound).then("born").alias("birth_date"),
        pl.when(sound & odd).then(pl.lit("male")).when(sound).then(pl.lit("female")).alias("sex"),
        pl.when(pl.col("check") == "check_digit")
        .then(number.str.slice(0, 17) + pl.col("expected"))
        .when(pl.col("inside_expected") == pl.col("inside").str.slice(17, 1))
        .then("inside")
        .alias("nearest"),
        pl.when(sound).then("province_known").alias("province_known"),
    )


def _free(frame: pl.DataFrame) -> pl.DataFrame:
    """A country whose numbers have no published check: any text of three places or more stands as it is."""
    text = pl.col("text")
    frame = frame.with_columns(
        check=pl.when(text.is_null())
        .then(pl.lit("absent"))
        .when(text.str.contains(r"^\d(\.\d+)?E\+?1[4-9]$"))
        .then(pl.lit("digits_lost"))
        .when(text.str.len_chars() < 3)
        .then(pl.lit("short"))
        .otherwise(pl.lit("valid"))
    )
    nothing = pl.lit(None, dtype=pl.String)
    return frame.with_columns(
        pl.when(pl.col("check") == "valid").then(text).alias("number"),
        pl.lit(None, dtype=pl.Date).alias("birth_date"),
        nothing.alias("sex"),
        nothing.alias("nearest"),
        pl.lit(True).alias("province_known"),
    )


RESULT = ("number", "check", "birth_date", "sex", "nearest", "province_known", "text")
GRAMMARS: Mapping[str, Any] = {"gb11643": _gb11643, "none": _free}
"""Grammars by the name a pack gives; another country adds its own here or uses ``none``."""
