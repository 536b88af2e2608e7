"""Money: norms by source to the budget, the need, what is in place; rates with denominators; months short."""

from __future__ import annotations

import polars as pl

from resettle.methods.fund_totals import programme_total, source_totals
from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.compensation import compensation
from resettle.report.counties import UNDECIDED
from resettle.report.ladder import steps_of
from resettle.report.masking import few
from resettle.report.money_ways import first_short_months, ways_of_money
from resettle.report.own_share import own_shares
from resettle.report.sentences import say, word_of
from resettle.tables.page_text import (
    date_text,
    money_column,
    money_text,
    number_text,
    percent_text,
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


MEASURES = ("norm", "budget", "need", "works_cost", "in_place", "disbursed", "received")


def whole_programme(basis: Basis, measure: str) -> pl.DataFrame:
    """Positions of one measure for the whole programme, one row for each source."""
    frame = basis.frame("fund_position", "measure", "source", "county_code", "amount_minor")
    return pl.DataFrame() if frame is None else source_totals(frame, measure)


def amount(basis: Basis, measure: str) -> int | None:
    """The whole amount of a measure; ``None`` unknown."""
    frame = basis.frame("fund_position", "measure", "source", "county_code", "amount_minor")
    return None if frame is None else programme_total(frame, measure)


def missing_money(basis: Basis) -> int | None:
    """Need of the works less funds in place; ``None`` where one of them is unknown."""
    need, in_place = amount(basis, "need"), amount(basis, "in_place")
    return None if need is None or in_place is None else need - in_place


def at_least(basis: Basis, measure: str) -> bool:
    """Whether an amount is only the known part of a measure."""
    frame = basis.frame("fund_position", "measure", "is_least")
    return frame is not None and bool(
        frame.filter(pl.col("measure") == measure)["is_least"].fill_null(False).any()
    )


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
    mark: Mark = _mark(basis)
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
    least = [word_of("report.measure", m) for m in MEASURES if at_least(basis, m)]
    if least:
        listed = Text("、".join(t.zh for t in least), ", ".join(t.en for t in least))
        blocks.append(Paragraph(say("report.money.least_note", measures=listed), "notice"))
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
    blocks += first_short_months(basis)
    blocks += ways_of_money(basis)
    blocks += compensation(basis)
    return Chapter("money", say("report.money.title"), tuple(blocks), order=60)


def missing_by_works(basis: Basis) -> int | None:
    """What is missing from the cost of the works of this plan, where that is more than the stated need."""
    cost, need, in_place = (amount(basis, m) for m in ("works_cost", "need", "in_place"))
    if cost is None or need is None or in_place is None or cost <= need or at_least(basis, "works_cost"):
        return None
    return max(cost - in_place, 0)


def _weighed(basis: Basis) -> list[Block]:
    """What the plan of sites weighed beside the cost of its works, so that the two sums are not taken for one."""
    answer, cost = basis.frame("siting_answer", "objective_minor"), amount(basis, "works_cost")
    if answer is None or cost is None or answer["objective_minor"].null_count():
        return []
    if at_least(
        basis, "works_cost"
    ):  # unknown costs were weighed like the dearest known: no sum to set beside
        return []
    objective = int(answer["objective_minor"].sum())
    if objective <= cost:
        return []
    values = {"objective": _written(basis, objective), "more": _written(basis, objective - cost)}
    return [Paragraph(say("report.money.weighed_note", **values), "note")]


def _works(basis: Basis) -> list[Block]:
    """Where the works of the plan cost more than the need that was stated: both are said, and what follows."""
    if at_least(basis, "works_cost"):
        cost = money_text(amount(basis, "works_cost"), basis.currency)
        return [Paragraph(say("report.money.works_least", cost=cost))]
    missing = missing_by_works(basis)
    if missing is None:
        return []
    amounts = {"cost": amount(basis, "works_cost"), "need": amount(basis, "need"), "missing": missing}
    values = {name: money_text(value, basis.currency) for name, value in amounts.items()}
    key = "works_note_synthetic" if works_are_synthetic(basis) else "works_note"
    return [Paragraph(say(f"report.money.{key}", **values))]


def works_are_synthetic(basis: Basis) -> bool:
    """Whether the works are reckoned by invented prices: their cost is then no sum to set beside printed ones."""
    rows = whole_programme(basis, "works_cost")
    return "status" in rows.columns and "synthetic" in rows["status"].to_list()


def _mark(basis: Basis) -> Mark:
    """Of the sums in the figure, in which the cost of the works, by prices that may be invented, is no part."""
    frame = basis.frame("fund_position", "measure")
    return mark_of(None if frame is None else frame.filter(pl.col("measure") != "works_cost"))


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
    return [word_of("value.source", s) for s in _ordered(mended) if s != "all"]


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
        Step(word_of("value.source", source), by_source[source], "part")
        for source in _ordered(list(by_source))
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
    for measure in MEASURES:
        frame = whole_programme(basis, measure)
        if frame.is_empty():
            continue
        found = {r["source"]: r for r in frame.to_dicts()}
        for source in _ordered(list(found)):
            r = found[source]
            largest = max(largest, abs(r["amount_minor"]))
            rows.append(
                (
                    say("report.money.at_least", amount=word_of("report.measure", measure))
                    if r.get("is_least")
                    else word_of("report.measure", measure),
                    word_of("value.source", source),
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
    word = word_of("value.status", status)
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
                numerator=word_of("report.measure", r["numerator"]),
                denominator=word_of("report.measure", r[name]),
                a=_written(basis, r["numerator_minor"]),
                b=_written(basis, r["denominator_minor"]),
            ),
        )
        for r in rows
        if r["numerator"] == "in_place"
    ]
    blocks: list[Block] = [RateCards(tuple(cards))] if cards else []
    others: tuple[tuple[Cell, ...], ...] = tuple(
        (word_of("report.measure", r["numerator"]), word_of("report.measure", r[name]), r["rate_ppm"])
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
