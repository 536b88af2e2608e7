"""The standalone commands: from a file and a specification to tables, scripts and a bundle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pyreadstat
import pytest
from click.testing import CliRunner

from resettle.cli.pls import command as pls
from resettle.cli.poverty import command as poverty
from resettle.store.data_files import read_data
from resettle.words import LANGUAGES, explain_problem

MODEL = """
path = ["X -> Y"]
scale = [1, 10]
bootstrap = 200
groups = ["side"]
[[construct]]
name = "X"
items = ["x1", "x2", "x3"]
[[construct]]
name = "Y"
items = ["y1", "y2"]
"""


def answers(n: int = 120) -> pl.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=n)
    y = 0.7 * x + 0.7 * rng.normal(size=n)
    columns = {f"x{i}": np.clip(np.round(5.5 + 2 * x + rng.normal(size=n)), 1, 10) for i in (1, 2, 3)}
    columns |= {f"y{i}": np.clip(np.round(5.5 + 2 * y + rng.normal(size=n)), 1, 10) for i in (1, 2)}
    return pl.DataFrame(columns).with_columns(side=pl.Series([i % 2 for i in range(n)], dtype=pl.Float64))


def write(frame: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".xlsx":
        import xlsxwriter

        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet()
        for k, name in enumerate(frame.columns):
            sheet.write_column(0, k, [name, *frame[name].to_list()])
        book.close()
    else:
        save = pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta
        save(frame, str(path), column_labels=[f"label of {c}" for c in frame.columns])
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".sav", ".dta"])
def test_every_format_gives_the_same_table_and_labels_where_there_are_any(tmp_path: Path, suffix: str):
    found, problems = read_data(write(answers(), tmp_path / f"a{suffix}"))
    assert found is not None and problems == []
    assert found.frame.cast(pl.Float64).equals(answers())
    assert found.sha256 == hashlib.sha256((tmp_path / f"a{suffix}").read_bytes()).hexdigest()
    if suffix in (".sav", ".dta"):
        assert found.labels["x1"] == "label of x1"


def run(command: object, tmp_path: Path, data: Path, spec: str, *extra: str):
    (tmp_path / "spec.toml").write_text(spec, encoding="utf-8")
    arguments = [
        str(data),
        str(tmp_path / "spec.toml"),
        "--out",
        str(tmp_path / "out"),
        "--lang",
        "en",
        *extra,
    ]
    return CliRunner().invoke(command, arguments)


def test_pls_leaves_tables_diagram_scripts_and_a_bundle_twice_the_same(tmp_path: Path):
    data = write(answers(), tmp_path / "a.csv")
    result = run(pls, tmp_path, data, MODEL)
    assert result.exit_code == 0, result.output
    out = tmp_path / "out"
    names = {"pls.xlsx", "pls.docx", "pls.tex", "pls.svg", "pls.R", "pls.do", "pls-data.csv", "bundle.json"}
    assert names == {p.name for p in out.iterdir()}
    bundle = json.loads((out / "bundle.json").read_text(encoding="utf-8"))
    assert bundle["data_sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert bundle["seed"] == 1 and bundle["resamples"] == 200 and bundle["versions"]["numpy"]
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    assert run(pls, tmp_path, data, MODEL).exit_code == 0
    assert first == {p.name: p.read_bytes() for p in out.iterdir()}
    assert "seminr" in first["pls.R"].decode() and b"<svg" in first["pls.svg"]


def test_poverty_as_json_with_both_kinds(tmp_path: Path):
    rng = np.random.default_rng(1)
    n = 1600
    frame = pl.DataFrame(
        {
            "income": rng.lognormal(8, 0.6, n),
            "village": [f"v{i % 80}" for i in range(n)],
            "county": [f"c{i % 80 % 4}" for i in range(n)],
            "a": (rng.random(n) < 0.3).astype(int),
            "b": (rng.random(n) < 0.4).astype(int),
        }
    )
    spec = """
    income = "income"
    lines = [2000, "0.6 median"]
    strata = "county"
    cluster = "village"
    group = "county"
    indicators = ["a", "b"]
    weights = [0.5, 0.5]
    cut = 0.5
    cuts = [1.0]
    """
    result = run(poverty, tmp_path, write(frame, tmp_path / "p.csv"), spec, "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    whole = [r for r in content["tables"]["income"] if r["group"] == "" and r["measure"] == "FGT0"]
    assert len(whole) == 2 and all(r["low"] < r["value"] < r["high"] for r in whole)
    assert {r["measure"] for r in content["tables"]["deprivation"]} == {
        "M0",
        "H",
        "A",
        "hd",
        "hdk",
        "popshare",
        "contribution",
        "actb",
        "pctb",
    }
    assert "svyset village" in (tmp_path / "out" / "poverty.do").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "spec", "code"),
    [
        (poverty, "indicators = ['x1', 'x2']\nweights = [0.5, 0.6]", "poverty.weights_sum"),
        (poverty, "indicators = ['x1', 'x2']\nweights = [0.5]", "poverty.weights_count"),
        (poverty, "indicators = ['x1', 'x2']\ncut = 1.5", "poverty.cut_faulty"),
        (poverty, "income = 'x1'\nlines = ['60%']", "poverty.line_faulty"),
        (poverty, "incme = 'x1'\nlines = [2]", "poverty.key_unknown"),
        (poverty, "income = 'y9'\nlines = [2]", "poverty.column_missing"),
        (poverty, "income = 'x1'\nlines = [2]\nstrata = 'lone'", "design.single_unit"),
        (pls, MODEL.replace('"x1"', '"x9"'), "path_model.column_missing"),
    ],
)
def test_bad_specifications_end_with_code_1_and_a_sentence(
    tmp_path: Path, command: object, spec: str, code: str
):
    frame = answers().with_columns(lone=pl.Series(["one" if i == 0 else "rest" for i in range(120)]))
    result = run(command, tmp_path, write(frame, tmp_path / "a.csv"), spec, "--json")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    assert code in {p["code"] for p in problems}
    assert all(p["text"][lang]["what"] and p["text"][lang]["remedy"] for p in problems for lang in LANGUAGES)


def test_files_that_cannot_be_read_are_said(tmp_path: Path):
    (tmp_path / "a.csv").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "a.dta").write_bytes(b"nothing")
    (tmp_path / "a.pdf").write_bytes(b"x")
    cases = {"none.csv": "absent", "a.csv": "empty", "a.dta": "unreadable", "a.pdf": "format_unknown"}
    for name, code in cases.items():
        found, problems = read_data(tmp_path / name)
        assert found is None and problems[0].code == f"data_files.{code}"
        assert all("{" not in "".join(explain_problem(problems[0], lang)) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("mark", "comma"), [(";", False), (";", True), ("\t", False), ("\t", True), ("|", False)]
)
def test_a_csv_is_read_whatever_parts_its_cells(tmp_path: Path, mark: str, comma: bool):
    frame = answers().with_columns(pl.col("x1") / 2, name=pl.lit("甲, 乙"))
    text = frame.drop("name").write_csv(separator=mark)
    text = text.replace(".", ",") if comma else text
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    found, problems = read_data(tmp_path / "a.csv")
    assert found is not None and problems == []
    assert found.frame.cast(pl.Float64).equals(frame.drop("name").cast(pl.Float64))
    frame.write_csv(tmp_path / "b.csv")  # a comma inside quotes parts nothing
    assert read_data(tmp_path / "b.csv")[0].frame["name"][0] == "甲, 乙"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bootstrap = 'many'", "whole"),
        ("level = 95", "share"),
        ("single_unit = 'mrge'", "merge"),
        ("scale = [10, 1]", "ends"),
        ("groups = 'side'", "texts"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_not_a_traceback(tmp_path: Path, line: str, said: str):
    key = line.split(maxsplit=1)[0]
    model = "\n".join(row for row in MODEL.splitlines() if not row.startswith(key))
    result = run(pls, tmp_path, write(answers(), tmp_path / "a.csv"), f"{line}\n{model}")
    assert (
        result.exit_code == 1
        and key in result.stderr + result.stdout
        and said in result.stderr + result.stdout
    )
    assert "Traceback" not in result.output and not isinstance(result.exception, ValueError)


def test_an_item_that_is_a_sum_of_others_stops_nothing(tmp_path: Path):
    frame = answers().with_columns(x3=(pl.col("x1") + pl.col("x2")) / 2)
    result = run(pls, tmp_path, write(frame, tmp_path / "a.csv"), MODEL, "--json")
    content = json.loads(result.stdout)
    assert {r["value"] for r in content["tables"]["adequacy"] if r["measure"] == "KMO"} == {None}
    assert any(p["code"] == "path_model.collinear" for p in content["problems"])


def test_scripts_read_the_rows_that_lie_beside_them(tmp_path: Path):
    data = write(answers().with_columns(secret=pl.lit("name")), tmp_path / "a.parquet")
    assert run(pls, tmp_path, data, MODEL).exit_code == 0
    beside = pl.read_csv(tmp_path / "out" / "pls-data.csv")
    assert beside.columns == ["x1", "x2", "x3", "y1", "y2", "side"] and beside.height == 120
    assert "pls-data.csv" in (tmp_path / "out" / "pls.R").read_text(encoding="utf-8")


def test_chinese_csv_of_office_programs_is_read(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("姓名,满意\n甲,7\n".encode("gb18030"))
    found, _ = read_data(tmp_path / "a.csv")
    assert found is not None and found.frame.columns == ["姓名", "满意"]


SAME = """
bootstrap = 100
scheme = "{scheme}"
path = ["X -> Y", "Z -> Y"]
[[construct]]
name = "X"
items = ["a"]
[[construct]]
name = "Z"
items = ["b"]
[[construct]]
name = "Y"
items = ["y1", "y2"]
"""


def alike(n: int = 80) -> pl.DataFrame:
    """``b`` says what ``a`` says, in other units."""
    rng = np.random.default_rng(4)
    a = rng.normal(size=n)
    y = a[:, None] * 0.6 + rng.normal(size=(n, 2))
    return pl.DataFrame({"a": a, "b": 3 - 2 * a, "c": rng.normal(size=n), "y1": y[:, 0], "y2": y[:, 1]})


@pytest.mark.parametrize("scheme", ["path", "factorial", "centroid"])
def test_constructs_that_say_the_same_are_named_and_nothing_is_printed(tmp_path: Path, scheme: str):
    result = run(pls, tmp_path, write(alike(), tmp_path / "a.csv"), SAME.format(scheme=scheme))
    assert result.exit_code == 1 and "X, Z are combinations of one another" in result.output
    assert "settle" not in result.output and not (tmp_path / "out").exists()


def test_a_formative_block_with_a_spare_item_is_named_and_nothing_is_printed(tmp_path: Path):
    spec = """
    bootstrap = 100
    path = ["X -> Y"]
    [[construct]]
    name = "X"
    mode = "B"
    items = ["a", "b", "c"]
    [[construct]]
    name = "Y"
    items = ["y1", "y2"]
    """
    result = run(pls, tmp_path, write(alike(), tmp_path / "a.csv"), spec)
    assert (result.exit_code == 1 and result.exception is None) or isinstance(result.exception, SystemExit)
    assert "Item a is a combination" in result.output and "Item c is" not in result.output
    assert "nan" not in result.output and not (tmp_path / "out").exists()


def test_what_was_said_goes_with_the_files(tmp_path: Path):
    """A workbook is passed on without the screen: that the estimation did not settle must stand in it."""
    rng = np.random.default_rng(2)
    noise = pl.DataFrame(rng.normal(size=(40, 9)).round(), schema=[f"i{k}" for k in range(9)])
    blocks = "".join(
        f'[[construct]]\nname = "{n}"\nitems = ["i{3 * j}", "i{3 * j + 1}", "i{3 * j + 2}"]\n'
        for j, n in enumerate("QST")
    )
    spec = f'bootstrap = 100\nscheme = "centroid"\npath = ["Q -> S", "S -> T", "Q -> T"]\n{blocks}'
    result = run(pls, tmp_path, write(noise, tmp_path / "n.csv"), spec)
    assert result.exit_code == 1 and "did not settle within 300 steps" in result.output
    first = openpyxl.load_workbook(tmp_path / "out" / "pls.xlsx").worksheets[0]
    assert first["A2"].value == "error: do not rely on it" and "did not settle" in first["B2"].value
    assert "did not settle" in (tmp_path / "out" / "pls.tex").read_text(encoding="utf-8")
