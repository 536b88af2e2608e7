"""What a pack tells the registry: its ``registry.toml`` with the tables of places it names."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import polars as pl

from resettle.tables import REGION


def read_registry_pack(read_text: Callable[[str], str | None]) -> dict[str, Any]:
    """Read a pack's registry data.

    Args:
        read_text: the text of a file of the pack by its path, ``None`` where the pack has none.

    Returns:
        The content of ``registry.toml`` (empty where there is none) with ``region_table`` by the ``region``
        contract and ``county_crosswalk`` (old county code to new and new to old).

    >>> read_registry_pack({"registry.toml": "[identity]\\ngrammar = 'none'"}.get)
    {'identity': {'grammar': 'none'}}
    """
    data: dict[str, Any] = tomllib.loads(read_text("registry.toml") or "")
    named = data.get("regions", {})
    regions = read_text(named["file"]) if "file" in named else read_text("geo/regions.csv")
    if regions:
        frame = pl.read_csv(regions.encode(), infer_schema=False).with_columns(pl.all().replace("", None))
        dates = [pl.col(c).str.to_date("%Y-%m-%d", strict=False) for c in ("valid_from", "valid_until")]
        data["region_table"] = REGION.shape(frame.with_columns(dates))
    crosswalk = read_text(named["crosswalk"]) if "crosswalk" in named else None
    if crosswalk:
        pairs = list(pl.read_csv(crosswalk.encode(), infer_schema=False).iter_rows())
        forth = {r[0]: r[2] for r in pairs if r[0] != r[2]}
        data["county_crosswalk"] = {new: old for old, new in reversed(forth.items())} | forth
    return data
