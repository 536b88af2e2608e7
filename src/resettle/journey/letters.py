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
from resettle.journey.programme import Programme
from resettle.outreach import Dates, LetterFacts
from resettle.policy import Pack, Program, bind, deciding, household_case, interpret
from resettle.policy.read import nearest
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
}
"""The rule whose source a topic of the letter cites."""
SAID = ("office", "contact", "phone", "complaints")
"""What ``[options.letter]`` should say; further: see_home, see_home_where, last_change, move_in, pay_by,
recount_days, and the tables month_now and month_there."""
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

    def clauses(self) -> dict[str, str]:
        """The source of the rule behind each topic, as the pack cites it in the language of the letter."""
        rules = {topic: self.pack.rule(name) for topic, name in CLAUSES.items()}
        found = {t: cited(self.pack, rule.source, self.language) for t, rule in rules.items() if rule}
        months = self.program.settings.get("demolition_months")
        if months is not None:
            found["deadline"] = cited(self.pack, months.note or months.source, self.language)
        return found


def cited(pack: Pack, source: str, language: Language) -> str:
    """A source as a letter cites it: in its language, up to the first semicolon, an assumption named as one.

    What follows a semicolon tells an officer why a source was chosen; a family needs where it stands.
    """
    text = re.split("[;；]", pack.cite(source, language))[0].strip()
    return text if source.startswith("assumption") else tell("outreach.rests_on", language, source=text)


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
    names = _site_names(desk)
    found = []
    for household_id in household_ids:
        placed = rows.get("household_site", {}).get(household_id, {})
        site = names.get(placed.get("site_id") or "")
        entitled = rows.get("entitlement", {}).get(household_id, {})
        found.append(facts_of(desk, rows["household"][household_id], entitled, site))
    return found


def _site_names(desk: Desk) -> dict[str, str]:
    site = desk.tables.get("site")
    if site is None:
        return {}
    return {row["site_id"]: row["site_name"] or row["site_id"] for row in site.iter_rows(named=True)}


def facts_of(
    desk: Desk, household: Mapping[str, Any], entitled: Mapping[str, Any], site: str | None
) -> LetterFacts:
    """One household's facts; ``entitled`` is its row of results, empty where none was computed."""
    area = entitled.get("area_plan_dm2", entitled.get("area_cap_dm2"))
    each = desk.parameter("area_per_person_dm2")
    mover = entitled.get("mover_class")
    has_home = None if area is None else area > 0
    members, is_registered = counted(entitled, area, each)
    is_buyer = mover == "co_mover"
    missing = missing_of(desk, household["household_id"]) if area is None else ""
    edition = edition_of(desk)
    clauses = dict(edition.clauses)
    if not is_registered and "plan" in clauses:  # planned for, but by another rule than the registered
        clauses["area"] = clauses["plan"]
    size = entitled.get("dwelling_size_dm2") or area
    where = edition.dates.see_home_where or site or ""
    return replace(
        edition,
        household_id=household["household_id"],
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
        missing=missing,
        self_paid_minor=None if area is None or is_buyer else entitled.get("self_raised_minor"),
        price_low_minor=entitled.get("house_price_low_minor") if is_buyer else None,
        price_high_minor=entitled.get("house_price_high_minor") if is_buyer else None,
        old_house=old_house_of(entitled),
        land_taken_dm2=entitled.get("land_taken_dm2") if desk.pack.rule("land_taken_dm2") else 0,
        may_stay=edition.may_stay or entitled.get("must_move_house") is False,
        dates=replace(edition.dates, see_home_where=where),
        costs_there=month_of(desk.said.get("month_there"), size),
        **compensation_of(desk.pack, entitled),
    )


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
        ),
        contact_name=desk.says("contact"),
        contact_phone=desk.says("phone"),
        complaint_phone=desk.says("complaints"),
        recount_days=int(said.get("recount_days", 15)),
        clauses=desk.clauses(),
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


def missing_of(desk: Desk, household_id: str) -> str:
    """The facts that must be known before the area is: their titles, at most three."""
    tables = dict(desk.tables)
    trace = interpret(desk.pack, *household_case(desk.program, tables, household_id), program=desk.program)
    titles: list[str] = []
    for reading in deciding(trace, "area_cap_dm2"):
        column = desk.program.tables[reading.table].column(reading.name)
        title = reading.name if column is None else (column.zh if desk.language == "zh" else column.en)
        if title not in titles:
            titles.append(title or reading.name)
    return ("、" if desk.language == "zh" else ", ").join(titles[:MOST_MISSING])


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
    return found["village_name"][0] or code, sorted(households["household_id"].to_list())
