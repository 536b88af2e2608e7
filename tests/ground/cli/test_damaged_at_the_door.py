"""``resettle check`` over what offices keep and what goes wrong with it: every row is answered, whatever it is.

Each case makes one file damaged in one way, runs the command as an office would, and holds what must be true
of every answer: accepted and quarantined make up what was read, the rows to correct stand in ``problems.xlsx``,
and nothing raises.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner
from tests.ground.registry.rosters import (
    AREA,
    HEADS,
    ID,
    KEY,
    NAME,
    RELATION,
    SEX,
    answered,
    households,
    workbook,
)

from resettle.cli.check import command as check
from resettle.store.roster_file import write_roster
from resettle.words import tell

XLS = Path(__file__).parents[1] / "store" / "roster_made_up.xls"
VILLAGES = ("水磨村", "下庙村")


def rows(count: int = 4) -> list[list[Any]]:
    """A sound roster whose villages stand in the pack's table of places."""
    found = households(count)
    for row in found:
        row[1] = VILLAGES[int(row[1].removeprefix("水磨").removesuffix("村")) % len(VILLAGES)]
    return found


HEADED = ["序号", "行政村", *HEADS[2:]]


def checked(path: Path, *options: str, language: str = "zh") -> dict[str, Any]:
    """Run the command and hold what is true of every answer."""
    out = path.parent / "answer"
    arguments = [
        str(path),
        "--out",
        str(out),
        "--as-of",
        "2016-12-31",
        "--lang",
        language,
        "--json",
        *options,
    ]
    result = CliRunner().invoke(check, arguments, standalone_mode=False)
    assert result.exception is None, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    counts = found["counts"]
    assert counts["accepted"] + counts["quarantined"] == counts["read"]
    assert result.return_value == int(any(p["severity"] == "error" for p in found["problems"]))
    book = openpyxl.load_workbook(out / "problems.xlsx")
    own = {tell(f"registry.sheet_{n}", language) for n in ("summary", "visits", "heads", "answers")}  # type: ignore[arg-type]
    reference = tell("registry.reference", language)  # type: ignore[arg-type]
    waiting = []
    for page in book:
        if page.title in own:
            continue
        lines = list(page.iter_rows(values_only=True))
        top, place = next((i, line.index(reference)) for i, line in enumerate(lines) if reference in line)
        waiting += [line[place] for line in lines[top + 1 :]]
    assert len(waiting) == len(set(waiting)) == counts["quarantined"]
    persons = pl.read_parquet(out / "tables" / "person.parquet")
    found |= {"person": persons, "household": pl.read_parquet(out / "tables" / "household.parquet")}
    found["codes"] = {p["code"].removeprefix("registry.") for p in found["problems"]}
    return found


def place(path: Path, code: str, found: dict[str, Any]) -> list[int]:
    return [p["row"] for p in found["problems"] if p["code"] == f"registry.{code}"]


def of_workbook(
    change: Callable[[list[list[Any]]], Any], heads: list[str] = HEADED
) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        lines = rows()
        changed = change(lines)
        return workbook(folder / "r.xlsx", lines if changed is None else changed, heads)

    return make


def set_cell(row: int, column: int, value: Any) -> Callable[[list[list[Any]]], None]:
    def change(lines: list[list[Any]]) -> None:
        lines[row][column] = value

    return change


def with_head(head: str, values: list[Any]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        lines = [[*row, values[i] if i < len(values) else None] for i, row in enumerate(rows())]
        return workbook(folder / "r.xlsx", lines, [*HEADED, head])

    return make


def of_parts(change: Callable[[dict[str, bytes]], None]) -> Callable[[Path], Path]:
    """A workbook some of whose parts are others."""

    def make(folder: Path) -> Path:
        path = workbook(folder / "r.xlsx", rows(), HEADED)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        change(parts)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return path

    return make


def of_bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        source = XLS if name.endswith("xls") else workbook(folder / "w.xlsx", rows(40), HEADED)
        path = folder / name
        path.write_bytes(change(source.read_bytes()))
        return path

    return make


def text_file(encoding: str, mark: str = ",") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        lines = [mark.join("" if v is None else str(v) for v in row) for row in [HEADED, *rows()]]
        (folder / "r.csv").write_bytes("\r\n".join(lines).encode(encoding))
        return folder / "r.csv"

    return make


def merged_inside(folder: Path) -> Path:
    """Two rows of the list run together across a merged cell, as where an office wrote a remark over them."""
    path = workbook(folder / "r.xlsx", rows(), HEADED)
    book = openpyxl.load_workbook(path)
    page = book.active
    for column in "BCDEFGH":
        page[f"{column}6"] = None
    page["A6"] = "此户已外出"
    page.merge_cells("A6:H6")
    page.merge_cells("C2:C4")
    book.save(path)
    return path


def five_rows_of_heads(folder: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["某县易地搬迁人口花名册（截至2016年12月31日）"])
    page.append(["填报单位：某乡", None, None, "单位：人、亩"])
    page.append(["基本情况", None, None, None, None, None, None, "土地"])
    page.append(["序号", "行政村", "户编号", "成员", None, None, None, "耕地"])
    page.append([None, None, None, "姓名", "证件", "关系", None, "面积"])
    page.append([None, None, None, "姓名", "证件号码", "与户主关系", "性别", "耕地面积（亩）"])
    for row in rows():
        page.append(row)
    page.append(["合计", None, "4户", "12人"])
    page.append([])
    page.append(["填表人：", None, None, "审核人："])
    page.merge_cells("A1:H1")
    page.merge_cells("A3:G3")
    page.merge_cells("D4:G4")
    book.save(folder / "r.xlsx")
    return folder / "r.xlsx"


def two_sheets(folder: Path) -> Path:
    """Households on one sheet, persons on another, as the registry exports them."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "户"
    page.append(["户编号", "户主姓名", "户主证件号码", "行政村", "家庭人口数", "旧房面积（平方米）"])
    for row in rows():
        if row[RELATION] == "户主":
            page.append([row[KEY], row[NAME], row[ID], row[1], 3, 100])
    people = book.create_sheet("人")
    people.append(["户编号", "姓名", "证件号码", "与户主关系", "性别"])
    for row in rows():
        people.append([row[KEY], row[NAME], row[ID], row[RELATION], row[SEX]])
    book.save(folder / "r.xlsx")
    return folder / "r.xlsx"


def co_movers(folder: Path) -> Path:
    lines = rows()
    for start in (0, 6):
        for row in lines[start : start + 3]:
            row[KEY] = lines[start][ID]
    return workbook(
        folder / "r.xlsx", lines, [*HEADED[:KEY], "户编号（随迁户：户主身份证号）", *HEADED[KEY + 1 :]]
    )


def old_password(raw: bytes) -> bytes:
    """A workbook of the old format whose first record after its beginning says that a password is needed."""
    at = raw.index(b"\x09\x08\x10\x00\x00\x06")
    after = at + 4 + struct.unpack_from("<H", raw, at + 2)[0]
    length = struct.unpack_from("<H", raw, after + 2)[0]
    return raw[:after] + struct.pack("<2H", 0x002F, length) + b"\x01" + raw[after + 5 :]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
SHEET = "xl/worksheets/sheet1.xml"
CASES: dict[str, tuple[Callable[[Path], Path], dict[str, int], set[str]]] = {
    "a plain template": (of_workbook(lambda _: None), {"read": 12, "accepted": 12}, set()),
    "csv in UTF-8": (text_file("utf-8"), {"read": 12, "accepted": 12}, set()),
    "csv in GB18030": (text_file("gb18030"), {"read": 12, "accepted": 12}, set()),
    "csv with tabs in UTF-16": (text_file("utf-16", "\t"), {"read": 12, "accepted": 12}, set()),
    "an old xls": (of_bytes("r.xls", lambda raw: raw), {"read": 13}, {"id_digits_lost"}),
    "heads over four rows under titles, over totals": (
        five_rows_of_heads,
        {"read": 12, "accepted": 12, "set_aside": 2},
        {"rows_set_aside"},
    ),
    "households and persons on two sheets": (two_sheets, {"read": 16, "accepted": 16}, set()),
    "co-movers keyed by their head's number": (co_movers, {"read": 12, "accepted": 12}, set()),
    "full-width digits": (
        of_workbook(set_cell(0, AREA, "２．５")),
        {"read": 12, "accepted": 12},
        set(),
    ),
    "a number of which fifteen digits are left": (
        of_workbook(set_cell(1, ID, 4.19900196102140e17)),
        {"read": 12, "quarantined": 1},
        {"id_digits_lost"},
    ),
    "a lunar date": (
        with_head("出生日期", ["农历腊月初八"]),
        {"read": 12, "quarantined": 1},
        {"date_lunar"},
    ),
    "a spreadsheet's day and a Chinese date": (
        with_head("出生日期", [date(1960, 1, 3), "一九六一年一月十四日", 32905]),
        {"read": 12, "accepted": 12},
        set(),
    ),
    "numbers in Chinese words": (
        of_workbook(set_cell(0, AREA, "二亩五分")),
        {"read": 12, "accepted": 12},
        set(),
    ),
    "merged rows inside the data": (merged_inside, {"read": 12, "quarantined": 1}, {"name_missing"}),
    "a truncated workbook": (of_bytes("r.xlsx", lambda raw: raw[:-700]), {"read": 0}, {"file_damaged"}),
    "a truncated old workbook": (of_bytes("r.xls", lambda raw: raw[:4000]), {"read": 0}, {"file_damaged"}),
    "a workbook with a password": (
        of_bytes("r.xlsx", lambda _: OLE + "EncryptedPackage".encode("utf-16-le")),
        {"read": 0},
        {"file_password"},
    ),
    "an old workbook with a password": (of_bytes("r.xls", old_password), {"read": 0}, {"file_password"}),
    "two gigabytes in a small zip": (
        of_parts(lambda parts: parts.update({"xl/worksheets/sheet2.xml": b"\0" * 60_000_000})),
        {"read": 0},
        {"file_too_large"},
    ),
    "external links": (
        of_parts(lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})),
        {"read": 12, "accepted": 12},
        {"file_external_links"},
    ),
    "formulas that were never computed": (
        of_parts(
            lambda parts: parts.update(
                {SHEET: parts[SHEET].replace(b'<c r="A2"><v>1</v></c>', b'<c r="A2"><f>1+1</f></c>')}
            )
        ),
        {"read": 12, "accepted": 12},
        {"sheet_formula_without_value"},
    ),
    "an empty sheet": (lambda folder: workbook(folder / "r.xlsx", [], [""]), {"read": 0}, {"sheet_empty"}),
    "heads in an unknown language": (
        of_workbook(
            lambda _: None,
            ["Nº", "Aldea", "Familia", "Apellidos", "Cédula", "Parentesco", "Género", "Tierra"],
        ),
        {"read": 13, "quarantined": 13},
        {"heads_unknown"},
    ),
    "two heads with one name": (
        with_head("姓名", ["别名"] * 12),
        {"read": 12, "accepted": 12},
        {"head_repeated"},
    ),
    "two contradicting rows of one person": (
        of_workbook(lambda lines: [*lines, [13, *lines[2][1:NAME], "别的名字", *lines[2][NAME + 1 :]]]),
        {"read": 13, "quarantined": 2},
        {"key_conflict"},
    ),
    "a household without a head": (
        of_workbook(set_cell(0, RELATION, "之婿")),
        {"read": 12, "quarantined": 3},
        {"head_missing"},
    ),
    "a village that is nowhere": (
        of_workbook(set_cell(0, 1, "火星村")),
        {"read": 12, "quarantined": 1},
        {"place_unknown"},
    ),
    "no roster at all but a picture": (
        of_bytes("r.xlsx", lambda _: b"\x89PNG\r\n\x1a\n\0\0\0\0" * 9),
        {"read": 0},
        {"file_picture"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_row_is_answered(tmp_path: Path, case: str) -> None:
    make, counts, expected = CASES[case]
    options = ["--size-limit", "50"] if case == "two gigabytes in a small zip" else []
    found = checked(make(tmp_path), *options)
    assert counts.items() <= found["counts"].items(), (found["counts"], found["codes"])
    assert expected <= found["codes"]
    if not expected:
        assert not [p for p in found["problems"] if p["severity"] == "error"]


def test_the_answer_reads_in_english_too(tmp_path: Path) -> None:
    make, _, expected = CASES["a lunar date"]
    assert expected <= checked(make(tmp_path), language="en")["codes"]


def test_the_layout_of_55_columns_comes_back_row_by_row(tmp_path: Path) -> None:
    _, _, result = answered(workbook(tmp_path / "plain.xlsx", households(30), HEADS))
    numbers = dict(zip(result.person["name"], (row[ID] for row in households(30)), strict=False))
    numbers |= {row[NAME]: row[ID] for row in households(30)}
    person = result.person.with_columns(
        pl.col("name").replace_strict(numbers, default=None).alias("identity_number")
    )
    path = tmp_path / "roster.xlsx"
    write_roster(path, result.household, person, "county_55")
    found = checked(path)
    assert found["counts"]["read"] == found["counts"]["accepted"] and found["person"].height == 90
    read = found["counts"]["read"]
    assert set(found["household"]["household_id"]) == set(result.household["household_id"])
    areas = ("household_id", "cultivated_area_dm2", "member_count")
    assert found["household"].select(areas).equals(result.household.sort("household_id").select(areas))
    book = openpyxl.load_workbook(path)
    page = book.active
    heads = next(r for r in page.iter_rows() if any(c.value == "证件号码" for c in r))
    column = next(c.column for c in heads if c.value == "证件号码")
    page.cell(page.max_row, column, "12")
    book.save(path)
    found = checked(path)
    assert found["counts"] == found["counts"] | {"read": read, "quarantined": 1}
    assert "id_malformed" in found["codes"]


def test_an_answer_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "r.xlsx", rows(), HEADED)
    checked(path)
    before = {p.name: p.read_bytes() for p in (tmp_path / "answer").rglob("*") if p.is_file()}

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    result = CliRunner().invoke(check, [str(path), "--out", str(tmp_path / "answer")], standalone_mode=False)
    assert isinstance(result.exception, OSError)
    assert {p.name: p.read_bytes() for p in (tmp_path / "answer").rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer", "r.xlsx"]


def test_a_folder_that_holds_other_things_is_not_written_over(tmp_path: Path) -> None:
    from resettle.problems import ResettleError

    path = workbook(tmp_path / "r.xlsx", rows(), HEADED)
    result = CliRunner().invoke(check, [str(path), "--out", str(tmp_path)], standalone_mode=False)
    assert isinstance(result.exception, ResettleError)
    assert [p.code for p in result.exception.problems] == ["store.folder_not_ours"]
    assert path.exists()


def test_a_head_is_taught_once_and_remembered(tmp_path: Path) -> None:
    heads = [*HEADED[:NAME], "搬迁对象", *HEADED[NAME + 1 :]]
    path = workbook(tmp_path / "r.xlsx", rows(), heads)
    assert checked(path)["person"]["name"].null_count() == 12
    assert checked(path, "--head", "搬迁对象=姓名")["person"]["name"].null_count() == 0
    assert (tmp_path / "heads.csv").read_text(encoding="utf-8-sig").splitlines()[1] == "搬迁对象,姓名"
    assert checked(path)["person"]["name"].null_count() == 0
    (tmp_path / "heads.csv").write_text("表头,字段\n搬迁对象,姓名称\n性别,姓名\n", encoding="gb18030")
    found = checked(path)
    wrong = next(p for p in found["problems"] if p["code"] == "registry.taught_field_unknown")
    assert (wrong["row"], wrong["column"], wrong["value"], wrong["nearest"]) == (
        2,
        "搬迁对象",
        "姓名称",
        "姓名",
    )
    assert "taught_against_known" in found["codes"]


def test_every_household_has_a_letter(tmp_path: Path) -> None:
    checked(workbook(tmp_path / "r.xlsx", rows(), HEADED))
    pages = [p.read_text(encoding="utf-8") for p in (tmp_path / "answer" / "letters").iterdir()]
    assert sum(page.count("<article>") for page in pages) == 4
    assert all(any(row[KEY] in page for page in pages) for row in rows())


def test_a_household_all_of_whose_rows_wait_is_among_those_to_visit(tmp_path: Path) -> None:
    lines = rows()
    lines[4][RELATION] = "户主"
    checked(workbook(tmp_path / "r.xlsx", lines, HEADED))
    visits = pl.read_csv(tmp_path / "answer" / "visit_first.csv", infer_schema=False)
    assert lines[4][KEY] in visits.filter(pl.col("fact") == "registry.head_twice")["household_id"].to_list()
    shown = openpyxl.load_workbook(tmp_path / "answer" / "problems.xlsx")["先走访这些户"]
    assert any("两个户主" in str(line[3]) for line in shown.iter_rows(values_only=True))
