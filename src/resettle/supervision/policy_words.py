"""What a report says in words that two of its sentences must agree on: who pays, what the land is, whose share, who applied."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.calendar_words import dates
from resettle.supervision.naming import marks, where_of
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
Lines = Sequence[tuple[int, str]]

_FREE = re.compile(
    r"不花一分钱|一分钱(?:也|都)?不(?:用|花|掏)|零自筹|(?:住房|新房|安置房|新居|搬迁)[^，。；]{0,8}(?:全部)?免费|免费(?:入住|分配|提供(?:住房|安置房))"
    r"|\b(?:house|home|dwelling|move|housing)s?\b[^.;]{0,30}\bfree of (?:charge|cost)|\bmov\w+ (?:for free|free of charge)"
    r"|\bno (?:family|household|one)\b[^.;]{0,20}\b(?:has to|have to|need|needs to|must)?\s?pa(?:y|ys)\b[^.;]{0,24}\b(?:contribution|house|home)",
    re.IGNORECASE,
)
_PAYS = re.compile(
    r"(?:群众|搬迁户|农户|每户|户均|人均)[^，。；]{0,6}自筹(?:资金)?[^，。；]{0,10}\d|自筹资金[^，。；]{0,6}(?:人均|户均|每人|每户)[^，。；]{0,6}\d"
    r"|\b(?:each|every|per) (?:family|household|person)\b[^.;]{0,16}\b(?:contributes?|pays?)\b[^.;]{0,12}\d"
    r"|\b(?:families|households)\b[^.;]{0,16}\b(?:contribute|pay)\b[^.;]{0,12}\d[^.;]{0,30}\b(?:house|home|building|construction)",
    re.IGNORECASE,
)
_SOME_ONLY = re.compile(
    r"特困|五保|鳏寡|孤儿|残疾|低保|兜底|贫困户|同步|非贫困|随迁|\bpoorest\b|\bdestitute\b|\belderly\b|\bvulnerable\b|\bnon-poor\b|\bpoor (?:famil|house)|\bco-movers?\b|\bexcept\b|\bsome\b|\bif\b|\bunless\b|除外|个别|部分",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"增减挂钩|节余指标|指标(?:交易|流转|收益|收入)|复垦[^，。；]{0,8}指标|\b(?:land )?quota\b[^.;]{0,30}\b(?:income|sold|sale|sell|earn|trade|revenue|proceeds)"
    r"|\b(?:income|revenue|proceeds|earn\w*)\b[^.;]{0,30}\bquotas?\b",
    re.IGNORECASE,
)
_NO_QUOTA = re.compile(
    r"(?:不|未|无法|没有)[^，。；]{0,8}(?:指标|收益|认定|确认)|\b(?:no|not|cannot|without)\b[^.;]{0,24}\bquota",
    re.IGNORECASE,
)
_MAPPED = re.compile(
    r"(?:宅基地|旧房|旧宅|旧址|老宅|腾退地块|homesteads?|house plots?|old (?:houses|plots|sites))[^。;；]{0,40}?"
    r"(?:标注|标示|登记|认定|划|图上|地类|用途|mapped|registered|recorded|shown|classed|classified)[^。;；]{0,16}?"
    r"(绿地|林地|草地|耕地|农用地|水域|未利用地|生态用地|green space|green land|forest|grassland|farmland|arable|water|unused)",
    re.IGNORECASE,
)
_CLASSES = {
    "绿地": "green", "草地": "green", "生态用地": "green", "林地": "forest", "耕地": "farm", "农用地": "farm", "水域": "water", "未利用地": "unused",
    "green space": "green", "green land": "green", "grassland": "green", "forest": "forest", "farmland": "farm", "arable": "farm",
    "water": "water", "unused": "unused",
}  # fmt: skip
_RECLAIMED = re.compile(
    r"复垦为|复绿为|恢复为|还[林草绿]为|\b(?:reclaimed|turned|converted|restored) (?:as|in)?to\b",
    re.IGNORECASE,
)
_SHARE_ZH = re.compile(
    r"占(?:了)?(全国|全省|全区|全市|全州|全县)([\u4e00-\u9fff]{0,14}?)(?:总数|总量|总人数|总户数|总额)?的(?:比重[为达]?)?(?:约)?(\d+(?:\.\d+)?)[%％]"
)
_SHARE_EN = re.compile(
    r"(\d+(?:\.\d+)?)\s?(?:%|percent|per cent) of (?:the )?(?:(province|country|nation|county|city|state|region|district)(?:'s|’s)? ?((?:[a-z]+ ?){0,4})"
    r"|((?:[a-z]+ ){1,4})(?:in|of) the (province|country|nation|county|city|state|region|district))",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"(?:由|从|比)[^，。；]*(?:提高|上升|降|增|回落)|\b(?:from|up|down|rose|fell|compared|against)\b",
    re.IGNORECASE,
)
_SIZE_ROW = re.compile(
    r"^\W*(?:([1-9一二三四五六七八九十])(?:\s?[-—至~、]\s?([1-9一二三四五六七八九十]))?\s?[人口]户(?:以上)?|(?:([1-9]|one|two|three|four|five|six)(?:\s?(?:-|–|to|or|and)\s?(?:\d|\w+))?)[ -]?(?:persons?|people|members?))\b",
    re.IGNORECASE,
)
_REGISTERED = re.compile(r"建档|登记|在册|名册|应搬|\bregist|\beligible|\blisted\b", re.IGNORECASE)
_APPLIED = re.compile(r"申请|报名|\bappl(?:ied|y|ications?|icants?)\b", re.IGNORECASE)
_NONE_APPLIED = re.compile(
    r"(?:没有|无)(?:一户)?([一二三四五六1-6](?:(?:[-—至、或和]|人户)*[一二三四五六1-6])?[人口](?:之?家|户|家庭))[^，。；]{0,8}(?:申请|报名)"
    r"|([一二三四五六1-6](?:(?:[-—至、或和]|人户)*[一二三四五六1-6])?[人口](?:户|家庭))[^，。；]{0,8}(?:无一|没有|均未|都未)[^，。；]{0,6}(?:申请|报名)"
    r"|\bno (?:family|families|households?) of ((?:one|two|three|\d)(?: (?:or|to|and) (?:one|two|three|\d))?)(?: persons?| people| members?)?\b[^.;]{0,20}\bappl"
    r"|\bnone of the ((?:one|two|three)-[\w -]{0,24}households?)\b[^.;]{0,20}\bappl",
    re.IGNORECASE,
)


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[a-z\d)])\.\s|[。；;]", text) if s.strip()]


def _short(text: str) -> str:
    clean = re.sub(r"^\W+|\s+$", "", text)
    return clean if len(clean) <= 70 else clean[:67] + "..."


def statements(lines: Lines, raw: Raw) -> None:
    """Moving that costs nothing, and a contribution with an amount; sentences about some people only are left out."""
    told: dict[str, tuple[int, str]] = {}
    for number, text in lines:
        for sentence in _sentences(text):
            if _SOME_ONLY.search(sentence):
                continue
            if _FREE.search(sentence):
                told.setdefault("free", (number, sentence))
            if _PAYS.search(sentence):
                told.setdefault("self_financed", (number, sentence))
    if len(told) < 2:
        return
    for says, (number, sentence) in told.items():
        raw["statement"].append(
            {
                "topic": "self_financing",
                "says": says,
                "label_en": _short(sentence),
                "label_zh": _short(sentence),
                "line": number,
            }
        )


def land(lines: Lines, raw: Raw) -> None:
    """Income expected from reclaimed homesteads, and homesteads that a map or register has as another class of land.

    What a homestead was reclaimed to says nothing of what it was on the map before.
    """
    for number, text in lines:
        for sentence in _sentences(text):
            label = {"label_en": _short(sentence), "label_zh": _short(sentence), "line": number}
            mapped = _MAPPED.search(sentence)
            if mapped and not _RECLAIMED.search(sentence):
                raw["land"].append({"use": "homestead", "class": _CLASSES[mapped[1].lower()], **label})
            elif _QUOTA.search(sentence) and not _NO_QUOTA.search(sentence):
                raw["land"].append({"use": "quota", **label})


def shares_of_parents(lines: Lines, raw: Raw) -> None:
    """A place's share of one thing of the place above it, told for two periods in sentences that compare nothing."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for number, text in lines:
        for sentence in _sentences(text):
            years = [d.as_of for d in dates(sentence) if d.as_of and d.as_of[0] != "-"]
            if not years or _CHANGED.search(sentence):
                continue
            for match in _SHARE_ZH.finditer(sentence):
                subject = re.split(r"[，,]", sentence[: match.start()])[-1]
                _share(groups, (match[1], match[2] or subject), match[3], years[-1], sentence, number)
            for match in _SHARE_EN.finditer(sentence):
                parent, thing = (match[2], match[3]) if match[2] else (match[5], match[4])
                _share(groups, (parent.lower(), thing.strip()), match[1], years[-1], sentence, number)
    for (parent, thing), rows in groups.items():
        if len({row["as_of"] for row in rows}) > 1 and marks(thing):
            raw["rate"] += [row | {"parent": f"{parent} {thing}"} for row in rows]


def _share(
    groups: dict[tuple[str, str], list[dict[str, Any]]],
    key: tuple[str, str],
    value: str,
    year: str,
    sentence: str,
    line: int,
) -> None:
    number = sum(len(rows) for rows in groups.values()) + 1
    groups[key].append(
        {
            "id": f"share-{line}-{number}",
            "label_en": _short(sentence),
            "value": Decimal(value),
            "measure": "share",
            "as_of": year[:4],
            "line": line,
        }
    )


def take_up(readings: Sequence[Reading], lines: Lines, raw: Raw) -> None:
    """Households by size: how many are registered and how many applied, in the rows of a table; or that none applied."""
    rows: dict[tuple[str, int], dict[str, Reading]] = defaultdict(dict)
    for cell in readings:
        label, _, head = cell.noun.partition(" · ")
        if cell.rule != "table" or cell.unit == "percent" or not _SIZE_ROW.match(label):
            continue
        place = (str(cell.of).partition(":")[0], cell.sentence)
        if _APPLIED.search(head):
            rows[place].setdefault("applied", cell)
        elif _REGISTERED.search(head):
            rows[place].setdefault("registered", cell)
    for (table, _), row in rows.items():
        if len(row) == 2 and row["applied"].unit == row["registered"].unit:
            label = row["applied"].noun.partition(" · ")[0]
            raw["rate"].append(
                {
                    "label_en": label,
                    "numerator": row["applied"].reading_id,
                    "denominator": row["registered"].reading_id,
                    "measure": "take_up",
                    "parent": table,
                    "line": where_of(row["applied"]),
                }
            )
    for number, text in lines:
        for match in _NONE_APPLIED.finditer(text):
            said = next(g for g in match.groups() if g)
            raw["rate"].append({"label_en": said, "value": Decimal(0), "measure": "take_up", "line": number})
