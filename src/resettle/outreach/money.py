"""Money in a letter: sums in the programme's own currency, compensation part by part, the month here and there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from resettle.units import yuan
from resettle.words import Language, tell

COST_KINDS = ("water", "power", "heating", "upkeep")


@dataclass(frozen=True)
class MonthlyCost:
    """What a month costs, in minor units; ``None`` is not known and is never shown as nothing."""

    water: int | None = None
    power: int | None = None
    heating: int | None = None
    upkeep: int | None = None

    @property
    def total(self) -> int | None:
        """The sum, if every part is known."""
        parts = [getattr(self, kind) for kind in COST_KINDS]
        return None if any(p is None for p in parts) else sum(p for p in parts if p is not None)


@dataclass(frozen=True)
class Part:
    """One part of a compensation: its name in both languages, in minor units."""

    zh: str
    en: str
    minor: int

    def named(self, language: Language) -> str:
        """Its name in a language."""
        return self.zh if language == "zh" else self.en


def plain(value: Decimal) -> str:
    """A number as people write it: no empty decimals, thousands grouped.

    >>> plain(Decimal("7500.00")), plain(Decimal("32.50"))
    ('7,500', '32.5')
    """
    return f"{int(value):,}" if value == value.to_integral_value() else f"{value.normalize():,f}"


def sum_of(minor: int, currency: str, language: Language) -> str:
    """A sum with the name of its money; an empty name says yuan.

    >>> sum_of(750_000, "", "en"), sum_of(1_250, "桃元", "zh")
    ('7,500 yuan', '12.5桃元')
    """
    money = currency or tell("outreach.currency", language)
    return tell("outreach.sum", language, value=plain(yuan(minor)), currency=money)


def month_table(
    now: MonthlyCost, there: MonthlyCost, currency: str, language: Language, now_of: str = ""
) -> tuple[tuple[str, ...], ...]:
    """The month here and there: head, today, the new home; empty where nothing of it is known.

    Args:
        now_of: of which place and year today's costs are; empty where the office has not said.
    """
    if all(getattr(cost, kind) is None for cost in (now, there) for kind in COST_KINDS):
        return ()

    def amount(minor: int | None) -> str:
        return tell("common.unknown", language) if minor is None else plain(yuan(minor))

    def row(name: str, cost: MonthlyCost) -> tuple[str, ...]:
        cells = [amount(getattr(cost, kind)) for kind in COST_KINDS]
        total = tell("common.unknown", language)
        if cost.total is not None:
            total = sum_of(cost.total, currency, language)
        return (name, *cells, total)

    unit = currency or tell("outreach.currency", language)
    head = [tell(f"outreach.{key}", language) for key in (*COST_KINDS, "total")]
    today = tell("outreach.now_of", language, of=now_of) if now_of else tell("outreach.now", language)
    return (
        (tell("outreach.month", language, currency=unit), *head),
        row(today, now),
        row(tell("outreach.there", language), there),
    )


def month_note(now: MonthlyCost, there: MonthlyCost, contact: str, currency: str, language: Language) -> str:
    """Below the table: the difference, or what of the month is not known yet and whom to ask."""
    missing = [tell(f"outreach.{kind}_fee", language) for kind in COST_KINDS if getattr(there, kind) is None]
    if missing:
        things = tell("outreach.list_comma", language).join(missing)
        return tell("outreach.month_unknown", language, things=things, contact=contact)
    if now.total is None or there.total is None:
        return tell("outreach.month_now_unknown", language)
    more = there.total - now.total
    key = "outreach.month_more" if more >= 0 else "outreach.month_less"
    return tell(key, language, sum=sum_of(abs(more), currency, language))
