"""A village whose homes are lost is never told over the loudspeaker that it may stay."""

from __future__ import annotations

import datetime as dt

import pytest

from resettle.outreach.letter import LetterFacts
from resettle.outreach.texts import loudspeaker


@pytest.mark.parametrize(("language", "words"), [("zh", "可以不搬"), ("en", "You may stay")])
def test_the_right_to_stay_is_said_only_where_there_is_one(language: str, words: str) -> None:
    facts = LetterFacts("H1", "A", "Office", dt.date(2024, 6, 30), 4, 10000, 2500)
    lost = LetterFacts("H1", "A", "Office", dt.date(2024, 6, 30), 4, 10000, 2500, may_stay=False)
    assert words in loudspeaker("X", [facts], language)  # type: ignore[arg-type]
    assert words not in loudspeaker("X", [lost], language)  # type: ignore[arg-type]
