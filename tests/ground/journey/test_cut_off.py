"""One cut-off date: a programme that names another day than its rules is told so, before anybody is judged wrongly unseen."""

from dataclasses import replace
from datetime import date

from resettle.journey.cut_off import cut_off_differs, rules_cut_off
from resettle.journey.inputs import pack_or_raise
from resettle.journey.programme import load_programme
from resettle.journey.run import Run
from resettle.words import LANGUAGES, explain_problem


def test_another_day_than_the_rules_is_an_error_that_names_both(peach_run: Run) -> None:
    programme, pack = peach_run.programme, peach_run.pack
    assert cut_off_differs(programme, pack) == []
    (problem,) = cut_off_differs(replace(programme, cut_off=date(2025, 12, 31)), pack)
    assert (problem.code, problem.severity, problem.value) == (
        "journey.cut_off_differs",
        "error",
        "2025-12-31",
    )
    for language in LANGUAGES:
        text, _ = explain_problem(problem, language)
        assert "2023-12-31" in text and "2025-12-31" in text


def test_a_programme_without_the_day_and_a_pack_without_one_say_nothing(peach_run: Run) -> None:
    assert cut_off_differs(replace(peach_run.programme, cut_off=None), peach_run.pack) == []
    luoyang = pack_or_raise("cn_luoyang")
    assert rules_cut_off(luoyang, date(2016, 11, 30), "CN-410300") is None
    programme, _ = load_programme(peach_run.programme.folder)
    assert cut_off_differs(replace(programme, cut_off=date(2001, 1, 1)), luoyang) == []
