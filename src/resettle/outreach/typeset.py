"""The letter as PDF and as a web page. Its text enters both as data, so markup in a name stays text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, Template

from resettle.outreach.letter import Letter
from resettle.outreach.texts import Sheet
from resettle.problems import Problem, ResettleError
from resettle.words import Language

SIZES = (14, 18)
AIR = (3, 2, 1, 0)
"""How much air a page has: as much as lets the letter stay on one page. The type itself never shrinks."""
FULL: Mapping[Language, int] = {"zh": 550, "en": 1500}
"""Characters of the sections and notes from which on no page at 14 points holds a letter with the most air: such a
letter is not set so in vain. The longest that fitted in the letters of both packs had 486 and 1,420."""
TEMPLATE = "letter.typ"
PAGE = "letter.html"
SHEET = "sheet.html"


def _source(name: str) -> str:
    return (resources.files("resettle.outreach") / name).read_text(encoding="utf-8")


def letter_pdf(letter: Letter, size_pt: int = 14) -> bytes:
    """Set a letter on one A4 page if the least air allows it; else on two (see :func:`check_pages`).

    Args:
        letter: what to set.
        size_pt: 14, or 18 on request.

    Returns:
        The PDF; equal letters give equal bytes.

    Raises:
        ResettleError: where the typesetter is not installed.
    """
    pdf = b""
    for air in _airs(letter, size_pt):
        pdf = _compile(letter, size_pt, air)
        if page_count(pdf) <= 1:
            break
    return pdf


def _airs(letter: Letter, size_pt: int) -> tuple[int, ...]:
    """What is worth trying: setting a page takes the time, and a long letter cannot have the most air."""
    length = sum(len(text) for _, text in letter.sections) + sum(len(note) for note in letter.sources)
    room = FULL[letter.language] * SIZES[0] ** 2 // size_pt**2
    return AIR if length <= room else AIR[1:]


def _compile(letter: Letter, size_pt: int, air: int) -> bytes:
    made = _compiler().compile(
        _source(TEMPLATE).encode(),
        format="pdf",
        sys_inputs={
            "letter": json.dumps(letter.as_data(), ensure_ascii=False),
            "size": str(size_pt),
            "air": str(air),
        },
    )
    return made if isinstance(made, bytes) else b"".join(made)


@cache
def _compiler() -> Any:
    """One typesetter for all letters: looking for the machine's fonts takes longer than setting a page."""
    try:
        import typst
    except ImportError as error:
        raise ResettleError(Problem("outreach.typesetter_absent", "error")) from error
    return typst.Compiler()


def page_count(pdf: bytes) -> int:
    """How many pages a PDF of ours has: the count its page tree states."""
    import re

    counts = re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", pdf)
    return max((int(a or b) for a, b in counts), default=0)


def letter_html(letter: Letter) -> str:
    """The letter as one page of HTML without anything from another host."""
    return letters_html([letter])


def letters_html(letters: Sequence[Letter]) -> str:
    """Letters of one language under each other; printed, each begins on a sheet of its own."""
    return _page(PAGE).render(letters=letters)


def sheet_html(sheet: Sheet) -> str:
    """A notice, the questions or the handbook as one page, on screen and on A4."""
    return _page(SHEET).render(sheet=sheet)


@cache
def _page(name: str) -> Template:
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_source(name))


def check_pages(letter: Letter, pdf: bytes) -> list[Problem]:
    """A problem where a letter does not fit its page."""
    if page_count(pdf) <= 1:
        return []
    return [Problem("outreach.overflow", "warning", value=letter.number)]
