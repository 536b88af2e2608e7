"""What the tables of an analysis say in a reader's language: heads, names of tables, cells."""

from __future__ import annotations

from resettle.words import Language, sentences


def heading(name: str, language: Language) -> str:
    """A column's or table's name in words, or the name itself. ``paths_by_county`` is a table by a column of the user's,
    ``equal_sum`` a weighting and a scoring.

    >>> heading("table.paths_by_county", "en"), heading("column.equal_topsis", "en"), heading("column.my_own", "en")
    ('Paths compared: county', 'equal, TOPSIS', 'my_own')
    """
    known = sentences(language)
    if f"result.{name}" in known:
        return known[f"result.{name}"]
    kind, _, own = name.partition(".")
    start, by, column = own.partition("_by_")
    if kind == "table" and by and f"result.table.{start}_by" in known:
        return known[f"result.table.{start}_by"].format(column=column)
    first, _, second = own.partition("_")
    keys = [f"result.column.{part}" for part in (first, second)]
    if first in ("equal", "entropy", "critic", "ahp", "mixed", "given") and keys[1] in known:
        return ("，" if language == "zh" else ", ").join(known[k] for k in keys)
    return own


def cell_text(value: object, language: Language, column: str = "", digits: int = 4) -> str:
    """A cell as a person reads it; empty where it is unknown. A code of a column that has words for its codes is told
    in them; a user's own text stays as it is.

    >>> cell_text("few_units", "en", "withheld"), cell_text("few_units", "en", "group"), cell_text(0.25, "en")
    ('too few units', 'few_units', '0.2500')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return sentences(language)[f"result.column.{'yes' if value else 'no'}"]
    if isinstance(value, float):
        return f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:,.0f}"
    return sentences(language).get(f"result.cell.{column}.{value}", str(value))
