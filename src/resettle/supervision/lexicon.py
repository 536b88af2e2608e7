"""The words by which figures are read: units, bounds, status, scale. Data; no place or programme is named."""

from __future__ import annotations

SCALES_EN: dict[str, int] = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
WORDS_EN: dict[str, int] = {
    word: value
    for value, word in enumerate(
        [
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
    )
} | {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
DIGITS_ZH = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
SMALL_ZH = {"十": 10, "百": 100, "千": 1000}
LARGE_ZH = {"万": 10**4, "亿": 10**8}

UNITS_EN: tuple[tuple[str, str], ...] = (
    (
        r"persons?|people|inhabitants|residents|migrants|immigrants|movers|children|villagers|individuals",
        "person",
    ),
    (r"population", "person"),
    (r"(?:rural )?poor(?=\s+(?:out|and|who|in|were|have)|\s*[,.;])", "person"),
    (r"households?|families", "household"),
    (r"administrative villages?", "administrative village"),
    (r"villages?", "village"),
    (r"townships?|towns", "township"),
    (r"count(?:y|ies)", "county"),
    (r"provinces?", "province"),
    (r"districts?", "district"),
    (r"cities", "city"),
    (
        r"(?:re)?settlements?(?! hous)(?! build)|resettlement sites?|relocation (?:sites?|points?)|sites?|points",
        "site",
    ),
    (r"yuan|rmb|cny", "yuan"),
    (r"us dollars?|dollars?|usd", "dollar"),
    (r"euros?", "euro"),
    (r"rupees?", "rupee"),
    (r"square[- ]met(?:er|re)s?|m2|m²|sqm|sq m", "m2"),
    (r"kilomet(?:er|re)s?|km", "km"),
    (r"met(?:er|re)s?", "m"),
    (r"hectares?|ha", "ha"),
    (r"mu", "mu"),
    (r"years old|years of age", "year of age"),
    (r"years?", "year"),
    (r"months?", "month"),
    (r"days?", "day"),
    (r"percent|per cent|percentage points?", "percent"),
    (r"dwellings?|houses?|homes?|apartments?|flats?|housing units?", "dwelling"),
    (r"jobs?|posts?|positions?", "job"),
    (r"couples?", "couple"),
    (r"models?", "model"),
    (r"aspects?|groups?|categories", "group"),
    (r"projects?", "project"),
    (r"schools?", "school"),
    (r"clinics?", "clinic"),
    (r"wells?", "well"),
    (r"rooms?", "room"),
    (r"trees?", "tree"),
    (r"grievances?", "grievance"),
    (r"contracts?", "contract"),
    (r"graves?", "grave"),
    (r"plots?", "plot"),
)
"""Pattern of the counted noun to the canonical unit; longer nouns first."""

UNITS_ZH: tuple[tuple[str, str, int], ...] = (
    ("万元", "yuan", 10**4),
    ("亿元", "yuan", 10**8),
    ("元", "yuan", 1),
    ("个百分点", "percent", 1),
    ("%", "percent", 1),
    ("％", "percent", 1),
    ("‰", "per mille", 1),
    ("万平方米", "m2", 10**4),
    ("平方米", "m2", 1),
    ("㎡", "m2", 1),
    ("平米", "m2", 1),
    ("万亩", "mu", 10**4),
    ("亩", "mu", 1),
    ("公顷", "ha", 1),
    ("公里", "km", 1),
    ("千米", "km", 1),
    ("米", "m", 1),
    ("万户", "household", 10**4),
    ("户", "household", 1),
    ("万人", "person", 10**4),
    ("人", "person", 1),
    ("名", "person", 1),
    ("口人", "person", 1),
    ("口之家", "person", 1),
    ("个行政村", "administrative village", 1),
    ("行政村", "administrative village", 1),
    ("个贫困村", "village", 1),
    ("个自然村", "natural village", 1),
    ("个村", "village", 1),
    ("个乡镇", "township", 1),
    ("个乡（镇）", "township", 1),
    ("个乡", "township", 1),
    ("个县", "county", 1),
    ("个贫困县", "county", 1),
    ("个省", "province", 1),
    ("个集中安置点", "site", 1),
    ("个安置点", "site", 1),
    ("个点", "site", 1),
    ("处安置点", "site", 1),
    ("套", "dwelling", 1),
    ("个岗位", "job", 1),
    ("岁", "year of age", 1),
    ("个月", "month", 1),
    ("天", "day", 1),
    ("年", "year", 1),
    ("个项目", "project", 1),
    ("棵", "tree", 1),
    ("株", "tree", 1),
    ("份", "document", 1),
    ("件", "case", 1),
    ("起", "case", 1),
    ("笔", "payment", 1),
    ("座", "structure", 1),
    ("间", "room", 1),
)

COUNT_NOUNS_ZH: tuple[tuple[str, str], ...] = (
    ("安置点", "site"),
    ("行政村", "administrative village"),
    ("自然村", "natural village"),
    ("贫困村", "village"),
    ("村", "village"),
    ("乡镇", "township"),
    ("县", "county"),
    ("岗位", "job"),
    ("项目", "project"),
)
"""What a bare measure word 个 or 处 may count, when the noun follows within a few characters."""

BOUNDS: tuple[tuple[str, str], ...] = (
    (r"at least|not less than|no fewer than|至少|不少于|不低于", "at_least"),
    (r"at most|up to|no more than|not more than|不超过|至多|最多", "at_most"),
    (r"more than|over|above|exceed(?:ed|ing|s)?|超过|多于|突破", "above"),
    (r"less than|fewer than|below|under|不足|少于|低于|不到", "below"),
    (r"about|around|nearly|almost|approximately|some|reached|约|近|大约|左右", "about"),
)
"""The negated forms stand first: 不超过 ends in 超过."""
BOUNDS_AFTER: tuple[tuple[str, str], ...] = (
    (r"^\s*(?:or more|or above|and above)", "at_least"),
    (r"^\s*(?:or less|or fewer|or below|and below)", "at_most"),
    (r"^(?:以上|余|多)", "above"),
    (r"^(?:以下|以内)", "at_most"),
    (r"^左右", "about"),
)

STATUS: tuple[tuple[str, str], ...] = (
    (r"since the|a total of|in total|cumulative|altogether|累计|共计|总共", "cumulative"),
    (r"\bplann?(?:s|ed|ing)?\b|target|budget|计划|拟|目标", "plan"),
    (r"being built|under construction|accelerating|in progress|在建|正在建设|加快建设", "under_way"),
    (r"complet|finished|built|in place|建成|完成|竣工|到位", "actual"),
)

KIND_CUMULATIVE = (
    r"cumulativ|since the (?:start|beginning|implementation)|altogether|a total of|累计|开展以来|实施以来"
)
KIND_AS_OF = r"as of|up to now|by the end of|at the end of|to date|by (?:the )?(?:\d{1,2} )?\w+ (?:\d{1,2}, )?(?:19|20)\d\d|截至|截止|年底|月底|目前"
FLOW_VERBS = r"relocated|moved|resettled|invested|spent|paid out|搬迁|迁出|投入|投资|拨付"
KIND_PERIOD = r"during|annual|that year|this year|within the year|当年|全年|年度|新增|本年"
KIND_FLOW = r"\bin (?:19|20)\d\d\b|(?:19|20)\d\d\s?年(?!\s?\d|底|末)"

CURRENCY_BEFORE: tuple[tuple[str, str], ...] = (
    (r"(?:US\$|USD|(?<![A-Z])\$)\s?$", "dollar"),
    (r"(?:EUR|€)\s?$", "euro"),
    (r"(?:\bRs\.?|\bINR|\bPKR|\bNPR|\bLKR|₹)\s?$", "rupee"),
    (r"(?:RMB|CNY|¥|￥)\s?$", "yuan"),
)
"""Currencies printed before the number."""
MONEY = ("yuan", "dollar", "euro", "rupee")
COUNTED = (
    "person",
    "household",
    "dwelling",
    "site",
    "village",
    "project",
    "contract",
    "grievance",
    "tree",
    "grave",
    "plot",
    "case",
)
"""What "74 were resolved" may count: the noun named before it in the sentence."""
KIND_STILL = r"尚有|还有|仍有|现有|尚未|\bstill\b|\bremain"
"""What is left, or there now, is a stock on the day named."""

PER_EN: tuple[tuple[str, str], ...] = (
    (r"per capita|per person|per head|each person", "person"),
    (r"per household|per family|each (?:household|family)", "household"),
    (r"(?:per|every|a) square met(?:er|re)|per m2", "m2"),
    (r"per mu", "mu"),
    (r"per month|a month|monthly", "month"),
    (r"per (?:year|annum)|a year|annual(?:ly)?", "year"),
)
PER_ZH: tuple[tuple[str, str], ...] = (
    (r"人均|每人|/人", "person"),
    (r"户均|每户|/户", "household"),
    (r"每平方米|/平方米|/㎡", "m2"),
    (r"每亩|/亩", "mu"),
    (r"每月|/月", "month"),
    (r"每年|/年|年均", "year"),
)

COLLECTIVE_EN: tuple[tuple[str, str], ...] = ((r"\b(?:a |the )?(?:family|household) of", "person"),)
"""Words after which a bare number counts persons."""
