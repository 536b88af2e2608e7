"""What a plan of sites costs to build, without what is only weighed and paid to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.report.basis import Basis


def paid_of_option(row: Mapping[str, Any]) -> int:
    """Sites and homes of a plan to choose from: its cost without the price put on dividing villages.

    >>> paid_of_option({"cost_minor": 500, "split_minor": 20}), paid_of_option({"cost_minor": 500})
    (480, 500)
    """
    return int(row["cost_minor"]) - int(row.get("split_minor") or 0)


def paid_here(basis: Basis, county_code: str) -> int | None:
    """Sites and homes of the plan of the report in one county; ``None`` where a part of it is not known."""
    plan = basis.frame("site_plan", "county_code", "is_open", "cost_minor")
    if plan is None:
        return None
    used = plan.filter((pl.col("county_code") == county_code) & pl.col("is_open"))
    if not used.height or used["cost_minor"].null_count():
        return None
    if "cost_known" in used.columns and not used["cost_known"].fill_null(True).all():
        return None
    return int(used["cost_minor"].sum())
