"""The sheet of readings and links: shown, corrected, damaged, fed back. Texts are synthetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter

from tests.ground.supervision.test_door import codes, problems, run

TEXT = (
    "The report on Ashdale (synthetic). Table 1 shows the plan.\nTable 1 Sites\n"
    "In 2021 the plan was to relocate 812 households with 3,004 people, of which 1,500 people in Ashdale and "
    "1,604 people in Birchton; 609 households had moved, that is 85% of those planned.\n"
    "Work began on 4 May 2021 and was finished on 3 March 2021. See Table 7. A family of four was given a house "
    "of 125 square metres."
)
Rows = dict[str, list[list[Any]]]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(TEXT, encoding="utf-8")
    run(path)
    return tmp_path / "out/readings.xlsx"


def rows_of(path: Path) -> Rows:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return {n: book.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in book.sheet_names}


def written(rows: Rows, path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, lines in rows.items():
            page = book.add_worksheet(name)
            for i, line in enumerate(lines):
                for j, value in enumerate(line):
                    if value != "":
                        page.write(i, j, value)
    return path


def test_the_sheet_as_it_stands_says_what_the_report_says(sheet: Path) -> None:
    _, first = run(sheet.parents[1] / "report.txt")
    _, second = run(sheet)
    assert codes(first) == codes(second) == {"R07", "R10", "R04", "R24"} | (codes(first) & {"R08", "R09"})


def test_every_link_that_is_judged_stands_on_the_sheet(sheet: Path) -> None:
    rows = rows_of(sheet)
    kinds = [line[rows["links"][2].index("kind")] for line in rows["links"][3:]]
    assert {"sum", "rate", "order", "reference", "entitlement", "per_head"} <= set(kinds)
    rows["links"] = rows["links"][:3] + [
        [("no" if name == "keep" else value) for name, value in zip(rows["links"][2], line, strict=True)]
        for line in rows["links"][3:]
    ]
    _, answer = run(written(rows, sheet.parent / "none.xlsx"))
    assert codes(answer) == set()


def test_a_corrected_value_ends_its_finding(sheet: Path) -> None:
    rows = rows_of(sheet)
    value = rows["readings"][2].index("value")
    for line in rows["readings"][3:]:
        if line[value] == 1604:
            line[value] = 1504
    _, answer = run(written(rows, sheet.parent / "mended.xlsx"))
    assert "R10" not in codes(answer)
    assert "R07" in codes(answer)


def test_without_the_sheet_of_links_they_are_found_anew(sheet: Path) -> None:
    rows = rows_of(sheet)
    del rows["links"]
    _, answer = run(written(rows, sheet.parent / "anew.xlsx"))
    assert "R10" in codes(answer)


def test_a_damaged_row_is_named_and_the_others_are_judged(sheet: Path) -> None:
    rows = rows_of(sheet)
    definition, kind = (rows["links"][2].index(n) for n in ("definition", "kind"))
    rows["links"][3][definition] = "{total: f1"
    rows["links"][4][kind] = "summ"
    value = rows["readings"][2].index("value")
    rows["readings"][4][value] = "about twelve"
    code, answer = run(written(rows, sheet.parent / "damaged.xlsx"))
    assert code == 0
    assert problems(answer).count("supervision.link_unfit") == 2
    assert any(p["row"] in (4, 5, "4", "5") for p in answer["problems"])
    assert len(problems(answer)) > 2


def test_units_stand_in_the_readers_language_and_are_read_back(tmp_path: Path) -> None:
    """What the sheet shows is for a person; what is judged keeps its name."""
    path = tmp_path / "r.txt"
    path.write_text("计划搬迁5,401户、20,615人，每户补助48,000元。\n", encoding="utf-8")
    run(path, "--lang", "zh")
    book = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out/readings.xlsx"))
    rows = book.get_sheet_by_name("readings").to_python(skip_empty_area=False)
    at = rows[2].index("unit")
    assert [row[at] for row in rows[3:]] == ["户", "人", "元/户"]
    _, answer = run(tmp_path / "out/readings.xlsx")
    assert [r["unit"] for r in answer["readings"]] == ["household", "person", "yuan/household"]
