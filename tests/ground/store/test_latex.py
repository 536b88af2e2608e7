"""Tables for LaTeX, read back as strictly as TeX reads them."""

from __future__ import annotations

import re

import polars as pl
import pytest

from resettle.store.latex import latex_text

NASTY = [
    r"a\b",
    "50%",
    "x_1",
    "A & B",
    "#1",
    "$5",
    "{c}",
    "~",
    "^",
    "<i>",
    "[Q]",
    "两\n行",
    "a|b",
    "α R²",
    "",
]
COMMANDS = {
    "begin", "end", "begingroup", "endgroup", "footnotesize", "scriptsize", "setlength", "tabcolsep", "caption", "toprule",
    "midrule", "bottomrule", "endfirsthead", "endhead", "endlastfoot", "shortstack", "textbackslash", "textasciitilde",
    "textasciicircum", "textless", "textgreater", "textbar", "textsuperscript", "alpha", "linewidth",
}  # fmt: skip


def tables() -> dict[str, pl.DataFrame]:
    wide = {f"column {k} of a_user%": [k / 3 - 1, None] for k in range(9)}
    return {
        "loading": pl.DataFrame({"source": NASTY, "target": NASTY[::-1], "estimate": [-0.5] * len(NASTY)}),
        "index_by_区县_[1]": pl.DataFrame({"group": ["洛宁", "嵩县"], **wide}),
        "said": pl.DataFrame({"severity": ["x"], "what_was_said": ["50% of [A]_1 are not known; " * 20]}),
    }


def parts(text: str) -> list[tuple[str, str]]:
    """The text as TeX's eyes take it: commands, escaped signs, active signs, letters."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    found = re.findall(r"\\([A-Za-z]+)|\\(.)|([&%_#${}~^\[\]])|([^\\&%_#${}~^\[\]]+)", body)
    return [
        next((k, v) for k, v in zip(("command", "escaped", "active", "letters"), m, strict=True) if v)
        for m in found
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_is_one_of_ours_and_every_group_closes(language):
    text = latex_text(tables(), language)
    depth, math, environments = 0, False, []
    for kind, value in parts(text):
        if kind == "command":
            assert value in COMMANDS, value
        elif kind == "escaped":
            assert value in "&%_#${}\\ ", value
        elif kind == "active":
            depth += {"{": 1, "}": -1}.get(value, 0)
            math = not math if value == "$" else math
            assert depth >= 0 and value not in "%_#~^", value
        else:
            assert "α" not in value and "²" not in value
    assert depth == 0 and not math
    for how, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if how == "begin":
            environments.append(name)
        else:
            assert environments.pop() == name
    assert not environments and text.count(r"\begingroup") == text.count(r"\endgroup") == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_row_has_as_many_cells_as_the_table_has_columns_and_begins_with_no_bracket(language):
    text = latex_text(tables(), language)
    found = re.findall(
        r"\\begin\{longtable\}\{((?:[lr]|p\{[^}]*\})+)\}\n(.*?)\\end\{longtable\}", text, re.DOTALL
    )
    assert [len(re.findall(r"p\{[^}]*\}|[lr]", k)) for k, _ in found] == [t.width for t in tables().values()]
    for (_, body), table in zip(found, tables().values(), strict=True):
        rows = [
            line for line in body.splitlines() if line.endswith(r" \\") and not line.startswith(r"\caption")
        ]
        assert len(rows) == table.height + 2  # the heads stand twice: first page, further pages
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == table.width - 1, row
            assert not row.startswith("[")
    assert "$-$0.5000" in text and "{[}Q{]}" in text
