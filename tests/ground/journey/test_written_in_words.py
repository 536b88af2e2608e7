"""A programme folder written in an office's own words, heads and values alike, is the same programme."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from resettle.journey.inputs import FILES, pack_of, read_inputs
from resettle.journey.pack_tables import child_tables
from resettle.journey.programme import load_programme
from resettle.store.table_cells import file_name
from resettle.tables import Table
from resettle.tables.labels import Labels, label
from resettle.words import LANGUAGES, Language

YES_NO = {"zh": ("是", "否"), "en": ("Yes", "No")}


def _in_words(path: Path, table: Table, language: Language, labels: Labels) -> int:
    """Write a file anew with heads, choices, flags and days as that language has them; how many heads changed."""
    frame = pl.read_csv(path, infer_schema=False)
    heads: dict[str, str] = {}
    for column in table.columns:
        name = file_name(column.name)
        if name not in frame.columns:
            continue
        cell = pl.col(name)
        if column.allowed:
            words = {v: label(column.name, v, language, labels) for v in column.allowed}
            if len(set(words.values())) == len(words):
                frame = frame.with_columns(cell.replace(words))
        elif column.kind == "boolean":
            yes, no = YES_NO[language]
            frame = frame.with_columns(cell.replace({"true": yes, "false": no}))
        elif column.kind == "date":
            frame = frame.with_columns(cell.str.replace_all("-", "/"))
        word = column.zh if language == "zh" else column.en
        if word and sum(word in (c.zh, c.en) for c in table.columns) == 1:
            heads[name] = word
    frame.rename(heads).write_csv(path)
    return len(heads)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("demo", ["peach", "small_luoyang"])
def test_heads_and_values_in_words_read_as_the_same_tables(
    request: pytest.FixtureRequest, tmp_path: Path, demo: str, language: Language
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    for source in request.getfixturevalue(demo).iterdir():
        if source.is_file():
            (folder / source.name).write_bytes(source.read_bytes())
    programme = load_programme(folder)[0]
    pack = pack_of(programme)
    before = read_inputs(programme, lambda *_: None)
    changed = 0
    for name, table in [*FILES.items(), *((f"{t.name}.csv", t) for t in child_tables(pack))]:
        if (folder / name).exists() and name != "travel.csv":
            changed += _in_words(folder / name, table, language, pack.labels)
    after = read_inputs(load_programme(folder)[0], lambda *_: None)
    assert changed > 30
    assert {n: f.equals(before.tables[n]) for n, f in after.tables.items()} == dict.fromkeys(
        after.tables, True
    )
    assert [p.code for p in after.problems] == [p.code for p in before.problems]
