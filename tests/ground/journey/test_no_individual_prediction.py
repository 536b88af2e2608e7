"""No file a run writes and no answer a command gives holds a guess whether one household will come.

The sources have a wall of their own (``remedies``); here what lies on the disk is looked at, as a clerk or a
thief would find it: the columns of every Parquet file, the heads of every sheet and list, every table and
sentence of a page that names a household, every key of JSON, every line a command prints of a household.
"""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.journey.answer import answer, write_answer

GUESS = re.compile(
    r"uptake|propens|likel(y|ihood)|predict|forecast|probab|odds|chance"
    r"|(willing|accept|come|move|sign|join)\w*?_(ppm|prob|share|score|rank|rate|expected)"
    r"|expected_(to_)?(move|come|sign|join|uptake)"
    r"|预测|概率|几率|可能性|(意愿|搬迁|入住|签约)(率|得分|评分|排名)",
    re.IGNORECASE,
)
KEYS = ("household_id", "person_id", "household_key", "户编号", "户号", "household number", "pseudonym")
NUMBER = re.compile(r"\b(?:41\d{8}|p[0-9a-f]{24})\b")
OPEN = ("visit", "draw")
"""Tables whose order is a list's own: the visits (by what is unknown) and a public draw."""


def of_one(heads: Iterator[str] | list[str]) -> bool:
    """Whether rows with these heads are about single households or persons."""
    return any(str(h).strip().lower() in KEYS for h in heads)


def in_heads(path: Path, place: str, heads: list[str]) -> list[str]:
    told = [str(h) for h in heads if h is not None]
    return [f"{path.name} {place}: {h}" for h in told if GUESS.search(h)] if of_one(told) else []


def in_parquet(path: Path) -> list[str]:
    found = in_heads(path, "schema", list(pl.read_parquet_schema(path)))
    frame = pl.read_parquet(path)
    if "household_id" in frame.columns and path.stem not in OPEN and frame.height > 2:
        ids = frame["household_id"].drop_nulls()
        order = ids.unique(maintain_order=True)
        places = order.to_list()
        by_key = frame[frame.columns[0]].is_sorted()
        if not by_key and places != sorted(places) and places != ROSTER.get(path.parent, places):
            found.append(f"{path.name}: rows are in an order of their own")
    return found


ROSTER: dict[Path, list[str]] = {}
"""The order of the roster in each folder of tables: the only other order rows may stand in."""


def in_workbook(path: Path) -> list[str]:
    found = []
    book = openpyxl.load_workbook(path, read_only=True)
    for sheet in book:
        for row in sheet.iter_rows(max_row=12, values_only=True):
            found += in_heads(path, sheet.title, [str(c) for c in row if c is not None])
    book.close()
    return found


def in_text(path: Path, text: str) -> list[str]:
    """Sentences, table rows and their heads that stand beside a household's number."""
    found = []
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        if NUMBER.search(table):
            heads = [
                html.unescape(re.sub(r"<[^>]+>", "", h)) for h in re.findall(r"<th.*?</th>", table, re.DOTALL)
            ]
            found += [f"{path.name} table: {h}" for h in heads if GUESS.search(h)]
    plain = html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", "\n", text, flags=re.DOTALL))
    for line in re.split(r"[\n。.;；]", plain):
        if NUMBER.search(line) and GUESS.search(line):
            found.append(f"{path.name}: {line.strip()[:120]}")
    return found


def in_json(path: Path, value: Any, named: bool = False) -> list[str]:
    found = []
    if isinstance(value, dict):
        named = (
            named
            or of_one(list(value))
            or any(isinstance(v, str) and NUMBER.fullmatch(v) for v in value.values())
        )
        named = named or any(NUMBER.fullmatch(str(k)) for k in value)
        found += [f"{path.name}: {k}" for k in value if named and GUESS.search(str(k))]
        for inner in value.values():
            found += in_json(path, inner, named)
    elif isinstance(value, list):
        for inner in value:
            found += in_json(path, inner, named)
    return found


def in_document(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as parts:
        text = parts.read("word/document.xml").decode("utf-8")
    return in_text(path, text.replace("<w:tbl>", "<table>").replace("</w:tbl>", "</table>"))


def in_list(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads = next(csv.reader(file), [])
    return in_heads(path, "head", heads)


READERS = {
    ".parquet": in_parquet,
    ".xlsx": in_workbook,
    ".docx": in_document,
    ".csv": in_list,
    ".html": lambda p: in_text(p, p.read_text(encoding="utf-8")),
    ".txt": lambda p: in_text(p, p.read_text(encoding="utf-8")),
    ".json": lambda p: in_json(p, json.loads(p.read_text(encoding="utf-8"))),
}


def guesses_in(folder: Path) -> list[str]:
    """Every guess about one household in a folder; a kind of file that cannot be read is no pass."""
    for table in folder.rglob("household.parquet"):
        ROSTER[table.parent] = pl.read_parquet(table, columns=["household_id"])["household_id"].to_list()
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        reader = READERS.get(path.suffix)
        found += [f"{path.name}: nobody looked into it"] if reader is None else reader(path)
    return found


@pytest.fixture(scope="module")
def written(small_luoyang: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is written for the hundred households: the run, the answer to the roster with its letters, commands."""
    folder = tmp_path_factory.mktemp("written")
    shutil.copytree(small_luoyang / "out", folder / "out", ignore=shutil.ignore_patterns(".*"))
    for language in ("zh", "en"):
        write_answer(folder / f"answer_{language}", answer(small_luoyang, "cn_luoyang", None, None), language)
    ids = pl.read_parquet(small_luoyang / "out" / "tables" / "household.parquet")["household_id"].to_list()
    co_mover = pl.read_parquet(small_luoyang / "out" / "tables" / "co_mover.parquet")[
        "household_id"
    ].to_list()
    commands = [
        ("explain", small_luoyang, ids[0]),
        ("explain", small_luoyang, co_mover[0]),
        ("explain", small_luoyang, co_mover[0], "--json"),
        ("why", small_luoyang, f"household/{co_mover[0]}/member_count"),
        ("letter", small_luoyang, co_mover[0]),
    ]
    (folder / "commands").mkdir()
    for at, args in enumerate(commands):
        for language in ("zh", "en"):
            done = CliRunner().invoke(cli, [str(a) for a in (*args, "--lang", language)])
            assert done.exit_code in (0, 1), (args, done.output)
            (folder / "commands" / f"{at}_{language}.txt").write_text(done.output, encoding="utf-8")
    return folder


def test_nothing_written_guesses_about_one_household(written: Path) -> None:
    kinds = {p.suffix for p in written.rglob("*") if p.is_file()}
    assert {".parquet", ".xlsx", ".docx", ".html", ".json", ".csv", ".txt"} <= kinds
    assert guesses_in(written) == []


def plant_column(folder: Path) -> None:
    path = folder / "out" / "tables" / "co_mover.parquet"
    pl.read_parquet(path).with_columns(pl.lit(480_000).alias("uptake_ppm")).write_parquet(path)


def plant_order(folder: Path) -> None:
    path = folder / "out" / "tables" / "co_mover.parquet"
    pl.read_parquet(path).sort("income_years", "household_id", descending=[True, False]).write_parquet(path)


def plant_sheet(folder: Path) -> None:
    path = folder / "out" / "problems.xlsx"
    book = openpyxl.load_workbook(path)
    book.create_sheet("名单").append(["户编号", "搬迁概率"])
    book.save(path)


def plant_page(folder: Path) -> None:
    path = folder / "out" / "report.html"
    row = "<table><tr><th>户</th><th>predicted</th></tr><tr><td>4100000001</td><td>48%</td></tr></table>"
    path.write_text(path.read_text(encoding="utf-8") + row, encoding="utf-8")


def plant_sentence(folder: Path) -> None:
    path = next((folder / "answer_en" / "letters").glob("*.html"))
    path.write_text(
        path.read_text(encoding="utf-8") + "<p>4100000001 will probably come</p>", encoding="utf-8"
    )


def plant_json(folder: Path) -> None:
    (folder / "out" / "more.json").write_text('{"4100000001": {"willing_score": 3}}', encoding="utf-8")


def plant_list(folder: Path) -> None:
    (folder / "answer_zh" / "visit_first.csv").write_text("household_id,sign_share\n", encoding="utf-8")


@pytest.mark.parametrize(
    "plant", [plant_column, plant_order, plant_sheet, plant_page, plant_sentence, plant_json, plant_list]
)
def test_a_planted_guess_is_found(written: Path, tmp_path: Path, plant: Any) -> None:
    folder = Path(shutil.copytree(written, tmp_path / "w"))
    plant(folder)
    assert len(guesses_in(folder)) >= 1
