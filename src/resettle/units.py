"""Money, areas, shares and rates as integers, and the one way to round and to split.

Inside the system an area is a whole number of dm2 in the sense of 0.01 m2, money a whole number of
minor units (fen), a share a whole number of parts per million, so that every engine computes the same
digits. Files and reports speak m2, yuan and percent; the conversions live here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

EXACT_LIMIT = 2**53
"""Largest magnitude every engine (and every spreadsheet) stores without loss."""

MU_IN_M2 = Fraction(2000, 3)
"""One mu in square metres (exact: 2,000 / 3)."""


class UnitError(ValueError):
    """A quantity that cannot be what it claims to be: negative, too large, not a number."""


def _scaled(value: str | int | float | Decimal, factor: int, what: str) -> int:
    try:
        number = Decimal(str(value)) * factor
    except InvalidOperation as error:
        raise UnitError(f"{what}: {value!r} is not a number") from error
    if not number.is_finite():
        raise UnitError(f"{what}: {value!r} is not finite")
    result = int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if abs(result) >= EXACT_LIMIT:
        raise UnitError(f"{what}: {value!r} is beyond what can be stored exactly")
    return result


def area_dm2(square_metres: str | int | float | Decimal) -> int:
    """Square metres to 0.01 m2, half up; an area is never negative.

    >>> area_dm2("25"), area_dm2(82.345)
    (2500, 8235)
    """
    result = _scaled(square_metres, 100, "area in m2")
    if result < 0:
        raise UnitError(f"area in m2: {square_metres!r} is negative")
    return result


def money_minor(yuan: str | int | float | Decimal) -> int:
    """Major currency units (yuan) to minor units (fen), half up. May be negative (a reversal).

    >>> money_minor("1061822200")
    106182220000
    """
    return _scaled(yuan, 100, "money")


def share_ppm(numerator: int, denominator: int) -> int | None:
    """A share in parts per million, half up; ``None`` where the denominator is zero (unknown).

    >>> share_ppm(835_754_000, 1_061_822_200)
    787094
    >>> share_ppm(1, 0) is None
    True
    """
    if denominator == 0:
        return None
    return divide_half_up(numerator * 1_000_000, denominator)


def divide_half_up(numerator: int, divisor: int) -> int:
    """Whole-number division, half up; the one rounding rule of the system.

    Raises:
        UnitError: for a negative numerator or a divisor below one; signs make rounding differ.

    >>> divide_half_up(5, 2), divide_half_up(4, 3)
    (3, 1)
    """
    if numerator < 0 or divisor < 1:
        raise UnitError(f"divide_half_up({numerator}, {divisor}) needs numerator >= 0 and divisor >= 1")
    return (2 * numerator + divisor) // (2 * divisor)


def allocate(total: int, weights: Sequence[int], ids: Sequence[str] | None = None) -> list[int]:
    """Split a whole number by weights so that the parts always sum to it (largest remainder).

    Ties go to the smaller id (or the earlier place), so the split never depends on the order of rows.

    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    >>> sum(allocate(7, [0, 5, 2, 9])) == 7
    True
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise UnitError("allocate: total and weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        if total == 0:
            return [0] * len(weights)
        raise UnitError("allocate: every weight is zero, so nothing says who gets the total")
    parts = [total * weight // whole for weight in weights]
    names = [str(i).zfill(12) for i in range(len(weights))] if ids is None else list(ids)
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), names[i]))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def yuan(minor: int) -> Decimal:
    """Minor units to yuan, exact.

    >>> yuan(12345)
    Decimal('123.45')
    """
    return Decimal(minor) / 100


def square_metres(dm2: int) -> Decimal:
    """0.01 m2 to square metres, exact.

    >>> square_metres(7500)
    Decimal('75')
    """
    return Decimal(dm2) / 100
