"""Counties, townships and sites that money is entered for and nobody knows: a slip of the pen, or a file left out."""

from __future__ import annotations

import polars as pl

from resettle.methods.nearest import Choices
from resettle.problems import Problem

REGION_LEVELS = ("city", "county", "township")
"""Levels whose desks are regions; the codes above them are the office's own, and a household's is its number."""


def places_unknown(
    fund: pl.DataFrame, payment: pl.DataFrame, region: pl.DataFrame | None, site: pl.DataFrame | None
) -> list[Problem]:
    """A warning for every code that is in no list of its kind, with the nearest one that is.

    Their money is counted all the same: it is the place that is not known, not the amount.
    """
    regions = _choices(region, "region_code")
    sites = _choices(site, "site_id")
    asked = [("fund", "funds.csv", "county_code", fund["county_code"], regions)]
    for side in ("from", "to"):
        level, code = pl.col(f"{side}_level"), f"{side}_code"
        of_region = payment.filter(level.is_in(REGION_LEVELS))[code]
        of_site = payment.filter(level == "project")[code]
        asked += [("payment", "payments.csv", code, of_region, regions)]
        asked += [("payment", "payments.csv", code, of_site, sites)]
    return [
        Problem(
            "funds.place_unknown",
            "warning",
            file=file,
            table=table,
            column=column,
            value=code,
            nearest=choices.nearest(code, 0.6),
        )
        for table, file, column, codes, choices in asked
        if choices is not None
        for code in codes.drop_nulls().unique().sort()
        if code not in choices.known
    ]


class _Places(Choices):
    """The codes of one list."""

    def __init__(self, codes: pl.Series) -> None:
        super().__init__(codes)
        self.known = frozenset(self.names)


def _choices(frame: pl.DataFrame | None, column: str) -> _Places | None:
    """``None`` where there is no list: nothing can then be said about a code."""
    return None if frame is None or not frame.height else _Places(frame[column].drop_nulls())
