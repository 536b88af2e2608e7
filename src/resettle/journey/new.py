"""An empty programme folder: settings, tables with their heads, and a roster template."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from resettle.journey.demo import programme_toml
from resettle.journey.inputs import FILES
from resettle.journey.pack_tables import child_tables
from resettle.journey.programme import FILE
from resettle.policy import Pack
from resettle.problems import Problem, ResettleError
from resettle.store.folder import write_text
from resettle.store.table_files import write_csv
from resettle.tables import HOUSEHOLD, PERSON


def write_new(folder: Path, pack: Pack, pack_id: str, year: int | None) -> list[Path]:
    """Write a folder to fill in.

    Raises:
        ResettleError: if the folder already holds a programme; nothing is overwritten.
    """
    if (folder / FILE).exists():
        raise ResettleError(Problem("journey.exists", "error", file=str(folder), value=FILE))
    folder.mkdir(parents=True, exist_ok=True)
    plan_year = year or date.today().year
    declared = {
        "plan_year": plan_year,
        "as_of": date(plan_year, 12, 31),
        "cut_off": date(plan_year - 1, 12, 31),
        "languages": list(pack.languages),
        "scope": pack.scope,
        "currency": pack.currency,
        "title": {"zh": f"{pack.zh} {plan_year}", "en": f"{pack.en} {plan_year}"},
    }
    written = []
    text = programme_toml(pack_id, declared, 1, []).replace("synthetic = true", "synthetic = false")
    lines = [line for line in text.splitlines() if not line.startswith("# Synthetic")]
    write_text(folder / FILE, "\n".join(lines) + "\n")
    written.append(folder / FILE)
    for name, table in [*FILES.items(), *((f"{t.name}.csv", t) for t in child_tables(pack))]:
        write_csv(table.empty(), table, folder / name)
        written.append(folder / name)
    heads = [
        "户编号",
        "姓名",
        "证件号码",
        "与户主关系",
        "性别",
        "出生日期",
        "民族",
        "文化程度",
        "健康状况",
        "劳动力情况",
        "联系电话",
    ]
    if pack.languages and pack.languages[0] != "zh":
        heads = [c.en for c in (*PERSON.columns[1:9], HOUSEHOLD.column("village_code"))]
    write_text(folder / "template-roster.csv", ",".join(heads) + "\n")
    written.append(folder / "template-roster.csv")
    return written
