"""What is read from a report: one row per figure, shown to the user and corrected before it is judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure as read.

    Attributes:
        reading_id: ``f1``, ``f2``... in order of appearance.
        value: the value in ``unit`` (scaled: 12 thousand yuan is 12000 yuan); ``None`` for a range.
        low, high: the ends of a range.
        printed: the digits and scale as they stand (``835 million 754 thousand``).
        unit: canonical unit; ``None`` where none was found.
        noun: the words counted, as printed.
        bound: ``at_least``, ``at_most``, ``above``, ``below``, ``about``.
        as_of: partly known date; ``date_form`` says how it was printed.
        kind: stock, flow, norm, price, undefined.
        status: plan, actual, under_way, cumulative.
        of: what it is part of or a rate of, as printed.
        place: the place named last before it.
        line: line, paragraph or row; ``cell`` for a sheet (``Sheet1!C4``).
        decimals: decimals printed.
        rule: the reading rule that made it.
        before, after: the words around it in its sentence.
        is_up_to: whether its date is said as one up to which was counted ("as of", "by"); a sheet does not say.
    """

    reading_id: str
    value: Decimal | None
    unit: str | None
    line: int
    low: Decimal | None = None
    high: Decimal | None = None
    printed: str = ""
    noun: str = ""
    bound: str | None = None
    as_of: str | None = None
    date_form: str | None = None
    kind: str = "undefined"
    status: str | None = None
    of: str | None = None
    place: str | None = None
    cell: str | None = None
    sentence: int = 0
    start: int = 0
    decimals: int = 0
    rule: str = ""
    before: str = ""
    after: str = ""
    is_up_to: bool = field(default=True, compare=False)

    @property
    def rounded_to(self) -> Decimal:
        """The unit of the last printed place: 1000 for ``1,245.3万``, 0 for a count written out.

        >>> float(Reading("f1", Decimal("12453000"), "yuan", 1, printed="1,245.3万", decimals=1).rounded_to)
        1000.0
        """
        digits = re.findall(r"\d[\d,，]*(?:\.\d+)?", self.printed)
        if self.value is None or len(digits) != 1:
            return Decimal(0)
        number = Decimal(re.sub(r"[,，]", "", digits[0]))
        if number == 0:
            return Decimal(0)
        factor = self.value / number
        return factor.scaleb(-self.decimals) if self.decimals or factor > 1 else Decimal(0)

    @property
    def quote(self) -> str:
        """The figure in the report's own words, in brackets, with what stands around it.

        >>> Reading("f1", Decimal(12), "site", 3, printed="12", before="全县规划安置点", after="个，已建成8个").quote
        '全县规划安置点【12】个，已建成8个'
        """
        if self.cell is not None or self.rule.startswith("table"):
            return f"{self.noun}【{self.printed}】"
        before, after = re.sub(r"\s{2,}", " … ", self.before[-28:]), re.sub(r"\s{2,}", " … ", self.after[:18])
        cut = len(self.before) > 28
        before = re.sub(r"^[\d,.%％]*\S?(?=[\u4e00-\u9fff])|^\S*\s", "", before) if cut else before
        return f"{before.lstrip('，,。；; ')}【{self.printed}】{after.rstrip()}"


READING = Table(
    name="reading",
    key=("reading_id",),
    zh="从报告读出的数字",
    en="figures read from a report",
    writer="supervision",
    columns=(
        C("reading_id", "text", zh="编号", en="number", required=True),
        C("value", "number", zh="数值", en="value"),
        C("low", "number", zh="下限", en="low end"),
        C("high", "number", zh="上限", en="high end"),
        C("unit", "text", zh="单位", en="unit"),
        C(
            "kind",
            "text",
            zh="存量或流量",
            en="stock or flow",
            allowed=("stock", "flow", "norm", "price", "undefined"),
        ),
        C("as_of", "text", zh="截至日或时期", en="as of, or period"),
        C("date_form", "text", zh="日期写法", en="how the date is printed"),
        C("status", "text", zh="计划或实际", en="plan or actual"),
        C("bound", "text", zh="界限词", en="bound"),
        C("of", "text", zh="占什么的", en="part of what"),
        C("place", "text", zh="地点", en="place"),
        C("noun", "text", zh="数的是什么", en="what is counted"),
        C("printed", "text", zh="原样", en="as printed"),
        C("line", "integer", zh="行", en="line", low=0),
        C("cell", "text", zh="单元格", en="cell"),
        C("sentence", "integer", zh="句", en="sentence", low=0),
        C("start", "integer", zh="位置", en="place in the line", low=0),
        C("decimals", "integer", zh="小数位", en="decimals", low=0, high=12),
        C("rule", "text", zh="读法", en="reading rule"),
        C("before", "text", zh="前文", en="words before it"),
        C("after", "text", zh="后文", en="words after it"),
    ),
)


def reading_frame(readings: Sequence[Reading]) -> pl.DataFrame:
    """Readings under the contract :data:`READING`."""
    rows = []
    for reading in readings:
        row = asdict(reading)
        for key in ("value", "low", "high"):
            row[key] = None if row[key] is None else float(row[key])
        rows.append(row)
    return (
        pl.DataFrame(rows, schema_overrides=READING.schema()).select(READING.names)
        if rows
        else READING.empty()
    )


def readings_of(frame: pl.DataFrame) -> list[Reading]:
    """Readings from a (corrected) table; a row without a value or range is left out."""
    found = []
    for row in frame.iter_rows(named=True):
        ends = {k: None if row[k] is None else _decimal(row[k]) for k in ("value", "low", "high")}
        if all(v is None for v in ends.values()):
            continue
        rest: dict[str, Any] = {k: row[k] for k in READING.names if k not in ends}
        for key in ("line", "sentence", "start", "decimals"):
            rest[key] = int(rest[key] or 0)
        for key in ("printed", "noun", "rule", "before", "after"):
            rest[key] = rest[key] or ""
        rest["kind"] = rest["kind"] or "undefined"
        found.append(Reading(**(rest | ends)))
    return found


def _decimal(value: float) -> Decimal:
    return Decimal(int(value)) if value == int(value) else Decimal(repr(value))
