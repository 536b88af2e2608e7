"""Ages by one function, held against Python's own dates."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from resettle.tables.age import age_on


@pytest.mark.parametrize("day", [date(2016, 11, 30), date(2017, 2, 28), date(2016, 2, 29), date(2021, 1, 1)])
def test_every_birthday_of_two_leap_cycles_gives_the_age_of_the_calendar(day: date):
    """Months times a hundred overflow eight bits, and days since New Year shift in leap years: neither may show."""
    born = [date(1990, 1, 1) + timedelta(days=k) for k in range(8 * 366)]
    wanted = [day.year - b.year - ((b.month, b.day) > (day.month, day.day)) for b in born]
    assert pl.DataFrame({"b": born}).select(age_on(pl.col("b"), day))["b"].to_list() == wanted
