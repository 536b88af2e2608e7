"""What a report says besides its figures: references, places, families, one change with two numbers."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.durations import durations
from resettle.supervision.entitled import families_zh, own_standard, with_standard
from resettle.supervision.listed import listed_names
from resettle.supervision.narrative import narratives
from resettle.supervision.periods import after_the_report, periods
from resettle.supervision.policy_words import land, shares_of_parents, statements, take_up
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
Lines = Sequence[tuple[int, str]]
_NUMBER = r"\d+(?:[-.]\d+)*"
_CAPTION = re.compile(
    rf"^\s*\W*(?:Fig(?:ure)?|Table|图|表)\.?\s?({_NUMBER})(?!\s*(?:shows|显示|可见))[.:：]?(?=\s|[A-Z]|[\u4e00-\u9fff])"
)
_CITED = re.compile(rf"(?:Fig(?:ure)?s?|Table|图|表)\.?\s?({_NUMBER})((?:\s?(?:,|、|and|和)\s?{_NUMBER})*)")
_BIBLIOGRAPHY = re.compile(r"^\s*-?\s*\[(\d+)\](.*)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PLACE_EN = re.compile(
    r"((?:[A-Z][a-z']+ )+)Village, ((?:[A-Z][a-z']+ )+)Town(?:ship)?,? ((?:[A-Z][a-z']+ )+)County"
)
_PLACE_ZH = re.compile(
    r"([\u4e00-\u9fff]{1,3}?[县区市])([\u4e00-\u9fff]{1,4}?[乡镇])([\u4e00-\u9fff]{1,4}?村)"
)
_LEADING = re.compile(r"^(?:In|At|From|The|Of|And|To|For|Near|When|While|Mr|Mrs|Both|Like|With|Take)\s+")
_COUPLES = re.compile(
    r"\b(one|two|three|a) couples?(?:,? and (one|two|three|four) (?:children|child))?", re.IGNORECASE
)
_FAMILY = re.compile(r"\b(?:family|household) of (\w+)|([一二三四五六七八九\d])口(?:之家|人)", re.IGNORECASE)
_WORDS = {
    w: i
    for i, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
} | {"a": 1}
_ZH = {c: i for i, c in enumerate("零一二三四五六七八九")}
_FROM_TO = re.compile(
    r"from (\d+(?:\.\d+)?)\s?% to (?:less than |below |under )?(\d+(?:\.\d+)?)\s?%|[从由](\d+(?:\.\d+)?)%\D{0,6}?[到至](\d+(?:\.\d+)?)%"
)
_RISING = re.compile(
    r"(?:upward trend|rising|increas\w+)[^.]*\bas a whole|总体(?:呈)?上升|逐年(?:增加|上升)", re.IGNORECASE
)
_PEAK = re.compile(
    r"(?:best|highest|peak)[^.;]*?\b((?:19|20)\d\d)|((?:19|20)\d\d)年(?:达到)?(?:最高|最好|峰值)",
    re.IGNORECASE,
)
_EVENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:approved|signed|awarded|registered)\b|批准|批复|立项|签订|签署|核准",
        r"\b(?:effective|entered into force)\b|生效",
        r"\b(?:began|begun|started|start of work|launched|commenced|broke ground|groundbreaking)\b|开工|启动|动工|开建|奠基|开始",
        r"\b(?:finished|completed|topped out|ended)\b|竣工|完工|建成|封顶|完成",
        r"\b(?:accepted|inspected|certified)\b|验收",
        r"\b(?:handed over|delivered|moved in|occupied|opened)\b|交付|入住|移交|投入使用|交钥匙|搬入",
        r"\b(?:closed|closing|closure)\b|关闭|结项|销号",
    )
)
"""What happens to works, in the order in which it can: from approval to closing."""
FAMILY_AREA_MOST = 500


def from_texts(readings: Sequence[Reading], lines: Lines) -> Raw:
    """Entries that come from the words of a report."""
    raw: Raw = defaultdict(list)
    _references(lines, raw)
    _citations(lines, raw)
    _places(lines, raw)
    listed_names(readings, lines, raw)
    _families(readings, lines, raw)
    families_zh(lines, raw)
    _bounds(readings, raw)
    with_standard(raw, own_standard(readings))
    _changes(readings, lines, raw)
    _trends(lines, raw)
    _works(lines, raw)
    periods(lines, raw)
    after_the_report(lines, raw)
    durations(readings, lines, raw)
    narratives(readings, lines, raw)
    statements(lines, raw)
    land(lines, raw)
    shares_of_parents(lines, raw)
    take_up(readings, lines, raw)
    return dict(raw)


def _references(lines: Lines, raw: Raw) -> None:
    """Figures and tables cited in the text against the captions; only where there are captions."""
    captions: list[str] = []
    cited: list[tuple[int, str]] = []
    for number, text in lines:
        caption = _CAPTION.match(text)
        if caption:
            captions.append(caption[1])
            continue
        for match in _CITED.finditer(text):
            cited += [(number, n) for n in (match[1], *re.findall(_NUMBER, match[2]))]
    if not captions:
        return
    for number, name in dict.fromkeys(cited):
        if name not in captions and name.rstrip(".") not in captions:
            raw["reference"].append({"cited": name, "listed": list(dict.fromkeys(captions)), "line": number})


_IN_BRACKETS = re.compile(
    r"[(（]([A-Z][A-Za-z]+|[\u4e00-\u9fff]{2,4}?)(?:等|[^()（）]{0,40}?)[，,]\s?((?:19|20)\d\d)\s?[)）]\s?$"
)
"""``(Okoro and Lind, 2018) [2]``: author and year in one bracket just before the number."""


def _citations(lines: Lines, raw: Raw) -> None:
    """A year in brackets before ``[n]`` against the year of entry n in the list of references."""
    listed: dict[str, set[int]] = {}
    for _, text in lines:
        entry = _BIBLIOGRAPHY.match(text)
        if entry:
            listed[entry[1]] = {int(y) for y in _YEAR.findall(entry[2])}
    for number, text in lines:
        if _BIBLIOGRAPHY.match(text):
            continue
        for cited in dict.fromkeys(
            re.findall(r"\[(\d{1,3})\]", text) if len(listed) > 1 or "1" in listed else ()
        ):
            if cited not in listed:
                raw["reference"].append(
                    {"cited": f"[{cited}]", "listed": [f"[{n}]" for n in listed], "line": number}
                )
        last = 0
        for match in re.finditer(r"\[(\d+)\]", text):
            told = text[last : match.start()]
            years = re.findall(r"([A-Z][A-Za-z]+)[^()\[\]]{0,24}\(((?:19|20)\d\d)\)", told)
            years = years or _IN_BRACKETS.findall(told)
            last = match.end()
            found = listed.get(match[1])
            if years and found and int(years[-1][1]) not in found:
                raw["reference"].append(
                    {
                        "label_en": f"{years[-1][0]} [{match[1]}]",
                        "year": int(years[-1][1]),
                        "listed_year": min(found, key=lambda y: abs(y - int(years[-1][1]))),
                        "line": number,
                    }
                )


def _places(lines: Lines, raw: Raw) -> None:
    for number, text in lines:
        for match in _PLACE_EN.finditer(text):
            village, town, county = (_LEADING.sub("", g).strip() for g in match.groups())
            raw["place"].append(
                {"name": village, "level": "village", "under": [town, county], "line": number}
            )
        for match in _PLACE_ZH.finditer(text):
            raw["place"].append(
                {"name": match[3], "level": "village", "under": [match[2], match[1]], "line": number}
            )


def _people(text: str) -> list[tuple[int, int, int | None]]:
    """Families in a text: place, members, and the members if couples are read as single persons."""
    found: list[tuple[int, int, int | None]] = []
    for match in _COUPLES.finditer(text):
        couples, children = _WORDS[match[1].lower()], _WORDS.get((match[2] or "zero").lower(), 0)
        other = couples + children if couples > 1 else None
        found.append((match.start(), 2 * couples + children, other))
    for match in _FAMILY.finditer(text):
        word = (match[1] or match[2]).lower()
        members = int(word) if word.isdigit() else _WORDS.get(word, _ZH.get(word, 0))
        if members:
            found.append((match.start(), members, None))
    return sorted(found)


def _families(readings: Sequence[Reading], lines: Lines, raw: Raw) -> None:
    """A family with its number of members, and the first dwelling area after it before the next family."""
    areas: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.unit == "m2" and reading.value is not None and reading.bound is None:
            areas[reading.line].append(reading)
    for number, text in lines:
        families = _people(text)
        for index, (place, members, other) in enumerate(families):
            until = families[index + 1][0] if index + 1 < len(families) else len(text)
            area = next((r for r in areas[number] if place < r.start < until), None)
            if area is None or area.value is None or area.value > FAMILY_AREA_MOST:
                continue
            row: dict[str, Any] = {
                "id": f"family-{number}-{index + 1}",
                "label_en": f"{members} / {area.printed} m2",
                "people": members,
                "area": area.value,
                "line": number,
            }
            raw["entitlement"].append(row if other is None else row | {"other_people": other})


def _bounds(readings: Sequence[Reading], raw: Raw) -> None:
    """Families below n with areas in the same sentence."""
    groups: dict[tuple[int, int], list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[(reading.line, reading.sentence)].append(reading)
    for (line, _), sentence in groups.items():
        people = next(
            (r for r in sentence if r.unit == "person" and r.bound == "below" and r.value and r.value < 20),
            None,
        )
        areas = [
            r.value
            for r in sentence
            if r.unit == "m2" and r.value is not None and r.value <= FAMILY_AREA_MOST
        ]
        if people is not None and areas:
            raw["entitlement"].append(
                {
                    "id": f"bound-{line}",
                    "label_en": f"below {people.value}",
                    "people_below": people.value,
                    "areas": areas,
                    "line": line,
                }
            )


def _changes(readings: Sequence[Reading], lines: Lines, raw: Raw) -> None:
    """The same change from x% to y% told twice, each time with another number of people."""
    told: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for number, text in lines:
        for match in _FROM_TO.finditer(text):
            ends = tuple(g for g in match.groups() if g)
            near = [
                r
                for r in readings
                if r.line == number and r.unit == "person" and r.value and abs(r.start - match.start()) < 160
            ]
            if len(ends) == 2 and near:
                told[(ends[0], ends[1])].append(min(near, key=lambda r: abs(r.start - match.start())))
    for (first, last), members in told.items():
        if len({r.value for r in members}) > 1:
            raw["figure"] += [
                {
                    "id": f"{r.reading_id}-change",
                    "label_en": f"{r.printed} {r.noun}".strip(),
                    "value": r.value,
                    "unit": "person",
                    "kind": "flow",
                    "period": "as read",
                    "fact": f"{first}% - {last}%",
                    "line": r.line,
                }
                for r in members
            ]


def _trends(lines: Lines, raw: Raw) -> None:
    """Rising "as a whole", and a best year that is not the last year the claim covers."""
    for number, text in lines:
        if not _RISING.search(text):
            continue
        years = [int(d.as_of[:4]) for d in dates(text) if d.as_of and d.as_of[0] != "-"]
        for later, words in lines:
            peak = _PEAK.search(words) if 0 <= later - number <= 30 else None
            if peak and years:
                year = int(peak[1] or peak[2])
                raw["order"].append(
                    {
                        "relation": "trend",
                        "label_en": "trend",
                        "claim": "rising",
                        "claim_line": number,
                        "peak_year": Decimal(year),
                        "last_year": Decimal(max(years)),
                        "line": later,
                    }
                )
                return


def _works(lines: Lines, raw: Raw) -> None:
    """Dates of approval, start, completion, handing over, closing, in the order in which they can be."""
    for number, text in lines:
        told = [(place, rank, date, word) for place, rank, date, word in _events(text)]
        for (a, b), index in zip(itertools.pairwise(told), itertools.count()):
            same = a[0] == b[0]
            first, second = (a, b) if a[1] < b[1] else (b, a)
            earlier = first is b and b[0] - a[0] == 1 and re.search(r"\bhad\s+(?:been\s+)?\w+", text)
            if a[1] == b[1] or (not same and not earlier and (first is not a or b[0] - a[0] > 1)):
                continue
            if not same and _PHASE.search(text):
                continue
            names = (f"works-{number}-{index}-first", f"works-{number}-{index}-then")
            for name, event in zip(names, (first, second), strict=True):
                raw["figure"].append(
                    {
                        "id": name,
                        "label_en": event[3],
                        "kind": "once",
                        "unit": "date",
                        "as_of": event[2].as_of,
                        "line": number,
                    }
                )
            raw["order"].append({"relation": "dates", "earlier": names[0], "later": names[1], "line": number})


_PHASE = re.compile(
    r"\b(?:phase|stage|lot|section|package|first|second|third|another)\b|[一二三四]期|标段|首批|第二",
    re.IGNORECASE,
)
"""More than one work is spoken of: the end of one may come before the start of the next."""


def _events(text: str) -> list[tuple[int, int, DateSpan, str]]:
    """Sentence, rank, date and word of every event whose date stands in its clause, in order."""
    found: list[tuple[int, int, DateSpan, str]] = []
    for index, sentence in enumerate(re.split(r"(?<=[a-z\d])\.\s|[。；;]", text)):
        dated = [d for d in dates(sentence) if d.as_of and d.as_of[0] != "-" and d.form != "year"]
        words = [(m, rank) for rank, pattern in enumerate(_EVENTS) for m in pattern.finditer(sentence)]
        free = list(words)
        for date in dated:
            near = [
                w for w in free if _gap(w[0], date) <= _CLAUSE and not _parted(sentence, w[0], date, dated)
            ]
            if near:
                word = min(near, key=lambda w: (_comma(sentence, w[0], date), _gap(w[0], date)))
                free.remove(word)
                found.append((index, word[1], date, word[0].group()))
    return found


_CLAUSE = 60


def _gap(word: re.Match[str], date: DateSpan) -> int:
    return max(word.start() - date.end, date.start - word.end(), 0)


def _comma(sentence: str, word: re.Match[str], date: DateSpan) -> bool:
    """Whether a comma stands between: 开工日期为A，竣工日期为B says when work began by what stands before A."""
    between = sentence[min(word.end(), date.end) : max(word.start(), date.start)]
    return re.search(r"[，,、]", between) is not None


def _parted(sentence: str, word: re.Match[str], date: DateSpan, dated: Sequence[DateSpan]) -> bool:
    """Whether a comma and another date stand between a word and a date, or only another date does."""
    low, high = sorted((word.start(), date.start))
    return any(low < d.start < high for d in dated if d is not date)
