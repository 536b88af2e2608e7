"""Sites in words: what each is called, where it lies, what it lacks; and which of all this is invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from resettle.methods.geometry import nearest_point
from resettle.report.basis import Basis, is_synthetic
from resettle.report.sentences import say
from resettle.tables.page_text import grouped, same
from resettle.tables.pages import Text

FOUR_PACKAGE = ("has_infrastructure", "has_public_services", "has_convenience_services", "has_industry")


def site_text(row: Mapping[str, Any]) -> Text:
    """A site's name; in English its number where the name is Chinese."""
    name = str(row.get("site_name") or row["site_id"])
    return Text(name, name if name.isascii() else str(row["site_id"]))


def joined(parts: list[Text]) -> Text:
    """Texts as a list in a sentence."""
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def places(basis: Basis) -> dict[str, Text]:
    """Where each site lies: its township, and the nearest village of the programme with the straight line to it.

    What is not known is left out; a site of which neither is known says that its place is not given.
    """
    site = basis.frame("site", "site_id")
    if site is None:
        return {}
    village = basis.frame("village", "village_code", "latitude", "longitude")
    known = [] if village is None else village.drop_nulls(["latitude", "longitude"]).to_dicts()
    known.sort(key=lambda r: r["village_code"])
    points = np.array([(r["longitude"], r["latitude"]) for r in known], float).reshape(-1, 2)
    found: dict[str, Text] = {}
    for row in site.to_dicts():
        parts: list[Text] = []
        if (code := row.get("township_code")) and code in basis.region_names:
            parts.append(basis.region_name(code))
        x, y = row.get("longitude"), row.get("latitude")
        near = None if x is None or y is None else nearest_point(points, x, y)
        if near is not None:
            name = village_text(basis, known[near[0]]["village_code"])
            parts.append(say("report.sites.from_village", village=name, km=grouped(near[1] / 1000, 1)))
        nothing = say("report.sites.place_unknown")
        zh, en = "，".join(p.zh for p in parts), ", ".join(p.en for p in parts)
        found[row["site_id"]] = Text(zh, en) if parts else nothing
    return found


def village_text(basis: Basis, code: str | None) -> Text:
    """A village by its own name: in Chinese without the committee that runs it."""
    name = basis.region_name(code)
    for committee in ("村民委员会", "居民委员会", "村委会", "居委会"):
        short = name.zh.removesuffix(committee)
        if short and short != name.zh:
            return Text(short, name.en)
    return name


def labels(basis: Basis) -> dict[str | None, Text]:
    """Short names: the site and its township in brackets; the scattered have a name of their own."""
    found: dict[str | None, Text] = {None: say("report.options.scattered")}
    site = basis.frame("site", "site_id")
    for row in [] if site is None else site.to_dicts():
        found[row["site_id"]] = label(basis, row)
    return found


def label(basis: Basis, row: Mapping[str, Any]) -> Text:
    """A site with its township in brackets, where the township has a name."""
    name, code = site_text(row), row.get("township_code")
    if not code or code not in basis.region_names:
        return name
    town = basis.region_name(code)
    return Text(f"{name.zh}（{town.zh}）", f"{name.en} ({town.en})")


def invented(basis: Basis) -> Text | None:
    """One sentence on what of households, villages and sites is made up; ``None`` where nothing is."""
    made_up = [n for n in ("household", "village", "site") if is_synthetic(basis.frame(n))]
    if not made_up:
        return None
    return say("report.sites.invented", what=joined([say(f"report.sites.invented_{n}") for n in made_up]))


def package_lacks(basis: Basis, row: Mapping[str, Any]) -> Text | None:
    """The parts of the four-package a site lacks or of which it is not known; ``None`` if it has all."""
    parts = []
    for column in FOUR_PACKAGE:
        if row.get(column) is not True:
            name = say(f"report.sites.{column}")
            state = "lacking" if row.get(column) is False else "not_known"
            parts.append(say(f"report.sites.package_{state}", part=name))
    if not parts:
        return None
    what = joined(parts)
    return Text(f"{label(basis, row).zh}：{what.zh}", f"{label(basis, row).en}: {what.en}")


def unnamed(site: str) -> Text:
    """A site no table names."""
    return same(site or "—")
