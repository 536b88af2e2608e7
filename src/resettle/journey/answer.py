"""The answer to a roster: its rows, the rules applied to them, whom to visit first, and a letter for each household."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from resettle.entitlement.stage import STAGE as ENTITLEMENT
from resettle.journey.beside import with_pack_facts
from resettle.journey.inputs import (
    pack_of,
    pack_or_raise,
    read_inputs,
    registry_data,
    size_limit_of,
)
from resettle.journey.programme import Programme, load_programme
from resettle.journey.visits import SCHEMA, visits
from resettle.policy import Pack
from resettle.problems import Problem, ResettleError
from resettle.registry.stage import RegistryResult, register
from resettle.registry.taught import FILE, checked
from resettle.store.cells import read_cells
from resettle.store.folder import replaced_folder, safe_stem, write_text
from resettle.store.problems_file import write_problems
from resettle.store.taught_heads import read_taught, write_taught
from resettle.tables import HOUSEHOLD, Inputs
from resettle.tables.grid import Sheet
from resettle.words import LANGUAGES, Language, sentences

OWN = frozenset({"problems.xlsx", "tables", "visit_first.csv", "letters"})
"""What an answer's folder holds; one that holds anything else is not written over."""


@dataclass
class Answer:
    """Everything the answer to a roster is written from."""

    programme: Programme
    pack: Pack
    sheets: list[Sheet]
    result: RegistryResult
    problems: list[Problem]
    tables: dict[str, pl.DataFrame]
    visits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))


def answer(path: Path, pack_id: str, as_of: date | None, size_limit: int | None) -> Answer:
    """Read a roster, or all rosters of a programme folder, and work out what can be said of each household.

    Args:
        path: a file, or a folder with ``programme.toml``.
        pack_id: the pack where a file alone is read.
        as_of: the day a file alone describes; today where none is named.
        size_limit: bytes a workbook may unpack to; the usual limit where none is named.

    Raises:
        ResettleError: for a folder without a roster, or a faulty pack.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path, pack_id, as_of or date.today(), size_limit)
    if not found.tables["household"].height:
        return found
    outputs = ENTITLEMENT.run(Inputs(dict(found.tables), found.programme.settings(), found.pack))
    found.tables["entitlement"] = outputs.tables["entitlement"]
    found.problems += outputs.problems
    found.visits = visits(found.pack, found.programme, found.tables, found.problems)
    return found


def _of_folder(path: Path) -> Answer:
    programme, problems = load_programme(path)
    read = read_inputs(programme, lambda _name, _done, _total: None)
    names = ["household", "person", "village", *read.child_tables]
    tables = {name: read.tables[name] for name in names if name in read.tables}
    return Answer(programme, read.pack, read.sheets, read.register, problems + read.problems, tables)


def _of_file(path: Path, pack_id: str, as_of: date, size_limit: int | None) -> Answer:
    with ThreadPoolExecutor(1) as beside:
        # A large sheet takes a second to unpack: what else is needed is read meanwhile.
        reading = beside.submit(read_cells, path, size_limit_of(size_limit))
        pack = pack_or_raise(pack_id)
        data = registry_data(pack)
        for language in LANGUAGES:
            sentences(language)
        sheets, problems = reading.result()
    # Without a folder there is no key to keep; one made from the file gives the same answer every time.
    key = sha256(path.read_bytes()).digest()
    settings = {"as_of": as_of, "key": key, "mappings": read_taught(path.parent / FILE)}
    result = register(sheets, settings, data)
    programme = Programme(
        folder=path.parent,
        pack=pack_id,
        plan_year=as_of.year,
        as_of=as_of,
        seed=1,
        scope=pack.scope,
        currency=pack.currency,
        synthetic=bool(result.household["is_synthetic"].any()),
    )
    household, faults = with_pack_facts(
        programme, pack, {"household": result.household.select(HOUSEHOLD.names)}, {}
    )
    tables = {"household": household, "person": result.person}
    return Answer(programme, pack, sheets, result, problems + result.problems + faults, tables)


def write_answer(target: Path, found: Answer, language: Language, with_letters: bool = True) -> None:
    """Write the marked sheet, the clean tables, whom to visit first and the letters; whole or not at all.

    Raises:
        ResettleError: where the folder holds anything that is no former answer; it would be lost.
    """
    others = sorted(p.name for p in target.iterdir() if p.name not in OWN) if target.is_dir() else []
    if others or target.is_file():
        raise ResettleError(
            Problem("store.folder_not_ours", "error", file=str(target), value=", ".join(others[:4]))
        )
    result = found.result
    with replaced_folder(target) as folder, ThreadPoolExecutor(1) as beside:
        tables = folder / "tables"
        tables.mkdir()
        kept = [
            beside.submit(result.household.write_parquet, tables / "household.parquet"),
            beside.submit(result.person.write_parquet, tables / "person.parquet"),
            beside.submit(found.visits.write_csv, folder / "visit_first.csv"),
        ]
        write_problems(
            folder / "problems.xlsx",
            result.sheets,
            result.quarantine,
            found.problems,
            result.counts,
            result.cells,
            language,
            found.visits.join(_village_names(result.region), on="village_code", how="left").join(
                result.household.select("household_id", "source_file", "source_sheet", "source_row"),
                on="household_id",
                how="left",
                maintain_order="left",
            ),
        )
        for written in kept:
            written.result()
        if with_letters and result.household.height:
            _write_letters(folder / "letters", found, language)


def _village_names(region: pl.DataFrame) -> pl.DataFrame:
    villages = region.filter(pl.col("level") == "village").unique("region_code", keep="last")
    return villages.select(pl.col("region_code").alias("village_code"), pl.col("name_zh").alias("village"))


def _write_letters(folder: Path, found: Answer, language: Language) -> None:
    """One page a village, to be printed: a letter begins on a sheet of its own."""
    from resettle.journey.letters import desk_of, letters_of
    from resettle.outreach import compose, letters_html

    desk, _ = desk_of(found.programme, found.tables, language)
    names = dict(_village_names(found.result.region).iter_rows())
    homes = found.tables["household"].sort("household_id").select("village_code", "household_id")
    folder.mkdir()
    for (code,), rows in homes.group_by("village_code", maintain_order=True):
        letters = [compose(facts, language) for facts in letters_of(desk, rows["household_id"].to_list())]
        told = "_".join(filter(None, (str(code or ""), names.get(str(code), ""))))
        write_text(folder / f"{safe_stem(told or 'letters')}.html", letters_html(letters))


def remember(folder: Path, pack_id: str, heads: Mapping[str, str]) -> int:
    """Keep heads an office has taught beside its rosters; returns how many are kept now.

    Raises:
        ResettleError: for a head taught as something that is no field; nothing is kept then.
    """
    pack = (
        pack_of(load_programme(folder)[0]) if (folder / "programme.toml").exists() else pack_or_raise(pack_id)
    )
    usable, problems = checked([(head, name, 0) for head, name in heads.items()], registry_data(pack))
    if len(usable) < len(heads):
        raise ResettleError(problems)
    kept = {head: name for head, name, _ in read_taught(folder / FILE)} | dict(heads)
    write_taught(folder / FILE, kept)
    return len(kept)
