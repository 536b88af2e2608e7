"""Where a family's new home lies, from the tables of the run: township, a village close by, the way from its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.outreach import Place
from resettle.siting.sites import distance_m, places_of
from resettle.words import Language, tell

CLOSE_M = 3_000
"""A village farther from the site than this in a straight line does not tell anybody where the site is."""
STRAIGHT_PPM = 1_000_000
COMMITTEES = ("居民委员会", "居委会", "村委会", "村民委员会")


class Atlas:
    """Names, places and ways of one programme, looked up once for all its letters."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], language: Language) -> None:
        self.language = language
        self.names = region_names(tables.get("region"), language)
        self.sites = _by(tables.get("site"), "site_id")
        self.villages = _by(tables.get("village"), "village_code")
        village, site = tables.get("village"), tables.get("site")
        self._village_places = {} if village is None else places_of(village, "village_code")
        self._site_places = {} if site is None else places_of(site, "site_id")
        travel = tables.get("travel")
        self._ways = (
            {}
            if travel is None
            else {(r["village_code"], r["site_id"]): r for r in travel.iter_rows(named=True)}
        )
        self._close: dict[str, tuple[str, int] | None] = {}

    def site_name(self, site_id: str) -> str | None:
        """A site as the letter calls it: its name, or its number where the name cannot be read in its language."""
        row = self.sites.get(site_id)
        if row is None:
            return None
        name = str(row["site_name"] or site_id)
        if self.language == "en" and not name.isascii():
            return tell("outreach.site_numbered", "en", number=site_id)
        return name

    def village_name(self, code: str) -> str:
        """A village without what the body that runs it adds; empty where no name can be read in the language."""
        row = self.villages.get(code) or {}
        name = str(row.get("village_name") or "")
        if self.language == "en":
            return self.names.get(code) or (name if name.isascii() else "")
        name = spoken(name or self.names.get(code, ""))
        for column in ("county_code", "township_code"):  # some registers write the whole address as the name
            name = name.removeprefix(self.names.get(str(row.get(column)), "")) or name
        return name

    def place_of(self, household: Mapping[str, Any], site_id: str) -> Place:
        """What is known of where a site lies, seen from one household's village."""
        site = self.sites.get(site_id)
        if site is None:
            return Place()
        code = str(household.get("village_code") or "")
        village, village_m = self._nearest(site_id, code)
        distance, by_road, minutes = self._way(code, site_id)
        return Place(
            around=self._around(site, household.get("county_code")),
            near=str(site.get("near") or ""),
            village=village,
            village_m=village_m,
            home=self.village_name(code),
            distance_m=distance,
            by_road=by_road,
            minutes=minutes,
        )

    def _around(self, site: Mapping[str, Any], own_county: Any) -> str:
        """The township; its county beside it where that is not the family's, or where no township is known."""
        county, township = site.get("county_code"), site.get("township_code")
        parts = [self.names.get(str(township), "")] if township else []
        if county and (county != own_county or not any(parts)):
            parts.append(self.names.get(str(county), ""))
        parts = [p for p in parts if p]
        return ", ".join(parts) if self.language == "en" else "".join(reversed(parts))

    def _way(self, code: str, site_id: str) -> tuple[int | None, bool, int | None]:
        """Distance, whether by road, minutes: the measured way, else the straight line between the places."""
        way = self._ways.get((code, site_id), {})
        measured, minutes = way.get("distance_m"), way.get("travel_minutes")
        if isinstance(measured, int) and measured >= 0:
            return measured, True, minutes
        places = self._village_places.get(code), self._site_places.get(site_id)
        return distance_m(*places, STRAIGHT_PPM), False, minutes

    def _nearest(self, site_id: str, own: str) -> tuple[str, int | None]:
        """The village closest to a site that has a name to be read; none beside the family's own or far away."""
        if site_id not in self._close:
            here = self._site_places.get(site_id)
            ways = [
                (metres, code)
                for code, place in self._village_places.items()
                if (metres := distance_m(here, place, STRAIGHT_PPM)) is not None
                and metres <= CLOSE_M
                and self.village_name(code)
            ]
            best = min(ways, default=None)
            self._close[site_id] = None if best is None else (best[1], best[0])
        found = self._close[site_id]
        if found is None or found[0] == own:
            return "", None
        return self.village_name(found[0]), found[1]


def spoken(village: str) -> str:
    """A village as its people call it: without the committee that runs it.

    >>> spoken("尤村村民委员会"), spoken("三合村民委员会"), spoken("柳林社区居民委员会"), spoken("水磨村")
    ('尤村', '三合村', '柳林社区', '水磨村')
    """
    ending = next((c for c in COMMITTEES if village.endswith(c) and village != c), "")
    name = village.removesuffix(ending)
    return name + "村" if ending.startswith("村") and not name.endswith("村") else name


def site_at(site: str | None, place: Place, language: Language) -> str:
    """A site with its township, as the place to be at on a day."""
    if not site or not place.around:
        return site or ""
    return tell("outreach.site_at", language, site=site, place=place.around)


def region_names(region: pl.DataFrame | None, language: Language) -> dict[str, str]:
    """Codes to names in a language, where there are any."""
    if region is None or not {"region_code", f"name_{language}"} <= set(region.columns):
        return {}
    return dict(region.select("region_code", f"name_{language}").drop_nulls().iter_rows())


def _by(table: pl.DataFrame | None, key: str) -> dict[str, dict[str, Any]]:
    return {} if table is None else {str(r[key]): r for r in table.iter_rows(named=True)}
