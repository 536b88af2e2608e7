"""What another rule would change: reforms the pack states, side by side, then each with who gains and who pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.masking import masked_column, small_count
from resettle.report.sentences import say
from resettle.tables.page_text import area_column, area_text, grouped, money_column, money_text, same
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Folded,
    Hidden,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.words import sentences

ORDER = 74
GROUPS = ("household_class", "size_class")
PAYERS = ("county", "household", "norm")
CHANGED = (
    "reform",
    "output",
    "group_by",
    "group",
    "household_count",
    "gain_count",
    "lose_count",
    "sum_before",
    "sum_after",
    "median_change",
)
"""What every line of the chapter is read from."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Uptake:
    """Willing households, and lowest and highest of households, persons and share of persons that may come."""

    willing: int
    moved: tuple[float, float] | None
    persons: tuple[float, float] | None
    share: tuple[float, float] | None


def reforms(basis: Basis) -> Chapter:
    """The chapter; a reform the run could not try is in the list of problems, not here."""
    stated = basis.frame("reform", "reform", "name_zh", "name_en", "shows")
    summary = basis.frame("reform_summary", "reform", "household_count", "gain_count", "lose_count")
    changes = basis.frame("reform_change", *CHANGED)
    if stated is None or summary is None or changes is None:
        return not_computed("reforms", ORDER, "reform, reform_summary, reform_change")
    rows = summary.to_dicts()
    mark = mark_of(basis.frame("household"), basis.frame("person"))
    households = grouped(rows[0]["household_count"])
    lead = say("report.reforms.lead", count=len(rows), households=households, kinds=basis.kinds_read)
    blocks: list[Block] = [Paragraph(lead), Paragraph(say("report.reforms.nothing_decided"), "notice")]
    blocks.append(_side_by_side(basis, rows, mark))
    blocks += _bases(basis, rows[0])
    for row in rows:
        blocks += _one(basis, row, mark)
    notes = ["cost_note"]
    notes += ["norm_note"] if _has_norm(basis, rows) else []
    notes += ["price_note"] if _is_priced_twice(basis) else []
    blocks += [Paragraph(say(f"report.reforms.{key}"), "note") for key in (*notes, "left_out")]
    return Chapter("reforms", say("report.reforms.title"), tuple(blocks), order=ORDER)


def _described(basis: Basis, name: str) -> Row:
    frame = basis.tables["reform"].filter(pl.col("reform") == name).sort("position")
    return frame.row(0, named=True)


def _name(basis: Basis, name: str) -> Text:
    found = _described(basis, name)
    return Text(found["name_zh"], found["name_en"])


def _shown(basis: Basis, row: Row) -> Callable[[float | None], Text]:
    """How an amount of the result a reform is about is written."""
    unit = str(_described(basis, row["reform"])["shows_unit"] or "").partition(" ")[0]

    def written(value: float | None) -> Text:
        if value is None:
            return say("common.unknown")
        if unit == "dm2":
            return area_text(round(value))
        return money_text(round(value), basis.currency) if unit == "minor" else same(grouped(round(value)))

    return written


def _changes(basis: Basis, row: Row, group_by: str) -> pl.DataFrame:
    """The lines of the result a reform is about, by one kind of group."""
    frame = basis.tables["reform_change"]
    shows = _described(basis, row["reform"])["shows"]
    mine = (pl.col("reform") == row["reform"]) & (pl.col("output") == shows)
    return frame.filter(mine & (pl.col("group_by") == group_by)).sort("group")


def _cost(basis: Basis, name: str, payer: str) -> tuple[int, int] | None:
    """Change in what one side bears, at the lower and the higher price; ``None`` where nothing was reckoned."""
    frame = basis.frame("reform_cost", "reform", "payer", "change_low_minor", "change_high_minor")
    if frame is None:
        return None
    mine = frame.filter((pl.col("reform") == name) & (pl.col("payer") == payer))
    if mine.is_empty():
        return None
    low, high = mine.select(pl.col("change_low_minor", "change_high_minor").sum()).row(0)
    return int(low), int(high)


def _has_norm(basis: Basis, rows: list[Row]) -> bool:
    """Whether the programme is costed by a norm a person at all."""
    return any(_cost(basis, r["reform"], "norm") is not None for r in rows)


def _is_priced_twice(basis: Basis) -> bool:
    """Whether some home has a lower and an upper price, so that a sum has two ends."""
    frame = basis.frame("reform_cost", "change_low_minor", "change_high_minor")
    return frame is not None and (frame["change_low_minor"] != frame["change_high_minor"]).any()


def _uptake(basis: Basis) -> Uptake | None:
    """How many are willing and how many of them may come, by totals; ``None`` where nothing hangs on it."""
    household = basis.frame("household", "household_class", "member_count")
    if household is None:
        return None
    willing = household.filter((pl.col("household_class") == "co_mover") & (pl.col("member_count") > 0))
    persons = int(willing.get_column("member_count").sum())
    totals = basis.frame("willingness_total", "county_code", "quantity", "low", "high")
    if totals is None or not persons:
        return Uptake(willing.height, None, None, None)
    whole = totals.filter(pl.col("county_code") == "ALL")
    found = {q: (low, high) for q, low, high in whole.select("quantity", "low", "high").iter_rows()}
    moved, moving = found.get("households"), found.get("persons")
    if moved is None or moving is None or None in (*moved, *moving):
        return Uptake(willing.height, None, None, None)
    return Uptake(willing.height, moved, moving, (moving[0] / persons, moving[1] / persons))


def _hanging(basis: Basis, name: str, payer: str) -> int:
    """The part of a change that hangs on who comes, at the higher price."""
    frame = basis.frame("reform_cost", "reform", "payer", "change_high_minor", "uptake")
    if frame is None:
        return 0
    mine = (pl.col("reform") == name) & (pl.col("payer") == payer) & pl.col("uptake").is_not_null()
    return int(frame.filter(mine).get_column("change_high_minor").sum() or 0)


def _bears(basis: Basis, name: str, payer: str) -> Text:
    """What one side bears; where it hangs on who comes, that it is the sum if all come, and the sum by the ratios."""
    ends = _cost(basis, name, payer)
    said, hanging = _money(basis, ends), _hanging(basis, name, payer)
    uptake = _uptake(basis) if hanging and ends is not None else None
    if uptake is None or ends is None:
        return said
    expected = _expected(basis, ends, hanging, uptake)
    if expected is None:
        return say("report.reforms.if_all", amount=said)
    return say("report.reforms.if_all_but", amount=said, willing=grouped(uptake.willing), expected=expected)


def _expected(basis: Basis, ends: tuple[int, int], hanging: int, uptake: Uptake) -> Text | None:
    """The change by the known ratios: what is certain, and the share of the rest that those who come make."""
    if uptake.share is None:
        return None
    low, high = (
        end - hanging + round(hanging * share) for end, share in zip(ends, uptake.share, strict=True)
    )
    return _money(basis, (low, high) if abs(high - low) > abs(high) // 1000 else (high, high))


def _hangs_on(basis: Basis, name: str) -> list[Block]:
    """Above the tables of one reform: that its sums take everybody willing to come."""
    hanging, ends, uptake = _hanging(basis, name, "county"), _cost(basis, name, "county"), _uptake(basis)
    if not hanging or ends is None or uptake is None:
        return []
    values = {"willing": grouped(uptake.willing)}
    expected = _expected(basis, ends, hanging, uptake)
    if expected is None or uptake.moved is None or uptake.persons is None:
        return [Paragraph(say("report.reforms.uptake_unknown", **values), "notice")]
    moved, persons = (_span(ends) for ends in (uptake.moved, uptake.persons))
    said = say("report.reforms.uptake_note", moved=moved, persons=persons, expected=expected, **values)
    return [Paragraph(said, "notice")]


def _span(ends: tuple[float, float]) -> Text:
    low, high = (grouped(round(end)) for end in ends)
    return same(low) if low == high else say("report.reforms.from_to", low=low, high=high)


def _money(basis: Basis, ends: tuple[int, int] | None) -> Text:
    """A change in money: from the lower to the higher price where they differ; more, less or nothing said in words."""
    if ends is None:
        return say("common.unknown")
    low, high = (money_text(abs(e), basis.currency) for e in sorted(ends, key=abs))
    if ends == (0, 0):
        return say("report.reforms.no_change")
    amount = low if low == high else say("report.reforms.from_to", low=low, high=high)
    return say("report.reforms.more" if max(ends) > 0 else "report.reforms.less", amount=amount)


def _both_ends(row: Row, name: str, written: Callable[[Any], Text]) -> Text:
    before, after = row.get(f"{name}_before"), row.get(f"{name}_after")
    if before is None or after is None:
        return say("common.unknown")
    first, second = written(before), written(after)
    if first == second:
        return say("report.reforms.stays", value=first)
    return say("report.reforms.becomes", before=first, after=second)


def _side_by_side(basis: Basis, rows: list[Row], mark: Mark) -> PageTable:
    """One column a reform, one line a question."""
    money = lambda value: money_text(round(value), basis.currency)  # noqa: E731
    counted = lambda value: same(grouped(round(value)))  # noqa: E731
    lines: list[tuple[Text, list[Text]]] = [
        (say("report.reforms.rests_on"), [_rests_on(basis, r["reform"]) for r in rows])
    ]
    mixed = ("both_count",) if any(r.get("both_count") for r in rows) else ()
    for key in ("gain_count", "lose_count", *mixed):
        lines.append((say(f"report.reforms.{key}"), [_count(r.get(key)) for r in rows]))
    lines.append((say("report.reforms.typical"), [_typical(basis, r) for r in rows]))
    has_norm = _has_norm(basis, rows)
    for payer in PAYERS if has_norm else [p for p in PAYERS if p != "norm"]:
        texts = [_bears(basis, r["reform"], payer) for r in rows]
        lines.append((say(f"report.reforms.payer.{payer}"), texts))
    year = rows[0].get("crowded_ahead_year")
    threshold = area_text(basis.crowding_threshold_dm2)
    for key, written in (
        ("eligible", counted),
        ("crowded", counted),
        ("crowded_ahead", counted),
        ("near_line_eligible", counted),
        ("near_line_support_minor", money),
    ):
        if any(r.get(f"{key}_before") is not None for r in rows):
            head = say(f"report.reforms.{key}", years=year, threshold=threshold)
            lines.append((head, [_both_ends(r, key, written) for r in rows]))
    columns = (
        PageColumn(say("report.reforms.question")),
        *(PageColumn(_name(basis, r["reform"])) for r in rows),
    )
    body: tuple[tuple[Cell, ...], ...] = tuple((head, *texts) for head, texts in lines)
    note = say("report.reforms.side_note_norm" if has_norm else "report.reforms.side_note")
    return PageTable(say("report.reforms.side_table"), columns, body, mark=mark, note=note)


def _bases(basis: Basis, row: Row) -> list[Block]:
    """What the counts of this chapter are a part of, so that they can be held against the chapters before."""
    whole = basis.frame("targeting_household", "household_id", "is_registered", "is_near_line")
    rules = basis.frame("entitlement", "household_id", "is_eligible")
    near = row.get("near_line_eligible_before")
    if whole is None or rules is None or near is None:
        return []
    both = whole.join(rules.select("household_id", "is_eligible"), on="household_id", how="left")
    listed = both.filter(pl.col("is_registered").fill_null(False))
    counts = {
        "registered": listed.height,
        "eligible": listed.filter(pl.col("is_eligible").fill_null(False)).height,
        "refused": listed.filter(~pl.col("is_eligible").fill_null(True)).height,
        "unknown": listed.get_column("is_eligible").null_count(),
        "near": both.filter(pl.col("is_near_line").fill_null(False)).height,
        "near_eligible": round(near),
    }
    if not listed.height or any(0 < n < 5 for n in counts.values()):
        return []
    return [Paragraph(say("report.reforms.base_note", **{k: grouped(n) for k, n in counts.items()}), "note")]


def _rests_on(basis: Basis, name: str) -> Text:
    frame = basis.tables["reform"].filter(pl.col("reform") == name)
    return say(
        "report.reforms.assumption"
        if frame.get_column("is_assumption").fill_null(True).any()
        else "report.reforms.sourced"
    )


def _count(count: int | None) -> Text:
    hidden = small_count(count)
    return (
        same("<5")
        if isinstance(hidden, Hidden)
        else same(grouped(hidden))
        if hidden is not None
        else say("common.unknown")
    )


def _typical(basis: Basis, row: Row) -> Text:
    """The middle change of those a reform touches, in the unit of its result."""
    whole = _changes(basis, row, "all")
    value = None if whole.is_empty() else whole.row(0, named=True)["median_change"]
    if value is None:
        return say("report.reforms.no_change")
    found = _described(basis, row["reform"])
    result = Text(found["shows_zh"], found["shows_en"])
    amount = _shown(basis, row)(abs(value))
    key = "result_more" if value > 0 else "result_less"
    return say(f"report.reforms.{key}", result=result, amount=amount)


def _one(basis: Basis, row: Row, mark: Mark) -> list[Block]:
    """One reform: who gains, where and in which group, who bears it, what is changed in which words."""
    name = row["reform"]
    by_county, whole = _changes(basis, row, "county_code"), _changes(basis, row, "all")
    blocks: list[Block] = [Paragraph(_name(basis, name), "head")]
    if by_county.height and whole.height:
        total = whole.row(0, named=True)
        most = by_county.sort("gain_count", "group", descending=[True, False]).row(0, named=True)
        values = {
            "gain": _count(row["gain_count"]),
            "lose": _count(row["lose_count"]),
            "whole": grouped(row["household_count"]),
            "county": basis.region_name(most["group"]),
            "most": _count(most["gain_count"]),
            "before": _shown(basis, row)(total["sum_before"]),
            "after": _shown(basis, row)(total["sum_after"]),
            "result": Text(_described(basis, name)["shows_zh"], _described(basis, name)["shows_en"]),
            "pays": _bears(basis, name, "county"),
            "families": _bears(basis, name, "household"),
        }
        blocks.append(Paragraph(say("report.reforms.story", **values)))
        blocks += _hangs_on(basis, name)
        blocks.append(_by_group(basis, row, by_county, "county_code", mark))
    cost = _cost_table(basis, name, mark)
    blocks += [cost] if cost is not None else []
    groups = [_by_group(basis, row, _changes(basis, row, g), g, mark) for g in GROUPS]
    blocks.append(Folded(say("report.reforms.group_fold"), tuple(groups)))
    blocks.append(Folded(say("report.reforms.words_fold"), (_words(basis, name),)))
    return blocks


def _by_group(basis: Basis, row: Row, frame: pl.DataFrame, group_by: str, mark: Mark) -> PageTable:
    """Households that gain and lose by group; where a count is withheld its sum is withheld with it."""
    rows = frame.to_dicts()
    gains = masked_column([r["gain_count"] or 0 for r in rows]) if rows else []
    losses = masked_column([r["lose_count"] or 0 for r in rows]) if rows else []
    body: list[tuple[Cell, ...]] = []
    for r, gain, lose in zip(rows, gains, losses, strict=False):
        hidden = isinstance(gain, Hidden) or isinstance(lose, Hidden)
        change = None if r["sum_before"] is None else (r["sum_after"] or 0) - r["sum_before"]
        told: Cell = Hidden(False) if hidden else change
        body.append(
            (_group(basis, group_by, r["group"]), small_count(r["household_count"]), gain, lose, told)
        )
    result = Text(_described(basis, row["reform"])["shows_zh"], _described(basis, row["reform"])["shows_en"])
    columns = (
        PageColumn(say(f"report.reforms.by.{group_by}")),
        PageColumn(say("report.reforms.households"), "count"),
        PageColumn(say("report.reforms.gain"), "count"),
        PageColumn(say("report.reforms.lose"), "count"),
        _amounts(basis, row, say("report.reforms.change", result=result), body),
    )
    title = say(f"report.reforms.table.{group_by}", name=_name(basis, row["reform"]))
    return PageTable(title, columns, tuple(body), mark=mark)


def _amounts(basis: Basis, row: Row, head: Text, body: list[tuple[Cell, ...]]) -> PageColumn:
    """The column of the change, in one unit for the whole table."""
    unit = str(_described(basis, row["reform"])["shows_unit"] or "").partition(" ")[0]
    if unit == "dm2":
        return area_column(head)
    largest = max([abs(r[-1]) for r in body if isinstance(r[-1], int)], default=0)
    return money_column(head, basis.currency, largest) if unit == "minor" else PageColumn(head, "count")


def _group(basis: Basis, group_by: str, group: str) -> Text:
    if group == "?":
        return say("common.unknown")
    if group_by == "county_code":
        return basis.region_name(group)
    key = f"report.reforms.group.{group}"
    return say(key) if key in sentences("zh") else same(group)


def _cost_table(basis: Basis, name: str, mark: Mark) -> PageTable | None:
    """What changes in cost, line by line; a line that does not change is left out and that is said."""
    frame = basis.frame("reform_cost", "reform", "payer", "source_zh", "source_en")
    if frame is None:
        return None
    changed = (pl.col("change_low_minor") != 0) | (pl.col("change_high_minor") != 0)
    rows = frame.filter((pl.col("reform") == name) & changed).to_dicts()
    if not rows:
        return None
    columns = (
        PageColumn(say("report.reforms.cost_line")),
        PageColumn(say("report.reforms.borne_by")),
        PageColumn(say("report.reforms.cost_change")),
    )
    body: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Text(r["source_zh"], r["source_en"]),
            say(f"report.reforms.bearer.{r['payer']}"),
            _item(basis, r),
        )
        for r in rows
    )
    title = say("report.reforms.cost_table", name=_name(basis, name))
    return PageTable(title, columns, body, note=_left_out(rows), mark=mark)


def _left_out(rows: list[Row]) -> Text | None:
    """That households of unknown amount are in none of the sums, so that these may be below the tables beside them."""
    unknown = max((r.get("unknown_count") or 0 for r in rows), default=0)
    return say("report.reforms.unknown_left_out", count=_count(unknown)) if unknown else None


def _item(basis: Basis, row: Row) -> Text:
    """One item's change; where it hangs on who comes, that this is the sum if all come."""
    said = _money(basis, (row["change_low_minor"], row["change_high_minor"]))
    return say("report.reforms.if_all", amount=said) if row.get("uptake") else said


def _words(basis: Basis, name: str) -> PageTable:
    """What is changed in the policy, word by word, with the source of each new value."""
    frame = basis.tables["reform"].filter(pl.col("reform") == name).sort("position")
    columns = (PageColumn(say("report.reforms.what_changes")), PageColumn(say("report.head.source")))
    rows: list[tuple[Cell, ...]] = []
    for r in frame.to_dicts():
        source = basis.titles.get(f"reform.{r['source']}", same(r["source"] or ""))
        english = (r["change_en"] or "").replace(
            " m2", " m²"
        )  # a page writes the sign, a console may not have it
        rows.append((Text(r["change_zh"] or "", english), source))
    return PageTable(say("report.reforms.words_table"), columns, tuple(rows))
