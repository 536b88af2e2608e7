"""Frames as sheets of a workbook, written as text column by column: long tables in a fraction of the time.

A cell of text is always text, so nothing a user typed can become a formula. The same frames give the same
bytes: the archive's dates are fixed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import polars as pl

from resettle.tables.grid import column_letters

LONGEST_TEXT = 32_767
"""Signs a cell can hold in every office program."""
SLICE = 8_192
"""Rows turned to text at a time."""
SHEET_NAME = 31
_DATE = (1980, 1, 1, 0, 0, 0)
_EPOCH = 25_569
"""Days from the workbooks' own beginning of time to 1970-01-01."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006"
_APP = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CONTROL = {chr(code): f"_x{code:04X}_" for code in range(32) if chr(code) not in "\t\n"}
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="2"><border/><border><bottom style="thin"><color auto="1"/></bottom></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_BOLD, _DAY = 1, 2


def write_sheets(sheets: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write every frame as a sheet of its name: heads in the first row, which stays in view.

    An unknown stays an empty cell; so does a number that is not finite. A text longer than a cell can
    hold ends with an ellipsis.

    Raises:
        OSError: if the disk is full or the file cannot be written.
    """
    names = [name[:SHEET_NAME] for name in sheets]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for entry, text in _furniture(names).items():
            archive.writestr(_entry(entry), text)
        for number, frame in enumerate(sheets.values(), start=1):
            with archive.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as handle:
                for text in _sheet(frame):
                    handle.write(text.encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _furniture(names: Sequence[str]) -> dict[str, str]:
    """Every part but the sheets themselves."""
    numbers = range(1, len(names) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_APP}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_TYPES}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_APP}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_APP}.styles+xml"/>{parts}</Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_TYPES}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_TYPES}/relationships">{links}'
        f'<Relationship Id="rId{len(names) + 1}" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }


def _sheet(frame: pl.DataFrame) -> Iterator[str]:
    """The text of one sheet, piece by piece."""
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        "<sheetData>"
    )
    heads = pl.DataFrame({f"{i}": [name] for i, name in enumerate(frame.columns)})
    yield from _rows(heads, 1, _BOLD)
    for start in range(0, frame.height, SLICE):
        yield from _rows(frame.slice(start, SLICE), start + 2, None)
    yield "</sheetData></worksheet>"


def _rows(frame: pl.DataFrame, first: int, style: int | None) -> Iterator[str]:
    if not frame.width:
        return
    row = (pl.int_range(pl.len()) + first).cast(pl.String).alias("_row")
    numbered = frame.rename({name: f"c{i}" for i, name in enumerate(frame.columns)}).with_columns(row)
    cells = [_cell(f"c{i}", kind, column_letters(i), style) for i, kind in enumerate(frame.dtypes)]
    whole = pl.concat_str([pl.format('<row r="{}">', pl.col("_row")), *cells, pl.lit("</row>")])
    yield "".join(numbered.select(whole).to_series().to_list())


def _cell(name: str, kind: pl.DataType, letters: str, style: int | None) -> pl.Expr:
    """One column's cells as text; empty where nothing is known."""
    value, at = pl.col(name), pl.col("_row")
    look = "" if style is None else f' s="{style}"'
    if kind == pl.Boolean:
        shown, mark = value.cast(pl.Int8).cast(pl.String), f'{look} t="b"'
    elif kind.is_float():
        shown, mark = pl.when(value.is_finite()).then(value.cast(pl.String)), look
    elif kind.is_numeric():
        shown, mark = value.cast(pl.String), look
    elif kind == pl.Date:
        shown, mark = (value.to_physical() + _EPOCH).cast(pl.String), f' s="{_DAY}"'
    else:
        text = pl.format(
            '<c r="' + letters + '{}"' + look + ' t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>',
            at,
            escaped(value.cast(pl.String).replace("", None)),
        )
        return text.fill_null("")
    return pl.format('<c r="' + letters + '{}"' + mark + "><v>{}</v></c>", at, shown).fill_null("")


def escaped(text: pl.Expr) -> pl.Expr:
    """Text as it may stand in a cell; what looks like the escape of a control sign is escaped itself."""
    short = (
        pl.when(text.str.len_chars() > LONGEST_TEXT)
        .then(text.str.slice(0, LONGEST_TEXT - 1) + "…")
        .otherwise(text)
    )
    plain = short.str.replace_all("_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}")
    return plain.str.replace_many(_CONTROL | _MARKUP)
