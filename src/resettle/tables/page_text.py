"""How a number, a date and a cell are written in each language; the one place that knows.

======== ================ =======================
what     Chinese          English
======== ================ =======================
count    20,615           20,615
prose    2.26 亿元        226 million yuan
table    万元, 0.0        million yuan, 0.0
date     2016年11月30日   30 November 2016
range    1,200—1,300元    1,200–1,300 yuan
======== ================ =======================

Minus is −; unknown is a word; a masked count is <5; zero is 0.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from resettle.tables.pages import Cell, Hidden, NumberKind, PageColumn, PageTable, Text
from resettle.words import Language, tell

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
YUAN = Text("元", "yuan")
NOTHING = Text("", "")


def same(value: str) -> Text:
    """A text that reads alike in both languages."""
    return Text(value, value)


_DIGITS = "零一二三四五六七八九"


def pick(text: Text, language: Language) -> str:
    """The text in one language."""
    return text.zh if language == "zh" else text.en


def grouped(number: int | float | Decimal, decimals: int = 0) -> str:
    """A number with thousands grouped, half up, and a true minus.

    >>> grouped(20615), grouped(-0.5, 1), grouped(Decimal("2.25"), 1)
    ('20,615', '−0.5', '2.3')
    """
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(str(number)).quantize(step, rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def count_text(number: int | None) -> Text:
    """A count, or the word for unknown."""
    return unknown_text() if number is None else same(grouped(number))


def unknown_text() -> Text:
    """The word for what is not known."""
    return Text(tell("common.unknown", "zh"), tell("common.unknown", "en"))


def money_text(minor: int | None, currency: Text = YUAN) -> Text:
    """Money as prose says it.

    >>> money_text(226_068_200_00)
    Text(zh='2.26亿元', en='226 million yuan')
    >>> money_text(10_000_00)
    Text(zh='10,000元', en='10,000 yuan')
    >>> money_text(45).en, money_text(-20_50).en
    ('0.45 yuan', '−20.50 yuan')
    """
    if minor is None:
        return unknown_text()
    major = Decimal(minor) / 100
    size = abs(major)
    decimals = 2 if size < 100 and minor % 100 else 0  # a price below one unit is not nothing
    if size >= 10**8:
        zh = grouped(major / 10**8, 2) + "亿"
    elif size >= 10**6:
        zh = grouped(major / 10**4, 0) + "万"
    else:
        zh = grouped(major, decimals)
    if size >= 10**9:
        en = grouped(major / 10**9, 2) + " billion"
    elif size >= 10**6:
        en = grouped(major / 10**6, 0 if size >= 10**8 else 1) + " million"
    else:
        en = grouped(major, decimals)
    return Text(f"{zh}{currency.zh}", f"{en} {currency.en}")


def exact_text(minor: int, currency: Text = YUAN) -> Text:
    """Money to the whole unit, for sums whose difference is told beside them.

    >>> exact_text(49_486_021_89).en
    '49,486,022 yuan'
    """
    told = grouped(Decimal(minor) / 100, 0)
    return Text(f"{told}{currency.zh}", f"{told} {currency.en}")


def area_text(dm2: int | None) -> Text:
    """An area in square metres.

    >>> area_text(7500)
    Text(zh='75平方米', en='75 m²')
    """
    if dm2 is None:
        return unknown_text()
    digits = 0 if dm2 % 100 == 0 else 1
    number = grouped(Decimal(dm2) / 100, digits)
    return Text(f"{number}平方米", f"{number} m²")


def percent_text(ppm: int | None, decimals: int = 1) -> Text:
    """A share in per cent; say its denominator beside it.

    >>> percent_text(787094)
    Text(zh='78.7%', en='78.7%')
    """
    return unknown_text() if ppm is None else same(grouped(Decimal(ppm) / 10_000, decimals) + "%")


def date_text(day: date | None) -> Text:
    """A date.

    >>> date_text(date(2016, 11, 30))
    Text(zh='2016年11月30日', en='30 November 2016')
    """
    if day is None:
        return unknown_text()
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {MONTHS[day.month - 1]} {day.year}")


def month_text(day: date | None) -> Text:
    """A month.

    >>> month_text(date(2016, 11, 1))
    Text(zh='2016年11月', en='November 2016')
    """
    if day is None:
        return unknown_text()
    return Text(f"{day.year}年{day.month}月", f"{MONTHS[day.month - 1]} {day.year}")


def range_text(low: int, high: int, unit: Text) -> Text:
    """A range with its unit.

    >>> range_text(1200, 1300, YUAN)
    Text(zh='1,200—1,300元', en='1,200–1,300 yuan')
    """
    if low == high:
        return Text(f"{low:,}{unit.zh}", f"{low:,} {unit.en}".rstrip())
    return Text(f"{low:,}—{high:,}{unit.zh}", f"{low:,}–{high:,} {unit.en}".rstrip())


def money_column(head: Text, currency: Text = YUAN, largest: int = 10**12) -> PageColumn:
    """A column of money: 10,000s and millions where sums are large, whole units where they are small.

    >>> money_column(Text("需求", "need")).unit
    Text(zh='万元', en='million yuan')
    """
    if abs(largest) < 10**8:
        return PageColumn(head, "money_exact", currency)
    return PageColumn(head, "money", Text(f"万{currency.zh}", f"million {currency.en}"), 1)


def area_column(head: Text, decimals: int = 0) -> PageColumn:
    """A column of areas in square metres."""
    return PageColumn(head, "area", Text("平方米", "m²"), decimals)


def scaled(value: int | float | Decimal, kind: NumberKind, language: Language) -> Decimal:
    """The number as it is printed: money, areas and shares brought to the unit of the head."""
    number = Decimal(str(value))
    if kind == "money":
        return number / (10**6 if language == "zh" else 10**8)
    if kind in ("money_exact", "area"):
        return number / 100
    if kind == "share":
        return number / 10_000
    return number


def number_text(value: int | float | Decimal, column: PageColumn) -> Text:
    """A number in the unit of its column.

    >>> number_text(22606820000, money_column(Text("缺口", "gap")))
    Text(zh='22,606.8', en='226.1')
    """
    if column.kind == "year":
        return same(str(int(value)))
    sign = "%" if column.kind == "share" else ""
    return Text(
        grouped(scaled(value, column.kind, "zh"), column.decimals) + sign,
        grouped(scaled(value, column.kind, "en"), column.decimals) + sign,
    )


def cell_text(cell: Cell, column: PageColumn) -> Text:
    """What is printed in a cell, in both languages.

    >>> cell_text(None, PageColumn(Text("人", "persons"), "count"))
    Text(zh='未知', en='unknown')
    >>> cell_text(Hidden(is_small=True), PageColumn(Text("人", "persons"), "count")).en
    '<5'
    """
    if cell is None:
        return unknown_text()
    if isinstance(cell, Hidden):
        key = "common.masked" if cell.is_small else "common.withheld"
        return Text(tell(key, "zh"), tell(key, "en"))
    if isinstance(cell, Text):
        return cell
    if isinstance(cell, str):
        return same(cell)
    if isinstance(cell, date):
        return date_text(cell)
    return number_text(cell, column)


def chinese_number(number: int) -> str:
    """A number up to 99 as a Chinese chapter head has it.

    >>> chinese_number(3), chinese_number(10), chinese_number(12), chinese_number(20)
    ('三', '十', '十二', '二十')
    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def numbered(number: int, title: Text) -> Text:
    """A chapter title with its number: 一、 in Chinese, 1 in English."""
    return Text(f"{chinese_number(number)}、{title.zh}", f"{number}\u2002{title.en}")


def is_rounded_apart(table: PageTable) -> bool:
    """Whether a sum is right and its parts, as they are printed, come to another last digit.

    >>> head = (PageColumn(Text("名", "name")), money_column(Text("钱", "money"), YUAN, 139_206_800_00))
    >>> rows = [(same(n), v) for n, v in (("a", 43_493_400_00), ("b", 95_713_400_00), ("all", 139_206_800_00))]
    >>> is_rounded_apart(PageTable(same("t"), head, tuple(rows), has_total=True))
    True
    """
    if not table.has_total:
        return False
    *parts, whole = table.rows
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in parts]
        exact = [c for c in (*cells, whole[at]) if isinstance(c, int) and not isinstance(c, bool)]
        if column.kind == "text" or len(exact) != len(table.rows) or sum(exact[:-1]) != exact[-1]:
            continue
        shown = [cell_text(c, column) for c in (*cells, whole[at])]
        for texts in ([t.zh for t in shown], [t.en for t in shown]):
            known = [n for n in map(_printed, texts) if n is not None]
            if len(known) == len(texts) and sum(known[:-1]) != known[-1]:
                return True
    return False


def _printed(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("−", "-").rstrip("%"))
    except ArithmeticError:
        return None
