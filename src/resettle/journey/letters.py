"""Letters of a programme that has been run: a household's rows become the facts of its letter.

Amounts, areas and deadlines come from the run and from the pack's parameters in force; clauses from the
sources of the rules. Contacts and dates come from ``[options.letter]`` of ``programme.toml``. What nobody
has said stays unknown, and the letter says that it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from resettle.journey.inputs import pack_or_raise
from resettle.journey.letter_money import compensation_of, month_of, month_problems
from resettle.journey.letter_place import Atlas, region_names, site_at
from resettle.journey.programme import Programme
from resettle.journey.traces import decided_by as deciding_step
from resettle.outreach import Dates, LetterFacts, Place
from resettle.outreach.glossary import glossary
from resettle.policy import Pack, Program, Trace, bind, deciding, household_case, interpret, why_not
from resettle.policy.explain import inputs_of
from resettle.policy.read import nearest
from resettle.policy.reform import parameters_in
from resettle.policy.why_not import rerun
from resettle.problems import Problem, ResettleError
from resettle.words import Language, tell

CLAUSES: Mapping[str, str] = {
    "area": "area_cap_dm2",
    "plan": "area_plan_dm2",
    "pay": "self_raised_minor",
    "price": "house_price_high_minor",
    "house": "must_return_homestead",
    "refused": "is_eligible",
    "cash": "cash_total_minor",
    "in_plan": "may_enter_plan",
}
"""The rule whose source a topic of the letter cites."""
SAID = ("office", "contact", "phone", "complaints")
"""What ``[options.letter]`` should say; further: see_home, see_home_where, sign, not_signed, last_change,
change_after_signing, move_in, pay_by, cannot_pay, recount_days, posted_days, heating_spread, month_now_of, and the
tables month_now and month_there."""
MOST_MISSING = 3
REWARD = "demolition_reward_per_person_minor"


@dataclass(frozen=True)
class Desk:
    """Everything letters of one programme share."""

    programme: Programme
    pack: Pack
    program: Program
    tables: Mapping[str, pl.DataFrame]
    language: Language

    @property
    def said(self) -> dict[str, Any]:
        """What the programme says of its office."""
        return dict(self.programme.options.get("letter", {}))

    def says(self, name: str) -> str:
        """What the programme says under a name: one text, or one for each language."""
        value = self.said.get(name, "")
        return str(value.get(self.language, "") if isinstance(value, Mapping) else value)

    def parameter(self, name: str) -> int | None:
        """A whole-number parameter in force; ``None`` where the pack has none or leaves it unknown."""
        setting = self.program.settings.get(name)
        return setting.value if setting is not None and isinstance(setting.value, int) else None

    def days(self, name: str) -> int | None:
        """A number of days the programme states; ``None`` where it states none."""
        return _count(self.said.get(name))

    def terms(self) -> frozenset[str]:
        """The project's glossary and the pack's own terms, which a letter may use."""
        own = self.pack.settings.get("terms", {}).get(self.language, [])
        return glossary(self.language) | frozenset(str(term) for term in own)

    def clauses(self) -> dict[str, str]:
        """The source of the rule behind each topic, as the pack cites it in the language of the letter."""
        rules = {topic: self.pack.rule(name) for topic, name in CLAUSES.items()}
        found = {t: cited(self.pack, rule.source, self.language) for t, rule in rules.items() if rule}
        months = self.program.settings.get("demolition_months")
        if months is not None:
            found["deadline"] = cited(self.pack, months.note or months.source, self.language)
        return found

    def provisional(self) -> frozenset[str]:
        """The topics whose rule, or a parameter of it in force, is an assumption."""
        found = set()
        for topic, name in CLAUSES.items():
            step = self.program.step("household", name)
            if step is None:
                continue
            settings = [self.program.settings.get(p) for p in parameters_in(step.tree)]
            sources = [step.rule.source, *(s.source for s in settings if s is not None)]
            found |= {topic} if any(is_assumed(source) for source in sources) else set()
        return frozenset(found)


def cited(pack: Pack, source: str, language: Language) -> str:
    """A source as a letter cites it: in plain words, up to the first semicolon; an assumption may still change.

    What follows a semicolon tells an officer why a source was chosen; a family needs where it stands.
    """
    text = re.split("[;；]", pack.cite_plainly(source, language))[0].strip()
    return tell("outreach.assumed" if is_assumed(source) else "outreach.rests_on", language, source=text)


def is_assumed(source: str) -> bool:
    """Whether a source is an assumption, so that what rests on it may still change."""
    return source.startswith("assumption")


def desk_of(
    programme: Programme, tables: Mapping[str, pl.DataFrame], language: Language
) -> tuple[Desk, list[Problem]]:
    """What letters share, and a warning for every contact the programme does not name."""
    path = programme.folder / programme.pack
    pack = pack_or_raise(path if (path / "pack.toml").is_file() else programme.pack)
    program, problems = bind(pack, programme.as_of, programme.scope)
    desk = Desk(programme, pack, program, tables, language)
    absent = [name for name in SAID if not desk.says(name)]
    if absent:
        problems = [*problems, Problem("outreach.contact_absent", "warning", value=", ".join(absent))]
    return desk, [*problems, *month_problems(desk.said)]


def letters_of(desk: Desk, household_ids: Sequence[str]) -> list[LetterFacts]:
    """The facts of the letters of these households, in the order given.

    Raises:
        ResettleError: naming every household that is not there, with the nearest number.
    """
    wanted = pl.DataFrame({"household_id": list(household_ids)}, schema={"household_id": pl.String})
    rows = {
        name: {
            row["household_id"]: row
            for row in desk.tables[name].join(wanted, on="household_id", how="semi").iter_rows(named=True)
        }
        for name in ("household", "entitlement", "household_site")
        if name in desk.tables
    }
    strangers = [i for i in household_ids if i not in rows["household"]]
    if strangers:
        there = desk.tables["household"]["household_id"].to_list()
        raise ResettleError(
            [
                Problem("journey.household_unknown", "error", value=i, nearest=nearest(i, there) or "")
                for i in strangers
            ]
        )
    atlas = Atlas(desk.tables, desk.language)
    found = []
    for household_id in household_ids:
        placed = rows.get("household_site", {}).get(household_id, {})
        entitled = rows.get("entitlement", {}).get(household_id, {})
        household, site_id = rows["household"][household_id], placed.get("site_id") or ""
        site, place = atlas.site_name(site_id), atlas.place_of(household, site_id)
        facts = facts_of(desk, household, entitled, site, place)
        found.append(replace(facts, mode=mode_of(placed, entitled)))
    return found


def mode_of(placed: Mapping[str, Any], entitled: Mapping[str, Any]) -> str:
    """How a household settles by itself; empty where it goes to a site, or nobody has placed it yet.

    >>> mode_of({"status": "scattered"}, {"resettlement_mode": "kin"})
    'kin'
    >>> mode_of({"status": "assigned"}, {"resettlement_mode": "central"})
    ''
    """
    return (
        str(entitled.get("resettlement_mode") or "scattered") if placed.get("status") == "scattered" else ""
    )


def facts_of(
    desk: Desk,
    household: Mapping[str, Any],
    entitled: Mapping[str, Any],
    site: str | None,
    place: Place | None = None,
) -> LetterFacts:
    """One household's facts; ``entitled`` is its row of results, empty where none was computed."""
    area = entitled.get("area_plan_dm2", entitled.get("area_cap_dm2"))
    each = desk.parameter("area_per_person_dm2")
    mover = entitled.get("mover_class")
    has_home = None if area is None else area > 0
    members, is_registered = counted(entitled, area, each)
    is_buyer = mover == "co_mover"
    household_id = household["household_id"]
    edition = edition_of(desk)
    clauses = dict(edition.clauses)
    self_paid = None if area is None or is_buyer else entitled.get("self_raised_minor")
    is_usual = self_paid is None or self_paid == _usual_share(edition, members)
    if not is_usual:  # by an exception of the pack, whose clause is cited in place of the rule's
        clauses["pay"] = decided_by(desk, household_id, CLAUSES["pay"]) or clauses.get("pay", "")
    old_house = old_house_of(entitled)
    if old_house == "keep":
        clauses["house_kept"] = decided_by(desk, household_id, "is_demolition_exempt")
    is_in_plan = entitled.get(CLAUSES["in_plan"], True) if has_home else True
    if not is_registered and "plan" in clauses:  # planned for, but by another rule than the registered
        clauses["area"] = clauses["plan"]
    size = entitled.get("dwelling_size_dm2") or area
    place = place or Place()
    where = edition.dates.see_home_where or site_at(site, place, desk.language)
    return replace(
        edition,
        is_for_all=False,
        household_id=household_id,
        head_name=household["head_name"] or "",
        member_count=members,
        area_dm2=area,
        each_dm2=each,
        dwelling_dm2=entitled.get("dwelling_size_dm2") or None,
        is_registered=is_registered,
        has_home=has_home,
        clauses=clauses,
        refused=clauses.get("refused", ""),
        site_name=site,
        place=place,
        missing=missing_of(desk, household_id) if area is None else "",
        missing_papers=papers_of(desk, household_id) if area is None else (),
        is_in_plan=is_in_plan,
        plan_missing="" if is_in_plan else missing_of(desk, household_id, CLAUSES["in_plan"]),
        self_paid_minor=self_paid,
        self_paid_each_minor=edition.self_paid_each_minor if is_usual else None,
        self_paid_cap_minor=edition.self_paid_cap_minor if is_usual else None,
        price_low_minor=entitled.get("house_price_low_minor") if is_buyer else None,
        price_high_minor=entitled.get("house_price_high_minor") if is_buyer else None,
        old_house=old_house,
        land_taken_dm2=entitled.get("land_taken_dm2") if desk.pack.rule("land_taken_dm2") else 0,
        may_stay=edition.may_stay or entitled.get("must_move_house") is False,
        dates=replace(edition.dates, see_home_where=where),
        costs_there=month_of(desk.said.get("month_there"), size),
        **compensation_of(desk.pack, entitled),
    )


def _usual_share(edition: LetterFacts, members: int | None) -> int | None:
    """What the rule of so much a person, at most so much a household gives; ``None`` where there is none."""
    each, cap = edition.self_paid_each_minor, edition.self_paid_cap_minor
    return None if each is None or cap is None or members is None else min(each * members, cap)


def decided_by(desk: Desk, household_id: str, name: str) -> str:
    """The clause that decided a result of a household: the exception's where one applied, else the rule's."""
    if desk.pack.rule(name) is None or "household" not in desk.tables:
        return ""
    trace = interpret(
        desk.pack, *household_case(desk.program, dict(desk.tables), household_id), program=desk.program
    )
    return cited(desk.pack, deciding_step(trace, name).step.rule.source, desk.language)


def edition_of(desk: Desk) -> LetterFacts:
    """What holds for everybody: the facts of the handbook and of the questions at the door."""
    said = desk.said
    months = desk.parameter("demolition_months")
    name = desk.pack.settings.get("places", {}).get("name", {})
    place = name.get(desk.language) or (desk.pack.zh if desk.language == "zh" else desk.pack.en)
    return LetterFacts(
        household_id="",
        head_name="",
        office=desk.says("office") or tell("outreach.office_of", desk.language, place=place),
        letter_date=desk.programme.as_of,
        member_count=None,
        area_dm2=None,
        each_dm2=desk.parameter("area_per_person_dm2"),
        is_registered=_counts_registered(desk.pack),
        is_for_all=True,
        self_paid_each_minor=desk.parameter("self_raise_per_person_minor"),
        self_paid_cap_minor=desk.parameter("self_raise_cap_minor"),
        old_house="free" if months is None else "demolish",
        demolition_months=months,
        dates=Dates(
            _day(said.get("see_home")),
            desk.says("see_home_where"),
            _day(said.get("last_change")),
            _day(said.get("move_in")),
            pay_by=_day(said.get("pay_by")),
            sign=_day(said.get("sign")),
            change_after_sign=_yes_no(said.get("change_after_signing")),
        ),
        contact_name=desk.says("contact"),
        contact_phone=desk.says("phone"),
        complaint_phone=desk.says("complaints"),
        recount_days=desk.days("recount_days"),
        clauses=desk.clauses(),
        provisional=desk.provisional(),
        documents=desk.pack.documents(desk.language),
        cannot_pay=desk.says("cannot_pay"),
        not_signed=desk.says("not_signed"),
        counted_on=desk.programme.as_of,
        costs_now_of=desk.says("month_now_of"),
        heating_spread=_yes_no(said.get("heating_spread")),
        is_synthetic=desk.programme.synthetic,
        land_taken_dm2=None if desk.pack.rule("land_taken_dm2") else 0,
        may_stay=desk.pack.rule("must_move_house") is None,
        graves_stay="grave" not in desk.pack.tables,
        currency=desk.program.pack.currency_name(desk.language),
        costs_now=month_of(said.get("month_now"), None),
        is_compensated=desk.pack.rule("cash_total_minor") is not None,
        has_house_reward=REWARD in desk.program.settings,
        house_reward_each_minor=desk.parameter(REWARD),
    )


def _counts_registered(pack: Pack) -> bool:
    """Whether the area goes by the registered members, or by all who move."""
    rule = pack.rule("area_cap_dm2")
    return rule is None or any(name == "registered_persons" for _, name in rule.needs)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _yes_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: Any) -> dt.date | None:
    return value if isinstance(value, dt.date) else None


def counted(entitled: Mapping[str, Any], area: int | None, each: int | None) -> tuple[int | None, bool]:
    """How many persons the area counts, and whether they are counted as registered.

    >>> counted({"registered_persons": 3, "resettled_persons": 4}, 7500, 2500)
    (3, True)
    >>> counted({"registered_persons": 0, "resettled_persons": 4}, 10000, 2500)
    (4, False)
    """
    for name, is_registered in (("registered_persons", True), ("resettled_persons", False)):
        number = entitled.get(name)
        if number is not None and area is not None and each is not None and number * each == area:
            return int(number), is_registered
    return None, True


def old_house_of(entitled: Mapping[str, Any]) -> str | None:
    """``demolish``, ``keep``, ``free`` of any condition, or ``None``: not known.

    >>> old_house_of({"must_return_homestead": True, "is_demolition_exempt": False})
    'demolish'
    >>> old_house_of({"must_return_homestead": False}), old_house_of({})
    ('free', None)
    """
    asked, exempt = entitled.get("must_return_homestead"), entitled.get("is_demolition_exempt")
    if asked is False:
        return "free"
    if asked is None or exempt is None:
        return None
    return "keep" if exempt else "demolish"


def missing_of(desk: Desk, household_id: str, output: str = "area_cap_dm2") -> str:
    """What must be known, or done, before a result is there: titles of columns, at most three."""
    titles: list[str] = []
    for table, name in missing_cells(desk, household_id, output):
        column = desk.program.tables[table].column(name)
        title = (column.zh if desk.language == "zh" else column.en) if column else name
        if title not in titles:
            titles.append(title or name)
    return tell("outreach.list_comma", desk.language).join(titles[:MOST_MISSING])


def missing_cells(desk: Desk, household_id: str, output: str) -> list[tuple[str, str]]:
    """The facts a result lacks, or that would have to be different, as table and column."""
    case = household_case(desk.program, dict(desk.tables), household_id)
    trace = interpret(desk.pack, *case, program=desk.program)
    if trace.result(output) is None:
        return [(r.table, r.name) for r in deciding(trace, output)]
    return lacking(trace, output)


def papers_of(desk: Desk, household_id: str, output: str = "area_cap_dm2") -> tuple[str, ...]:
    """Which papers settle what is missing, and which office has them, where the pack names them; at most three."""
    cells = dict.fromkeys(missing_cells(desk, household_id, output))
    found = [desk.pack.proof_of(table, name, desk.language) for table, name in cells]
    return tuple(paper for paper in found if paper)[:MOST_MISSING]


def lacking(trace: Trace, output: str) -> list[tuple[str, str]]:
    """The facts that are "no" and would have to be "yes": no more than needed, those of the household first.

    Tried all at once and then one by one less, which is quick; where that does not do, every change is tried.
    """
    cells = {(r.table, r.key, r.name): True for r in inputs_of(trace, trace.line(output)) if r.value is False}
    if rerun(trace, output, cells)[0] is not True:
        return [(change.table, change.column) for change in why_not(trace, output).changes]
    for cell in sorted(cells, key=lambda c: c[0] == "household"):
        fewer = {c: True for c in cells if c != cell}
        if rerun(trace, output, fewer)[0] is True:
            cells = fewer
    return [(table, name) for table, _, name in cells]


def village_of(desk: Desk, code: str) -> tuple[str, list[str]]:
    """A village's name and its households that have entitlements, by number.

    Raises:
        ResettleError: with the nearest codes, if there is no such village.
    """
    village = desk.tables.get("village")
    found = None if village is None else village.filter(pl.col("village_code") == code)
    if village is None or found is None or not found.height:
        there: Iterable[str] = [] if village is None else village["village_code"].to_list()
        raise ResettleError(
            Problem("outreach.village_unknown", "error", value=code, nearest=nearest(code, there) or "")
        )
    households = desk.tables["household"].filter(pl.col("village_code") == code)
    name = found["village_name"][0] or code
    if desk.language == "en" and not name.isascii():
        places = region_names(desk.tables.get("region"), "en")
        near = next((places[row] for row in _above(found) if row in places), "")
        numbered = tell("outreach.village_numbered", "en", number=code, place=near).strip(" ,")
        name = places.get(code) or numbered
    return name, sorted(households["household_id"].to_list())


def _above(village: pl.DataFrame) -> list[str]:
    return [village[column][0] for column in ("township_code", "county_code") if column in village.columns]
