"""Tables for LaTeX, so that they compile whatever names a user's columns and labels have."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from resettle.store.result_words import cell_text, heading
from resettle.words import Language

NEEDED = r"% \usepackage{booktabs,longtable}; compile with xelatex, for Chinese \usepackage{ctex}"
HEAD_LETTERS = 10
"""Letters in a line of a head, so that eight columns stand side by side."""
WIDE = 8
"""Columns up to which a table keeps the larger print."""
SENTENCE = 60
"""Letters above which a cell is a sentence."""
BREAK = r"\\"
_OBEYED = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%_#${}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        # A bracket that begins a row would be read as the space below the row before.
        "[": "{[}",
        "]": "{]}",
        # Letters that TeX's own fonts lack.
        "α": r"$\alpha$",
        "²": r"\textsuperscript{2}",
        **dict.fromkeys("\r\n\t", " "),
    }
)


def plain(text: str) -> str:
    r"""A text with nothing left in it that TeX would obey.

    >>> plain("50% of [A]_1")
    '50\\% of {[}A{]}\\_1'
    """
    return text.translate(_OBEYED)


def _cell(value: object, language: Language, column: str) -> str:
    text = cell_text(value, language, column)
    if isinstance(value, int | float) and text.startswith("-"):
        return f"$-${text[1:]}"
    return plain(text)


def _kind(column: pl.Series) -> str:
    """How TeX sets a column: numbers to the right, sentences in lines."""
    if column.dtype.is_numeric():
        return "r"
    longest = column.str.len_chars().max() if column.dtype == pl.String else 0
    return r"p{0.75\linewidth}" if isinstance(longest, int) and longest > SENTENCE else "l"


def _head(text: str) -> str:
    lines = textwrap.wrap(text, HEAD_LETTERS, break_long_words=False, break_on_hyphens=False) or [""]
    made = BREAK.join(plain(line) for line in lines)
    return made if len(lines) == 1 else rf"\shortstack{{{made}}}"


def latex_text(tables: Mapping[str, pl.DataFrame], language: Language) -> str:
    """All tables in small print with rules of ``booktabs``, each as long as it is (``longtable``)."""
    lines = [NEEDED, ""]
    for name, table in tables.items():
        kinds = "".join(_kind(table[name]) for name in table.columns)
        heads = " & ".join(_head(heading(f"column.{c}", language)) for c in table.columns)
        size = r"\footnotesize" if table.width <= WIDE else r"\scriptsize"
        top = [r"\toprule", f"{heads} {BREAK}", r"\midrule"]
        lines += [rf"\begingroup{size}\setlength{{\tabcolsep}}{{3pt}}", rf"\begin{{longtable}}{{{kinds}}}"]
        lines += [rf"\caption{{{plain(heading(f'table.{name}', language))}}} {BREAK}", *top, r"\endfirsthead"]
        lines += [*top, r"\endhead", r"\bottomrule", r"\endlastfoot"]
        for row in table.iter_rows():
            cells = (_cell(v, language, c) for v, c in zip(row, table.columns, strict=True))
            lines.append(f"{' & '.join(cells)} {BREAK}")
        lines += [r"\end{longtable}", r"\endgroup", ""]
    return "\n".join(lines)


def write_latex(tables: Mapping[str, pl.DataFrame], path: Path, language: Language) -> None:
    """Write :func:`latex_text` to a file."""
    path.write_text(latex_text(tables, language), encoding="utf-8")
