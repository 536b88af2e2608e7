"""XLSForm workbooks: written as ODK and KoboToolbox read them, and checked by pyxform where it is there."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import xlsxwriter

from resettle.problems import Problem
from resettle.store.result_files import EPOCH

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
        text = " ".join(str(error).split())
        found = _ROW.search(text)
        row = int(found.group(1)) if found else None
        reason = _ROW.sub("", text).strip()[:300]
        return [Problem("survey.form_refused", "error", file=path.name, row=row, values={"reason": reason})]
    return [
        Problem(
            "survey.form_warning", "hint", file=path.name, values={"reason": " ".join(str(w).split())[:300]}
        )
        for w in result.warnings
        if "label" not in str(w).lower() and "language" not in str(w).lower()
    ]
