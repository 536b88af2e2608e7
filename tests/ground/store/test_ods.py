"""OpenDocument spreadsheets: read as LibreOffice packs them, and answered where they are damaged or meant to harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from resettle.registry.stage import register
from resettle.store.cells import read_cells
from tests.ground.registry.rosters import AS_OF, pack_data
from tests.ground.registry.test_odd_shapes import codes

NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def ods(path: Path, body: str, before: str = "", styles: str = "", manifest: str = "") -> Path:
    """A spreadsheet as LibreOffice packs it, of the given tables."""
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content {NAMES}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return path


def text(value: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{value}</text:p></table:table-cell>'


def table(*rows: str, name: str = "花名册", style: str = "s1") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


def row(*cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


def test_an_opendocument_roster_is_read(tmp_path: Path) -> None:
    empty = '<table:table-cell table:number-columns-repeated="16380"/>'
    covered = "<table:covered-table-cell/>"
    day = '<table:table-cell office:value-type="date" office:date-value="1962-03-01"><text:p>62/3/1</text:p></table:table-cell>'
    area = '<table:table-cell office:value-type="float" office:value="3.50"><text:p>3,5</text:p></table:table-cell>'
    long = '<table:table-cell office:value-type="float" office:value="419900196203010016"><text:p>4E+17</text:p></table:table-cell>'
    noted = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>不要读</text:p></office:annotation>'
        "<text:p>李<text:s/>大山</text:p></table:table-cell>"
    )
    sheet = table(
        row(empty, times=3),
        row(*map(text, ("户编号", "姓名", "与户主关系", "出生日期", "耕地面积（亩）", "证件号码")), empty),
        row(text("h1", ' table:number-rows-spanned="2"'), noted, text("户主"), day, area, long),
        row(covered, text("王秀英"), text("配偶")),
        row(empty, times=1_048_000),
    )
    hidden = table(row(text("x")), name="藏", style="s2")
    style = '<style:style style:name="s2"><style:table-properties table:display="false"/></style:style>'
    sheets, problems = read_cells(ods(tmp_path / "r.ods", sheet + hidden, styles=style))
    assert [p.code for p in problems] == ["registry.sheet_hidden"]
    assert [s.name for s in sheets] == ["花名册"]
    assert sheets[0].merges == [(4, 0, 5, 0)]
    assert sheets[0].cells.height == 6
    result = register(sheets, {"as_of": AS_OF, "key": b"k"}, pack_data())
    assert codes(result, 5) == {"id_digits_lost"}
    assert result.person.select("name", "relation").rows() == [("王秀英", "spouse")]
    assert sheets[0].cells.row(4)[3:5] == ("1962-03-01", "3.5")


@pytest.mark.parametrize(
    ("body", "before", "manifest", "code"),
    [
        (
            table(row(text("x", ' table:number-columns-repeated="16384"'), times=1_048_576)),
            "",
            "",
            "sheet_too_wide",
        ),
        (table(row(text("x"), times=2_000_000_000)), "", "", "sheet_too_wide"),
        (
            table(row('<table:table-cell table:number-columns-repeated="2000000000"/>', text("x"))),
            "",
            "",
            "sheet_too_wide",
        ),
        (table(row(text("&a;"))), '<!DOCTYPE d [<!ENTITY a "aaaa">]>', "", "file_damaged"),
        ("<table:table>", "", "", "file_damaged"),
        (table(row(text("x", ' table:number-columns-repeated="many"'))), "", "", "file_damaged"),
        (table(row(text("x"))), "", "<encryption-data/>", "file_password"),
        ("", "", "", "file_without_sheets"),
    ],
)
def test_a_damaged_or_malicious_opendocument_file_is_answered(
    tmp_path: Path, body: str, before: str, manifest: str, code: str
) -> None:
    sheets, problems = read_cells(ods(tmp_path / "r.ods", body, before, manifest=manifest))
    assert (sheets, [p.code for p in problems]) == ([], [f"registry.{code}"])
