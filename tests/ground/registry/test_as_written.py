"""Small tables as offices write them: read where there is one reading, refused where there are two or none."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from resettle.registry.as_written import as_written
from resettle.store.table_files import read_table, table_heads
from resettle.tables import FUND, PAYMENT, SITE
from resettle.words import LANGUAGES, sentences


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("amount_minor", "1,000万元", "10000000"),
        ("amount_minor", "３.５ 万", "35000"),
        ("amount_minor", "12元", "12"),
        ("amount_minor", "abc", None),
        ("amount_minor", "大约5万元", None),
        ("amount_minor", "5万元左右", None),
        ("amount_minor", "待核实", ""),
        ("paid_date", "2024.2.12", "2024-02-12"),
        ("paid_date", "12 Feb 2024", "2024-02-12"),
        ("paid_date", "02/03/2024", None),
        ("paid_date", "2024年2月", None),
        ("paid_date", "腊月初八", None),
        ("is_synthetic", "否", "false"),
        ("is_synthetic", "maybe", None),
        ("purpose", "基础设施", "infrastructure"),
        ("purpose", "HOUSING", "housing"),
        ("purpose", "bridges", None),
        ("from_level", "county", "county"),
        ("from_code", "anything", None),
    ],
)
def test_a_cell_has_the_one_reading_or_none(column: str, text: str, value: str | None) -> None:
    assert as_written(text, PAYMENT.column(column)) == value


def test_a_month_stands_for_its_first_day_where_the_column_is_of_months() -> None:
    assert as_written("2024年3月", FUND.column("month")) == "2024-03-01"
    assert as_written("2024年3月", FUND.column("as_of_date")) is None


@pytest.mark.parametrize("table", [FUND, PAYMENT, SITE], ids=lambda t: t.name)
def test_every_word_of_a_closed_list_reads_back_as_its_code(table) -> None:
    for column in table.columns:
        for code in column.allowed:
            for language in LANGUAGES:
                word = sentences(language)[f"value.{column.name}.{code}"]
                assert as_written(word, column) == code, (column.name, language, word)


def test_a_packs_own_words_are_read_too() -> None:
    own = {"purpose": {"housing": {"zh": "盖房", "en": "houses"}}}
    assert as_written("盖房", PAYMENT.column("purpose"), own) == "housing"
    assert as_written("盖房", PAYMENT.column("purpose")) is None


def test_a_table_with_chinese_heads_and_cells_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text(
        "编号,日期,资金来源,用途,拨出级次,金额,到账日期,备注\n"
        "甲,2024年2月12日,项目业主,住房,县,1000万元,不详,x\n乙,2024-02-13,,,县,约3万元,,\n",
        encoding="gb18030",
    )
    frame, problems = read_table(path, PAYMENT, as_written)
    named = ("payment_id", "paid_date", "source", "purpose", "from_level", "amount_minor", "received_date")
    assert frame.select(named).rows() == [
        ("甲", date(2024, 2, 12), "project_developer", "housing", "county", 1_000_000_000, None)
    ]
    assert {p.code for p in problems} == {"store.column_unknown", "table.value_refused"}
    refused = next(p for p in problems if p.code == "table.value_refused")
    assert refused.row == 3
    assert {"payment_id", "amount_minor", "paid_date"} <= table_heads(path, PAYMENT)


def test_a_head_in_words_never_overwrites_the_column_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text("payment_id,amount,金额\na,1,2\n", encoding="utf-8")
    frame, problems = read_table(path, PAYMENT, as_written)
    assert frame["amount_minor"].to_list() == [100]
    assert [(p.code, p.column) for p in problems] == [("store.column_unknown", "金额")]
