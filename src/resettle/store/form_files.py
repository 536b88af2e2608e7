"""XLSForm workbooks: written as ODK and KoboToolbox read them, and checked by pyxform where it is there."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import xlsxwriter
from python_calamine import CalamineWorkbook

from resettle.problems import Problem
from resettle.store.result_files import EPOCH

_FAULTS = (
    (r"List name not in choices sheet: (?P<v>\S+)", "survey.form_list_absent"),
    (
        r"the 'name' value '(?P<v>[^']*)' is invalid\. Questions, groups, and repeats must be unique",
        "survey.form_name_twice",
    ),
    (r"Unknown question type '(?P<v>[^']*)'", "survey.form_type_unknown"),
    (r"Unmatched '(?:begin|end)_(?:group|repeat)'.*name '(?P<v>[^']*)'", "survey.form_group_open"),
    (r"Could not find the name '(?P<v>[^']*)'", "survey.form_reference_absent"),
    (r"'name' value is invalid\. Names must begin", "survey.form_name_faulty"),
    (r"Question or group with no name|Choices must have a name", "survey.form_name_missing"),
    (r"element named '(?P<v>[^']*)' has no label", "survey.form_label_missing"),
    (r"Choice names must be unique", "survey.form_choice_twice"),
    (r"There should be a choices sheet", "survey.form_choices_absent"),
    (r"Question with no type", "survey.form_type_missing"),
    (r"the '(?P<v>[^']*)' value is invalid\. Reference variables", "survey.form_reference_faulty"),
)
"""What pyxform says, as patterns, and our own sentence for it."""

_ROW = re.compile(r"\[row\s*:\s*(\d+)\]", re.IGNORECASE)


def write_form(sheets: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write the sheets as text, in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": EPOCH.replace(tzinfo=None)})
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        for k, column in enumerate(table.columns):
            sheet.write_string(0, k, column)
            for i, value in enumerate(table[column].to_list(), start=1):
                if value not in (None, ""):
                    sheet.write_string(i, k, str(value))
    book.close()


def check_form(path: Path) -> list[Problem]:
    """What pyxform says about an XLSForm, in plain words with its row; an info where it is not installed."""
    if not path.is_file():
        return [Problem("data_files.absent", "error", file=path.name)]
    if importlib.util.find_spec("pyxform") is None:
        return [Problem("survey.form_unchecked", "info", file=path.name)]
    from pyxform.xls2xform import convert

    try:
        result = convert(str(path), validate=False)
    except Exception as error:  # pyxform raises its own and plain errors alike
        return [_plain(" ".join(str(error).split()), path)]
    return [
        Problem(
            "survey.form_warning", "hint", file=path.name, values={"reason": " ".join(str(w).split())[:300]}
        )
        for w in result.warnings
        if "label" not in str(w).lower() and "language" not in str(w).lower()
    ]


def _plain(text: str, path: Path) -> Problem:
    """One message of pyxform in our words, with sheet and row; its own words where the message is new."""
    found = _ROW.search(text)
    row = int(found.group(1)) if found else None
    sheet = "choices" if "'choices' sheet" in text and "not in choices" not in text else "survey"
    for pattern, code in _FAULTS:
        match = re.search(pattern, text)
        if match:
            value = match.groupdict().get("v") or ""
            column = "type" if code == "survey.form_type_unknown" else "name"
            place = row if row is not None else _row_of(path, sheet, column, value)
            cell = value or _cell(path, sheet, "name", place)
            return Problem(code, "error", file=path.name, sheet=sheet, row=place, value=cell)
    reason = _ROW.sub("", text).strip()[:300]
    return Problem("survey.form_refused", "error", file=path.name, row=row, values={"reason": reason})


def _grid(path: Path, sheet: str) -> list[list[str]]:
    book = CalamineWorkbook.from_path(str(path))
    if sheet not in book.sheet_names:
        return []
    return [[str(c).strip() for c in row] for row in book.get_sheet_by_name(sheet).to_python()]


def _row_of(path: Path, sheet: str, column: str, value: str) -> int | None:
    """Where a value stands in a form's column, counted as a spreadsheet does."""
    rows = _grid(path, sheet)
    if not rows or column not in rows[0] or not value:
        return None
    at = rows[0].index(column)
    return next((k for k, row in enumerate(rows[1:], start=2) if row[at] == value), None)


def _cell(path: Path, sheet: str, column: str, row: int | None) -> str:
    rows = _grid(path, sheet)
    if row is None or not rows or column not in rows[0] or row > len(rows):
        return ""
    return rows[row - 1][rows[0].index(column)]
