"""Where the new home is, in words: township, what it lies near, how far it is from the family's own village."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from resettle.words import Language, tell

NEAR = ("county_town", "township", "industrial_park", "tourist_spot")


@dataclass(frozen=True)
class Place:
    """What is known of where a site lies; empty or ``None`` is not known and is said to be.

    Attributes:
        around: the township, with its county where that is another than the family's.
        near: what the site leans on, one of :data:`NEAR`, or empty.
        village, village_m: another village close by, and how far in a straight line.
        home: the family's own village.
        distance_m: from there to the site; ``by_road`` says whether that was measured along a road.
        minutes: how long the way takes.
    """

    around: str = ""
    near: str = ""
    village: str = ""
    village_m: int | None = None
    home: str = ""
    distance_m: int | None = None
    by_road: bool = False
    minutes: int | None = None


def kilometres(metres: int) -> str:
    """A way as people say it: kilometres to one decimal.

    >>> kilometres(6_949), kilometres(40)
    ('6.9', '0')
    """
    km = (Decimal(metres) / 1000).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{km.normalize():f}"


def where_text(site: str, place: Place, contact: str, language: Language) -> list[str]:
    """The site, its place, the way there; what is not known, and who tells."""
    if not place.around:
        first = tell("outreach.site_nowhere", language, site=site, contact=contact)
    else:
        near = tell(f"outreach.near_{place.near}", language) if place.near in NEAR else ""
        beside = ""
        if place.village and place.village_m is not None:
            beside = tell(
                "outreach.near_village", language, village=place.village, km=kilometres(place.village_m)
            )
        first = tell("outreach.site_in", language, place=place.around, site=site, near=near, village=beside)
    return [first, *_way(place, contact, language)]


def _own_village(name: str, language: Language) -> str:
    """The family's village, called its own: the sentence before may name another.

    >>> _own_village("Sanhe village", "en"), _own_village("三合村", "zh"), _own_village("", "en")
    ('your village Sanhe', '你们三合村', 'your village')
    """
    if not name:
        return tell("outreach.own_village", language)
    if language == "en" and name.lower().endswith(" village"):
        name = name[: -len(" village")]
    return tell("outreach.own_village_named", language, village=name)


def _way(place: Place, contact: str, language: Language) -> list[str]:
    home = _own_village(place.home, language)
    if place.distance_m is None:
        if place.minutes is not None:
            return [tell("outreach.way_minutes", language, village=home, minutes=place.minutes)]
        return [tell("outreach.way_unknown", language, village=home, contact=contact)]
    key = "outreach.way_road" if place.by_road else "outreach.way_straight"
    said = tell(key, language, village=home, km=kilometres(place.distance_m))
    if place.minutes is None:
        return [said, tell("outreach.time_unknown", language, contact=contact)]
    return [said, tell("outreach.time", language, minutes=place.minutes)]
