"""Twenty things a reader sees in a report, a number or a name, each lead on to rows of the user's sheet."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.journey.figures import FIGURES, figures_of
from resettle.journey.printed import hits_of_number, number_of, shown
from resettle.journey.results import read_results, stages_of
from resettle.journey.why import stage_of
from resettle.words import LANGUAGES, sentences


def ask(folder: Path, text: str, *more: str) -> tuple[int, str]:
    found = CliRunner().invoke(cli, ["why", str(folder), text, *more])
    return found.exit_code, found.stdout if found.exception is None else repr(found.exception)


@pytest.fixture(scope="module")
def tables(peach: Path) -> dict[str, pl.DataFrame]:
    return read_results(peach)


def test_every_figure_is_found_by_its_value_as_printed_and_by_its_label(
    peach: Path, tables: dict[str, pl.DataFrame]
) -> None:
    tried = 0
    for figure in FIGURES:
        value = figures_of(tables)[figure.name]
        if value is None:
            continue
        tried += 1
        number = number_of(shown(value, f"_{figure.unit}"))
        assert number is not None and figure.name in {h.ask for h in hits_of_number(number, tables)}, (
            figure.name
        )
        for language in LANGUAGES:
            code, text = ask(
                peach, sentences(language)[f"figure.{figure.name}"], "--lang", language, "--json"
            )
            assert code == 0 and json.loads(text)["name"] == figure.name
    assert tried >= 20


@pytest.mark.parametrize(
    "text", ["1,020", "240户", "PS0101201000", "西岸村", "dwelling_size_dm2", "86.3%", "土地选择"]
)
def test_what_is_printed_in_any_place_leads_to_a_place_that_can_be_asked(peach: Path, text: str) -> None:
    code, told = ask(peach, text, "--json")
    assert code == 0
    places = json.loads(told).get("places", [{"ask": text}])
    for name in [p["ask"] for p in places if p["ask"]][:3]:
        code, told = ask(peach, name, "--json")
        assert code == 0 and "value" in json.loads(told), name


def test_a_row_of_several_keys_is_named_by_all_of_them(peach: Path, tables: dict[str, pl.DataFrame]) -> None:
    row = tables["fund_position"].row(0, named=True)
    keys = ",".join(str(row[c]) for c in ("measure", "source", "county_code"))
    code, told = ask(peach, f"fund_position/{keys}/amount_minor", "--json")
    assert (
        code == 0 and json.loads(told)["value"] == row["amount_minor"] and json.loads(told)["row_count"] == 1
    )
    code, told = ask(peach, "site_plan/nowhere/households")
    assert code == 1 and "journey.key_unknown" in told


def test_what_is_printed_nowhere_is_answered_with_the_most_alike(peach: Path) -> None:
    code, told = ask(peach, "unknwon_houesholds")
    assert code == 1 and "unknown_households" in told


def test_the_manifest_says_who_wrote_a_table_as_the_stages_do(
    peach: Path, tables: dict[str, pl.DataFrame]
) -> None:
    counted = stages_of(peach)
    for name in tables:
        if name in counted and name != "visit":
            assert stage_of(name, counted) == stage_of(name)
