"""Files as offices have them, and files that are none: each is answered, nothing raises or hangs."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import xlsxwriter

from resettle.store.cells import read_cells
from tests.ground.registry.rosters import HEADS, ID, NAME, answered, codes, filled_rows, households, workbook

FIXTURES = Path(__file__).parent


def rewritten(source: Path, target: Path, changed: dict[str, bytes]) -> Path:
    """A copy of a zip with some entries replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry not in changed:
                new.writestr(entry, old.read(entry))
        for entry, content in changed.items():
            new.writestr(entry, content)
    return target


def test_an_old_xls_is_read_as_its_xlsx(tmp_path: Path) -> None:
    _, problems, result = answered(FIXTURES / "roster_made_up.xls")
    assert result.counts["read"] == 13 and result.counts["quarantined"] == 1
    assert "id_digits_lost" in codes(problems)
    assert result.household["cultivated_area_dm2"].drop_nulls().to_list()[0] == round(2.5 * 200000 / 3)


def test_external_links_are_named_and_the_saved_values_used(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    path = rewritten(
        plain, tmp_path / "linked.xlsx", {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    )
    _, problems, result = answered(path)
    assert "file_external_links" in codes(problems, "warning")
    assert result.counts["accepted"] == 12


def test_formulas_without_a_saved_value_are_named_and_their_rows_kept(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    for row in [HEADS, *households()]:
        page.append(row)
    page["H2"] = "=1+1"
    page["E3"] = '=CONCATENATE("4199","00")'
    book.save(tmp_path / "formulas.xlsx")
    _, problems, result = answered(tmp_path / "formulas.xlsx")
    found = next(p for p in problems if p.code.endswith("formula_without_value"))
    assert found.values["count"] == 2 and found.column in ("H2", "E3")
    assert result.counts["read"] == 12


def test_a_formula_whose_saved_value_is_an_empty_text_is_no_fault(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "f.xlsx"))
    page = book.add_worksheet()
    for line, row in enumerate([HEADS, *households()]):
        for column, value in enumerate(row):
            page.write(line, column, value)
    page.write_formula(2, 9, "=1+1", None, 2)
    book.close()
    part = "xl/worksheets/sheet1.xml"
    xml = zipfile.ZipFile(tmp_path / "f.xlsx").read(part)
    cell = b'<c r="J2" t="str"><f>IF(1=2,"x","")</f><v></v></c></row><row r="3"'
    changed = xml.replace(b'</row><row r="3"', cell)
    assert changed != xml
    _, problems, _ = answered(rewritten(tmp_path / "f.xlsx", tmp_path / "g.xlsx", {part: changed}))
    assert "sheet_formula_without_value" not in codes(problems)


def test_a_first_row_or_column_without_content_moves_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    for line, row in enumerate([HEADS, *households()], 5):
        for column, value in enumerate(row, 3):
            page.cell(line, column, value)
    page["A1"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")
    page["B2"] = "=1+1"
    book.save(tmp_path / "moved.xlsx")
    sheets, _ = read_cells(tmp_path / "moved.xlsx")
    assert sheets[0].cells["c5"][4] == "姓名"
    assert sheets[0].cells["c5"][5] == households()[0][NAME]


def test_numbers_of_eighteen_places_written_by_any_program_lose_their_digits_openly(tmp_path: Path) -> None:
    for maker in ("openpyxl", "xlsxwriter"):
        rows = households()
        rows[0][ID] = int(rows[0][ID].replace("X", "0"))
        rows[4][ID] = float(rows[4][ID].replace("X", "0"))
        path = tmp_path / f"{maker}.xlsx"
        if maker == "openpyxl":
            book = openpyxl.Workbook()
            for row in [HEADS, *rows]:
                book.active.append(row)
            book.save(path)
        else:
            workbook(path, rows)
        _, problems, _ = answered(path)
        lost = [p.row for p in problems if p.code == "registry.id_digits_lost"]
        assert lost == [2, 6], maker


def test_protected_damaged_cut_and_empty_files_are_each_answered(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", households(40)).read_bytes()
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
    cases = {
        "protected.xlsx": (ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500, "file_password"),
        "broken.xls": (ole, "file_damaged"),
        "cut.xlsx": (whole[: len(whole) // 2], "file_damaged"),
        "empty.xlsx": (b"", "file_empty"),
        "blank.csv": (b"   \n \n", "file_empty"),
        "picture.csv": (b"\x89PNG\r\n\x1a\n\0\0\0\0" * 9, "file_picture"),
    }
    for name, (content, code) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        sheets, problems = read_cells(path)
        assert (sheets, codes(problems)) == ([], {code}), name


def test_a_word_document_and_a_zip_of_anything_are_no_workbook(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    (tmp_path / "a.xlsx").write_bytes(buffer.getvalue())
    assert codes(read_cells(tmp_path / "a.xlsx")[1]) == {"file_no_workbook"}


def test_size_is_judged_before_unpacking(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    bomb = rewritten(plain, tmp_path / "bomb.xlsx", {"xl/worksheets/sheet9.xml": b"\0" * 40_000_000})
    assert bomb.stat().st_size < 200_000
    sheets, problems = read_cells(bomb, size_limit=20_000_000)
    assert (sheets, codes(problems)) == ([], {"file_too_large"})
    assert problems[0].values["limit_mb"] == 20


def test_a_size_that_lies_about_itself_is_found(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    sheet = zipfile.ZipFile(plain).read("xl/worksheets/sheet1.xml")
    bomb = rewritten(plain, tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": sheet + b" " * 30_000_000})
    raw = bytearray(bomb.read_bytes())
    true = struct.pack("<I", len(sheet) + 30_000_000)
    assert raw.count(true) >= 1
    bomb.write_bytes(bytes(raw).replace(true, struct.pack("<I", 1000)))
    sheets, problems = read_cells(bomb)
    assert (sheets, codes(problems)) == ([], {"file_damaged"})


def test_one_cell_at_the_far_end_of_the_sheet_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("花名册")
    for line, row in enumerate([HEADS, *households()]):
        for column, value in enumerate(row):
            page.write(line, column, value)
    page.write(1048575, 16383, "x")
    book.close()
    sheets, problems = read_cells(path)
    assert (sheets, codes(problems)) == ([], {"sheet_too_wide"})
    assert problems[0].column == "XFD1048576"


def test_an_empty_sheet_and_a_hidden_one_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [HEADS, *households()]:
        book.active.append(row)
    book.create_sheet("空")
    hidden = book.create_sheet("藏")
    hidden.sheet_state = "hidden"
    hidden.append(HEADS)
    book.save(tmp_path / "s.xlsx")
    sheets, problems, result = answered(tmp_path / "s.xlsx")
    assert {"sheet_empty", "sheet_hidden"} <= codes(problems)
    assert result.counts["accepted"] == 12 and len(sheets) == 2


def test_csv_in_both_encodings_and_with_every_separator(tmp_path: Path) -> None:
    lines = [HEADS, *households()]
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        for mark in (",", "\t", ";"):
            text = "\r\n".join(mark.join("" if v is None else str(v) for v in row) for row in lines)
            path = tmp_path / "r.csv"
            path.write_bytes(text.encode(encoding))
            sheets, _, result = answered(path)
            assert result.counts["accepted"] == 12, (encoding, mark)
            assert filled_rows(sheets) == 13


def patched(tmp_path: Path, changes: dict[int, int]) -> Path:
    """The old workbook with some of its numbers (four bytes, little end first) set to others."""
    raw = bytearray((FIXTURES / "roster_made_up.xls").read_bytes())
    for at, value in changes.items():
        raw[at : at + 4] = struct.pack("<I", value)
    path = tmp_path / "patched.xls"
    path.write_bytes(bytes(raw))
    return path


def table_start(raw: bytes) -> int:
    """Where the table of chains begins."""
    return 512 * (1 + struct.unpack_from("<I", raw, 76)[0])


def record(raw: bytes, kind: int) -> int:
    """Where the first record of a kind begins in a workbook whose stream lies in one piece."""
    at = raw.index(b"\x09\x08\x10\x00\x00\x06")
    while (found := struct.unpack_from("<2H", raw, at))[0] != kind:
        at += 4 + found[1]
    return at


def test_an_xls_whose_chains_or_counts_lie_is_refused_before_it_eats_the_memory(tmp_path: Path) -> None:
    raw = (FIXTURES / "roster_made_up.xls").read_bytes()
    table = table_start(raw)
    first = struct.unpack_from("<I", raw, 48)[0]
    texts, size = record(raw, 0x00FC), record(raw, 0x0200)
    cases = {
        "a chain that bites its tail": {table + 4 * first: first},
        "a chain that leaves the file": {table + 4 * first: 0x00FFFFFF},
        "more tables than sectors": {44: 0x7FFFFFFF},
        "a list of tables that is circular": {68: 0, 72: 1},
        "a listed table that is not there": {76: 0x00FFFFFF},
        "two thousand million texts": {texts + 8: 0x7FFFFFFF},
        "four thousand million rows": {size + 8: 0xFFFFFFFF},
        "rows that end before they begin": {size + 4: 9, size + 8: 2},
    }
    for what, changes in cases.items():
        sheets, problems = read_cells(patched(tmp_path, changes))
        assert (sheets, codes(problems)) == ([], {"file_damaged"}), what
    assert read_cells(patched(tmp_path, {}))[0]


def test_one_long_text_in_a_million_cells_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    part, table = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
    sheet, texts = zipfile.ZipFile(plain).read(part), zipfile.ZipFile(plain).read(table)
    long = texts.replace("花名册".encode(), b"").replace(b"<si><t>", b"<si><t>" + b"x" * 60_000, 1)
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(20, 50_020))
    many = sheet.replace(b"</sheetData>", cells + b"</sheetData>")
    path = rewritten(plain, tmp_path / "long.xlsx", {part: many, table: long})
    sheets, problems = read_cells(path)
    assert (sheets, codes(problems)) == ([], {"file_too_large"})


def test_pictures_in_a_roster_do_not_count_as_its_size(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    path = rewritten(plain, tmp_path / "photos.xlsx", {"xl/media/image1.png": b"\0" * 3_000_000})
    assert len(read_cells(path, size_limit=1_000_000)[0]) == 1


def test_merged_ranges_over_each_other_are_said_and_ignored(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    part = "xl/worksheets/sheet1.xml"
    merges = b"<mergeCells>" + b'<mergeCell ref="A1:H1048576"/>' * 5000 + b"</mergeCells>"
    xml = zipfile.ZipFile(plain).read(part).replace(b"</sheetData>", b"</sheetData>" + merges)
    _, problems, result = answered(rewritten(plain, tmp_path / "m.xlsx", {part: xml}))
    assert "sheet_merges_overlap" in codes(problems, "warning") and result.counts["accepted"] == 12


def test_a_quote_never_closed_swallows_no_household(tmp_path: Path) -> None:
    rows = households()
    for place in (2, 5, 6):
        rows[place][NAME] = '"' + rows[place][NAME]
    lines = [",".join("" if v is None else str(v) for v in row) for row in [HEADS, *rows]]
    (tmp_path / "q.csv").write_text("\n".join(lines), encoding="utf-8")
    _, problems, result = answered(tmp_path / "q.csv")
    assert result.counts["read"] == 12
    found = next(p for p in problems if p.code == "registry.text_quote_open")
    assert (found.row, found.values["count"]) == (4, 3)


def test_a_quoted_cell_may_run_over_lines(tmp_path: Path) -> None:
    heads = ['"姓名\n(必填)"' if h == "姓名" else h for h in HEADS]
    lines = [",".join("" if v is None else str(v) for v in row) for row in [heads, *households()]]
    (tmp_path / "q.csv").write_text("\n".join(lines), encoding="utf-8")
    _, problems, result = answered(tmp_path / "q.csv")
    assert result.counts["accepted"] == 12 and "text_quote_open" not in codes(problems)


def test_a_text_that_falls_into_a_million_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("姓名" + "," * 1_000_000, encoding="utf-8")
    sheets, problems = read_cells(tmp_path / "w.csv")
    assert (sheets, codes(problems)) == ([], {"text_too_wide"})
    wide = "\n".join(["a,b"] * 5000 + ["," * 16_000])
    (tmp_path / "w.csv").write_text(wide, encoding="utf-8")
    assert codes(read_cells(tmp_path / "w.csv")[1]) == {"text_too_wide"}


def test_a_sheet_of_thousands_of_columns_is_answered_in_time(tmp_path: Path) -> None:
    heads = [*HEADS, *(f"备用列第{n}号" for n in range(3000))]
    _, _, result = answered(workbook(tmp_path / "wide.xlsx", households(), heads))
    assert result.counts["accepted"] == 12


def test_a_workbook_that_lists_no_sheet_is_answered(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "plain.xlsx", households())
    part = "xl/workbook.xml"
    xml = zipfile.ZipFile(plain).read(part)
    start, end = xml.index(b"<sheets>"), xml.index(b"</sheets>")
    path = rewritten(plain, tmp_path / "none.xlsx", {part: xml[: start + 8] + xml[end:]})
    sheets, problems = read_cells(path)
    assert (sheets, codes(problems)) == ([], {"file_without_sheets"})


def test_a_sheet_that_is_no_utf8_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    workbook(path, households(2))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b"</row>", b"\xff\xfe</row>", 1
    )
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    sheets, problems = read_cells(path)
    assert sheets or problems
