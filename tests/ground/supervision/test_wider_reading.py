"""What any office may write, read by general rules: abbreviations, scales, notes, tables without lines. Invented texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from resettle.store import document
from resettle.store.document import read_document
from resettle.supervision import parse_published, reconcile
from resettle.supervision.prose import read_lines
from resettle.supervision.report import read_report
from resettle.supervision.structure import as_published
from tests.ground.supervision.corpus_files import write


def figures(text: str) -> list[tuple[str, str | None]]:
    return [(str(float(r.value or 0)), r.unit) for r in read_lines([(1, text)]) if r.rule != "date"]


def codes(*lines: str) -> list[str]:
    readings = read_lines(list(enumerate(lines, start=1)))
    published, _ = parse_published(as_published(readings, list(enumerate(lines, start=1))))
    return sorted({f.code for f in reconcile(published)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It lists 1,248 project affected households (PAHs); 37 PAHs are away.", [("1248.0", "household"), ("37.0", "household")]),
        ("Tk 86.40 crore was allocated.", [("864000000.0", "taka")]),
        ("Rs 12,34,567 was paid.", [("1234567.0", "rupee")]),
        ("FJ$2.4m was raised.", [("2400000.0", "dollar")]),
        ("They drilled 12 water points.", [("12.0", "water point")]),
        ("It has 64 plots: 51 of 180 square metres and 13 of 240 square metres.",
         [("64.0", "plot"), ("51.0", "plot"), ("180.0", "m2"), ("13.0", "plot"), ("240.0", "m2")]),
        ("175 tenants left.", [("175.0", "person")]),
        ("全国有960多万建档立卡贫困群众。", [("9600000.0", "person")]),
        ("五人户3户，应于十日内反映。", [("3.0", "household"), ("10.0", "day")]),
    ],
)  # fmt: skip
def test_figures_of_other_houses(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert figures(text) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("自2022年5月1日至4月15日进行了审计，应付37户。",), ["R07"]),
        (("自2022年3月1日至4月15日进行了审计，应付37户。",), []),
        (("供暖期自2021年12月20日至1月5日，共37户。",), []),
        (("The survey ran from 22 to 19 May 2025 in 37 villages.",), ["R07"]),
        (("Data as of 30 June 2023 for 37 villages.", "Work started on 4 August 2023."), ["R07"]),
        (("Data as of 30 June 2023 for 37 villages.", "Work will start on 4 August 2023."), []),
        (("分散安置393户，规划3264户，搬迁入住率达到98.6%。",), []),
        (("应拆旧房2640户，已拆除2376户，拆除率为80%。",), ["R04"]),
        (("办证率力争达到100%，还剩264户，应办2640户。",), []),
        (("其中，省计划批1085户；全县1856户，搬迁入住1856户。",), []),
    ],
)
def test_periods_promises_and_rates(lines: tuple[str, ...], expected: list[str]) -> None:
    assert [c for c in codes(*lines) if c in ("R04", "R07", "R10")] == expected


def test_a_footnote_of_a_docx_is_read(tmp_path: Path) -> None:
    blocks, problems = read_document(write(("正文有60户。", "^^其中外迁23户。"), "docx", tmp_path))
    assert not problems
    assert [(r.line, str(r.value)) for r in read_report(blocks).readings] == [(1, "60"), (2, "23")]


def test_a_table_parted_by_spaces_is_a_table(tmp_path: Path) -> None:
    text = ("District    Households   Paid", "Ashby       318          302", "Burrow      205          190",
            "Total       523          492")  # fmt: skip
    blocks, _ = read_document(write(text, "txt", tmp_path))
    readings = read_report(blocks).readings
    assert [r.unit for r in readings] == ["household"] * 6
    assert readings[-1].rule == "table_total"


def test_a_second_table_in_a_sheet_has_its_own_heads(tmp_path: Path) -> None:
    lines = (
        "| 单位：万元 |",
        "| 来源 | 金额 |",
        "| 中央 | 30 |",
        "| 省级 | 20 |",
        "| 类别 | 户数 |",
        "| 甲 | 7 |",
    )
    blocks, _ = read_document(write(lines, "xlsx", tmp_path))
    found = [(str(r.value), r.unit) for r in read_report(blocks).readings]
    assert found == [("300000", "yuan"), ("200000", "yuan"), ("7", "household")]


def test_a_register_is_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MOST_NUMBERS", 3)
    rows = ("| 村 | 户数 |", *(f"| 村{i} | {i} |" for i in range(1, 6)))
    _, problems = read_document(write(rows, "xlsx", tmp_path))
    assert [p.code for p in problems] == ["supervision.too_many"]


@pytest.mark.parametrize("kind", ["txt", "md", "docx"])
def test_a_register_is_refused_before_it_is_taken_apart(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("the slow part was reached")

    rows = ("| 村 | 户数 |", *(f"| 村{i} | {i} |" for i in range(1, 6)))
    file = write(rows, kind, tmp_path)
    monkeypatch.setattr(document, "MOST_NUMBERS", 3)
    monkeypatch.setattr(document, "MOST_CELLS", 3)
    monkeypatch.setattr(document, "text_rows", slow)
    monkeypatch.setattr(document, "docx_rows", slow)
    _, problems = read_document(file)
    assert [p.code for p in problems] == ["supervision.too_many"]


@pytest.mark.parametrize("line", ["{i},张三,{i},4", "第{i}户有{i}人，补助{i}元。"])
def test_rows_with_commas_and_sentences_without_end_are_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.txt"
    file.write_text("\n".join(line.format(i=i) for i in range(30)), encoding="utf-8")
    assert not read_document(file)[1]
    monkeypatch.setattr(document, "MOST_SPOKEN", 60)
    assert [p.code for p in read_document(file)[1]] == ["supervision.too_many"]


def found_in(tmp_path: Path, *lines: str) -> list[tuple[str, str | None, str]]:
    blocks, _ = read_document(write(lines, "md", tmp_path))
    return [(str(r.value or r.low), r.unit, r.kind) for r in read_report(blocks).readings if r.rule != "date"]


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("人均筹资：中央8,370元，省级2,050元，地方债11,800元。", "yuan/person"),
        (
            "Per person, 610 pesos comes from the state, 230 pesos from the town and 95 pesos from loans.",
            "peso/person",
        ),
    ],
)
def test_a_list_that_opens_with_per_person_is_per_person(line: str, unit: str, tmp_path: Path) -> None:
    assert {u for _, u, _ in found_in(tmp_path, line)} == {unit}


def test_a_list_with_a_total_is_not_all_per_person(tmp_path: Path) -> None:
    units = [u for _, u, _ in found_in(tmp_path, "人均补助300元，省级拨付共500元，预算600元。")]
    assert units == ["yuan/person", "yuan", "yuan"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("到2019年6月30日，搬迁866户。", "undefined"),
        ("截至2019年6月30日，自项目启动以来共搬迁866户。", "stock"),
        ("By 30 June 2019, 866 households were relocated since the programme began.", "stock"),
    ],
)
def test_since_when_is_said_in_several_words(line: str, kind: str, tmp_path: Path) -> None:
    assert [k for _, _, k in found_in(tmp_path, line)] == [kind]


def test_a_unit_behind_a_slash_holds_across_a_row(tmp_path: Path) -> None:
    rows = ("| 单位 | 白水县 | 沙坪区 | 合计 |", "|---|---|---|---|", "| 投资额/万元 | 5 | 4 | 9 |")
    assert {u for _, u, _ in found_in(tmp_path, *rows)} == {"yuan"}


def test_both_ends_of_a_range_may_have_their_unit(tmp_path: Path) -> None:
    assert found_in(tmp_path, "每套房价在1.15万元到13.8万元之间。")[0][:2] == ("11500.00", "yuan/dwelling")
