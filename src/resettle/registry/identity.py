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
    """:func:`pseudonym` of a whole column; null stays null."""
    keyed = hmac.new(key, digestmod=sha256)
    found: list[str | None] = []
    for number in numbers:
        if number is None:
            found.append(None)
            continue
        one = keyed.copy()
        one.update(number.encode())
        found.append("p" + one.hexdigest()[:24])
    return pl.Series(numbers.name, found, dtype=pl.String)


def read_numbers(shown: pl.Expr, grammar: str) -> pl.Expr:
    """Read a column of shown identity numbers by a named grammar.

    Returns a struct of ``number`` (cleaned, 18 places where the grammar has them), ``check`` (as
    ``person.id_check``), ``birth_date``, ``sex``, ``nearest`` (a nearest valid choice).

    Raises:
        KeyError: for a grammar nobody wrote.
    """
    read: pl.Expr = GRAMMARS[grammar](shown)
    return read


def cleaned(shown: pl.Expr) -> pl.Expr:
    """Full-width forms folded, spaces, quotes, dashes and dots between digits taken away, x in capitals."""
    return (
        shown.str.normalize("NFKC")
        .str.replace_all(r"[\s'‘’`\"“”\u200b-\u200f\ufeff·_-]", "")
        .str.to_uppercase()
        .replace("", None)
    )


READ = pl.Struct(
    {
        "number": pl.String,
        "check": pl.String,
        "birth_date": pl.Date,
        "sex": pl.String,
        "nearest": pl.String,
        "province_known": pl.Boolean,
        "text": pl.String,
    }
)


def _gb11643(shown: pl.Expr) -> pl.Expr:
    """The Chinese citizen number, its 15-digit forerunner, and the disability card that begins with it."""
    return shown.map_batches(_gb11643_column, return_dtype=READ)


def _gb11643_column(shown: pl.Series) -> pl.Series:
    """Step by step, each step stored: written as one expression its parts would be computed many times over."""
    text = pl.col("text")
    frame = shown.alias("shown").to_frame().select(cleaned(pl.col("shown")).alias("text"))
    frame = frame.with_columns(
        (text.str.contains(r"^\d{17}[\dX][1-7][1-4]") & text.str.len_chars().is_in([20, 21, 22, 23])).alias(
            "card"
        ),
        text.str.contains(r"^\d{15}$").alias("old"),
        (text.str.contains(r"^\d(\.\d+)?E\+?1[4-9]$") | text.str.contains(r"^\d{17,18}\.0?$")).alias("lost"),
        (text.str.slice(0, 6) + pl.lit("19") + text.str.slice(6)).alias("old17"),
    )
    frame = frame.with_columns(pl.when("old").then(_check(pl.col("old17"))).alias("old_check"))
    frame = frame.with_columns(
        pl.when("card")
        .then(text.str.slice(0, 18))
        .when("old")
        .then(pl.col("old17") + pl.col("old_check"))
        .otherwise(text)
        .alias("number")
    )
    number = pl.col("number")
    frame = frame.with_columns(
        number.str.contains(r"^\d{17}[\dX]$").alias("formed"),
        number.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).alias("birth"),
        _check(number.str.slice(0, 17)).alias("expected"),
        number.str.slice(0, 2).is_in(sorted(PROVINCES)).alias("province"),
        pl.when(number.str.slice(16, 1).cast(pl.Int8, strict=False) % 2 == 1)
        .then(pl.lit("male"))
        .otherwise(pl.lit("female"))
        .alias("sex"),
    )
    zeroed = pl.col("formed") & number.str.ends_with("000") & (pl.col("expected") != "0")
    agrees = pl.col("expected") == number.str.slice(17, 1)
    frame = frame.with_columns(
        pl.when(text.is_null())
        .then(pl.lit("absent"))
        .when(pl.col("lost") | zeroed)
        .then(pl.lit("digits_lost"))
        .when(~pl.col("formed") | pl.col("birth").is_null())
        .then(pl.lit("malformed"))
        .when("old")
        .then(pl.lit("old_15"))
        .when(~agrees)
        .then(pl.lit("check_digit"))
        .when("card")
        .then(pl.lit("document_other"))
        .otherwise(pl.lit("valid"))
        .alias("check")
    )
    sound = pl.col("check").is_in(["valid", "old_15", "document_other"])
    wrong = pl.col("check") == "check_digit"
    return frame.select(
        pl.struct(
            pl.when(sound).then(number).alias("number"),
            "check",
            pl.when(sound).then(pl.col("birth")).alias("birth_date"),
            pl.when(sound).then(pl.col("sex")).alias("sex"),
            pl.when(wrong).then(number.str.slice(0, 17) + pl.col("expected")).alias("nearest"),
            pl.when(sound).then(pl.col("province")).alias("province_known"),
            "text",
        ).alias("read")
    ).to_series()


def _check(first17: pl.Expr) -> pl.Expr:
    """The check character of a column of 17 digits; null where they are not digits."""
    total = pl.lit(0)
    for place, weight in enumerate(WEIGHTS):
        total = total + weight * first17.str.slice(place, 1).cast(pl.Int32, strict=False)
    return (
        (total % 11)
        .cast(pl.String)
        .replace_strict({str(i): c for i, c in enumerate(CHECKS)}, default=None, return_dtype=pl.String)
    )


def _free(shown: pl.Expr) -> pl.Expr:
    """A country whose numbers have no published check: any text of three places or more stands as it is."""
    text = cleaned(shown)
    check = (
        pl.when(text.is_null())
        .then(pl.lit("absent"))
        .when(text.str.contains(r"^\d(\.\d+)?E\+?1[4-9]$"))
        .then(pl.lit("digits_lost"))
        .when(text.str.len_chars() < 3)
        .then(pl.lit("malformed"))
        .otherwise(pl.lit("valid"))
    )
    nothing = pl.lit(None, dtype=pl.String)
    return pl.struct(
        pl.when(check == "valid").then(text).alias("number"),
        check.alias("check"),
        pl.lit(None, dtype=pl.Date).alias("birth_date"),
        nothing.alias("sex"),
        nothing.alias("nearest"),
        pl.lit(True).alias("province_known"),
        text.alias("text"),
    )


GRAMMARS: Mapping[str, Any] = {"gb11643": _gb11643, "none": _free}
"""Grammars by the name a pack gives; another country adds its own here or uses ``none``."""
