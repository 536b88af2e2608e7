"""A made-up roster that tests damage on purpose; its division 4199 was never issued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from resettle.journey.inputs import pack_or_raise, registry_data
from resettle.policy import Pack
from resettle.problems import Problem
from resettle.registry.identity import synthetic_number
from resettle.registry.stage import RegistryResult, register
from resettle.store.cells import read_cells
from resettle.store.problems_file import write_problems
from resettle.tables.grid import Sheet

AS_OF = date(2016, 12, 31)
HEADS = ["序号", "行政村", "户编号", "姓名", "证件号码", "与户主关系", "性别", "耕地面积（亩）"]
KEY, NAME, ID, RELATION, SEX, AREA = 2, 3, 4, 5, 6, 7
FAMILY = ("李", "王", "张", "赵", "陈", "孙", "周", "吴")
GIVEN = ("大山", "小河", "秀英", "国强", "玉兰", "建华", "春梅", "志远", "桂芳", "永福", "喜来")
_PACKS: dict[str, Pack] = {}


def pack_data() -> dict[str, Any]:
    """The pack's labels and grammar without its places: made-up villages are in no table."""
    if "cn" not in _PACKS:
        _PACKS["cn"] = pack_or_raise("cn_luoyang")
    data = registry_data(_PACKS["cn"])
    return {k: v for k, v in data.items() if k not in ("region_table", "county_crosswalk")}


def number(order: int, born: date = date(1970, 5, 6)) -> str:
    return synthetic_number("419900", born, order)


def households(count: int = 4) -> list[list[Any]]:
    """Rows of ``count`` households of three: a head, a spouse, a son; one village for every two of them."""
    rows: list[list[Any]] = []
    for home in range(count):
        family = FAMILY[home % len(FAMILY)]
        for place, (relation, sex, born) in enumerate(
            (
                ("户主", "男", date(1960 + home % 20, 1 + home % 12, 3)),
                ("配偶", "女", date(1961 + home % 20, 1 + home % 12, 14)),
                ("之子", "男", date(1990 + home % 20, 2, 1 + home % 28)),
            )
        ):
            order = 2 * (3 * home + place) + (sex == "男")
            name = family + GIVEN[(home * 3 + place) % len(GIVEN)] + str(home)
            area = round(2.5 + home % 7, 2) if relation == "户主" else None
            rows.append(
                [
                    len(rows) + 1,
                    f"水磨{home // 2}村",
                    f"4199{home:06d}",
                    name.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
                    synthetic_number("419900", born, order),
                    relation,
                    sex,
                    area,
                ]
            )
    return rows


def workbook(
    path: Path, rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS, title: str | None = None
) -> Path:
    """Write rows as an office would, texts as texts and numbers as numbers."""
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("花名册")
    top = 0
    if title:
        page.merge_range(0, 0, 0, len(heads) - 1, title)
        top = 1
    for line, row in enumerate([heads, *rows], top):
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                page.write_string(line, column, value)
            else:
                page.write(line, column, value)
    book.close()
    return path


def answered(
    *paths: Path, out: Path | None = None, language: Any = "zh"
) -> tuple[list[Sheet], list[Problem], RegistryResult]:
    """Read, register, write the answer; the balance holds for every roster of every test."""
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for path in paths:
        found, faults = read_cells(path)
        sheets += found
        problems += faults
    result = register(sheets, {"as_of": AS_OF, "key": b"k"}, pack_data())
    problems += result.problems
    assert result.counts["read"] == result.counts["accepted"] + result.counts["quarantined"]
    assert result.counts["quarantined"] == result.quarantine.height
    if out is not None:
        write_problems(out, result.sheets, result.quarantine, problems, result.counts, result.cells, language)
    return sheets, problems, result


def filled_rows(sheets: Sequence[Sheet]) -> int:
    """Rows that hold anything but white space, in all sheets."""
    total = 0
    for sheet in sheets:
        if sheet.cells.width:
            filled = pl.any_horizontal(pl.all().str.strip_chars().str.len_chars() > 0).fill_null(False)
            total += sheet.cells.filter(filled).height
    return total


def codes(problems: Sequence[Problem], severity: str | None = None) -> set[str]:
    return {p.code.removeprefix("registry.") for p in problems if severity in (None, p.severity)}
