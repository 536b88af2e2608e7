"""What people are given: the letter, the spoken texts, the notices; all from the same facts and sentences."""

from resettle.outreach.days import Dates
from resettle.outreach.letter import Letter, LetterFacts, compose
from resettle.outreach.money import MonthlyCost, Part
from resettle.outreach.place import Place
from resettle.outreach.plain_words import check_words, common_characters, reading_seconds
from resettle.outreach.texts import (
    Sheet,
    board_sheet,
    book_sheet,
    handbook,
    loudspeaker,
    masked_name,
    masked_notice,
    message,
    questions,
    read_aloud,
)
from resettle.outreach.typeset import letter_html, letter_pdf, letters_html, page_count, sheet_html

__all__ = [
    "Dates",
    "Letter",
    "LetterFacts",
    "MonthlyCost",
    "Part",
    "Place",
    "Sheet",
    "board_sheet",
    "book_sheet",
    "check_words",
    "common_characters",
    "compose",
    "handbook",
    "letter_html",
    "letter_pdf",
    "letters_html",
    "loudspeaker",
    "masked_name",
    "masked_notice",
    "message",
    "page_count",
    "questions",
    "read_aloud",
    "reading_seconds",
    "sheet_html",
]
