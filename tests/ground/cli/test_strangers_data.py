"""Data as strangers bring it to ``pls``, ``poverty`` and ``index``: codes for no answer, heads over two rows, numbers as text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from resettle.cli.index import command as index
from resettle.cli.pls import command as pls
from resettle.cli.poverty import command as poverty
from resettle.methods.as_numbers import brought
from resettle.methods.path_model.analysis import analyse
from resettle.store.data_files import read_data
from resettle.words import LANGUAGES, explain_problem

MODEL = """
path = ["X -> Y"]
bootstrap = 200
{more}
[[construct]]
name = "X"
items = ["x1", "x2", "x3"]
[[construct]]
name = "Y"
items = ["y1", "y2"]
"""
ITEMS = ("x1", "x2", "x3", "y1", "y2")


def answers(n: int = 120) -> pl.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=n)
    y = 0.7 * x + 0.7 * rng.normal(size=n)
    columns = {f"x{i}": np.clip(np.round(5.5 + 2 * x + rng.normal(size=n)), 1, 10) for i in (1, 2, 3)}
    columns |= {f"y{i}": np.clip(np.round(5.5 + 2 * y + rng.normal(size=n)), 1, 10) for i in (1, 2)}
    return pl.DataFrame(columns)


def with_gaps(code: float | None) -> pl.DataFrame:
    """Every eleventh answer of x1 and every seventh of y2 not given."""
    row = pl.int_range(pl.len())
    return answers().with_columns(
        pl.when(row % 11 == 0).then(pl.lit(code)).otherwise("x1").alias("x1"),
        pl.when(row % 7 == 0).then(pl.lit(code)).otherwise("y2").alias("y2"),
    )


def paths(frame: pl.DataFrame, given: dict) -> tuple[list[float], set[str]]:
    spec = {"path": ["X -> Y"], "bootstrap": 100, "construct": [
        {"name": "X", "items": ["x1", "x2", "x3"]}, {"name": "Y", "items": ["y1", "y2"]}]} | given  # fmt: skip
    found, problems = analyse(frame, spec)
    assert found is not None, problems
    for p in problems:
        assert all("{" not in "".join(explain_problem(p, lang)) for lang in LANGUAGES)
    return found.tables["path"]["estimate"].to_list(), {p.code for p in problems}


def test_declared_codes_are_no_answers_and_undeclared_ones_are_said():
    clean, _ = paths(with_gaps(None), {})
    for code in (99, -9):
        found, codes = paths(with_gaps(code), {"missing_values": [code]})
        assert found == clean and "data_files.codes_missing" in codes
        found, codes = paths(with_gaps(code), {"missing_values": {"x1": [code], "y2": [code]}})
        assert found == clean
        found, codes = paths(with_gaps(code), {})
        assert found != clean and "data_files.code_suspected" in codes
    assert "data_files.code_suspected" not in paths(answers(), {})[1]
    _, problems = analyse(answers(), {"path": ["X -> Y"], "missing_values": 99, "construct": [
        {"name": "X", "items": ["x1"]}, {"name": "Y", "items": ["y1"]}]})  # fmt: skip
    assert {p.code for p in problems} == {"spec.value_kind"}


def test_a_code_the_file_calls_no_answer_is_said_even_inside_the_scale():
    frame = pl.DataFrame({"q": [1.0, 2, 3, 4, 5, 6, 6, 2]})
    _, problems = brought(frame, {}, ["q"], {"q": {6: "Don't know", 1: "bad"}})
    assert [(p.code, p.value) for p in problems] == [("data_files.code_suspected", "6")]
    assert brought(frame, {}, ["q"], {"q": {6: "very good"}})[1] == []


def test_numbers_written_as_text_are_numbers_and_other_texts_are_said():
    texts = ["1,200", " 900 ", "１０００", "n/a", "2 500", "many", None]
    frame, problems = brought(pl.DataFrame({"y": texts}), {}, ["y"])
    assert frame["y"].to_list() == ["1200", "900", "1000", None, "2500", "many", None] and problems == []
    assert brought(pl.DataFrame({"y": ["3,5", "4"]}), {}, ["y"])[0]["y"].to_list() == ["3.5", "4"]
    plain, _ = paths(answers(), {})
    as_text = answers().with_columns(pl.all().cast(pl.Int64).cast(pl.String) + " ")
    assert paths(as_text, {})[0] == plain


def test_user_missing_values_of_spss_are_no_answers(tmp_path: Path):
    path = tmp_path / "a.sav"
    ranges = {"x1": [99], "y2": [{"lo": -9, "hi": -1}]}
    frame = answers().with_columns(
        pl.when(pl.int_range(pl.len()) % 11 == 0).then(99.0).otherwise("x1").alias("x1"),
        pl.when(pl.int_range(pl.len()) % 7 == 0).then(-9.0).otherwise("y2").alias("y2"),
    )
    pyreadstat.write_sav(frame, str(path), missing_ranges=ranges)
    found, _ = read_data(path)
    assert found is not None and paths(found.frame, {})[0] == paths(with_gaps(None), {})[0]


def sheet(path: Path, rows: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell is not None:
                page.write(r, c, cell)
    book.close()
    return path


def rows_of(head: list[list[object]]) -> list[list[object]]:
    return [*head, *[list(r) for r in answers().iter_rows()]]


QUESTIONS: list[object] = [f"How good is {name}?" for name in ITEMS]


@pytest.mark.parametrize(
    "head",
    [
        [["Survey of 2019"], [], list(ITEMS)],
        [list(ITEMS), QUESTIONS],
        [QUESTIONS, list(ITEMS)],
        [["exported", "2019"], list(ITEMS), QUESTIONS, [f"{{ImportId: {n}}}" for n in ITEMS]],
    ],
)
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_heads_are_found_under_titles_and_over_two_rows(tmp_path: Path, head: list, suffix: str):
    rows = rows_of(head)
    path = tmp_path / f"a{suffix}"
    if suffix == ".xlsx":
        sheet(path, rows)
    else:
        lines = [
            ",".join("" if c is None else f'"{c}"' if isinstance(c, str) else str(c) for c in r) for r in rows
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found, problems = read_data(path, wanted=ITEMS)
    assert found is not None and found.frame.select(ITEMS).cast(pl.Float64).equals(answers())
    assert {p.code for p in problems} <= {"data_files.heads_lower", "data_files.heads_second"} and problems


def test_two_rows_of_heads_may_name_a_column_together(tmp_path: Path):
    upper, lower = ["House", None, None, "Life", None], ["1", "2", "3", "1", "2"]
    path = sheet(tmp_path / "a.xlsx", rows_of([upper, lower]))
    found, problems = read_data(path, wanted=["House/1", "House/2", "Life/1"])
    assert found is not None and found.frame.columns == ["House/1", "House/2", "House/3", "Life/1", "Life/2"]
    assert {p.code for p in problems} == {"data_files.heads_lower"}


def test_a_row_of_words_that_is_an_answer_is_not_taken_for_heads(tmp_path: Path):
    frame = pl.DataFrame({"place": list("abcdefgh"), "kind": ["high", "low"] * 4})
    frame.write_csv(tmp_path / "a.csv")
    found, problems = read_data(tmp_path / "a.csv", wanted=["place", "kind"])
    assert found is not None and found.frame.equals(frame) and problems == []


def run(command: object, tmp_path: Path, data: Path, spec: str, lang: str = "en") -> Result:
    (tmp_path / "spec.toml").write_text(spec, encoding="utf-8")
    arguments = [str(data), str(tmp_path / "spec.toml"), "--out", str(tmp_path / "out"), "--lang", lang]
    return CliRunner().invoke(command, arguments, catch_exceptions=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_commands_read_a_two_row_sheet_with_codes(tmp_path: Path, lang: str):
    path = sheet(
        tmp_path / "a.xlsx",
        [["Household survey"], list(ITEMS), QUESTIONS, *[list(r) for r in with_gaps(99).iter_rows()]],
    )
    done = run(pls, tmp_path, path, MODEL.format(more="missing_values = [99]\nscale = [1, 10]"), lang)
    assert done.exit_code == 0 and "missing_values" in done.output
    used = pl.read_csv(tmp_path / "out" / "pls-data.csv", infer_schema_length=None)
    assert used["x1"].null_count() == 11 and used["x1"].max() <= 10


def test_groups_are_called_what_their_codes_mean(tmp_path: Path):
    frame = answers().with_columns(side=pl.Series([1.0 + k % 2 for k in range(120)]))
    labels = {"side": {1: "moved near", 2: "moved far"}}
    pyreadstat.write_sav(frame, str(tmp_path / "a.sav"), variable_value_labels=labels)
    done = run(pls, tmp_path, tmp_path / "a.sav", MODEL.format(more='scale = [1, 10]\ngroups = ["side"]'))
    assert done.exit_code == 0
    table = pl.read_excel(tmp_path / "out" / "pls.xlsx", sheet_name="Index by side", engine="calamine")
    assert "moved near" in table.to_series(0).to_list() + [str(v) for v in table.rows()]


def test_poverty_and_index_take_codes_and_texts_too(tmp_path: Path):
    rng = np.random.default_rng(2)
    income = [f"{int(v):,}" for v in rng.lognormal(8, 0.6, 200)]
    income[::20] = ["999999"] * 10
    pl.DataFrame({"y": income, "g": [1.0, 2.0] * 100}).write_csv(tmp_path / "p.csv")
    done = run(poverty, tmp_path, tmp_path / "p.csv", 'income = "y"\nlines = [2500]\ngroup = "g"')
    assert "999999" in done.output and "like a code" in done.output
    done = run(
        poverty,
        tmp_path,
        tmp_path / "p.csv",
        'income = "y"\nlines = [2500]\ngroup = "g"\nmissing_values = [999999]',
    )
    assert "like a code" not in done.output and done.exit_code == 0
    pl.DataFrame({"town": list("abcd"), "u": [1, 2, -9, 4], "v": ["3,5", "2", "1", "4"]}).write_csv(
        tmp_path / "i.csv"
    )
    spec = 'place = "town"\nmissing_values = [-9]\n[[indicator]]\ncolumn = "u"\n[[indicator]]\ncolumn = "v"\n'
    done = run(index, tmp_path, tmp_path / "i.csv", spec)
    assert done.exit_code == 0 and "1 values are missing" in done.output


def test_no_coefficient_of_the_diagram_hides_another(tmp_path: Path):
    names = ("A", "B", "C", "D")
    rng = np.random.default_rng(8)
    base = rng.normal(size=(200, 1))
    data = {
        f"{n}{k}".lower(): (base[:, 0] + rng.normal(size=200))
        for n in (*names, "M", "N", "Z")
        for k in (1, 2)
    }
    pl.DataFrame(data).write_csv(tmp_path / "a.csv")
    ways = [f"{a} -> {b}" for a in names for b in "MN"] + ["M -> Z", "N -> Z", "A -> Z"]
    spec = f"bootstrap = 100\npath = {ways!r}\n".replace("'", '"')
    for n in (*names, "M", "N", "Z"):
        spec += f'[[construct]]\nname = "{n}"\nitems = ["{n.lower()}1", "{n.lower()}2"]\n'
    assert run(pls, tmp_path, tmp_path / "a.csv", spec).exit_code == 0
    drawn = (tmp_path / "out" / "pls.svg").read_text(encoding="utf-8")
    at = [
        (float(x), float(y))
        for x, y in re.findall(r'<text x="([\d.]+)" y="([-\d.]+)" text-anchor="middle" fill', drawn)
    ]
    assert len(at) == len(ways)
    for k, (x, y) in enumerate(at):
        assert all(abs(x - u) >= 40 or abs(y - v) >= 14 for u, v in at[:k])


def test_deprivations_alone_need_no_line(tmp_path: Path):
    rng = np.random.default_rng(5)
    pl.DataFrame({"i": rng.integers(0, 2, 200), "j": rng.integers(0, 2, 200)}).write_csv(tmp_path / "p.csv")
    done = run(poverty, tmp_path, tmp_path / "p.csv", 'indicators = ["i", "j"]\ncut = 0.5')
    assert done.exit_code == 0 and (tmp_path / "out" / "poverty.xlsx").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('weightings = ["ahp"]\n', "there is no [ahp]"),
        ('weightings = ["ahp"]\n[ahp]\nall = [[1, 2], [0.5, 1]]\n', "Did you mean indicators"),
        ('weightings = ["ahp"]\n[ahp]\nindicators = [[1, 2], [0.5, 1]]\n', ""),
    ],
)
def test_judgements_of_indicators_without_groups(tmp_path: Path, more: str, said: str):
    pl.DataFrame({"p": list("abcd"), "u": [1, 2, 3, 4], "v": [4, 1, 2, 3]}).write_csv(tmp_path / "i.csv")
    columns = '[[indicator]]\ncolumn = "u"\n[[indicator]]\ncolumn = "v"\n'
    spec = 'place = "p"\n' + more.partition("[ahp]")[0] + columns + "".join(more.partition("[ahp]")[1:])
    done = run(index, tmp_path, tmp_path / "i.csv", spec)
    assert said in done.output and done.exit_code == (1 if said else 0)
    if not said:
        weights = pl.read_excel(tmp_path / "out" / "index.xlsx", sheet_name="Weights", engine="calamine")
        assert weights.row(0)[-1] == pytest.approx(2 / 3)
