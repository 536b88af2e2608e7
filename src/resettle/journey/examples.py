"""Households the report explains: which ones, told as a family of a village and never by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from resettle.journey.beside import said_beside
from resettle.journey.letter_money import compensation_titles
from resettle.journey.run import Run
from resettle.journey.traces import currency_text, page_trace, trace_household, value_text
from resettle.journey.ways import both, notes_text
from resettle.policy import Trace, bind, deciding, why_not
from resettle.policy.names import as_value
from resettle.policy.why_not import Change
from resettle.tables.page_text import area_text, grouped, money_text, range_text
from resettle.tables.pages import Text
from resettle.tables.pages import Trace as PageTrace
from resettle.words import LANGUAGES

QUESTIONS = ("dwelling_size_dm2", "area_cap_dm2", "is_eligible")
"""What an example is asked, the first the pack has."""
MOST_NAMED = 4
MOST_MISSING = 3
ELIGIBLE = "is_eligible"
MOVER, CO_MOVER = "mover_class", "co_mover"
"""The rule that says as what a household moves, and who moves along without being entitled."""
_COUNTS = ("resettled_persons", "member_count")


@dataclass(frozen=True)
class Family:
    """One example: its rows, and where the plan has it."""

    household: Mapping[str, Any]
    entitled: Mapping[str, Any]
    placed: Mapping[str, Any] | None

    @property
    def is_buyer(self) -> bool:
        """Whether it moves along without being entitled, and so pays a price."""
        return self.entitled.get("mover_class") == "co_mover" and self.placed is not None

    @property
    def persons(self) -> int | None:
        """How many persons are counted, by the first source that says it."""
        rows = (self.entitled, self.household)
        found = (row.get(name) for name in _COUNTS for row in rows)
        return next((int(n) for n in found if n is not None), None)


def example_traces(run: Run) -> list[PageTrace]:
    """Explained households for the report: those the programme names, then one of each kind of answer."""
    found = []
    for household_id in chosen(run):
        programme = run.programme
        trace = trace_household(run.tables, run.pack, household_id, programme.as_of, programme.scope)
        family = family_of(run, household_id)
        trace = replace(trace, elsewhere=said_beside(programme, run.pack, family.household))
        question = _question(run, trace, family)
        if question is not None:
            page = page_trace(trace, question, household_id, run)
            head = headline(run, family)
            notes = [*notes_of(run, family, trace), *notes_text(run.tables, run.pack, household_id)]
            label = both("trace.family.label", household=household_id)
            found.append(replace(page, conclusion=head, notes=tuple(notes), label=label))
    return found


def chosen(run: Run) -> list[str]:
    """The households to explain: the programme's own, an undecided one, a refused one, one that buys.

    Where the programme names none, an entitled household comes first.
    """
    named = [i for i in run.programme.options.get("examples", []) if isinstance(i, str)]
    there = set(run.tables["household"]["household_id"].to_list())
    picked = [i for i in named if i in there][:MOST_NAMED]
    entitlement = run.tables.get("entitlement")
    if entitlement is None or ELIGIBLE not in entitlement.columns:
        return picked
    site = run.tables.get("household_site")
    planned = site["household_id"].to_list() if site is not None and "household_id" in site.columns else []
    in_plan = pl.col("household_id").is_in(planned)
    kinds = [pl.col(ELIGIBLE).is_null(), ~pl.col(ELIGIBLE) & ~in_plan]
    if "mover_class" in entitlement.columns:
        kinds.append((pl.col("mover_class") == "co_mover") & in_plan)
    for condition in kinds if picked else [pl.col(ELIGIBLE), *kinds]:
        hit = entitlement.filter(condition).sort("household_id").head(1)
        picked += [i for i in hit["household_id"].to_list() if i not in picked]
    return picked


def family_of(run: Run, household_id: str) -> Family:
    """The rows of one household."""

    def row(name: str) -> Mapping[str, Any] | None:
        table = run.tables.get(name)
        if table is None or "household_id" not in table.columns:
            return None
        mine = table.filter(pl.col("household_id") == household_id)
        return mine.row(0, named=True) if mine.height else None

    return Family(row("household") or {}, row("entitlement") or {}, row("household_site"))


def _question(run: Run, trace: Trace, family: Family) -> str | None:
    """What to ask: how large a home, or, where that is refused or unknown, whether at all."""
    asked = [q for q in QUESTIONS if run.pack.rule(q)]
    if ELIGIBLE in asked and not family.is_buyer and trace.result(ELIGIBLE) is not True:
        return ELIGIBLE
    return asked[0] if asked else None


def place_text(run: Run, household: Mapping[str, Any]) -> Text:
    """A household's village as each language names it; in English, where no name is known, its county's."""
    code, county = household.get("village_code"), household.get("county_code")
    names: dict[str, Any] = {}
    region = run.tables.get("region")
    if region is not None and {"region_code", "name_en", "name_zh"} <= set(region.columns):
        names = {r["region_code"]: r for r in region.sort("region_code").to_dicts()}
    here, around = names.get(code or "", {}), names.get(county or "", {})
    zh = here.get("name_zh") or code or county or ""
    village = run.tables.get("village")
    if code is not None and village is not None and "village_name" in village.columns:
        named = village.filter(pl.col("village_code") == code)["village_name"].drop_nulls().to_list()
        zh = named[0] if named else zh
    en = str(here.get("name_en") or (zh if str(zh).isascii() else code) or county or "")
    if not here.get("name_en") and not str(zh).isascii() and around.get("name_en"):
        en = both("page.village_of", place=around["name_en"]).en
    return Text(str(zh).removesuffix("村民委员会").removesuffix("居民委员会"), en)


def headline(run: Run, family: Family) -> Text:
    """The answer in one sentence, about a family of so many in a village."""
    titles = run.programme.options.get("example_titles", {})
    told = titles.get(family.household.get("household_id"), {}) if isinstance(titles, Mapping) else {}
    count = family.persons
    number = grouped(count) if count is not None else None
    who = both("trace.family.who", persons=number, place=place_text(run, family.household))
    if number is None:
        who = both("trace.family.who_unknown", place=place_text(run, family.household))
    if told:
        who = both("trace.family.named", title=Text(told["zh"], told["en"]), who=who)
    eligible = family.entitled.get(ELIGIBLE)
    area = family.entitled.get("dwelling_size_dm2") or family.entitled.get("area_cap_dm2")
    if family.is_buyer:
        key = "buys"
    elif eligible is True:
        key = "home" if area else "no_home" if area == 0 else "size_unknown"
    else:
        may_join = family.entitled.get("mover_class") == "co_mover"
        refused = "refused_may_join" if may_join else "refused"
        key = refused if eligible is False else "undecided"
    said = both(f"trace.family.{key}", who=who, area=area_text(area))
    return Text(said.zh, said.en[:1].upper() + said.en[1:])


def notes_of(run: Run, family: Family, trace: Trace) -> list[Text]:
    """Where it goes and what it pays; or what is missing; or what would have to be different."""
    eligible = family.entitled.get(ELIGIBLE)
    if eligible is True or family.is_buyer:
        paid = paid_text(run, family, trace)
        return [where_text(run, family), *pays_text(run, family), *paid, *old_house_text(run, family)]
    if eligible is None:
        cells = [(r.table, r.name) for r in deciding(trace, ELIGIBLE)]
        missing = both("trace.family.missing", items=titles_of(trace, cells))
        return [missing, *settles_text(trace, cells), both("trace.family.visit")]
    lines: list[Text] = []
    answer = why_not(trace, ELIGIBLE)
    if answer.changes:
        lines.append(both("trace.family.would", change=change_text(trace, answer.changes)))
        lines += settles_text(trace, [(c.table, c.column) for c in answer.changes])
    return [*lines, *_joining(trace, family.entitled.get("mover_class")), both("trace.family.appeal")]


def _not_in_plan(trace: Trace) -> list[Text]:
    """Why one that may move along is not in the plan: it has not signed, or no place was found for it."""
    row = next(iter(trace.rows["household"].values()))
    key = "unsigned" if row.get("agreement_signed") is False else "unplaced"
    return [both(f"trace.family.not_in_plan_{key}")]


def _joining(trace: Trace, mover_class: str | None) -> list[Text]:
    """Whether a refused family may move along, and what would have to be different; nothing where a pack lets nobody."""
    rule = trace.program.step("household", MOVER)
    if rule is None or CO_MOVER not in (rule.tree.type.values or ()):
        return []
    if mover_class == CO_MOVER:
        return [both("trace.family.may_join"), *_not_in_plan(trace)]
    if mover_class is None:
        cells = [(r.table, r.name) for r in deciding(trace, MOVER)]
        return [both("trace.family.not_joining_unknown", items=titles_of(trace, cells))]
    answer = why_not(trace, MOVER, CO_MOVER)
    if not answer.changes:
        return [both("trace.family.not_joining_at_all")]
    return [
        both(
            "trace.family.not_joining",
            change=both("trace.family.would_join", change=change_text(trace, answer.changes)),
        )
    ]


def where_text(run: Run, family: Family) -> Text:
    """The site with its distance, the scattered mode, or that no place was found."""
    placed = family.placed
    if placed is None:
        return both("trace.family.not_placed")
    site_id = placed.get("site_id")
    if not site_id:
        mode = family.entitled.get("resettlement_mode")
        if placed.get("status") != "scattered":
            return both("trace.family.not_placed")
        known = mode in ("buy_back", "self_build", "kin")
        return both(f"trace.family.{mode}" if known else "trace.family.scattered")
    return both("trace.family.site", site=_site_text(run, str(site_id)), distance=_distance(run, family))


def _site_text(run: Run, site_id: str) -> Text:
    """A site's name; in English its number where the name is Chinese, as the chapter of places has it."""
    site = run.tables.get("site")
    name = site_id
    if site is not None and "site_name" in site.columns:
        named = site.filter(pl.col("site_id") == site_id)["site_name"].drop_nulls().to_list()
        name = str(named[0]) if named else site_id
    return Text(name, name if name.isascii() else site_id)


def _distance(run: Run, family: Family) -> Text:
    moves, placed = run.tables.get("village_assignment"), family.placed or {}
    if moves is None or not {"village_code", "site_id", "distance_m"} <= set(moves.columns):
        return Text("", "")
    mine = (pl.col("village_code") == family.household.get("village_code")) & (
        pl.col("site_id") == placed.get("site_id")
    )
    metres = moves.filter(mine)["distance_m"].drop_nulls().to_list()
    return both("trace.family.distance", km=grouped(metres[0] / 1000, 1)) if metres else Text("", "")


def pays_text(run: Run, family: Family) -> list[Text]:
    """What the household pays for the home; nothing where the pack has no such amount."""
    currency = currency_text(run.pack)
    if family.is_buyer:
        ends = [family.entitled.get(f"house_price_{k}_minor") for k in ("low", "high")]
        if ends[0] is None or ends[1] is None:
            return [both("trace.family.price_unknown")]
        price = range_text(ends[0] // 100, ends[1] // 100, currency)
        return [both("trace.family.price", price=price)]
    if run.pack.rule("self_raised_minor") is None:
        return []
    own = family.entitled.get("self_raised_minor")
    if own is None:
        return [both("trace.family.pays_unknown")]
    return [both("trace.family.pays" if own else "trace.family.pays_nothing", own=money_text(own, currency))]


def paid_text(run: Run, family: Family, trace: Trace) -> list[Text]:
    """What the household is paid for what it loses, part by part; nothing where the pack compensates nobody."""
    total, *parts = compensation_titles(run.pack) or [(Text("", ""), "")]
    if total[1] not in family.entitled:
        return []
    currency = currency_text(run.pack)
    known = [(title, family.entitled.get(column)) for title, column in parts]
    told = [
        both("trace.family.part", title=t, amount=money_text(amount, currency))
        for t, amount in known
        if amount
    ]
    items = Text("、".join(t.zh for t in told), ", ".join(t.en for t in told))
    whole = family.entitled[total[1]]
    if whole is not None:
        return [both("trace.family.paid" if told else "trace.family.paid_nothing",
                     total=money_text(whole, currency), items=items)]  # fmt: skip
    cells = [(r.table, r.name) for r in deciding(trace, total[1])]
    return [
        both("trace.family.paid_unknown" if told else "trace.family.paid_none_known",
             missing=titles_of(trace, cells), items=items),
        *settles_text(trace, cells),
    ]  # fmt: skip


def old_house_text(run: Run, family: Family) -> list[Text]:
    """What becomes of the old house, where the pack asks for it and the facts say."""
    if family.entitled.get("must_return_homestead") is not True:
        return []
    exempt = family.entitled.get("is_demolition_exempt")
    if exempt is None:
        return [both("trace.family.old_unknown")]
    if exempt:
        return [both("trace.family.old_stays")]
    program, _ = bind(run.pack, run.programme.as_of, run.programme.scope)
    setting = program.settings.get("demolition_months")
    if setting is None or not isinstance(setting.value, int):
        return [both("trace.family.old_down")]
    if setting.is_assumption:
        source = Text(run.pack.cite(setting.source, "zh"), run.pack.cite(setting.source, "en"))
        return [both("trace.family.old_down_assumed", months=setting.value, source=source)]
    return [both("trace.family.old_down_by", months=setting.value)]


def change_text(trace: Trace, changes: Sequence[Change]) -> Text:
    """The facts that would have to be different, each with its title and its value now and then, in words."""
    parts = []
    for change in changes:
        column = trace.program.tables[change.table].column(change.column)
        kind, unit = (column.kind, column.unit) if column else ("text", "")
        title = (
            Text(column.zh or column.name, column.en or column.name) if column else Text(*[change.column] * 2)
        )
        values = [
            value_text(trace.program.pack, change.column, as_value(v), kind, unit)
            for v in (change.after, change.before)
        ]
        parts.append(both("trace.family.change", name=title, after=values[0], before=values[1]))
    return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


def title_of(trace: Trace, table: str, name: str) -> Text:
    """What a column is called, in both languages."""
    column = trace.program.tables[table].column(name)
    return Text(name, name) if column is None else Text(column.zh or name, column.en or name)


def titles_of(trace: Trace, cells: Sequence[tuple[str, str]]) -> Text:
    """The facts that must be known before eligibility is: their titles, each once, at most three."""
    shown = list(dict.fromkeys(title_of(trace, *cell) for cell in cells))[:MOST_MISSING]
    return Text("、".join(t.zh for t in shown), ", ".join(t.en for t in shown))


def settles_text(trace: Trace, cells: Sequence[tuple[str, str]]) -> list[Text]:
    """Which paper settles each of these facts, as the pack names it, or that it names none."""
    lines = []
    for table, name in list(dict.fromkeys(cells))[:MOST_MISSING]:
        proofs = [trace.program.pack.proof_of(table, name, language) for language in LANGUAGES]
        key = "settles_unknown" if None in proofs else "settles"
        proof = Text(*(p or "" for p in proofs))
        lines.append(both(f"trace.family.{key}", fact=title_of(trace, table, name), proof=proof))
    return lines
