"""An empty programme folder: settings, tables with their heads, and a roster template."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from resettle.journey.cut_off import rules_cut_off
from resettle.journey.demo import programme_folder, programme_toml
from resettle.journey.inputs import FILES, registry_data
from resettle.journey.lacking import columns_read
from resettle.journey.pack_tables import child_tables, own_columns
from resettle.journey.programme import FILE
from resettle.policy import Pack, bind
from resettle.registry.fields import aliases, declared_aliases, fold, known_fields
from resettle.store.folder import write_text
from resettle.store.roster_file import write_template
from resettle.store.table_files import write_csv
from resettle.tables import HOUSEHOLD, PERSON, Table
from resettle.words import Language, tell

TEMPLATE = "template-roster.xlsx"
IDENTITY = (
    "household_key",
    "household_class",
    "name",
    "identity",
    "relation",
    "sex",
    "birth_date",
    "county",
    "township",
    "village",
    "village_code",
)
"""Who somebody is and where the household lives: in every roster."""
UNITS = {"dm2": {"zh": "（平方米）", "en": " (m2)"}, "minor": {"zh": "（元）", "en": ""}}


def write_new(
    folder: Path, pack: Pack, pack_id: str, year: int | None, language: Language | None = None
) -> list[Path]:
    """Write a folder to fill in.

    Args:
        language: of the template's heads and of what is said beside the settings; the pack's first where none is named.

    Raises:
        ResettleError: if the folder already holds a programme or a file of it; nothing is overwritten.
    """
    reference = pack_reference(folder, pack_id)
    with programme_folder(folder) as inside:
        written = _write(inside, pack, reference, year, language)
    return [folder / path.name for path in written]


def _write(folder: Path, pack: Pack, reference: str, year: int | None, asked: Language | None) -> list[Path]:
    """Every file of it, into an empty folder."""
    plan_year = year or date.today().year
    as_of = date(plan_year, 12, 31)
    declared: dict[str, Any] = {
        "plan_year": plan_year,
        "as_of": as_of,
        "cut_off": rules_cut_off(pack, as_of, pack.scope) or date(plan_year - 1, 12, 31),
        "languages": list(pack.languages),
        "scope": pack.scope,
        "currency": pack.currency,
        "title": {"zh": f"{pack.zh} {plan_year}", "en": f"{pack.en} {plan_year}"},
    }
    written = []
    language: Language = asked or ("en" if pack.languages and pack.languages[0] != "zh" else "zh")
    text = programme_toml(reference, declared, 1, []).replace("synthetic = true", "synthetic = false")
    lines = [line for line in text.splitlines() if not line.startswith("# Synthetic")]
    lists = ["household", *(t.name for t in child_tables(pack))]
    lines.append(tell("journey.new_finished", language, names=json.dumps(lists)))
    write_text(folder / FILE, "\n".join(lines) + "\n")
    written.append(folder / FILE)
    for name, table in [*FILES.items(), *((f"{t.name}.csv", t) for t in child_tables(pack))]:
        write_csv(table.empty(), table, folder / name)
        written.append(folder / name)
    own = Table(
        "household", ("household_id",), (HOUSEHOLD.column("household_id"), *own_columns(pack, "household"))
    )
    if len(own.columns) > 1:
        write_csv(own.empty(), own, folder / "household.csv")
        written.append(folder / "household.csv")
    write_template(folder / TEMPLATE, [head for _, head in roster_heads(pack, declared["as_of"], language)])
    return [*written, folder / TEMPLATE]


def pack_reference(folder: Path, pack_id: str) -> str:
    """A pack as ``programme.toml`` names it: an installed one by its id, one in a folder by the way to it."""
    if not (Path(pack_id) / "pack.toml").is_file():
        return pack_id
    try:
        return Path(os.path.relpath(Path(pack_id).resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return Path(pack_id).resolve().as_posix()


def roster_heads(pack: Pack, day: date, language: Language) -> list[tuple[str, str]]:
    """Fields and heads of the roster template: who and where, then every fact of a row that a rule reads.

    Every head is one that the registry reads back as its field.
    """
    program, _ = bind(pack, day)
    data = registry_data(pack)
    fields, known = known_fields(data), aliases(data, None)
    read = {column for table, column in columns_read(program) if table in ("person", "household")}
    contracted = [c.name for c in (*PERSON.columns, *own_columns(pack, "person"), *HOUSEHOLD.columns)]
    asked = [name for name in dict.fromkeys(contracted) if name in read and name in fields]
    own = {c.name for c in own_columns(pack, "person")}
    heads = []
    for name in dict.fromkeys((*IDENTITY, *asked, "phone")):
        column = fields[name].column
        title = (column.zh if language == "zh" else column.en) if column is not None else ""
        choices = [
            title,
            *(declared_aliases(name, language) if name not in own else ()),
            name.replace("_", " "),
            name,
        ]
        head = next(h for h in choices if h and known.get(fold(h)) == name)
        unit = UNITS.get(column.unit.partition(" ")[0], {}).get(language, "") if column is not None else ""
        heads.append((name, head + unit))
    return heads
