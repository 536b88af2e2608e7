"""The page: self-contained, bilingual, deterministic, and every drawing drawn from its data."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

from resettle.report import build_report, chapters_of
from resettle.report.charts import bars_view, intervals_view, panel_view, waterfall_view
from resettle.tables.page_text import money_column, same
from resettle.tables.pages import (
    Bar,
    Bars,
    BeforeAfter,
    Chapter,
    Figure,
    Folded,
    Hidden,
    Interval,
    Intervals,
    PageColumn,
    PageTable,
    Pair,
    Paragraph,
    Point,
    PointPanel,
    SmallMultiples,
    Stacked,
    Step,
    Text,
    Waterfall,
)
from tests.ground.report.peach_tables import CARD, META, basis

VOID = {"meta", "input", "br", "rect", "path", "circle", "line", "polyline"}
COUNT = PageColumn(Text("户", "households"), "count")


class _Balance(HTMLParser):
    """Finds tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def _html() -> str:
    return build_report(chapters_of(basis()), META)


def test_the_report_asks_nobody_and_runs_no_script() -> None:
    html = _html()
    assert "<script" not in html
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", html)
    assert not re.findall(r"url\((?!#)", html)
    assert "@import" not in html
    assert len(html.encode()) < 2_000_000


def test_tags_are_balanced() -> None:
    balance = _Balance()
    balance.feed(_html())
    assert balance.faults == []
    assert balance.open == []


def test_the_same_input_gives_the_same_bytes() -> None:
    assert _html() == _html()


def test_every_sentence_stands_in_both_languages() -> None:
    html = _html()
    assert html.count(" lang=zh-CN>") == html.count(" lang=en>")
    english = " ".join(re.findall(r"<span lang=en>(.*?)</span>", html))
    assert not re.findall(r"[\u4e00-\u9fff]", english)


def test_every_figure_has_a_mark_and_its_table() -> None:
    html = _html()
    figures = html.split('<div class="figure" id=')[1:]
    assert len(figures) >= 8
    for figure in figures:
        own = figure.split('<div class="figure"')[0]
        assert 'class="mark"' in own
        assert "<table" in own


def test_figures_and_tables_are_numbered_through() -> None:
    html = _html()
    numbers = [int(n) for n in re.findall(r'id="figure-(\d+)"', html)]
    assert numbers == list(range(1, len(numbers) + 1))
    tables = [int(n) for n in re.findall(r"Table</span>&nbsp;(\d+)</span>", html)]
    assert tables == list(range(1, len(tables) + 1))


def test_text_from_the_data_cannot_become_markup() -> None:
    chapter = Chapter("x", Text("<b>一", "<b>one"), (Paragraph(Text("<i>甲", "a & <i>b")),))
    html = build_report([chapter], META)
    assert "<i>" not in html and "&lt;i&gt;b" in html


def test_no_small_print_in_the_style_sheet() -> None:
    sizes = re.findall(r"font-size:([\d.]+)(px|pt)", _html())
    assert sizes
    assert all(float(n) * (1 if unit == "px" else 4 / 3) >= 12 for n, unit in sizes)


def test_every_kind_of_drawing_is_drawn() -> None:
    bars = Bars((Bar(same("a"), 3), Bar(same("b"), None), Bar(same("c"), Hidden(True))), same("x"), COUNT)
    table = PageTable(same("t"), (COUNT,), ((1,), (None,), (Hidden(False),)))
    drawings = (
        bars,
        Stacked((same("p"), same("q")), ((same("r"), (3, 4)),), same("x"), COUNT),
        SmallMultiples(((same("one"), bars), (same("two"), bars))),
        Intervals(
            (Interval(same("i"), 1, 2), Interval(same("j"), None, 2)), same("x"), COUNT, same("l"), same("h")
        ),
        BeforeAfter((Pair(same("1"), 2500, 1250),), same("n"), COUNT, same("b"), same("a"), 1800, same("18")),
    )
    blocks = tuple(Figure(same(f"title {i}"), "computed", d, table) for i, d in enumerate(drawings))
    html = build_report([Chapter("x", same("x"), (*blocks, Folded(same("more"), (CARD,))))], META)
    for part in (
        'class="bars"',
        'class="st"',
        'class="panels"',
        'class="iv"',
        'class="ba"',
        'class="folded"',
    ):
        assert part in html
    assert "withheld" in html and "&lt;5" in html and "unknown" in html


def test_bars_start_at_zero_and_unknown_has_no_length() -> None:
    view = bars_view(Bars((Bar(same("a"), 50), Bar(same("b"), 100), Bar(same("c"), None)), same("x"), COUNT))
    assert [row["width"] for row in view] == [0.5, 1.0, None]


def test_a_gap_is_hatched_and_never_crossed_by_a_line() -> None:
    points = tuple(
        Point(y, v, "actual", same(str(v)), str(y), line)
        for y, v, line in [
            (2010, 10, "s|a"),
            (2011, 20, "s|a"),
            (2016, 50, ""),
        ]
    )
    view = panel_view(PointPanel(same("n"), COUNT, points, 2008, 2016, Text("没有", "none")))
    assert len(view["lines"]) == 1
    assert len(view["lines"][0].split()) == 2
    assert len(view["gaps"]) == 2


def test_waterfall_parts_begin_where_the_one_before_ended() -> None:
    steps = (
        Step(same("a"), 30, "part"),
        Step(same("b"), 70, "part"),
        Step(same("sum"), 100, "total"),
        Step(same("in place"), 60, "in_place", 80),
        Step(same("missing"), 20, "missing"),
    )
    rows = waterfall_view(Waterfall(steps, money_column(same("m"))))
    assert [row["left"] for row in rows] == [0.0, 30.0, 0.0, 0.0, 60.0]
    assert rows[3]["rest"] == 20.0


def test_an_interval_with_an_unknown_end_is_drawn_open() -> None:
    chart = Intervals((Interval(same("i"), None, 50),), same("x"), COUNT, same("l"), same("h"))
    assert intervals_view(chart)[0]["open"] is True


def _wide_table(columns: int) -> PageTable:
    heads = tuple(PageColumn(Text(f"列{i}", f'head "{i}" <')) for i in range(columns))
    cells = tuple(Text("十个汉字长的一格内容", f"words that run on and on {i}") for i in range(columns))
    return PageTable(Text("宽表", "Wide"), heads, (cells,))


def test_a_table_too_wide_for_a_phone_says_each_head_before_its_cell_in_the_chosen_language() -> None:
    chapter = Chapter("c", Text("章", "C"), (_wide_table(6), _wide_table(2)), 1)
    html = build_report([chapter], META)
    assert html.count('class="stack"') == 1
    assert '#lang-zh:checked~.sheet #table-1 td:nth-child(2)::before{content:"列1"}' in html
    assert "#lang-en:checked~.sheet #table-1 td:nth-child(6)::before{content:\"Head '5' ‹\"}" in html
    assert "#table-1 td:nth-child(1)::before" not in html and "#table-2 " not in html


def test_headings_go_down_one_step_at_a_time() -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", _html())]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_every_table_has_a_caption_and_every_drawing_a_name_or_is_hidden_from_readers() -> None:
    html = _html()
    assert html.count("<table") == html.count("<caption")
    for svg in re.findall(r"<svg[^>]*>", html):
        assert "aria-label=" in svg or 'aria-hidden="true"' in svg
