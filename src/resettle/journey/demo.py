"""Writes a programme folder that a newcomer can run: the pack's demo, drawn with a recorded seed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from resettle.journey.pack_tables import child_tables, own_columns, read_regions
from resettle.journey.programme import FILE, KEY_FILE
from resettle.policy import Pack
from resettle.population.programme import Drawn, draw_programme
from resettle.problems import Problem, ResettleError
from resettle.registry.identity import synthetic_number
from resettle.store.folder import added_files, write_text
from resettle.store.roster_file import write_roster
from resettle.store.table_files import write_csv
from resettle.tables import HOUSEHOLD, SITE, SITE_DWELLING, VILLAGE, Table

COPIED = ("funds.csv", "payments.csv", "series.csv", "published.toml", "README.md")


def write_demo(folder: Path, pack: Pack, declared: Mapping[str, Any], seed: int, scale: int = 1) -> Drawn:
    """Draw the pack's demo and write it as a programme folder.

    Raises:
        ResettleError: if the folder already holds a programme or a file of it; nothing is overwritten.
    """
    with programme_folder(folder) as inside:
        return _write(inside, pack, declared, seed, scale)


@contextlib.contextmanager
def programme_folder(folder: Path) -> Iterator[Path]:
    """A place to write a programme's files, which come to ``folder`` all at once or not at all.

    Raises:
        ResettleError: if the folder already holds one of them; nothing is overwritten.
    """
    if (folder / FILE).exists():
        raise ResettleError(Problem("journey.exists", "error", file=str(folder), value=FILE))
    try:
        with added_files(folder, FILE) as inside:
            yield inside
    except FileExistsError as error:
        name = Path(error.filename).name if error.filename else str(error)
        raise ResettleError(Problem("journey.exists", "error", file=str(folder), value=name)) from error


def _write(folder: Path, pack: Pack, declared: Mapping[str, Any], seed: int, scale: int) -> Drawn:
    """Everything of a demo, into an empty folder."""
    regions = read_regions(pack, declared["places"]["regions"], declared["programme"]["as_of"])
    outlines = read_outlines(pack, declared["places"]["outlines"])
    drawn = draw_programme(declared, regions, outlines, seed, scale)
    numbered = with_numbers(drawn, declared)
    write_text(folder / KEY_FILE, sha256(f"resettle demo {pack.id} {seed}".encode()).hexdigest() + "\n")
    write_roster(
        folder / "roster.xlsx",
        numbered.household,
        numbered.person,
        declared.get("roster", "county_55"),
        own=[c for c in own_columns(pack, "person") if c.name in numbered.person.columns],
    )
    write_csv(drawn.village, VILLAGE, folder / "villages.csv")
    write_csv(drawn.site, SITE, folder / "sites.csv")
    write_csv(drawn.site_dwelling, SITE_DWELLING, folder / "dwellings.csv")
    for table in child_tables(pack):
        if table.name in drawn.children:
            ids = numbered.household.select("number", "household_id")
            write_csv(drawn.children[table.name].join(ids, on="number"), table, folder / f"{table.name}.csv")
    write_household_facts(folder, pack, numbered.household)
    for name in COPIED:
        if f"demo/{name}" in pack.files("demo"):
            write_text(folder / name, pack.read_text(f"demo/{name}"))
    seated = numbered.household.filter(pl.col("cast").is_not_null()).sort("number")
    cast = dict(seated.select("household_id", "cast").iter_rows())
    titles = {family["key"]: family["title"] for family in declared.get("cast", []) if "title" in family}
    options = dict(declared.get("options", {}))
    if told := {i: titles[key] for i, key in cast.items() if key in titles}:
        options["example_titles"] = told
    settings = dict(declared["programme"]) | {"options": options}
    write_text(folder / FILE, programme_toml(pack.id, settings, seed, list(cast)))
    return drawn


def write_household_facts(folder: Path, pack: Pack, household: pl.DataFrame) -> None:
    """What only this pack asks of a household goes to a file of its own; the roster holds the rest."""
    own = [c for c in own_columns(pack, "household") if c.name in household.columns]
    if own:
        table = Table("household", ("household_id",), (HOUSEHOLD.column("household_id"), *own))
        write_csv(household, table, folder / "household.csv")


def read_outlines(pack: Pack, path: str) -> dict[str, list[list[list[float]]]]:
    """Outlines by name: the outer rings of every polygon as (longitude, latitude)."""
    found: dict[str, list[list[list[float]]]] = {}
    for feature in json.loads(pack.read_text(path))["features"]:
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        found.setdefault(feature["properties"]["name"], []).extend(p[0] for p in polygons)
    return found


def with_numbers(drawn: Drawn, declared: Mapping[str, Any]) -> Drawn:
    """Registered household numbers, and identity numbers that can belong to nobody."""
    identity = declared["identity"]
    person = drawn.person.with_columns(order=pl.struct("birth_date").cum_count().over("birth_date") - 1)
    numbers = [
        synthetic_number(identity["division"], birth, int(order) * 2 + (sex == "male"))
        for birth, order, sex in person.select("birth_date", "order", "sex").iter_rows()
    ]
    person = person.with_columns(pl.Series("identity_number", numbers, dtype=pl.String))
    heads = person.filter("is_head").select("number", pl.col("identity_number").alias("head_identity_number"))
    household = drawn.household.join(heads, on="number", how="left", maintain_order="left").with_columns(
        household_id=pl.when(pl.col("household_class") == "co_mover")
        .then(pl.col("head_identity_number"))
        .otherwise(
            pl.format(
                "{}{}", pl.lit(identity.get("prefix", "41")), pl.col("number").cast(pl.String).str.zfill(8)
            )
        )
    )
    person = person.join(
        household.select("number", "household_id"), on="number", how="left", maintain_order="left"
    )
    return Drawn(household, person, drawn.village, drawn.site, drawn.site_dwelling, drawn.children)


def programme_toml(pack_id: str, declared: Mapping[str, Any], seed: int, examples: list[str]) -> str:
    """The text of ``programme.toml``."""
    lines = [
        "# Synthetic: no household in this folder exists. 合成数据：目录里的住户都不存在。"
        if seed is not None
        else "",
        f'pack = "{pack_id}"',
        f"plan_year = {declared['plan_year']}",
        f"as_of = {declared['as_of'].isoformat()}",
        f"cut_off = {declared['cut_off'].isoformat()}",
        f"seed = {seed}",
        f"languages = {json.dumps(list(declared['languages']))}",
        f'scope = "{declared["scope"]}"',
        f'currency = "{declared["currency"]}"',
        "synthetic = true",
        "[title]",
        *(f"{lang} = {json.dumps(text, ensure_ascii=False)}" for lang, text in declared["title"].items()),
        "[options]",
        f"examples = {json.dumps(examples)}   # the households the report explains",
        *option_lines(declared.get("options", {}), "options"),
    ]
    return "\n".join(lines) + "\n"


def option_lines(options: Mapping[str, Any], path: str) -> list[str]:
    """Options as TOML: plain values first, then every table under a head of its own.

    >>> option_lines({"a": {"day": date(2016, 12, 10)}, "n": [1]}, "options")
    ['n = [1]', '[options.a]', 'day = 2016-12-10']
    """
    plain = {name: value for name, value in options.items() if not isinstance(value, Mapping)}
    lines = [
        f"{name} = {value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)}"
        for name, value in plain.items()
    ]
    for name, value in options.items():
        if isinstance(value, Mapping):
            lines += [f"[{path}.{name}]", *option_lines(value, f"{path}.{name}")]
    return lines
