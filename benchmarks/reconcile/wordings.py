"""Wider wordings for the synthetic reports of ``reports.py``: other sentences, orders, units, scales and tables.

Every figure is printed exactly, so that the key of a planted slip stays as it is. What is said is the same as in
the plain wording; how it is said is drawn for each paragraph by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from resettle.tables.page_text import MONTHS

ZH = ("青石县", "白水县", "云岭县", "松溪县", "柳河县", "石桥县", "沙坪区", "南岗区", "大营乡", "双河镇")
EN = (
    "Ashdale",
    "Birchton",
    "Cedarford",
    "Dunmore",
    "Elmwick",
    "Fernhill",
    "Kalpura",
    "San Mateo",
    "Port Ellis",
)
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_HAN = "零一二三四五六七八九"


def words_en(value: int) -> str:
    """A number below a thousand in English words.

    >>> words_en(7), words_en(42), words_en(180), words_en(305)
    ('seven', 'forty-two', 'one hundred and eighty', 'three hundred and five')
    """
    if value >= 100:
        rest = value % 100
        return f"{_ONES[value // 100]} hundred" + (f" and {words_en(rest)}" if rest else "")
    if value < 20:
        return _ONES[value]
    return _TENS[value // 10] + (f"-{_ONES[value % 10]}" if value % 10 else "")


def words_zh(value: int) -> str:
    """A number below a thousand in Chinese words.

    >>> words_zh(7), words_zh(12), words_zh(40), words_zh(305)
    ('七', '十二', '四十', '三百零五')
    """
    if value >= 100:
        rest = value % 100
        joint = "零" if 0 < rest < 10 else "一" if 10 <= rest < 20 else ""
        return f"{_HAN[value // 100]}百{joint}" + (words_zh(rest) if rest else "")
    tens, ones = divmod(value, 10)
    return ("" if not tens else "十" if tens == 1 else f"{_HAN[tens]}十") + (
        _HAN[ones] if ones or not tens else ""
    )


def _drawn(rng: random.Random, *choices: str) -> str:
    return rng.choice(choices)


def _table(
    rng: random.Random, names: list[str], heads: tuple[str, str, str], total: str, n: dict[str, int]
) -> str:
    """The table of dwellings and money: totals below or above, counties down or across."""
    group: Callable[[int], str] = rng.choice((str, lambda v: f"{v:,}"))
    rows = [[name, group(n[f"d{i}"]), group(n[f"v{i}"])] for i, name in enumerate(names)]
    whole = [total, group(n["d"]), group(n["v"])]
    rows = [whole, *rows] if rng.random() < 0.3 else [*rows, whole]
    cells = [list(heads), *rows]
    if rng.random() < 0.3:
        cells = [list(row) for row in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def _dates(f: Any) -> tuple[tuple[int, int, int], tuple[int, int, int], bool]:
    """Start, end, and whether the end is told as the end of a day (a slip)."""
    n, slip = f.n, f.words.get("date")
    y, a, b, d = n["year"], n["m1"], n["m2"], n["day"]
    if slip == "order":
        a, b = b, a
    return (y, a, d), ((y, 11, 31) if slip == "impossible" else (y, b, d)), slip == "end"


def _works_en(f: Any, rng: random.Random) -> str:
    (y, a, d), (z, b, e), is_end = _dates(f)
    shape = rng.choice(
        (lambda y, m, d: f"{d} {MONTHS[m - 1]} {y}", lambda y, m, d: f"{MONTHS[m - 1]} {d}, {y}")
    )
    first, last = shape(y, a, d), shape(z, b, e)
    if is_end:
        return f"Construction started on {first}. By the end of {last}, all sites were accepted."
    return _drawn(
        rng,
        f"Construction started on {first} and was completed on {last}.",
        f"The contractor broke ground on {first}; the works were completed on {last}.",
        f"Works commenced on {first} and were handed over on {last}.",
        f"Building started on {first} and ended on {last}.",
    )


def _works_zh(f: Any, rng: random.Random) -> str:
    (y, a, d), (z, b, e), is_end = _dates(f)
    first, last = f"{y}年{a}月{d}日", f"{z}年{b}月{e}日"
    if is_end:
        return f"项目于{first}动工，截至{last}底全部通过验收。"
    return _drawn(
        rng,
        f"项目{first}动工建设，{last}完工。",
        f"{first}正式开工，{last}竣工验收。",
        f"安置房建设自{first}开工，于{last}全部竣工。",
        f"工程开工日期为{first}，竣工日期为{last}。",
    )


def _plan_en(n: dict[str, int], names: list[str], rng: random.Random) -> str:
    a, b, c = names
    parts = f"{n['p0']:,} in {a}, {n['p1']:,} in {b} and {n['p2']:,} in {c}"
    whole = f"{n['people']:,}"
    return _drawn(
        rng,
        f"The {n['year']} plan covers {n['households']:,} households ({whole} people): {n['p0']:,} people from {a}, "
        f"{n['p1']:,} people from {b} and {n['p2']:,} people from {c}.",
        f"For {n['year']} the programme planned to move {whole} people in {n['households']:,} households. "
        f"Of these {whole} people, {n['p0']:,} live in {a}, {n['p1']:,} in {b} and {n['p2']:,} in {c}.",
        f"In {n['year']}, {n['households']:,} households comprising {whole} persons were due to be resettled, {parts}.",
        f"The planned caseload for {n['year']} was {whole} people from {n['households']:,} households, broken down as "
        f"follows: {a} {n['p0']:,}, {b} {n['p1']:,}, {c} {n['p2']:,}.",
    )


def _sources_en(n: dict[str, int], money: str, rng: random.Random) -> str:
    s = [f"{n[f's{i}']:,} {money}" for i in range(4)]
    budget, need = f"{n['budget']:,} {money}", f"{n['need']:,} {money}"
    first = _drawn(
        rng,
        f"Per person, {s[0]} comes from the central fund, {s[1]} from the provincial fund, {s[2]} from bonds and {s[3]} "
        "from loans.",
        f"Each person is funded with {s[0]} from the national budget, {s[1]} from the province, {s[2]} from bonds and "
        f"{s[3]} from long-term loans.",
        f"Funding per head: central grant {s[0]}, provincial grant {s[1]}, bonds {s[2]}, loans {s[3]}.",
    )
    second = _drawn(
        rng,
        f"The planned budget is {budget}; the works need {need}.",
        f"In all, a budget of {budget} was planned, against a need of the works of {need}.",
        f"The budget planned totals {budget}, while the works require {need}.",
    )
    return f"{first} {second}"


def _paid_en(f: Any, money: str, rng: random.Random) -> str:
    rate, paid = f.rates["paid"], f"{f.n['paid'] // 1000:,} thousand {money}"
    if f.words["basis"] == "unnamed":
        return _drawn(
            rng,
            f"During the year {paid} was received, a rate of {rate}%.",
            f"Funds received during the year: {paid}, a rate of {rate} percent.",
        )
    return _drawn(
        rng,
        f"During the year {paid} was received, or {rate}% of the planned budget.",
        f"Funds in place during the year came to {paid}, which is {rate} percent of the planned budget.",
        f"{paid[0].upper()}{paid[1:]}, {rate}% of the planned budget, was disbursed during the year.",
    )


def _sites_en(f: Any, rng: random.Random) -> str:
    n, rate = f.n, f.rates["done"]
    when = _drawn(
        rng,
        f"At the end of November {n['year']}",
        f"By 30 November {n['year']}",
        f"As of November {n['year']}",
    )
    number: Callable[[int], str] = rng.choice((str, words_en))
    sites, done, building = number(n["sites"]), number(n["done"]), number(n["building"])
    return _drawn(
        rng,
        f"{when}, of the {sites} resettlement sites planned, {done} had been completed and {building} were under "
        f"construction; {rate}% of the sites planned were complete.",
        f"There are {sites} resettlement sites in the plan. {when}, {done} sites were complete and {building} sites were "
        f"still being built, a completion rate of {rate}% of the sites planned.",
        f"{when}, {done} resettlement sites were finished and another {building} resettlement sites were under way, out of "
        f"{sites} resettlement sites planned ({rate}% of the sites planned finished).",
    )


def _running_en(f: Any, rng: random.Random) -> str:
    n = f.n
    cut = _drawn(
        rng,
        f"As of 30 June {n['year'] + 1}",
        f"By June 30, {n['year'] + 1}",
        f"Up to 30 June {n['year'] + 1}",
    )
    moved = f"{n['cum_people']:,} people from {n['cum_households']:,} households"
    if f.words["since"] == "no":
        return f"{cut}, {moved} were resettled."
    return _drawn(
        rng,
        f"{cut}, {moved} had been resettled since the programme began.",
        f"{cut}, a cumulative {moved} had been resettled.",
        f"{cut}, {moved} had moved in total since the programme began.",
    )


def english(f: Any, rng: random.Random) -> str:
    """The report in English."""
    names, money = rng.sample(EN, 3), _drawn(rng, "yuan", "US dollars", "rupees", "pesos")
    low = str(f.n["low"] // 10) if f.words.get("range") else str(f.n["low"])
    high = f.n["high"]
    price = _drawn(
        rng,
        f"A household buying a home by itself pays {low} to {high} thousand {money}.",
        f"The price of a home lies between {low} and {high} thousand {money}.",
        f"Homes sell at {low}-{high} thousand {money} each.",
    )
    heads = rng.choice(
        (
            ("District", "Homes built (units)", f"Outlay (thousand {money})"),
            ("County", "Dwellings", f"Investment, thousand {money}"),
            ("Area", "Number of dwellings", f"Cost (thousand {money})"),
        )
    )
    total = _drawn(rng, "Total", "All", "Grand total", "Sum")
    first, *rest = [
        _plan_en(f.n, names, rng) + "\n\n" + _sources_en(f.n, money, rng) + "\n\n" + _paid_en(f, money, rng),
        _sites_en(f, rng),
        _works_en(f, rng),
        _running_en(f, rng),
        price,
    ]
    rng.shuffle(rest)
    caption = _drawn(rng, "Table 1. Homes and outlay", "Table A: Progress of building", "Annex 1 Dwellings")
    return "\n\n".join([first, *rest, caption, _table(rng, names, heads, total, f.n)])


def _plan_zh(n: dict[str, int], names: list[str], rng: random.Random) -> str:
    a, b, c = names
    return _drawn(
        rng,
        f"按照{n['year']}年计划，全市搬迁{n['households']}户、{n['people']}人，包括{a}{n['p0']}人、{b}{n['p1']}人、{c}{n['p2']}人。",
        f"{n['year']}年度搬迁任务为{n['people']}人（{n['households']}户），其中：{a}{n['p0']}人、{b}{n['p1']}人、{c}{n['p2']}人。",
        f"{n['year']}年下达搬迁计划{n['households']}户{n['people']}人，分县看，{a}{n['p0']}人，{b}{n['p1']}人，{c}{n['p2']}人。",
        f"{a}、{b}、{c}{n['year']}年分别计划搬迁{n['p0']}人、{n['p1']}人和{n['p2']}人，合计{n['people']}人，{n['households']}户。",
    )


def _sources_zh(n: dict[str, int], rng: random.Random) -> str:
    def wan(value: int) -> str:
        return f"{value / 10_000:.4f}".rstrip("0").rstrip(".") + "万元"

    each: Callable[[int], str] = rng.choice((lambda v: f"{v}元", wan, lambda v: f"{v:,}元"))
    s = [each(n[f"s{i}"]) for i in range(4)]
    first = _drawn(
        rng,
        f"人均筹资：中央预算内资金{s[0]}，省级财政资金{s[1]}，地方债{s[2]}，长期贷款{s[3]}。",
        f"每人安排中央资金{s[0]}、省级资金{s[1]}、地方政府债{s[2]}、长期贷款{s[3]}。",
        f"从资金来源看，中央补助每人{s[0]}，省级补助每人{s[1]}，地方政府债每人{s[2]}，贷款每人{s[3]}。",
    )
    budget, need = rng.choice(((wan(n["budget"]), wan(n["need"])), (f"{n['budget']}元", f"{n['need']}元")))
    second = _drawn(
        rng, f"计划总投资{budget}，工程需要{need}。", f"项目计划总投资为{budget}，工程实际需要{need}。"
    )
    return first + second


def _paid_zh(f: Any, rng: random.Random) -> str:
    paid, rate = f"{f.n['paid'] / 10_000:.1f}万元", f.rates["paid"]
    if f.words["basis"] == "unnamed":
        return _drawn(rng, f"当年到位资金{paid}，到位率{rate}%。", f"本年资金到位{paid}，到位率为{rate}%。")
    return _drawn(
        rng,
        f"当年到位资金{paid}，占计划总投资的{rate}%。",
        f"本年实际到位{paid}，为计划总投资的百分之{rate}。",
        f"资金当年到位{paid}，达到计划总投资的{rate}%。",
    )


def _sites_zh(f: Any, rng: random.Random) -> str:
    n, rate = f.n, f.rates["done"]
    when = _drawn(rng, f"{n['year']}年11月底", f"截至{n['year']}年11月30日", f"到{n['year']}年11月末")
    number: Callable[[int], str] = rng.choice((str, words_zh))
    sites, done, building = number(n["sites"]), number(n["done"]), number(n["building"])
    return _drawn(
        rng,
        f"规划安置点{sites}个。{when}，完工{done}个，在建{building}个，完工率为规划安置点的{rate}%。",
        f"{when}，计划的{sites}个安置点中，已完工{done}个、正在建设{building}个，完工数占计划安置点的{rate}%。",
        f"全市共规划{sites}个集中安置点，{when}已建成{done}个安置点，另有{building}个安置点在建，建成率为规划安置点的{rate}%。",
    )


def _running_zh(f: Any, rng: random.Random) -> str:
    n = f.n
    cut = _drawn(
        rng, f"截至{n['year'] + 1}年6月30日", f"到{n['year'] + 1}年6月30日", f"截止{n['year'] + 1}年6月30日"
    )
    if f.words["since"] == "no":
        return f"{cut}，搬迁{n['cum_households']}户{n['cum_people']}人。"
    return _drawn(
        rng,
        f"{cut}，全市累计搬迁入住{n['cum_households']}户{n['cum_people']}人。",
        f"{cut}，自项目启动以来共搬迁{n['cum_households']}户、{n['cum_people']}人。",
        f"{cut}，累计完成搬迁{n['cum_people']}人，涉及{n['cum_households']}户。",
    )


def chinese(f: Any, rng: random.Random) -> str:
    """The report in Chinese."""
    names = rng.sample(ZH, 3)
    low = f.n["low"] / 100 if f.words.get("range") else f.n["low"] / 10
    high = f.n["high"] / 10
    price = _drawn(
        rng,
        f"自行购房每套需{low:g}万元至{high:g}万元。",
        f"安置房售价每套{low:g}万～{high:g}万元。",
        f"每套房价在{low:g}万元到{high:g}万元之间。",
    )
    heads = rng.choice(
        (
            ("县区", "住房套数（套）", "完成投资（万元）"),
            ("单位", "建房（套）", "投资额/万元"),
            ("地区", "安置住房/套", "总投资（万元）"),
        )
    )
    total = _drawn(rng, "合计", "总计", "全市", "合 计")
    first, *rest = [
        "\n\n".join((_plan_zh(f.n, names, rng), _sources_zh(f.n, rng), _paid_zh(f, rng))),
        _sites_zh(f, rng),
        _works_zh(f, rng),
        _running_zh(f, rng),
        price,
    ]
    rng.shuffle(rest)
    caption = _drawn(rng, "表1 建房与投资", "附表一：各地建房进度", "表1-1 住房建设情况表")
    return "\n\n".join([first, *rest, caption, _table(rng, names, heads, total, f.n)])
