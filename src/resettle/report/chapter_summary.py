"""The summary: the sentence first, then five numbers, each with its mark."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.chapter_checks import undecided
from resettle.report.chapter_homes import floor_area_text
from resettle.report.chapter_money import amount, missing_by_works, missing_money, works_are_synthetic
from resettle.report.chapter_places import open_sites
from resettle.report.masking import few
from resettle.report.sentences import say
from resettle.tables.page_text import area_text, count_text, grouped, money_text, percent_text, same
from resettle.tables.pages import Block, Chapter, KeyFigure, KeyFigures, Paragraph, Text
from resettle.units import share_ppm


def _joined(parts: list[Text]) -> Text:
    return Text("".join(p.zh for p in parts), "".join(p.en for p in parts).strip())


def summary(basis: Basis) -> Chapter:
    """The chapter: what a reader must know, in a few sentences and at most five numbers."""
    movers = basis.movers()
    if movers is None:
        missing = Paragraph(say("report.summary.nothing"), "missing")
        return Chapter("summary", say("report.summary.title"), (missing,), order=10, is_computed=False)
    blocks: list[Block] = [Paragraph(_joined(_sentences(basis, movers)), "lead")]
    keys = _keys(basis, movers)
    if keys:
        blocks.append(KeyFigures(tuple(keys), has_legend=True))
    return Chapter("summary", say("report.summary.title"), tuple(blocks), order=10)


def _persons(frame: pl.DataFrame) -> Text:
    column = frame.get_column("persons")
    return say("common.unknown") if column.null_count() else same(grouped(int(column.sum())))


def _sentences(basis: Basis, movers: pl.DataFrame) -> list[Text]:
    main = movers.filter(pl.col("mover_class") != "co_mover")
    co = movers.height - main.height
    parts = [
        say("report.summary.movers", place=basis.place, households=few(main.height), persons=_persons(main))
    ]
    if co:
        parts.append(say("report.summary.movers_co", households=few(co)))
    parts += _placed(basis)
    parts.append(say("report.summary.stop"))
    if basis.area_cap_dm2 is not None and "area_short_dm2" in movers.columns:
        parts.append(say("report.summary.cap", cap=area_text(basis.area_cap_dm2)))
        over = main.filter(pl.col("area_short_dm2") > 0).height
        if over:
            parts.append(say("report.summary.over_cap", over=few(over), cap=area_text(basis.area_cap_dm2)))
    gap = missing_money(basis)
    if gap is not None:
        short = gap > 0
        key = "report.summary.money_missing" if short else "report.summary.money_enough"
        parts.append(say(key, missing=money_text(gap, basis.currency)))
        by_works = missing_by_works(basis)
        if short and by_works is not None and not works_are_synthetic(basis):
            missing = money_text(by_works, basis.currency)
            parts.append(say("report.summary.money_works", missing=missing))
    open_now = undecided(basis)
    if open_now is not None and open_now.height:
        parts.append(say("report.summary.visit", visit=few(open_now.height)))
    return parts


def _placed(basis: Basis) -> list[Text]:
    placed = basis.frame("household_site", "household_id", "site_id")
    used = open_sites(basis)
    if placed is None or used is None:
        return []
    has_site = placed.filter(pl.col("site_id").is_not_null() & (pl.col("site_id") != ""))
    parts = [say("report.summary.placed", placed=few(has_site.height), sites=_lived_in(used))]
    if "status" in placed.columns:
        scattered = placed.filter(pl.col("status") == "scattered").height
        if scattered:
            parts.append(say("report.summary.scattered", scattered=few(scattered)))
        lost = placed.filter(pl.col("status") == "unplaced").height
        if lost:
            parts.append(say("report.summary.unplaced", unplaced=few(lost)))
    return parts


def _lived_in(used: pl.DataFrame) -> int:
    """Sites somebody is sent to; a site may be chosen beforehand and still stand empty in the plan."""
    if "households" not in used.columns:
        return used.height
    return used.filter(pl.col("households").fill_null(1) > 0).height


def _keys(basis: Basis, movers: pl.DataFrame) -> list[KeyFigure]:
    main = movers.filter(pl.col("mover_class") != "co_mover")
    mark = mark_of(basis.frame("household"))
    villages = (
        count_text(main.get_column("village_code").drop_nulls().n_unique())
        if "village_code" in main.columns
        else say("common.unknown")
    )
    label = say("report.summary.key_households", persons=_persons(main), villages=villages)
    keys = [KeyFigure(same(few(main.height)), say("report.unit.household"), label, mark)]
    used = open_sites(basis)
    candidates = basis.frame("site")
    if used is not None and candidates is not None:
        given = "is_fixed" in used.columns and used["is_fixed"].fill_null(False).all()
        key = "report.summary.key_sites_given" if given else "report.summary.key_sites_label"
        label = say(key, candidates=candidates.height)
        keys.append(
            KeyFigure(
                count_text(used.height),
                say("report.unit.site"),
                label,
                mark_of(candidates, basis.frame("household")),
            )
        )
    area = floor_area_text(basis)
    if area is not None:
        everybody = basis.movers()
        others = everybody is not None and bool((everybody["mover_class"] == "co_mover").any())
        label = say("report.summary.key_area_entitled" if others else "report.summary.key_area")
        keys.append(KeyFigure(area[0], area[1], label, mark))
    rate = _rate_key(basis)
    if rate is not None:
        keys.append(rate)
    open_now = undecided(basis)
    if open_now is not None:
        keys.append(
            KeyFigure(
                same(few(open_now.height)),
                say("report.unit.household"),
                say("report.summary.key_visit"),
                mark,
            )
        )
    return keys


def _rate_key(basis: Basis) -> KeyFigure | None:
    """Funds in place over the need, and beside it over the budget: never a rate without its denominator."""
    need, in_place, budget = (amount(basis, m) for m in ("need", "in_place", "budget"))
    if need is None or in_place is None or not need:
        return None
    other = Text("", "")
    if budget:
        other = say(
            "report.summary.key_rate_other",
            denominator=say("report.measure.budget"),
            rate=percent_text(share_ppm(in_place, budget)),
        )
    label = say("report.summary.key_rate", denominator=say("report.measure.need"), other=other)
    value = percent_text(share_ppm(in_place, need))
    return KeyFigure(
        Text(value.zh.removesuffix("%"), value.en.removesuffix("%")),
        same("%"),
        label,
        mark_of(basis.frame("fund_position")),
    )
