"""Money: norms by source to the budget, the need, what is in place; rates with denominators; months short."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.compensation import compensation
from resettle.report.counties import UNDECIDED
from resettle.report.ladder import steps_of
from resettle.report.masking import few
from resettle.report.own_share import own_shares
from resettle.report.sentences import say
from resettle.tables.money import weakest_status
from resettle.tables.page_text import (
    date_text,
    money_column,
    money_text,
    month_text,
    number_text,
    percent_text,
    same,
)
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Figure,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    RateCard,
    RateCards,
    Step,
    Text,
    Waterfall,
)
from resettle.words import sentences

SOURCES = (
    "central_budget",
    "provincial_municipal",
    "local_bond",
    "special_construction",
    "long_term_loan",
    "self_raised",
    "project_developer",
    "other",
)


def _word(prefix: str, name: str | None) -> Text:
    if name is None:
        return say("common.unknown")
    return say(f"{prefix}.{name}") if f"{prefix}.{name}" in sentences("zh") else same(name)


def whole_programme(basis: Basis, measure: str) -> pl.DataFrame:
    """Positions of one measure for the whole programme: its own rows, else the sum of the counties."""
    frame = basis.frame("fund_position", "measure", "source", "amount_minor")
    if frame is None:
        return pl.DataFrame()
    county = pl.col("county_code") if "county_code" in frame.columns else pl.lit("all")
    rows = frame.filter(pl.col("measure") == measure).with_columns(
        county.fill_null("all").alias("county_code")
    )
    whole = rows.filter(pl.col("county_code") == "all")
    if not whole.is_empty():
        return whole.sort("source")
    parts = [pl.col("amount_minor").sum()]
    if "status" in rows.columns:
        parts.append(weakest_status())
    return rows.group_by("source").agg(parts).sort("source")


def amount(basis: Basis, measure: str) -> int | None:
    """The whole amount of a measure: the row for all sources, else the sum over sources; ``None`` unknown."""
    rows = whole_programme(basis, measure)
    if rows.is_empty():
        return None
    every = rows.filter(pl.col("source") == "all")
    chosen = every if not every.is_empty() else rows
    return int(chosen.get_column("amount_minor").sum())


def missing_money(basis: Basis) -> int | None:
    """Need of the works less funds in place; ``None`` where one of them is unknown."""
    need, in_place = amount(basis, "need"), amount(basis, "in_place")
    return None if need is None or in_place is None else need - in_place


def money(basis: Basis) -> Chapter:
    """The chapter: sources, budget, need, in place, rates, cash by month."""
    if basis.frame("fund_position", "measure", "source", "amount_minor") is None:
        return not_computed("money", 60, "fund_position")
    budget, need, in_place = (amount(basis, m) for m in ("budget", "need", "in_place"))
    gap = missing_money(basis)
    short = gap is not None and gap > 0
    values = {
        "budget": money_text(budget, basis.currency),
        "need": money_text(need, basis.currency),
        "in_place": money_text(in_place, basis.currency),
        "missing": money_text(gap, basis.currency),
    }
    blocks: list[Block] = [
        Paragraph(say("report.money.lead" if short else "report.money.lead_enough", **values))
    ]
    repaired = _repaired(basis)
    mark: Mark = mark_of(basis.frame("fund_position"))
    title = "figure_title" if short else "figure_title_enough" if gap is not None else "figure_title_unknown"
    blocks.append(
        Figure(
            say(f"report.money.{title}", **values),
            mark,
            _waterfall(basis, budget, need, in_place, gap),
            _table(basis),
            key="funds",
        )
    )
    blocks += _rates(basis)
    blocks += _as_printed(basis)
    if repaired:
        listed = Text("、".join(t.zh for t in repaired), ", ".join(t.en for t in repaired))
        blocks.append(Paragraph(say("report.money.repaired_note", sources=listed), "note"))
    if not whole_programme(basis, "norm").is_empty():
        blocks.append(Paragraph(say("report.money.norm_note"), "note"))
    if _is_in_place_whole(basis):
        blocks.append(Paragraph(say("report.money.by_source_unknown"), "note"))
    blocks += _persons_behind(basis)
    blocks += _works(basis)
    blocks += _weighed(basis)
    blocks += own_shares(basis)
    blocks += _shortfall(basis)
    blocks += _flows(basis)
    blocks += compensation(basis)
    return Chapter("money", say("report.money.title"), tuple(blocks), order=60)


def missing_by_works(basis: Basis) -> int | None:
    """What is missing from the cost of the works of this plan, where that is more than the stated need."""
    cost, need, in_place = (amount(basis, m) for m in ("works_cost", "need", "in_place"))
    if cost is None or need is None or in_place is None or cost <= need:
        return None
    return max(cost - in_place, 0)


def _weighed(basis: Basis) -> list[Block]:
    """What the plan of sites weighed beside the cost of its works, so that the two sums are not taken for one."""
    answer, cost = basis.frame("siting_answer", "objective_minor"), amount(basis, "works_cost")
    if answer is None or cost is None or answer["objective_minor"].null_count():
        return []
    objective = int(answer["objective_minor"].sum())
    if objective <= cost:
        return []
    values = {"objective": _written(basis, objective), "more": _written(basis, objective - cost)}
    return [Paragraph(say("report.money.weighed_note", **values), "note")]


def _works(basis: Basis) -> list[Block]:
    """Where the works of the plan cost more than the need that was stated: both are said, and what follows."""
    missing = missing_by_works(basis)
    if missing is None:
        return []
    amounts = {"cost": amount(basis, "works_cost"), "need": amount(basis, "need"), "missing": missing}
    values = {name: money_text(value, basis.currency) for name, value in amounts.items()}
    return [Paragraph(say("report.money.works_note", **values))]


def _is_in_place_whole(basis: Basis) -> bool:
    """Whether what is in place is known as one sum only, while the norms go by source."""
    by_source = [
        not frame.is_empty() and (frame["source"] != "all").any()
        for frame in (whole_programme(basis, m) for m in ("norm", "in_place"))
    ]
    return by_source == [True, False] and amount(basis, "in_place") is not None


def _persons_behind(basis: Basis) -> list[Block]:
    """On how many persons the norms are reckoned, where those are not the persons entitled to move."""
    norms, movers = whole_programme(basis, "norm"), basis.movers()
    if norms.is_empty() or "person_count" not in norms.columns or movers is None:
        return []
    counts = norms["person_count"].drop_nulls().unique().to_list()
    main = movers.filter(pl.col("mover_class") != "co_mover")["persons"]
    if len(counts) != 1 or main.null_count() or counts[0] == main.sum():
        return []
    behind, now, steps = int(counts[0]), int(main.sum()), steps_of(basis)
    more, values = behind - now, {"persons": f"{behind:,}", "now": f"{now:,}", "more": f"{behind - now:,}"}
    waiting = None if steps is None else steps.filter(pl.col("step") == UNDECIDED)["persons"]
    if waiting is not None and not waiting.null_count() and waiting.sum() == more:
        text = say("report.money.persons_undecided", **values, households=few(waiting.len()))
    else:
        text = say("report.money.persons_differ", **values)
    return [Paragraph(text, "note")]


def _repaired(basis: Basis) -> list[Text]:
    rows = whole_programme(basis, "norm")
    if rows.is_empty() or "status" not in rows.columns:
        return []
    mended = rows.filter(pl.col("status") == "repaired").get_column("source").to_list()
    return [_word("value.source", s) for s in _ordered(mended) if s != "all"]


def _ordered(sources: list[str]) -> list[str]:
    return sorted(sources, key=lambda s: (SOURCES.index(s) if s in SOURCES else len(SOURCES), s))


def _waterfall(
    basis: Basis, budget: int | None, need: int | None, in_place: int | None, gap: int | None
) -> Waterfall:
    norms = whole_programme(basis, "norm")
    by_source: dict[str, int] = {}
    if not norms.is_empty():
        by_source = dict(norms.filter(pl.col("source") != "all").select("source", "amount_minor").iter_rows())
    steps = [
        Step(_word("value.source", source), by_source[source], "part") for source in _ordered(list(by_source))
    ]
    steps.append(Step(say("report.measure.budget"), budget, "total"))
    steps.append(Step(say("report.measure.need"), need, "total"))
    steps.append(Step(say("report.measure.in_place"), in_place, "in_place", need))
    if gap is not None and gap > 0:
        steps.append(Step(say("report.measure.missing"), gap, "missing"))
    largest = max([v for v in (budget, need, in_place) if v is not None], default=0)
    return Waterfall(tuple(steps), money_column(say("report.head.amount"), basis.currency, largest))


def _table(basis: Basis) -> PageTable:
    rows: list[tuple[Cell, ...]] = []
    largest = 0
    for measure in ("norm", "budget", "need", "works_cost", "in_place", "disbursed", "received"):
        frame = whole_programme(basis, measure)
        if frame.is_empty():
            continue
        found = {r["source"]: r for r in frame.to_dicts()}
        for source in _ordered(list(found)):
            r = found[source]
            largest = max(largest, abs(r["amount_minor"]))
            rows.append(
                (
                    _word("report.measure", measure),
                    _word("value.source", source),
                    r["amount_minor"],
                    _status(measure, r.get("status")),
                )
            )
    columns = (
        PageColumn(say("report.head.indicator")),
        PageColumn(say("report.head.fund_source")),
        money_column(say("report.head.amount"), basis.currency, largest),
        PageColumn(say("report.head.data_status")),
    )
    return PageTable(say("report.money.table_title"), columns, tuple(rows))


def _status(measure: str, status: str | None) -> Text:
    """Where an amount comes from; one by norms is never printed: it is reckoned from the printed norm and the persons."""
    word = _word("value.status", status)
    return say("report.money.by_norm", status=word) if measure == "norm" and status != "computed" else word


def _rates(basis: Basis) -> list[Block]:
    """What is in place over each denominator as cards, every other rate in a table; denominators named."""
    frame = basis.frame("fund_rate", "numerator_minor", "denominator_minor", "rate_ppm")
    if frame is None:
        return []
    name = "denominator" if "denominator" in frame.columns else "denominator_name"
    if name not in frame.columns:
        return []
    rows = [{"numerator": "in_place"} | r for r in frame.to_dicts()]
    cards = [
        RateCard(
            percent_text(r["rate_ppm"]),
            say(
                "report.money.rate_label",
                numerator=_word("report.measure", r["numerator"]),
                denominator=_word("report.measure", r[name]),
                a=_written(basis, r["numerator_minor"]),
                b=_written(basis, r["denominator_minor"]),
            ),
        )
        for r in rows
        if r["numerator"] == "in_place"
    ]
    blocks: list[Block] = [RateCards(tuple(cards))] if cards else []
    others: tuple[tuple[Cell, ...], ...] = tuple(
        (_word("report.measure", r["numerator"]), _word("report.measure", r[name]), r["rate_ppm"])
        for r in rows
        if r["numerator"] != "in_place"
    )
    if others:
        columns = (
            PageColumn(say("report.head.numerator")),
            PageColumn(say("report.head.denominator")),
            PageColumn(say("report.head.rate"), "share", decimals=1),
        )
        mark = mark_of(basis.frame("fund_position"))
        blocks.append(PageTable(say("report.money.rate_table"), columns, others, mark=mark))
    return blocks


def _as_printed(basis: Basis) -> list[Block]:
    """Of which day the money in place is, and where the source prints another rate than is reckoned here."""
    said: list[Text] = []
    fund = basis.frame("fund", "measure", "as_of_date")
    dated = None if fund is None else fund.filter(pl.col("measure") == "in_place")["as_of_date"].drop_nulls()
    for day in [] if dated is None else dated.unique().sort().tail(1).to_list():
        later = basis.as_of is not None and day > basis.as_of
        after = say("report.money.in_place_after", as_of=date_text(basis.as_of)) if later else Text("", "")
        said.append(say("report.money.in_place_day", day=date_text(day), after=after))
    rates, finding = basis.frame("fund_rate", "rate", "rate_ppm"), basis.frame("finding", "code", "figures")
    if rates is not None and finding is not None:
        unlike = finding.filter(pl.col("code") == "R04").sort("finding_id").to_dicts()
        for row in rates.unique("rate", keep="first", maintain_order=True).to_dicts():
            for r in unlike:
                if any(f.endswith(f".{row['rate']}_rate") for f in (r["figures"] or "").split(";")):
                    printed = Text(r["a_zh"], r["a_en"])
                    rate = percent_text(row["rate_ppm"])
                    said.append(say("report.money.rate_printed", printed=printed, rate=rate))
    return [Paragraph(text, "note") for text in said]


def _written(basis: Basis, value: int | None) -> Text:
    """An amount with its unit, in the unit of a table."""
    if value is None:
        return say("common.unknown")
    column = money_column(say("report.head.amount"), basis.currency, value)
    number = number_text(value, column)
    return Text(f"{number.zh}{column.unit.zh}", f"{number.en} {column.unit.en}")


def _shortfall(basis: Basis) -> list[Block]:
    """The first month in which a county has less cash than its works need so far."""
    frame = basis.frame("fund_shortfall", "county_code", "month", "need_minor", "cash_minor")
    heading = Paragraph(say("report.money.short_head"), "head")
    if frame is None:
        return [heading, Paragraph(say("report.money.short_missing"), "missing")]
    short = frame.filter(pl.col("need_minor") > pl.col("cash_minor")).sort("month", "county_code")
    first = short.unique("county_code", keep="first", maintain_order=True)
    if first.is_empty():
        counties = frame.get_column("county_code").n_unique()
        return [heading, Paragraph(say("report.money.short_none", counties=counties))]
    rows = first.to_dicts()
    largest = max(max(r["need_minor"], r["cash_minor"]) for r in rows)
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.head.month")),
        money_column(say("report.head.need_so_far"), basis.currency, largest),
        money_column(say("report.head.cash_so_far"), basis.currency, largest),
        money_column(say("report.head.missing"), basis.currency, largest),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            basis.region_name(r["county_code"]),
            month_text(r["month"]),
            r["need_minor"],
            r["cash_minor"],
            r["need_minor"] - r["cash_minor"],
        )
        for r in rows
    ]
    told = say(
        "report.money.short_title",
        count=len(rows),
        whole=frame.get_column("county_code").n_unique(),
        county=basis.region_name(rows[0]["county_code"]),
        month=month_text(rows[0]["month"]),
        missing=money_text(rows[0]["need_minor"] - rows[0]["cash_minor"], basis.currency),
    )
    table = PageTable(
        say("report.money.short_table"), columns, tuple(cells), mark=mark_of(basis.frame("fund"), frame)
    )
    return [heading, Paragraph(told, "notice"), table]


def _flows(basis: Basis) -> list[Block]:
    """Payments that went another way than recorded: counts and sums by kind, no names.

    Without any record of payments nothing can be said, which is not the same as nothing found.
    """
    heading = Paragraph(say("report.money.flow_head"), "head")
    paid = basis.frame("payment")
    frame = basis.frame("fund_flow_finding", "kind", "amount_minor")
    if frame is None:
        if paid is None:
            return [heading, Paragraph(say("report.money.flow_unknown"), "missing")]
        return [heading, Paragraph(say("report.money.flow_none", count=paid.height))]
    groups = (
        frame.group_by("kind").agg(pl.len().alias("n"), pl.col("amount_minor").sum().alias("a")).sort("kind")
    )
    rows = groups.to_dicts()
    columns = (
        PageColumn(say("report.head.flow_kind")),
        PageColumn(say("report.head.payments"), "count"),
        money_column(say("report.head.amount"), basis.currency, max(r["a"] or 0 for r in rows)),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (_word("report.flow", r["kind"]), r["n"], r["a"]) for r in rows
    )
    key = "flow_text" if paid is None else "flow_text_of"
    checked = say(f"report.money.{key}", count=frame.height, whole=0 if paid is None else paid.height)
    table = PageTable(say("report.money.flow_table"), columns, cells, mark=mark_of(frame))
    return [heading, Paragraph(checked, "notice"), table]
