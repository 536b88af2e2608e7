"""Shares of one parent in two periods, and take-up by class. Figures are invented."""

from __future__ import annotations

from typing import Any

from resettle.supervision import parse_published, reconcile, say
from resettle.words import LANGUAGES


def published(measure: str, pairs: list[tuple[int, int]]) -> dict[str, Any]:
    figures, rates = [], []
    for i, (over, below) in enumerate(pairs):
        for name, value in ((f"over{i}", over), (f"below{i}", below)):
            figures.append(
                {"id": name, "label_zh": f"数{name}", "label_en": name, "value": value, "unit": "household",
                 "kind": "stock", "as_of": "2020", "line": i + 1}
            )  # fmt: skip
        rates.append(
            {"id": f"r{i}", "label_zh": f"类{i}", "label_en": f"class {i}", "numerator": f"over{i}",
             "denominator": f"below{i}", "measure": measure, "parent": "province", "line": i + 1}
        )  # fmt: skip
    return {"figure": figures, "rate": rates}


def codes(measure: str, pairs: list[tuple[int, int]]) -> list[str]:
    told, problems = parse_published(published(measure, pairs))
    assert not problems
    found = reconcile(told)
    for finding in found:
        for language in LANGUAGES:
            assert "{" not in "".join((said := say(finding, language, told.names)).title + said.a + said.b)
    return [f.code for f in found if f.code in ("R27", "R28")]


def test_a_share_that_jumps_between_periods_is_asked_about() -> None:
    assert codes("share", [(208, 514), (228, 1000)]) == ["R27"]
    assert codes("share", [(208, 514), (380, 1000)]) == []


def test_one_share_alone_is_held_against_nothing() -> None:
    assert codes("share", [(208, 514)]) == []


def test_a_class_that_hardly_applies_is_asked_about() -> None:
    assert codes("take_up", [(0, 120), (300, 400), (200, 260)]) == ["R28"]
    assert codes("take_up", [(80, 120), (300, 400), (200, 260)]) == []


def test_a_class_of_a_handful_says_nothing() -> None:
    assert codes("take_up", [(0, 6), (300, 400)]) == []
