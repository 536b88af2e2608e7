"""What a check finds, as data; the sentences are made from ``words`` in either language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from resettle.problems import Severity
from resettle.supervision.unit_words import unit_word
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table
from resettle.words import LANGUAGES, Language, tell


@dataclass(frozen=True, slots=True)
class Label:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its unit, written in the reader's language.

    ``digits`` is the number of decimals to show; ``None`` shows the value as it stands.
    """

    value: Decimal | int
    unit: str = ""
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """One smallest change that would make the figures agree: proposed, never applied.

    Attributes:
        cells: ids of the figures that would change, with the printed and the proposed value.
        cost: weight of the changed cells, then the number of digit edits; smaller is likelier.
    """

    cells: tuple[tuple[str, Decimal, Decimal], ...]
    cost: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """Two things in a report that do not agree, or a thing a reader needs and cannot find.

    Attributes:
        code: the check (``R01``...), the same in every report.
        severity: ``error``, ``warning``, ``hint`` or ``info``.
        variant: which wording of the code applies; sentences stand under ``supervision.<variant>``.
        values: what the sentences name: plain values, :class:`Label` and :class:`Amount`.
        readings: keys of the readings that would make A and B agree, in order of plausibility.
        figures: ids of the figures that take part, A first.
        lines: the lines (or rows) of the report they stand on.
        repairs: smallest repairs, all that tie for the least cost.
        is_unmended: a repair was sought and no small one found.
        slack: by how much the two may differ through printed rounding alone; ``None`` where nothing is rounded.
    """

    code: str
    severity: Severity
    variant: str
    values: Mapping[str, Any] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    is_unmended: bool = False
    slack: Amount | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as a person reads it."""

    title: str
    a: str
    b: str
    readings: tuple[str, ...]
    ask: str
    repairs: tuple[str, ...]
    rounding: str = ""


def plain(value: Decimal | int, digits: int | None = None) -> str:
    """A number with thousands grouped and no empty decimals.

    >>> plain(Decimal("1245146000.0")), plain(Decimal("78.7094"), 2)
    ('1,245,146,000', '78.71')
    """
    number = Decimal(value)
    if digits is not None:
        return f"{number:,.{digits}f}"
    if number == number.to_integral_value():
        return f"{int(number):,}"
    return f"{number.normalize():,f}"


def show(value: Any, language: Language) -> Any:
    """A value of a finding in one language: labels chosen, amounts with their unit word."""
    if isinstance(value, Label):
        return value.zh if language == "zh" else value.en
    if isinstance(value, Amount):
        number = plain(value.value, value.digits).replace("-", "\N{MINUS SIGN}")
        if value.unit in ("", "number"):
            return number
        word = unit_word(value.unit, language)
        return f"{number}{word}" if word.startswith("%") or language == "zh" else f"{number} {word}"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (list, tuple)):
        return tell("supervision.comma", language).join(str(show(v, language)) for v in value)
    return value


_CELL = re.compile(r"^(.+)!([A-Z]+\d+)$", re.DOTALL)
_ROW = re.compile(r"^(table|line) (\d+), (?:row (\d+), )?column (\d+)$")


def place_of(lines: Sequence[str], language: Language) -> str:
    """Where a finding stands, in words: cells under the name of their sheet as it is, rows of tables, lines.

    >>> place_of(("名册!B2", "名册!B3", "7"), "en")
    'cells B2, B3 of the sheet named “名册”; line 7'
    """
    sheets: dict[str, list[str]] = {}
    others: list[str] = []
    plain_lines: list[str] = []
    for line in lines:
        if cell := _CELL.match(line):
            sheets.setdefault(cell[1], []).append(cell[2])
        elif row := _ROW.match(line):
            key = "supervision.at_table" if row[1] == "table" else "supervision.at_column"
            others.append(tell(key, language, number=row[2], row=row[3] or "", column=row[4]))
        else:
            plain_lines.append(line)
    comma = tell("supervision.comma", language)
    found = [
        tell(
            "supervision.at_cell" if len(cells) == 1 else "supervision.at_cells",
            language,
            sheet=sheet,
            cells=comma.join(cells),
        )
        for sheet, cells in sheets.items()
    ] + others
    if plain_lines:
        key = "supervision.at_line" if len(plain_lines) == 1 else "supervision.at_lines"
        found.append(tell(key, language, lines=comma.join(plain_lines)))
    return tell("supervision.semicolon", language).join(found)


def say(finding: Finding, language: Language, names: Mapping[str, Label] | None = None) -> Said:
    """The sentences of a finding.

    Args:
        finding: what was found.
        language: ``zh`` or ``en``.
        names: labels of the figures, for the wording of repairs; ids stand in where one is missing.
    """
    values = {key: show(value, language) for key, value in finding.values.items()}
    values["lines"] = tell("supervision.comma", language).join(finding.lines)
    base = f"supervision.{finding.variant}"
    known = names or {}
    title = tell(f"{base}.title", language, **values)
    repairs = tuple(_say_repair(repair, language, known) for repair in finding.repairs)
    if finding.is_unmended:
        repairs = (tell("supervision.no_small_repair", language),)
    return Said(
        title=title[:1].upper() + title[1:],
        a=tell(f"{base}.a", language, **values),
        b=tell(f"{base}.b", language, **values),
        readings=tuple(tell(f"{base}.{key}", language, **values) for key in finding.readings),
        ask=tell(f"{base}.ask", language, **values),
        repairs=repairs,
        rounding=_rounding(finding.slack, language),
    )


def _rounding(slack: Amount | None, language: Language) -> str:
    if slack is None:
        return ""
    if slack.value == 0:
        return tell("supervision.rounding_none", language)
    return tell("supervision.rounding", language, slack=show(slack, language))


def _say_repair(repair: Repair, language: Language, names: Mapping[str, Label]) -> str:
    parts = [
        tell(
            "supervision.repair_cell",
            language,
            name=show(names.get(cell, Label(cell, cell)), language),
            printed=plain(before),
            proposed=plain(after),
        )
        for cell, before, after in repair.cells
    ]
    return tell("supervision.repair", language, cells=tell("supervision.and", language).join(parts))


def quotes_of(finding: Finding, words: Mapping[str, str]) -> tuple[str, ...]:
    """The report's words around the figures of a finding, each once, in the order of the figures."""
    return tuple(dict.fromkeys(words[name] for name in finding.figures if words.get(name)))


def _text(name: str, zh: str, en: str, required: bool = False) -> C:
    return C(name, "text", zh=zh, en=en, required=required)


FINDING = Table(
    name="finding",
    key=("finding_id",),
    zh="对不上的数字",
    en="figures that do not agree",
    writer="supervision",
    columns=(
        _text("finding_id", "编号", "number", required=True),
        _text("code", "检查", "check", required=True),
        C("severity", "text", zh="轻重", en="severity", allowed=("error", "warning", "hint", "info")),
        _text("document_zh", "所核对文件（中文）", "document checked, its name in Chinese"),
        _text("document_en", "所核对文件（英文）", "document checked, its name in English"),
        _text("title_zh", "标题（中文）", "title in Chinese"),
        _text("title_en", "标题（英文）", "title in English"),
        _text("a_zh", "甲（中文）", "A in Chinese"),
        _text("a_en", "甲（英文）", "A in English"),
        _text("b_zh", "乙（中文）", "B in Chinese"),
        _text("b_en", "乙（英文）", "B in English"),
        _text("readings_zh", "怎样理解才相符（中文）", "readings that fit, in Chinese, one a line"),
        _text("readings_en", "怎样理解才相符（英文）", "readings that fit, in English, one a line"),
        _text("ask_zh", "问谁、问什么（中文）", "what to ask of whom, in Chinese"),
        _text("ask_en", "问谁、问什么（英文）", "what to ask of whom, in English"),
        _text("repairs_zh", "最小改法（中文，只提出）", "smallest repairs in Chinese, proposed only"),
        _text("repairs_en", "最小改法（英文，只提出）", "smallest repairs in English, proposed only"),
        _text("figures", "涉及数字", "figures, joined by ;"),
        _text("rounding_zh", "取舍允许的差（中文）", "what rounding allows, in Chinese"),
        _text("rounding_en", "取舍允许的差（英文）", "what rounding allows, in English"),
        _text("quotes", "原文摘录", "the report's own words around each figure, one a line"),
        _text("lines", "原文行", "lines of the report, joined by ;"),
        _text("place_zh", "在原文何处（中文）", "where in the report, in Chinese words"),
        _text("place_en", "在原文何处（英文）", "where in the report, in English words"),
    ),
)


def finding_frame(
    findings: Sequence[Finding],
    names: Mapping[str, Label] | None = None,
    document: Label | None = None,
    words: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Findings as a table under the contract :data:`FINDING`, in both languages, with the document they are of.

    ``words`` are the report's own words around each figure, by its id.
    """
    rows: list[dict[str, str]] = []
    count: dict[str, int] = {}
    for finding in findings:
        count[finding.code] = count.get(finding.code, 0) + 1
        row = {
            "finding_id": f"{finding.code}-{count[finding.code]}",
            "code": finding.code,
            "severity": finding.severity,
            "figures": ";".join(finding.figures),
            "lines": ";".join(finding.lines),
            "quotes": "\n".join(quotes_of(finding, words or {})),
            "document_zh": document.zh if document else "",
            "document_en": document.en if document else "",
        }
        for language in LANGUAGES:
            said = say(finding, language, names)
            row |= {
                f"title_{language}": said.title,
                f"a_{language}": said.a,
                f"b_{language}": said.b,
                f"readings_{language}": "\n".join(said.readings),
                f"ask_{language}": said.ask,
                f"repairs_{language}": "\n".join(said.repairs),
                f"place_{language}": place_of(finding.lines, language),
                f"rounding_{language}": said.rounding,
            }
        rows.append(row)
    return pl.DataFrame(rows, schema=FINDING.schema()) if rows else FINDING.empty()
