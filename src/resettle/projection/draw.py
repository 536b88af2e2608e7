"""The simulation of members: counter-hash draws, so that no household's future depends on another's.

Every draw is a 64-bit mix of (seed, household, person, year, draw, event); its upper 53 bits are compared
with a probability. No generator has a state, so order of rows, chunks and threads change nothing, and a
household added or left out changes no other. Partners come from the pack's distribution (an open market):
they are not matched inside the registry, which would tie households together.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange, uint64
from numpy.typing import NDArray

LARGEST = 20
"""Household sizes are counted from 0 to this one; larger ones are counted with it."""

STAYS, MAY_MARRY, MARRIED_WOMAN = 0, 1, 2
MALE, FEMALE, SEX_UNKNOWN = 0, 1, 2

_DEATH, _MARRY, _JOINS, _GAP, _BIRTH, _PARTNER_DEATH, _CHILD_DEATH, _AGE, _SEX, _SEPARATE = range(1, 11)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_TO_UNIT = 1.0 / 9007199254740992.0


@njit(cache=True, inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    """Finaliser of MurmurHash3 (Appleby, public domain): every input bit moves every output bit."""
    x ^= x >> uint64(33)
    x *= _MIX_1
    x ^= x >> uint64(33)
    x *= _MIX_2
    return x ^ (x >> uint64(33))


@njit(cache=True, inline="always")
def _unit(key, year, draw, event):  # type: ignore[no-untyped-def]
    """A number in [0, 1) with 53 random bits for one event of one person in one year of one draw."""
    code = (uint64(draw) << uint64(32)) | (uint64(year) << uint64(16)) | uint64(event)
    return (_mix(key + (code + uint64(1)) * _GOLDEN) >> uint64(11)) * _TO_UNIT


@njit(cache=True, inline="always")
def _happens(key, year, draw, event, risk):  # type: ignore[no-untyped-def]
    """Whether an event of that probability happens; no draw is spent on what cannot happen."""
    return risk > 0 and _unit(key, year, draw, event) < risk


@njit(cache=True)
def hash_texts(data, ends, seed):  # type: ignore[no-untyped-def]
    """64-bit FNV-1a of texts lying one after another in ``data``, mixed with ``seed`` (or one seed each)."""
    result = np.empty(len(ends), dtype=np.uint64)
    start = 0
    for i in range(len(ends)):
        h = _FNV_START
        for k in range(start, ends[i]):
            h = (h ^ uint64(data[k])) * _FNV_PRIME
        result[i] = _mix(h ^ _mix(seed[i % len(seed)] + _GOLDEN))
        start = ends[i]
    return result


@njit(cache=True, inline="always")
def _at(age):  # type: ignore[no-untyped-def]
    return min(max(age, 0), 120)


@njit(cache=True)
def _add_person(  # type: ignore[no-untyped-def]
    sizes,
    key,
    age0,
    sex0,
    state,
    low,
    high,
    years,
    draws,
    death,
    marriage,
    birth,
    first_birth,
    gap_years,
    gap_cumulative,
    numbers,
):
    """Add what one person brings to the household, by draw and year; persons do not influence each other."""
    second, joins_son, joins_daughter, separation, male_share = numbers[0:5]
    second_gap, most, mother_below = int(numbers[5]), int(numbers[6]), int(numbers[7])
    for draw in range(draws):
        age, sex = age0, sex0
        if age < 0:
            age = low + int(_unit(key, 0, draw, _AGE) * (high - low + 1))
        if sex == SEX_UNKNOWN:
            sex = MALE if _unit(key, 0, draw, _SEX) < male_share else FEMALE
        here, partner, wed, children, last = 1, 0, -1, 0, -99
        partner_age, mother_age, infant = 0, 0, 0
        for year in range(years):
            now = age + year
            if here and _happens(key, year, draw, _DEATH, death[sex, _at(now)]):
                here = 0
            if here == 0 and wed < 0 and children == 0:
                break
            if wed >= 0:
                if partner and _happens(
                    key, year, draw, _PARTNER_DEATH, death[1 - sex, _at(partner_age + year)]
                ):
                    partner = 0
                if sex == MALE and _happens(key, year, draw, _SEPARATE, separation):
                    here = partner = children = 0
                    break
            elif here and state == MAY_MARRY and _happens(key, year, draw, _MARRY, marriage[sex, _at(now)]):
                if not _happens(key, year, draw, _JOINS, joins_son if sex == MALE else joins_daughter):
                    here = 0
                    break
                pick = np.searchsorted(gap_cumulative, _unit(key, year, draw, _GAP), side="right")
                gap = gap_years[min(pick, len(gap_years) - 1)]
                partner, wed = 1, year
                partner_age = age - gap if sex == MALE else age + gap
                mother_age = partner_age if sex == MALE else age
            risk = 0.0
            if wed >= 0:
                mother_here = partner if sex == MALE else here
                if mother_here and children < most and mother_age + year < mother_below:
                    if children == 0:
                        risk = first_birth[year - wed] if year - wed < len(first_birth) else 0.0
                    elif year - last >= second_gap:
                        risk = second
            elif here and state == MARRIED_WOMAN and sex == FEMALE:
                risk = birth[_at(now)]
            if infant > 0 and _happens(key, year, draw, _CHILD_DEATH, death[0, 0]):
                children -= 1
            infant = 0
            if _happens(key, year, draw, _BIRTH, risk):
                children += 1
                infant, last = 1, year
            sizes[draw, year] += here + partner + children


@njit(cache=True, parallel=True)
def simulate(  # type: ignore[no-untyped-def]
    starts,
    keys,
    ages,
    sexes,
    states,
    lows,
    highs,
    years,
    draws,
    death,
    marriage,
    birth,
    first_birth,
    gap_years,
    gap_cumulative,
    numbers,
):
    """Counts of household sizes: shape (households, years, LARGEST + 1); row ``h`` sums to ``draws``.

    ``starts`` (households + 1) marks where each household's persons lie in the other arrays.
    """
    households = len(starts) - 1
    counts = np.zeros((households, years, LARGEST + 1), dtype=np.int32)
    for h in prange(households):
        sizes = np.zeros((draws, years), dtype=np.int16)
        fixed = 0
        for p in range(starts[h], starts[h + 1]):
            if _is_fixed(ages[p], sexes[p], states[p], years, death, marriage, birth):
                fixed += 1
            else:
                _add_person(
                    sizes,
                    keys[p],
                    ages[p],
                    sexes[p],
                    states[p],
                    lows[p],
                    highs[p],
                    years,
                    draws,
                    death,
                    marriage,
                    birth,
                    first_birth,
                    gap_years,
                    gap_cumulative,
                    numbers,
                )
        for draw in range(draws):
            for year in range(years):
                counts[h, year, min(fixed + sizes[draw, year], LARGEST)] += 1
    return counts


@njit(cache=True, inline="always")
def _is_fixed(age, sex, state, years, death, marriage, birth):  # type: ignore[no-untyped-def]
    """Whether nothing can happen to this person in the time looked at (saves most of the work)."""
    if age < 0 or sex == SEX_UNKNOWN:
        return False
    for year in range(years):
        at = _at(age + year)
        if death[sex, at] > 0:
            return False
        if state == MAY_MARRY and marriage[sex, at] > 0:
            return False
        if state == MARRIED_WOMAN and sex == FEMALE and birth[at] > 0:
            return False
    return True


def keys_of(names: list[str] | NDArray[np.str_], seed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64-bit keys of texts; the same text and seed give the same key in every run and on every machine."""
    encoded = [name.encode() for name in names]
    data = np.frombuffer(b"".join(encoded), dtype=np.uint8) if encoded else np.empty(0, dtype=np.uint8)
    ends = np.cumsum([len(item) for item in encoded], dtype=np.int64)
    return np.asarray(hash_texts(data, ends, seed), dtype=np.uint64)
