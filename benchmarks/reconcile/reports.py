"""Synthetic relocation reports, Chinese and English: consistent, or with one planted slip.

Everything here is invented: names, figures, dates. A report holds households and people by county, sources
per head and a budget, money paid, sites, works, a running total, a price range and a table, in one of
several wordings. A slip is one of six kinds and touches one place.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import wordings

from resettle.tables.page_text import MONTHS

KINDS = ("digit", "unit", "date", "sum", "denominator", "stock_flow")
ZH = ("青石县", "白水县", "云岭县", "松溪县", "柳河县", "石桥县")
EN = ("Ashdale", "Birchton", "Cedarford", "Dunmore", "Elmwick", "Fernhill")


@dataclass
class Report:
    """One report: its text, what was planted, and the codes that name it.

    ``cell`` and ``true`` are the value as printed after the slip and before it, where a figure was changed.
    """

    text: str
    language: str
    slip: str | None = None
    codes: tuple[str, ...] = ()
    cell: str | None = None
    true: str | None = None


@dataclass
class _Facts:
    n: dict[str, int] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def _rounded(over: int, below: int) -> str:
    return f"{(2000 * over + below) // (2 * below) / 10:.1f}"


def facts(rng: random.Random) -> _Facts:
    """A consistent set of figures."""
    f = _Facts()
    n = f.n
    for i in range(3):
        n[f"p{i}"] = rng.randint(1_100, 9_800)
    n["people"] = n["p0"] + n["p1"] + n["p2"]
    n["households"] = round(n["people"] / rng.uniform(3.2, 3.9))
    if n["people"] % n["households"] == 0:
        n["households"] += 1
    for i, (low, high) in enumerate(((600, 900), (105, 290), (905, 1480), (2105, 3690))):
        n[f"s{i}"] = rng.randint(low, high) * 10
    if sum(n[f"s{i}"] for i in range(4)) % 100 == 0:
        n["s3"] += 10
    n["budget"] = n["people"] * sum(n[f"s{i}"] for i in range(4))
    n["paid"] = round(n["budget"] * rng.uniform(0.55, 0.95) / 1000) * 1000
    n["need"] = round(n["budget"] * rng.uniform(0.8, 0.92) / 1000) * 1000
    f.rates["paid"] = _rounded(n["paid"], n["budget"])
    n["done"], n["building"] = rng.randint(31, 88), rng.randint(5, 29)
    n["sites"] = n["done"] + n["building"]
    f.rates["done"] = _rounded(n["done"], n["sites"])
    n["cum_people"] = n["people"] + rng.randint(20_011, 90_000)
    n["cum_households"] = round(n["cum_people"] / (n["people"] / n["households"]) * rng.uniform(0.97, 1.03))
    n["low"] = rng.randint(95, 119)
    n["high"] = n["low"] + rng.randint(8, 25)
    for i in range(3):
        n[f"d{i}"] = rng.randint(210, 980)
        n[f"v{i}"] = rng.randint(2_010, 9_870)
    n["d"], n["v"] = sum(n[f"d{i}"] for i in range(3)), sum(n[f"v{i}"] for i in range(3))
    n["year"], n["m1"], n["m2"], n["day"] = (
        rng.randint(2016, 2019),
        rng.randint(2, 5),
        rng.randint(9, 12),
        rng.randint(2, 27),
    )
    f.words |= {"basis": "budget", "since": "yes", "end": "month"}
    return f


def _digit(rng: random.Random, value: int) -> int:
    """Another value with one digit changed, never the first to zero and never one that is rounding."""
    text = str(value)
    keep = len(text.rstrip("0")) or 1
    while True:
        i = rng.randrange(keep)
        new = text[:i] + rng.choice("0123456789") + text[i + 1 :]
        if new != text and new[0] != "0":
            return int(new)


def plant(f: _Facts, kind: str, rng: random.Random) -> tuple[tuple[str, ...], str | None, str | None]:
    """Put one slip of a kind into the facts; returns the codes that name it, the cell and its true value."""
    n = f.n
    if kind == "digit":
        name, codes = rng.choice(
            [
                ("p1", ("R10",)),
                ("s2", ("R01",)),
                ("done", ("R10", "R08")),
                ("d1", ("R10",)),
                ("v", ("R10",)),
                ("budget", ("R01", "R04")),
                ("people", ("R10", "R01")),
                ("building", ("R10",)),
            ]
        )
        old = n[name]
        n[name] = _digit(rng, old)
        return codes, str(n[name]), str(old)
    if kind == "unit":
        if rng.random() < 0.5:
            f.words["range"] = "slip"
            return ("R19",), None, None
        old = n["s3"]
        n["s3"] = old * 10
        return ("R01",), str(n["s3"]), str(old)
    if kind == "date":
        f.words["date"] = rng.choice(("impossible", "order", "end"))
        return ("R07",), None, None
    if kind == "sum":
        total, part = rng.choice((("people", "p2"), ("d", "d2"), ("v", "v0"), ("sites", "building")))
        old = n[total]
        n[total] = old - n[part]
        return ("R10",), str(n[total]), str(old)
    if kind == "denominator":
        if rng.random() < 0.5:
            f.words["basis"] = "unnamed"
            return ("R05",), None, None
        f.rates["paid"] = _rounded(n["paid"], n["need"])
        return ("R04",), f.rates["paid"], _rounded(n["paid"], n["budget"])
    f.words["since"] = "no"
    return ("R15",), None, None


def _works(f: _Facts, zh: bool) -> str:
    n, slip = f.n, f.words.get("date")
    y, a, b, d = n["year"], n["m1"], n["m2"], n["day"]
    if slip == "order":
        a, b = b, a
    first = f"{y}年{a}月{d}日" if zh else f"{d} {MONTHS[a - 1]} {y}"
    last = f"{y}年{b}月{d}日" if zh else f"{MONTHS[b - 1]} {d}, {y}"
    if slip == "impossible":
        last = f"{y}年{11}月31日" if zh else f"November 31, {y}"
    if slip == "end":
        return (
            f"工程于{first}开工，截至{last}底全部验收。"
            if zh
            else f"Work began on {first}. By the end of {last}, all sites were accepted."
        )
    return f"工程于{first}开工，{last}竣工。" if zh else f"Work began on {first} and was finished on {last}."


def english(f: _Facts, rng: random.Random) -> str:
    """The report in English."""
    n, r = f.n, f.rates
    a, b, c = rng.sample(EN, 3)
    which = rng.choice(("of which", "including", "of them"))
    cut = f"As of 30 June {n['year'] + 1}"
    paid = {"budget": f"{r['paid']}% of the planned budget", "unnamed": f"a rate of {r['paid']}%"}[
        f.words["basis"]
    ]
    moved = f"{n['cum_households']:,} households with {n['cum_people']:,} people"
    running = (
        rng.choice(
            (
                f"{cut}, a total of {moved} had been relocated since the start of the programme.",
                f"{cut}, the cumulative number relocated was {moved}.",
            )
        )
        if f.words["since"] == "yes"
        else f"{cut}, {moved} were relocated."
    )
    low = str(n["low"] // 10) if f.words.get("range") else str(n["low"])
    rows = "\n".join(f"| {name} | {n[f'd{i}']:,} | {n[f'v{i}']:,} |" for i, name in enumerate((a, b, c)))
    return "\n\n".join(
        [
            f"In {n['year']}, the plan was to relocate {n['households']:,} households with {n['people']:,} people, "
            f"{which} {n['p0']:,} people in {a}, {n['p1']:,} people in {b} and {n['p2']:,} people in {c}.",
            f"The sources are a central fund of {n['s0']:,} yuan per person, a provincial fund of {n['s1']:,} yuan "
            f"per person, bonds of {n['s2']:,} yuan per person and loans of {n['s3']:,} yuan per person. "
            f"The planned budget was {n['budget']:,} yuan, and the need of the works was {n['need']:,} yuan.",
            f"During the year the funds in place were {n['paid']:,} yuan, that is {paid}.",
            f"The plan holds {n['sites']} resettlement sites. At the end of November {n['year']}, {n['done']} resettlement "
            f"sites had been completed and {n['building']} resettlement sites were being built; the completion rate was "
            f"{r['done']}% of the sites planned.",
            _works(f, False),
            running,
            f"A household buying at its own cost pays {low}-{n['high']} thousand yuan.",
            "Table 1 Dwellings and investment by county (unit: thousand yuan)",
            f"| County | Dwellings | Investment (thousand yuan) |\n|---|---|---|\n{rows}\n| Total | {n['d']:,} | {n['v']:,} |",
        ]
    )


def chinese(f: _Facts, rng: random.Random) -> str:
    """The report in Chinese."""
    n, r = f.n, f.rates
    a, b, c = rng.sample(ZH, 3)
    cut = f"截至{n['year'] + 1}年6月30日"
    paid = {"budget": f"占计划总投资的{r['paid']}%", "unnamed": f"到位率{r['paid']}%"}[f.words["basis"]]
    verb = rng.choice(("累计搬迁", "工程开展以来累计搬迁")) if f.words["since"] == "yes" else "搬迁"
    low = n["low"] / 100 if f.words.get("range") else n["low"] / 10
    rows = "\n".join(f"| {name} | {n[f'd{i}']} | {n[f'v{i}']} |" for i, name in enumerate((a, b, c)))
    return "\n\n".join(
        [
            f"{n['year']}年计划搬迁{n['households']}户{n['people']}人，其中{a}{n['p0']}人，{b}{n['p1']}人，{c}{n['p2']}人。",
            f"资金来源：中央资金人均{n['s0']}元，省级资金人均{n['s1']}元，地方政府债人均{n['s2']}元，长期贷款人均{n['s3']}元。"
            f"计划总投资{n['budget'] / 10000:.3f}万元，工程需要{n['need'] / 10000:.1f}万元。".replace(
                ".000万", "万"
            ),
            f"当年到位资金{n['paid'] / 10000:.1f}万元，{paid}。",
            f"计划建设{n['sites']}个安置点。{n['year']}年11月底，已建成{n['done']}个安置点，在建{n['building']}个安置点，"
            f"完成率为计划安置点的{r['done']}%。",
            _works(f, True),
            f"{cut}，{verb}{n['cum_households']}户{n['cum_people']}人。",
            f"自费购房每套{low:g}万—{n['high'] / 10:g}万元。",
            "表1 各县住房和投资",
            f"| 县 | 住房（套） | 投资（万元） |\n|---|---|---|\n{rows}\n| 合计 | {n['d']} | {n['v']} |",
        ]
    )


def make(seed: int, kind: str | None = None, is_wide: bool = False) -> Report:
    """One report; ``kind`` plants a slip; ``is_wide`` takes the wordings of ``wordings.py``."""
    rng = random.Random(f"{seed}/{kind}")
    f = facts(rng)
    codes, cell, true = plant(f, kind, rng) if kind else ((), None, None)
    language = rng.choice(("en", "zh"))
    if is_wide:
        text = wordings.english(f, rng) if language == "en" else wordings.chinese(f, rng)
    else:
        text = english(f, rng) if language == "en" else chinese(f, rng)
    return Report(text, language, kind, tuple(codes), cell, true)
