"""Every text of both packs, in both languages: plain words, and no figure or clause but the rules' own. Synthetic."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from resettle.journey.letter_rights import rights_of
from resettle.journey.letters import Desk, cited, desk_of, edition_of, letters_of, village_of
from resettle.journey.programme import load_programme
from resettle.journey.results import read_results
from resettle.outreach import (
    LetterFacts,
    board_sheet,
    check_words,
    compose,
    handbook,
    loudspeaker,
    masked_notice,
    message,
    questions,
    read_aloud,
)
from resettle.outreach.place import kilometres
from resettle.words import LANGUAGES, Language

PACKS = ("peach", "small_luoyang")


def _desk(folder: Path, language: Language) -> Desk:
    return desk_of(load_programme(folder)[0], read_results(folder), language)[0]


def _all(desk: Desk) -> list[LetterFacts]:
    return letters_of(desk, desk.tables["household"]["household_id"].sort().to_list())


def _letter_text(facts: LetterFacts, language: Language) -> str:
    letter = compose(facts, language)
    parts = [letter.title, letter.greeting, letter.cost_note, *letter.contact]
    parts += [part for section in letter.sections for part in section]
    parts += [cell for row in (*letter.cost_table, *letter.dates) for cell in row]
    parts += letter.sources
    return "\n".join(parts)


def _shared_texts(desk: Desk, facts: list[LetterFacts]) -> Iterator[tuple[str, str]]:
    """The texts for a village and for everybody."""
    edition, language = edition_of(desk), desk.language
    code = desk.tables["household"]["village_code"].drop_nulls().sort()[0]
    name, numbers = village_of(desk, code)
    mine = [f for f in facts if f.household_id in set(numbers)]
    board = board_sheet(name, len(mine), edition, language)
    yield "board", "\n".join([board.title, board.greeting, *(t for _, t in board.sections)])
    yield "loudspeaker", loudspeaker(name, mine, language)
    yield "message", message(name, mine, language)
    yield "questions", "\n".join(text for pair in questions(edition, language) for text in pair)
    yield "handbook", "\n".join(text for pair in handbook(edition, language) for text in pair)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_text_is_in_plain_words(pack: str, language: Language, request: pytest.FixtureRequest) -> None:
    desk = _desk(request.getfixturevalue(pack), language)
    facts = _all(desk)
    villages = desk.tables["village"]["village_name"].drop_nulls().to_list()
    found = []
    for one in facts:
        spoken, problems = read_aloud(one, language)
        jargon = [part.named(language) for part in one.cash_parts]
        found += [*problems, *check_words(spoken, language, one.names, jargon, desk.terms())]
    for _, text in _shared_texts(desk, facts):
        found += check_words(text, language, [facts[0].office, facts[0].contact_name, *villages])
    assert {(p.code, p.value, p.nearest) for p in found} == set()


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _numbers(text: str, without: list[str]) -> set[float]:
    for known in sorted((w for w in without if w), key=len, reverse=True):
        text = text.replace(known, " ")
    text = re.sub(r"\d+年\d+月(\d+日)?|(\d+ )?[A-Z][a-z]+ \d{4}|（示例）", " ", text)
    return {float(n.replace(",", "")) for n in NUMBER.findall(text)}


def _ways(facts: LetterFacts) -> set[float]:
    """Kilometres and minutes of the way, and the part of the area that is not built."""
    ways = [m for m in (facts.place.distance_m, facts.place.village_m) if m is not None]
    rest = (facts.area_dm2 or 0) - (facts.dwelling_dm2 or 0)
    return {float(kilometres(m)) for m in ways} | {float(facts.place.minutes or 0), rest / 100}


def _allowed(desk: Desk, row: Mapping[str, Any]) -> set[float]:
    """Every figure a letter may hold: results of the rules, parameters in force, what the office states."""
    plain = [v for v in row.values() if isinstance(v, int) and not isinstance(v, bool)]
    flat: list[Any] = []
    for setting in desk.program.settings.values():
        value = setting.value if setting else None
        flat += list(value.values()) if isinstance(value, Mapping) else [value]
    plain += [v for v in flat if isinstance(v, int) and not isinstance(v, bool)]
    office = {float(v) for v in desk.said.values() if isinstance(v, int)}
    return {float(v) for v in plain} | {v / 100 for v in plain} | office


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_no_letter_holds_a_figure_that_is_no_result_of_a_rule(
    pack: str, language: Language, request: pytest.FixtureRequest
) -> None:
    desk = _desk(request.getfixturevalue(pack), language)
    rows = {r["household_id"]: r for r in desk.tables["entitlement"].iter_rows(named=True)}
    for facts in _all(desk):
        row = rows[facts.household_id]
        names = [facts.household_id, facts.site_name or "", facts.contact_phone, facts.complaint_phone]
        text = _letter_text(replace(facts, costs_now=type(facts.costs_now)()), language)
        text = text.replace(text.split(compose(facts, language).sections[0][0])[0], "")
        text = text.replace("\n".join(compose(facts, language).sources), "")
        headings = [heading for heading, _ in compose(facts, language).sections]
        said = _numbers(text, [*names, *facts.clauses.values(), facts.office, *headings])
        months = {float(v) / 100 for v in vars(facts.costs_there).values() if v is not None}
        total = facts.costs_there.total
        months |= {total / 100} if total is not None else set()
        rest = {part.minor / 100 for part in facts.cash_parts[-1:]}
        assert said <= _allowed(desk, row) | months | rest | _ways(facts), (facts.household_id, text)
        if facts.area_dm2:
            assert facts.area_dm2 == row.get("area_plan_dm2", row["area_cap_dm2"])
            assert facts.area_dm2 / 100 in said
        for name, key in (("self_paid_minor", "self_raised_minor"), ("cash_minor", "cash_total_minor")):
            value = getattr(facts, name)
            assert value is None or value == row[key]
            assert not value or value / 100 in said
        if facts.cash_minor is not None:  # a sum that is unknown is not told in parts
            assert sum(part.minor for part in facts.cash_parts) == facts.cash_minor


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_clause_is_cited_from_a_rule_or_a_parameter(
    pack: str, language: Language, request: pytest.FixtureRequest
) -> None:
    desk = _desk(request.getfixturevalue(pack), language)
    sources = [r.source for r in desk.pack.rules]
    sources += [t for s in desk.program.settings.values() if s for t in (s.source, s.note) if t]
    cites = {cited(desk.pack, s, language) for s in sources}
    facts = _all(desk)
    used = {c for f in facts for c in f.clauses.values()} | {c for _, _, c in rights_of(desk)}
    assert used and used - cites - {""} == set()
    for f in facts:
        if f.gets_home:
            assert f.clauses["area"] in _letter_text(f, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_parameter_changes_every_text_that_names_it(
    small_luoyang: Path, tmp_path: Path, language: Language
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(str(resources.files("resettle_packs") / "cn_luoyang"), pack)
    housing = pack / "parameters" / "housing.toml"
    text = housing.read_text(encoding="utf-8")
    assert text.count("value = 250000,") == 1 and text.count("value = 2500,") == 1
    housing.write_text(
        text.replace("value = 250000,", "value = 260000,").replace("value = 2500,", "value = 2400,"), "utf-8"
    )
    programme = replace(load_programme(small_luoyang)[0], folder=tmp_path, pack="pack")
    desk = desk_of(programme, read_results(small_luoyang), language)[0]
    edition = edition_of(desk)
    book = "\n".join(t for pair in handbook(edition, language, rights_of(desk)) for t in pair)
    board = board_sheet("X", 1, edition, language)
    for text in (book, "\n".join(t for _, t in board.sections)):
        said = re.sub(r"[(（](?:taken for now|rests on|先按这个算|依据)[^\n]*?[)）](?=[.。，,;；])", "", text)
        assert "2,600" in said and "24" in said and "2,500" not in said and "25平方米" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_the_board_shows_no_name_and_no_whole_number(
    pack: str, language: Language, request: pytest.FixtureRequest
) -> None:
    desk = _desk(request.getfixturevalue(pack), language)
    facts = _all(desk)
    listed = masked_notice("X", facts, language)
    assert len(listed.rows) == sum(f.gets_home for f in facts)
    shown = "\n".join(cell for row in listed.rows for cell in row[:2])
    assert not any(f.household_id in shown or (len(f.head_name) > 1 and f.head_name in shown) for f in facts)
    for _, text in _shared_texts(desk, facts):
        assert not any(f.household_id in text for f in facts)
