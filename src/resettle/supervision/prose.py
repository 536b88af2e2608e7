"""Figures read from sentences, Chinese and English, by general rules: no rule knows a place or programme.

A figure is a number with the unit that follows it (past at most a few describing words), the words per
head, per house or per square metre around it, the bound before or after it, the date its sentence names,
and whether the sentence counts up to a date or over a period.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from resettle.supervision import lexicon as lex
from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.numerals import Numeral, chinese, english
from resettle.supervision.reading import Reading

_MASK = re.compile(
    r"\[\d+(?:[-,]\d+)*\]|\b(?:Fig(?:ure)?s?|Table|Chapter|Section|No)\.?\s?\d+(?:[-.]\d+)*(?:\s?,\s?\d+-\d+)*"
    r"|[图表]\s?\d+(?:[-—.]\d+)*|第[\d一二三四五六七八九十]+[章节条款项次届个]|^\s*[-*]?\s*[(（]?\d{1,2}[)）.、]\s?(?!\d)"
    r"|[(（]\s?\d{1,2}\s?[)）]|[(（]\s?(?:19|20)\d\d[a-z]?\s?[)）]|\S+@\S+|\b\d+\w*\.com\b|https?://\S+|\b\d[A-Z]\b|〔\d+〕\s?\d*号?"
    r"|\b(?:0\d{2,3}[-—\s]\d{7,8}|1[3-9]\d{9})(?!\d)|\b\d+(?:st|nd|rd|th)\b|“?十[一二三四]五”?"
)
_REFERENCE = re.compile(r"^\s*-?\s*\[\d+\]|\[[JDMCN]\]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_STOP = re.compile(
    r"(?<=[a-z\d%)\]\"”])\.(?=\s*[A-Z\"“]|\s*$)|(?<=[a-z][a-z][a-z])\.(?=\s+\d)|[;；。！？!?]|(?<=\.)\s(?=[A-Z])"
)
_UNIT_EN = re.compile(
    r"(?:(?<=\s)|^|(?<=-))(?:"
    + "|".join(f"(?P<u{i}>{p})" for i, (p, _) in enumerate(lex.UNITS_EN))
    + r")(?![\w-])",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[,.;:()%，。；]|(?<!\bm)\d|\b(?:of|with|and|or|in|to|was|were|is|are|has|have|had|for|by|from|at|on|per|that|which|who"
    r"|can|need|did|than|as|should|will|would|may|must|lost|lose|received|paid|sampled)\b",
    re.IGNORECASE,
)
_NAME = r"[A-Z][a-z]+(?:'[a-z]+)?(?:xian)?"
_LIST = re.compile(rf"\b(?:in|of|are|including|namely|:)\s+({_NAME}(?:, {_NAME})+,? and {_NAME})")
_PLACE_EN = re.compile(
    rf"({_NAME}(?: {_NAME})?) (?:County|City|Province|Village|Township|District|Prefecture)"
)
_PLACE_ZH = re.compile(r"(?:^|[，。；、在对为及和据])([\u4e00-\u9fff]{1,4}(?:省|市|县|区|乡|镇|村))")
_BASE = re.compile(r"\s*of [\w\s'-]{2,40}|的?[\u4e00-\u9fff]{0,6}")
_SAME_YEAR = re.compile(r"\b([A-Z][a-z]+) of the same year|同年\s?(\d{1,2})\s?月")
_ENDS = re.compile(r"^\s*(?:[-–—~～至到]|to)\s*$")


@dataclass
class _State:
    """What a paragraph carries from sentence to sentence."""

    date: DateSpan | None = None
    place: str | None = None
    year: str | None = None
    money: str | None = None
    counted: str | None = None
    found: list[Reading] = field(default_factory=list)


def is_chinese(text: str) -> bool:
    """Whether a line is to be read by the Chinese rules: a fifth of its letters are Han.

    >>> is_chinese("计划搬迁20,615人"), is_chinese("relocate 20,615 people")
    (True, False)
    """
    letters = sum(c.isalpha() for c in text)
    return bool(letters) and len(_CJK.findall(text)) * 5 >= letters


def read_lines(lines: Sequence[tuple[int, str]]) -> list[Reading]:
    """All figures of numbered lines, in order; a sentence cut by a page keeps its beginning in mind.

    Args:
        lines: ``(line number, text)`` in document order.

    >>> [(str(r.value), r.unit) for r in read_lines([(1, "It moved 5401 households with 20,615 people.")])]
    [('5401', 'household'), ('20615', 'person')]
    """
    readings: list[Reading] = []
    before = ""
    state = _State()
    for number, text in lines:
        if not text.strip():
            continue
        if _REFERENCE.search(text):
            before = ""
            continue
        state = _State(place=state.place, year=state.year, money=state.money)
        readings += _read_line(number, text, before, state)
        before = text
    return [replace(r, reading_id=f"f{i}") for i, r in enumerate(readings, start=1)]


def _mask(text: str) -> str:
    return _MASK.sub(lambda m: " " * len(m.group()), text)


def _sentences(text: str) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _STOP.finditer(text)), len(text)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if text[a:b].strip()]


def _read_line(number: int, text: str, before: str, state: _State) -> list[Reading]:
    masked = _mask(text)
    spans = list(dates(masked, before))
    spans += _same_year(masked, spans)
    hidden = list(masked)
    for span in spans:
        hidden[span.start : span.end] = " " * (span.end - span.start)
    clean = "".join(hidden)
    zh = is_chinese(text)
    numbers = list(chinese(clean) if zh else english(clean))
    result: list[Reading] = []
    for index, (start, end) in enumerate(_sentences(masked), start=1):
        state.found = []
        here = [s for s in spans if start <= s.start < end]
        for numeral in numbers:
            if start <= numeral.start < end:
                clause = _Clause(clean, start, end, numeral, numbers, masked)
                reading = _reading(clause, here, state, zh)
                if reading is not None:
                    state.found.append(replace(reading, line=number, sentence=index))
        state.found += _named_lists(clean, start, end, state, number, index)
        state.found += _date_readings(here, state, number, index)
        result += _enumerated(state.found)
        if here:
            state.date = here[-1]
            state.year = next(
                (s.as_of[:4] for s in reversed(here) if s.as_of and s.as_of[0] != "-"), state.year
            )
    return sorted(result, key=lambda r: (r.sentence, r.start))


def _same_year(text: str, spans: Sequence[DateSpan]) -> list[DateSpan]:
    """``December of the same year``: the month of the year named last before it."""
    found = []
    for match in _SAME_YEAR.finditer(text):
        year = next((s.as_of[:4] for s in reversed(spans) if s.start < match.start() and s.as_of), None)
        month = match[2] or next((s.as_of for s in dates(f"{match[1]} 2000") if s.as_of), "")[5:]
        if year and month:
            found.append(DateSpan(match.start(), match.end(), f"{year}-{int(month):02d}", "month"))
    return found


@dataclass
class _Clause:
    """A numeral with the text around it, up to the neighbouring numerals."""

    text: str
    start: int
    end: int
    numeral: Numeral
    numbers: Sequence[Numeral]
    full: str = ""

    @property
    def after(self) -> str:
        following = [n.start for n in self.numbers if n.start >= self.numeral.end]
        return self.text[self.numeral.end : min([self.end, *following])]

    @property
    def before(self) -> str:
        earlier = [n.end for n in self.numbers if n.end <= self.numeral.start]
        return self.text[max([self.start, *earlier]) : self.numeral.start]

    @property
    def original(self) -> str:
        """The sentence with its dates, which the text for numbers leaves blank."""
        return (self.full or self.text)[self.start : self.end]

    @property
    def sentence(self) -> str:
        return self.text[self.start : self.end]


def _unit(clause: _Clause, zh: bool) -> tuple[str | None, Decimal, str, int]:
    """Canonical unit, factor, the counted words, and where they end after the numeral."""
    after = clause.after
    if clause.numeral.percent:
        base = _BASE.match(after)
        return "percent", Decimal(1), "%" + (base.group() if base else ""), 0
    percent = re.match(r"\s?[%％]|\s(?:percent|per cent)\b", after)
    if percent:
        base = _BASE.match(after[percent.end() :])
        return "percent", Decimal(1), "%" + (base.group() if base else ""), percent.end()
    for pattern, currency in lex.CURRENCY_BEFORE:
        if re.search(pattern, clause.before):
            return currency, Decimal(1), "", 0
    return _unit_zh(after, clause.before) if zh else _unit_en(after)


def _unit_zh(after: str, before: str = "") -> tuple[str | None, Decimal, str, int]:
    lead = re.match(r"^[\s多余]*", after)
    skip = lead.end() if lead else 0
    rest = after[skip:]
    for word, unit, factor in sorted(lex.UNITS_ZH, key=lambda u: -len(u[0])):
        if rest.startswith(word):
            return unit, Decimal(factor), word, skip + len(word)
    measure = re.match(r"^[个处座]([\u4e00-\u9fff（）]{0,10})", rest)
    if measure:
        hits = [(measure[1].find(n), -len(n), n, u) for n, u in lex.COUNT_NOUNS_ZH if n in measure[1]]
        if hits:
            place, _, noun, unit = min(hits)
            return unit, Decimal(1), rest[: 1 + place + len(noun)], skip + 1 + place + len(noun)
        for noun, unit in lex.COUNT_NOUNS_ZH:  # 安置点18个: the noun stands before its number
            if before.endswith(noun):
                return unit, Decimal(1), noun, skip + 1
    return None, Decimal(1), "", 0


def _unit_en(after: str) -> tuple[str | None, Decimal, str, int]:
    stop = _BREAK.search(after)
    reach = after[: stop.start()] if stop else after
    reach = " ".join(reach.split(" ")[:7])
    for match in _UNIT_EN.finditer(reach):
        index = next(int(k[1:]) for k, v in match.groupdict().items() if v is not None)
        words = reach[: match.start()].strip(" -")
        later = _UNIT_EN.search(reach, match.end())
        if (
            later is not None
            and not reach[match.end() : later.start()].strip(" -")
            and later.start() - match.end() < 2
        ):
            continue
        return lex.UNITS_EN[index][1], Decimal(1), f"{words} {match.group()}".strip(), match.end()
    return None, Decimal(1), "", 0


def _per(clause: _Clause, unit_end: int, zh: bool) -> list[str]:
    """Per what: words directly after the unit, or in the same clause before the number."""
    pairs = lex.PER_ZH if zh else lex.PER_EN
    after = re.split(r"[,.;，。；]", clause.after[unit_end:])[0][:28]
    before = re.split(r"[,.;:，。；：]|\band\b", clause.before)[-1][-70:]
    found = [name for pattern, name in pairs if re.search(pattern, after, re.IGNORECASE)]
    found += [n for p, n in pairs if n not in found and re.search(p, before, re.IGNORECASE)]
    return found


def _bound(clause: _Clause, unit_end: int) -> str | None:
    for pattern, name in lex.BOUNDS:
        latin = pattern.split("|")
        if re.search(rf"(?:{'|'.join(latin)})\s*(?:the\s)?$", clause.before, re.IGNORECASE):
            return name
    for pattern, name in lex.BOUNDS_AFTER:
        if re.search(pattern, clause.after, re.IGNORECASE) or re.search(
            pattern, clause.after[unit_end:], re.IGNORECASE
        ):
            return name
    return None


def _status(clause: _Clause) -> str | None:
    around = re.split(r"[,，;；]", clause.before)[-1] + " " + re.split(r"[,，;；]", clause.after)[0]
    for pattern, name in lex.STATUS:
        if re.search(pattern, around, re.IGNORECASE):
            return name
    return next((n for p, n in lex.STATUS if re.search(p, clause.sentence, re.IGNORECASE)), None)


def _kind(clause: _Clause, unit: str | None) -> str:
    if unit and unit.endswith("/m2"):
        return "price"
    if unit and "/" in unit:
        return "norm"
    said = clause.original
    if re.search(lex.KIND_CUMULATIVE, said, re.IGNORECASE):
        return "stock"
    as_of = re.search(lex.KIND_AS_OF, said, re.IGNORECASE)
    if as_of and re.search(lex.FLOW_VERBS, said, re.IGNORECASE):
        return "flow" if re.search(lex.KIND_PERIOD, said, re.IGNORECASE) else "undefined"
    if as_of or re.search(lex.KIND_STILL, said, re.IGNORECASE):
        return "stock"
    if re.search(r"已", said) and not re.search(lex.KIND_PERIOD, said):
        return "stock"
    return (
        "flow"
        if re.search(rf"{lex.KIND_PERIOD}|{lex.KIND_FLOW}", clause.original, re.IGNORECASE)
        else "undefined"
    )


def _reading(clause: _Clause, here: Sequence[DateSpan], state: _State, zh: bool) -> Reading | None:
    """One numeral with everything around it, or ``None`` where it is no figure."""
    numeral = clause.numeral
    unit, factor, noun, unit_end = _unit(clause, zh)
    rule = "unit"
    if unit is None:
        unit, rule = _borrowed(clause, state)
    if unit is None:
        unit, rule = _inherited(clause, state, zh)
    if unit is None and re.search(r"\b(?:in|since|of) $", clause.before) and _like_a_year(numeral):
        return None
    if unit is None and (numeral.in_words or (numeral.value is not None and numeral.value < 100)):
        return None
    if numeral.in_words and numeral.value is not None and numeral.value == 1 and not zh:
        return None
    if numeral.in_words and clause.text[numeral.start : numeral.end] == "一":
        return None
    if unit in lex.MONEY:
        state.money = unit
    elif unit in lex.COUNTED:
        state.counted = unit
    joined = unit
    if unit in ("yuan", "dollar", "euro", "rupee", "m2", "mu", "dwelling"):
        per = [p for p in _per(clause, unit_end, zh) if p != unit]
        if unit == "yuan" and "m2" in per:
            per = ["m2"]
        joined = "/".join([unit, *per[:2]])
    elif unit == "person" and any(p == "household" for p in _per(clause, unit_end, zh)):
        joined = "person/household"
    spans = [s for s in here if s.start < numeral.start] or list(here)
    date = spans[-1] if spans else state.date
    place = _place(clause.text[clause.start : numeral.start], zh)
    state.place = place or state.place
    ends = {
        key: None if end is None else end * factor
        for key, end in (("value", numeral.value), ("low", numeral.low), ("high", numeral.high))
    }
    return Reading(
        reading_id="",
        unit=_carried(joined, clause, state),
        line=0,
        printed=clause.text[numeral.start : numeral.end].strip(),
        noun=noun,
        bound=_bound(clause, unit_end),
        as_of=date.as_of if date else None,
        date_form=date.form if date else None,
        kind=_kind(clause, joined),
        status=_status(clause),
        of=re.split(r"[,，;；]", clause.before)[-1].strip()[-60:] or None,
        place=state.place,
        start=numeral.start,
        decimals=numeral.decimals,
        rule=rule,
        value=ends["value"],
        low=ends["low"],
        high=ends["high"],
    )


def _like_a_year(numeral: Numeral) -> bool:
    return numeral.value is not None and numeral.decimals == 0 and 1500 <= numeral.value <= 2100


def _borrowed(clause: _Clause, state: _State) -> tuple[str | None, str]:
    """Units that are not beside the number: of which, a family of, the next of alternatives."""
    for pattern, unit in lex.COLLECTIVE_EN:
        if re.search(pattern + r"\s*$", clause.before, re.IGNORECASE):
            return unit, "collective"
    if state.found and re.search(r"of which|of them|其中|among (?:them|which)", clause.before, re.IGNORECASE):
        whole = [r.unit for r in state.found if r.unit != "percent"]
        return (whole[-1] if whole else None), "of_which"
    counted = re.search(r"\bnumber of ([\w\s-]+?)\s(?:has|have|had|was|were|is|rose|fell)\b", clause.before)
    if counted:
        named = _unit_en(" " + counted[1])[0]
        if named:
            return named, "number_of"
    if re.match(r"^\s*(?:or|to|and|至|或|、)\s*$", clause.after):
        following = [n for n in clause.numbers if n.start >= clause.numeral.end]
        if following:
            later = _Clause(clause.text, clause.start, clause.end, following[0], clause.numbers)
            return _unit(later, is_chinese(clause.sentence))[0], "alternative"
    return None, ""


_SAME_KIND = re.compile(
    r"^\s*(?:[,)，）]|of (?:them|these|those)\b|(?:were|was|have|has|had|will|are|is)\b)", re.IGNORECASE
)
_OF_THE = re.compile(r"\b(?:of|among) (?:the |these |all )?((?:[\w-]+ ){0,3}[\w-]+),", re.IGNORECASE)
_SCALED = re.compile(r"\b(?:thousand|million|billion)\s*$", re.IGNORECASE)


def _inherited(clause: _Clause, state: _State, zh: bool) -> tuple[str | None, str]:
    """Units said once for several numbers: "Of the affected households, 412 will...", "74 were resolved".

    A scaled number without a unit, in a text that names its money, is that money.
    """
    if zh:
        return None, ""
    printed = clause.text[clause.numeral.start : clause.numeral.end]
    if _SCALED.search(printed):
        return state.money, "money_named_before"
    if clause.numeral.in_words or not _SAME_KIND.search(clause.after):
        return None, ""
    lead = _OF_THE.search(clause.text[clause.start : clause.numeral.start])
    if lead is not None:
        named = _unit_en(" " + lead[1])[0]
        if named is not None:
            return named, "of_the"
    return state.counted, "counted_before"


def _carried(unit: str | None, clause: _Clause, state: _State) -> str | None:
    """``some reached 300,000 yuan`` after ``50,000 yuan per household a year`` keeps the per."""
    if unit is None or "/" in unit or not state.found:
        return unit
    last = state.found[-1].unit or ""
    if last.startswith(unit + "/") and re.search(
        r"some (?:even )?reach\w*|最高|有的|最低|(?:增加|提高|上升|扩大|减少|下降|增|升|降)(?:到|至)$|\bto $",
        clause.before,
    ):
        return last
    return unit


def _place(text: str, zh: bool) -> str | None:
    found = (_PLACE_ZH if zh else _PLACE_EN).findall(text.replace("其中", "，"))
    named = [name for name in found if name[0] not in "全各本该"]
    return named[-1] if named else None


def _named_lists(text: str, start: int, end: int, state: _State, line: int, index: int) -> list[Reading]:
    """Three or more names in a row, counted; the unit is the administrative noun named last before it."""
    found = []
    for match in _LIST.finditer(text, start, end):
        names = re.split(r",? and |, ", match[1])
        told = re.sub(r"\([^)]*\)", "", text[: match.start()])
        nouns = re.findall(r"counties|townships|villages|cities|provinces|districts", told)
        if len(names) < 3 or not nouns:
            continue
        unit = {"counties": "county", "cities": "city"}.get(nouns[-1], nouns[-1].rstrip("s"))
        found.append(
            Reading(
                "",
                Decimal(len(names)),
                unit,
                line,
                printed=", ".join(names),
                noun="names",
                as_of=state.date.as_of if state.date else None,
                sentence=index,
                start=match.start(1),
                rule="named_list",
            )
        )
    return found


def _date_readings(here: Sequence[DateSpan], state: _State, line: int, index: int) -> list[Reading]:
    """Dates are figures too: a year a promise is for, a month a system was called for."""
    found = []
    for span in here:
        form = span.form
        unit = "year" if form == "year" else "month" if form.startswith("month") else "date"
        value = Decimal(span.as_of) if form == "year" and span.as_of else None
        found.append(
            Reading(
                "",
                value,
                unit,
                line,
                printed=span.as_of or "",
                as_of=span.as_of,
                date_form=form,
                sentence=index,
                start=span.start,
                rule="date",
            )
        )
    return found


def _enumerated(found: list[Reading]) -> list[Reading]:
    """In a list of three or more amounts of which most say per person, the others are read so too."""
    money = [
        r
        for r in found
        if (r.unit or "").split("/")[0] == "yuan" and r.kind in ("norm", "stock", "flow", "undefined")
    ]
    heads = [r for r in money if r.unit == "yuan/person"]
    if len(heads) < 3 or len(heads) * 2 <= len(money):
        return found
    return [
        replace(r, unit="yuan/person", kind="norm", rule="enumeration")
        if r in money and r.unit == "yuan" and heads[0].start < r.start < heads[-1].start
        else r
        for r in found
    ]
