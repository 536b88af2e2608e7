"""What families pay themselves: the entitled their share, those who move along their price."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.masking import THRESHOLD, few
from resettle.report.sentences import say
from resettle.tables.page_text import area_text, money_column, money_text, same
from resettle.tables.pages import Block, Cell, Hidden, PageColumn, PageTable, Paragraph, Text

PRICES = ("house_price_low_minor", "house_price_high_minor")


def own_shares(basis: Basis) -> list[Block]:
    """Least, most and all together, by kind of family, and by which rule some pay nothing."""
    movers = basis.movers()
    if movers is None or "mover_class" not in movers.columns:
        return []
    buys = pl.col("mover_class") == "co_mover"
    rows: list[tuple[Cell, ...]] = []
    ends: list[tuple[int, int]] = []
    if "self_raised_minor" in movers.columns:
        own = movers.filter(~buys)
        rows += _share_rows(own, ends)
    if set(PRICES) <= set(movers.columns):
        rows += _price_rows(movers.filter(buys), ends)
    if not rows:
        return []
    rows.append(_together(rows, ends))
    largest = max((high for _, high in ends), default=0)
    whole = money_column(say("report.pays.all_low"), basis.currency, largest)
    each = ("report.pays.least", "report.pays.most")
    unit = basis.currency
    columns = (
        PageColumn(say("report.pays.who")),
        PageColumn(say("report.head.households"), "count"),
        *(PageColumn(say(key), "money_exact", unit) for key in each),
        PageColumn(say("report.pays.all_low"), whole.kind, whole.unit, whole.decimals),
        PageColumn(say("report.pays.all_high"), whole.kind, whole.unit, whole.decimals),
    )
    blocks: list[Block] = [
        Paragraph(say("report.pays.head"), "head"),
        PageTable(
            say("report.pays.table"), columns, tuple(rows), len(rows) > 1, mark_of(basis.frame("household"))
        ),
    ]
    blocks += [Paragraph(text) for text in _said(basis, movers)]
    return blocks


def _row(label: Text, count: int, parts: list[int | None], ends: list[tuple[int, int]]) -> tuple[Cell, ...]:
    """One line; of fewer than five households no amount is printed."""
    if 0 < count < THRESHOLD:
        return (label, Hidden(True), *(Hidden(False) for _ in parts))
    low, high = parts[2:]
    if low is not None and high is not None:
        ends.append((low, high))
    return (label, count, *parts)


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _share_rows(own: pl.DataFrame, ends: list[tuple[int, int]]) -> list[tuple[Cell, ...]]:
    due = own["self_raised_minor"]
    rows = []
    paying, free = own.filter(due > 0)["self_raised_minor"], own.filter(due == 0).height
    if paying.len():
        total = int(paying.sum())
        parts = [_int(paying.min()), _int(paying.max()), total, total]
        rows.append(_row(say("report.pays.share"), paying.len(), parts, ends))
    if free and (paying.len() or free >= THRESHOLD):
        rows.append(_row(say("report.pays.nothing"), free, [0, 0, 0, 0], ends))
    if lost := due.null_count():
        rows.append(_row(say("report.pays.share_unknown"), lost, [None] * 4, ends))
    return rows


def _price_rows(buyers: pl.DataFrame, ends: list[tuple[int, int]]) -> list[tuple[Cell, ...]]:
    if buyers.is_empty():
        return []
    known = buyers.drop_nulls(PRICES)
    rows = []
    if known.height:
        low, high = (known[name] for name in PRICES)
        parts = [_int(low.min()), _int(high.max()), int(low.sum()), int(high.sum())]
        rows.append(_row(say("report.pays.price"), known.height, parts, ends))
    if lost := buyers.height - known.height:
        rows.append(_row(say("report.pays.price_unknown"), lost, [None] * 4, ends))
    return rows


def _together(rows: list[tuple[Cell, ...]], ends: list[tuple[int, int]]) -> tuple[Cell, ...]:
    """All families; what is not known of some, or may not be printed of a few, is not in the sum and is not said."""
    counts = [row[1] for row in rows]
    whole = sum(n for n in counts if isinstance(n, int))
    is_hidden = any(isinstance(n, Hidden) for n in counts)
    low, high = (sum(end[i] for end in ends) for i in (0, 1))
    is_whole = len(ends) == len(rows)
    count: Cell = Hidden(False) if is_hidden else whole
    label = say("report.pays.together" if is_whole else "report.pays.together_known")
    return (label, count if is_whole else same("–"), same("–"), same("–"), low, high)


def _said(basis: Basis, movers: pl.DataFrame) -> list[Text]:
    """By which rule nothing is paid, what a co-mover pays for, and whom to ask who cannot pay."""
    said = []
    if "self_raised_minor" in movers.columns:
        own = movers.filter(pl.col("mover_class") != "co_mover")
        free = own.filter(pl.col("self_raised_minor") == 0).height
        if free and basis.nothing_to_pay is not None:
            said.append(say("report.pays.why_nothing", households=few(free), rule=basis.nothing_to_pay))
        if own.filter(pl.col("self_raised_minor") > 0).height:
            said.append(say("report.pays.ask"))
            said += _two_sayings(basis)
    if (movers["mover_class"] == "co_mover").any() and set(PRICES) <= set(movers.columns):
        said.append(say("report.pays.buyers", of_price=_of_price(basis, movers)))
    return said


def _two_sayings(basis: Basis) -> list[Text]:
    """That the published source says two things on whether families pay, where the checks found so."""
    finding = basis.frame("finding", "code", "title_zh", "a_zh", "a_en", "b_zh", "b_en")
    if finding is None:
        return []
    topic = say("supervision.topic.self_financing").zh
    own = finding.filter((pl.col("code") == "R23") & pl.col("title_zh").str.contains(topic, literal=True))
    return [
        say("report.pays.two_sayings", a=Text(r["a_zh"], r["a_en"]), b=Text(r["b_zh"], r["b_en"]))
        for r in own.to_dicts()
    ]


def _of_price(basis: Basis, movers: pl.DataFrame) -> Text:
    """The sizes of the homes of co-movers and the price of a square metre, from which their sums come."""
    if "dwelling_size_dm2" not in movers.columns:
        return Text("", "")
    own = movers.filter((pl.col("mover_class") == "co_mover") & (pl.col("dwelling_size_dm2") > 0))
    own = own.drop_nulls(PRICES)
    if own.height < THRESHOLD:
        return Text("", "")
    size = pl.col("dwelling_size_dm2")
    least, most, low, high = own.select(
        size.min().alias("least"),
        size.max().alias("most"),
        (100 * pl.col(PRICES[0]) / size).min().alias("low"),
        (100 * pl.col(PRICES[1]) / size).max().alias("high"),
    ).row(0)
    areas = _span(area_text(least), area_text(most))
    prices = _span(*(money_text(round(end), basis.currency) for end in (low, high)))
    return say("report.pays.of_price", areas=areas, prices=prices)


def _span(low: Text, high: Text) -> Text:
    if low == high:
        return low
    return Text(f"{low.zh}至{high.zh}", f"{low.en} to {high.en}")
