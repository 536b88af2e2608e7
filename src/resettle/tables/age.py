"""How old a person is on a day, reckoned in one way by every stage."""

from __future__ import annotations

from datetime import date

import polars as pl


def age_on(birth: pl.Expr, day: date) -> pl.Expr:
    """Completed years of age on a day, by month and day; unknown where the date is unknown or lies after the day.

    Days counted from New Year would be one off after February wherever one of the two years is a leap year.

    >>> born = pl.DataFrame({"born": [date(2010, 11, 30), date(2010, 12, 1), date(2017, 1, 1), None]})
    >>> born.select(age_on(pl.col("born"), date(2016, 11, 30)))["born"].to_list()
    [6, 5, None, None]
    """
    before = (birth.dt.month() > day.month) | ((birth.dt.month() == day.month) & (birth.dt.day() > day.day))
    age = day.year - birth.dt.year() - before.cast(pl.Int32)
    return pl.when(age >= 0).then(age).otherwise(None).cast(pl.Int64).alias(birth.meta.output_name())
