"""The report in a real browser: alone, in both languages, on a phone, legible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resettle.report import build_report, chapters_of
from tests.ground.report.peach_tables import META, basis

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SMALL = """() => [...document.querySelectorAll('body *')].filter(e => {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.getClientRects().length) return false;
  const svg = e.ownerSVGElement; let scale = 1;
  if (svg && svg.viewBox.baseVal.width) scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return parseFloat(getComputedStyle(e).fontSize) * scale < 11.95;
}).map(e => e.textContent.trim().slice(0, 40))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TAG = {"zh": "zh-CN", "en": "en"}
SHOWN = "(name) => [...document.querySelectorAll(`main [lang=${name}]`)].some(e => e.getClientRects().length)"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build_report(chapters_of(basis()), META), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # Imported here, so that where it is absent this target fails and the others never ask for it.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_stands_alone_and_fits(browser: Any, page_file: Path, width: int, language: str) -> None:
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    page.locator(f"label[for=lang-{language}]").click()
    other = "en" if language == "zh" else "zh"
    assert page.evaluate(SHOWN, TAG[language]) is True
    assert page.evaluate(SHOWN, TAG[other]) is False
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(WIDE) == 0
    assert page.evaluate(SMALL) == []
    assert [url for url in asked if not url.startswith("file:")] == []
    page.close()


def test_the_languages_can_be_switched_by_keyboard(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.locator("#lang-zh").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN, "en") is True
    page.close()


def test_print_holds_the_chosen_language_alone(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN, "en") is False
    assert page.locator("header.top").is_visible() is False
    page.close()


CUT = """() => [...document.querySelectorAll('.table-scroll, .bars, .figure, .card')]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent.trim().slice(0, 40))"""
HEAD = """() => { const cell = document.querySelector('table.stack td:nth-child(2)');
  return getComputedStyle(cell, '::before').content; }"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_table_or_figure_is_cut_off_on_a_phone(browser: Any, page_file: Path, language: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(page_file.as_uri())
    page.locator(f"label[for=lang-{language}]").click()
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(CUT) == []
    # A stacked cell is named by its head, and in the chosen language only.
    assert (page.evaluate(HEAD).isascii()) is (language == "en")
    page.close()


def test_the_languages_stay_in_reach_on_a_phone_and_targets_are_large(browser: Any, page_file: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(page_file.as_uri())
    page.evaluate("() => window.scrollTo(0, 5000)")
    box = page.locator("label[for=lang-en]").bounding_box()
    assert 0 <= box["y"] < 60 and box["height"] >= 44
    page.close()


def test_a_print_is_a4_and_holds_no_word_of_the_other_language(
    browser: Any, page_file: Path, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.locator("label[for=lang-zh]").click()
    raw = page.pdf(prefer_css_page_size=True, print_background=True)
    (tmp_path / "report.pdf").write_bytes(raw)
    assert raw.startswith(b"%PDF")
    boxes = {
        tuple(map(float, found)) for found in re.findall(rb"/MediaBox *\[0 0 ([0-9.]+) ([0-9.]+)\]", raw)
    }
    assert boxes and all(abs(w - 595) < 2 and abs(h - 842) < 2 for w, h in boxes)
    page.emulate_media(media="print")
    assert page.evaluate(SHOWN, "en") is False and page.evaluate(SHOWN, "zh-CN") is True
    page.close()
