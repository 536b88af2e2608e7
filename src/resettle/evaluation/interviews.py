"""Interviews: coded notes, agreement of two coders, quotes without names beside the figure they explain."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

import polars as pl

from resettle.problems import Problem

_NUMBER = re.compile(r"\d{6,}[\dXx]?")


def check_codes(codings: pl.DataFrame, known: Collection[str], new: Collection[str] = ()) -> list[Problem]:
    """Codes that are neither the pack's nor declared new, with the nearest one."""
    problems = []
    for r in codings.with_row_index("_row", offset=1).iter_rows(named=True):
        if r["code"] not in known and r["code"] not in new:
            near = difflib.get_close_matches(str(r["code"]), list(known), n=1, cutoff=0.0)
            problems.append(
                Problem(
                    "evaluation.code_unknown",
                    "error",
                    row=r["_row"],
                    value=str(r["code"]),
                    nearest=near[0] if near else "",
                )
            )
    return problems


def agreement(codings: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    """Cohen's kappa of two coders, per code, over the passages both have read.

    Args:
        codings: ``passage_id, coder, code``; a passage read without finding a code has a row with code "".

    Returns:
        ``code, passages, both, agreement, kappa``; kappa is unknown where a code is always or never given.
    """
    read = {c: set(codings.filter(pl.col("coder") == c)["passage_id"].to_list()) for c in (first, second)}
    passages = sorted(read[first] & read[second])
    rows = []
    for code in sorted(set(codings["code"].to_list()) - {""}):
        given = {
            c: set(codings.filter((pl.col("coder") == c) & (pl.col("code") == code))["passage_id"].to_list())
            for c in (first, second)
        }
        n = len(passages)
        a = [p in given[first] for p in passages]
        b = [p in given[second] for p in passages]
        same = sum(x == y for x, y in zip(a, b, strict=True)) / n if n else 0.0
        by_chance = (sum(a) * sum(b) + (n - sum(a)) * (n - sum(b))) / n**2 if n else 1.0
        kappa = None if by_chance == 1 else (same - by_chance) / (1 - by_chance)
        both = sum(x and y for x, y in zip(a, b, strict=True))
        rows.append({"code": code, "passages": n, "both": both, "agreement": same, "kappa": kappa})
    schema = {
        "code": pl.String,
        "passages": pl.Int64,
        "both": pl.Int64,
        "agreement": pl.Float64,
        "kappa": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def mask_quote(text: str, names: Sequence[str], places: Sequence[str] = ()) -> str:
    """A quote without names, places and long numbers.

    >>> mask_quote("李大山说,电话13800001111,水磨村的路好了", ["李大山"], ["水磨村"])
    '〇〇说,电话***,某村的路好了'
    """
    for name in sorted((n for n in names if n), key=len, reverse=True):
        text = text.replace(name, "〇〇")
    for place in sorted((p for p in places if p), key=len, reverse=True):
        text = text.replace(place, "某村")
    return _NUMBER.sub("***", text)


def counts(codings: pl.DataFrame) -> pl.DataFrame:
    """Households in which a code was found, by code; each household once."""
    return (
        codings.filter(pl.col("code") != "")
        .group_by("code")
        .agg(pl.col("household_id").n_unique().cast(pl.Int64).alias("households"))
        .sort("households", "code", descending=[True, False])
    )
