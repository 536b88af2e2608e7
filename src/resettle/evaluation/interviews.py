"""Interviews: coded notes, agreement of two coders, quotes without names beside the figure they explain."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.tables.pages import Text

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


def in_two_languages(quote: str) -> Text:
    """A quote with its translation, where the note has one behind ``||``; without one, the words as they were said.

    >>> in_two_languages("地太远 || The fields are far").en
    'The fields are far'
    """
    own, mark, translated = quote.partition("||")
    return Text(own.strip(), translated.strip() if mark else own.strip())


def counts(codings: pl.DataFrame) -> pl.DataFrame:
    """Households in which a code was found, by code; each household once."""
    return (
        codings.filter(pl.col("code") != "")
        .group_by("code")
        .agg(pl.col("household_id").n_unique().cast(pl.Int64).alias("households"))
        .sort("households", "code", descending=[True, False])
    )


def krippendorff(values: pl.DataFrame) -> float | None:
    """Krippendorff's alpha for names without order, any number of coders, gaps allowed.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sec. C (coincidence matrix).

    Args:
        values: ``unit, coder, value``; one row for each coder who judged the unit.

    Returns:
        1 for full agreement, 0 for chance; ``None`` where nothing varies or no unit has two judgements.
    """
    pairs: dict[tuple[str, str], float] = {}
    for _, own in values.drop_nulls().group_by("unit"):
        given = [str(v) for v in own["value"].to_list()]
        for i, a in enumerate(given):
            for j, b in enumerate(given):
                if i != j:
                    pairs[a, b] = pairs.get((a, b), 0.0) + 1 / (len(given) - 1)
    size: dict[str, float] = {}
    for (a, _), mass in pairs.items():
        size[a] = size.get(a, 0.0) + mass
    n = sum(size.values())
    expected = n * n - sum(v * v for v in size.values())
    observed = sum(mass for (a, b), mass in pairs.items() if a != b)
    return None if n < 2 or expected <= 0 else 1 - (n - 1) * observed / expected


def alpha_by_code(codings: pl.DataFrame) -> pl.DataFrame:
    """Krippendorff's alpha of every code (given or not, by passage and coder) over all coders: ``code,
    alpha, passages, coders``. A coder who read a passage has a row for it, with code "" if nothing was found."""
    read = codings.select(pl.col("passage_id").alias("unit"), "coder").unique()
    rows = []
    for code in sorted(set(codings["code"].to_list()) - {""}):
        given = codings.filter(pl.col("code") == code).select(
            pl.col("passage_id").alias("unit"), "coder", pl.lit("yes").alias("value")
        )
        judged = read.join(given.unique(), on=["unit", "coder"], how="left").with_columns(
            pl.col("value").fill_null("no")
        )
        twice = judged.group_by("unit").len().filter(pl.col("len") > 1).height
        rows.append((code, krippendorff(judged), twice, judged["coder"].n_unique()))
    schema = {"code": pl.String, "alpha": pl.Float64, "passages": pl.Int64, "coders": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def passages_of(text: str, household_id: str, name: str) -> pl.DataFrame:
    """Paragraphs of a note or transcript as passages ``passage_id, household_id, text``.

    >>> passages_of("It is far.\\n\\nThe money came late.", "h1", "note-7")["passage_id"].to_list()
    ['note-7#1', 'note-7#2']
    """
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    kept = [part for part in parts if part]
    schema = {"passage_id": pl.String, "household_id": pl.String, "text": pl.String}
    rows = [(f"{name}#{k}", household_id, part) for k, part in enumerate(kept, start=1)]
    return pl.DataFrame(rows, schema=schema, orient="row")


FIGURES = {"targeting": "exclusion_error", "funds": "paid_rate", "land": "K08", "livelihood": "E04"}
"""The figure beside which a code's quotes stand, for the codes of the paper's four problems."""


def quotes(
    passages: pl.DataFrame,
    codings: pl.DataFrame,
    names: Sequence[str],
    places: Sequence[str] = (),
    most: int = 2,
) -> pl.DataFrame:
    """Masked quotes by code, those on which most coders agree first: ``code, figure, quote, coders``.

    No household number leaves this function; a code given to fewer than two households is not quoted,
    because a quote of the only household concerned would name it.
    """
    given = codings.filter(pl.col("code") != "").join(
        passages.select("passage_id", "text"), on="passage_id", how="inner"
    )
    wide = given.group_by("code").agg(pl.col("household_id").n_unique().alias("_h"))
    ranked = (
        given.group_by("code", "passage_id", "household_id", "text")
        .agg(pl.col("coder").n_unique().cast(pl.Int64).alias("coders"))
        .join(wide.filter(pl.col("_h") > 1), on="code")
        .sort(["code", "coders", "passage_id"], descending=[False, True, False])
        .unique(["code", "household_id"], keep="first", maintain_order=True)
        .unique(["code", "text"], keep="first", maintain_order=True)
        .group_by("code", maintain_order=True)
        .head(most)
    )
    rows = [
        (
            r["code"],
            FIGURES.get(str(r["code"]).split(".")[0], ""),
            mask_quote(r["text"], names, places),
            r["coders"],
        )
        for r in ranked.iter_rows(named=True)
    ]
    schema = {"code": pl.String, "figure": pl.String, "quote": pl.String, "coders": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def known_codes(declared: Mapping[str, Any]) -> list[str]:
    """Codes of a pack's ``interview_codes.toml``: ``funds`` and its reasons ``funds.delay``."""
    found = []
    for code, entry in dict(declared.get("code", {})).items():
        found.append(str(code))
        found += [f"{code}.{reason}" for reason in entry.get("reasons", ())]
    return found


def code_names(declared: Mapping[str, Any]) -> dict[str, list[str]]:
    """Chinese and English names of a pack's codes; a reason carries its code's name before its own."""
    found = {}
    for code, entry in dict(declared.get("code", {})).items():
        zh, en = str(entry.get("zh", code)), str(entry.get("en", code))
        found[str(code)] = [zh, en]
        for reason in entry.get("reasons", ()):
            own = dict(entry.get("names", {})).get(reason, {})
            more = [str(own.get("zh", reason)), str(own.get("en", str(reason).replace("_", " ")))]
            found[f"{code}.{reason}"] = [f"{zh}：{more[0]}", f"{en}: {more[1]}"]
    return found


def interview_tables(
    passages: pl.DataFrame,
    codings: pl.DataFrame,
    declared: Mapping[str, Any],
    household: pl.DataFrame | None = None,
    names: Sequence[str] = (),
    places: Sequence[str] = (),
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Everything the interviews say: ``interview_count``, ``interview_agreement`` (two coders: kappa),
    ``interview_alpha``, ``interview_quote``.

    Args:
        passages: ``passage_id, household_id, text``; codings: ``passage_id, coder, code``, a new code
            written ``new:word``; declared: the pack's codes; household: the registry, to check the links.

    Problems: an unknown code (nearest named), a coding of no passage, a passage of no household, one coder
    only, alpha under 0.667 (Krippendorff's floor for tentative conclusions).
    """
    known = known_codes(declared)
    codings = codings.with_columns(pl.col("code").fill_null("").str.strip_chars())
    new = sorted({c for c in codings["code"].to_list() if c.startswith("new:")})
    problems = check_codes(codings, [*known, ""], new)
    lost = codings.join(passages, on="passage_id", how="anti")
    problems += [
        Problem("evaluation.passage_unknown", "warning", value=str(v))
        for v in lost["passage_id"].unique().sort().head(5).to_list()
    ]
    if household is not None:
        strangers = passages.join(household, on="household_id", how="anti")["household_id"].unique().sort()
        problems += [
            Problem("evaluation.interview_stranger", "warning", value=str(v))
            for v in strangers.head(5).to_list()
        ]
        passages = passages.join(household.select("household_id"), on="household_id", how="semi")
    wrong = [c for c in codings["code"].to_list() if c and c not in known and c not in new]
    linked = codings.filter(~pl.col("code").is_in(wrong)).join(
        passages.select("passage_id", "household_id"), on="passage_id", how="inner"
    )
    coders = sorted(linked["coder"].unique().to_list())
    made = {"interview_count": counts(linked), "interview_quote": quotes(passages, linked, names, places)}
    if len(coders) < 2:
        problems.append(Problem("evaluation.one_coder", "warning"))
    else:
        made["interview_alpha"] = alpha_by_code(linked)
        made["interview_agreement"] = agreement(linked, coders[0], coders[1])
        weak = made["interview_alpha"].filter(pl.col("alpha") < LEAST_ALPHA)
        problems += [
            Problem("evaluation.coders_differ", "warning", value=c, values={"alpha": f"{a:.2f}"})
            for c, a in weak.select("code", "alpha").iter_rows()
        ]
    return {k: v for k, v in made.items() if v.height}, problems


LEAST_ALPHA = 0.667
"""Krippendorff (2004), Content Analysis, 2nd ed., p. 241: below it not even tentative conclusions."""
