"""Figures read from sentences, Chinese and English, by general rules: no rule knows a place or programme.

A figure is a number with the unit that follows it (past at most a few describing words), the words per
head, per house or per square metre around it, the bound before or after it, the date its sentence names,
and whether the sentence counts up to a date or over a period.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from resettle.supervision import lexicon as lex
from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.counted import (
    Clause,
    State,
    borrowed,
    carried,
    inherited,
    per,
    unit_beside,
)
from resettle.supervision.lexicon import WORDS_EN
from resettle.supervision.numerals import chinese, english
from resettle.supervision.reading import Reading
from resettle.supervision.vocabulary import abbreviations

_NAMED_BY_NUMBER = (
    r"Table|Annex|Appendix|Schedule|Article|Clause|Section|Part|Chapter|Paragraph|Rule|Act|Component|Package|Lot"
    r"|Phase|Stage|Block|Unit|Room|Contract|Milestone|Figs?|Figures?|Nos?|Level|Grade|Zone|Ward|Route|Item|Decision|Decree|Resolution|Circular|Order|Law|Regulation|Directive|Module|Round"
)
_MASK = re.compile(
    r"\[\d+(?:[-,]\d+)*\]"
    rf"|\b(?:{_NAMED_BY_NUMBER})\.?\s?(?:[A-Z]{{1,2}}[-.]?)?\d+(?:[-.]\d+)*(?:\s?,\s?\d+-\d+)*(?![\d,]*\s?(?:%|million|thousand))"
    r"|\b(?:section|article|clause|paragraph|para|annex|page|pp?|phase|stage|component|lot|package|tranche|round|option|step|module)\.?\s\d+(?:[-.]\d+)*"
    r"|[图表]\s?\d+(?:[-—.]\d+)*|第[\d一二三四五六七八九十百]+[章节条款项次届个期号页批轮]"
    r"|^[#\s]*[-*•·]?\s*[(（]?\d{1,2}[)）.、]\s?(?!\d)|^[#\s>*•·-]*\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+(?![%％])(?=[^\W\d_a-z])"
    r"|[(（]\s?\d{1,2}\s?[)）](?!\s?[%％])|[(（]\s?(?:19|20)\d\d[a-z]?\s?[)）]"
    r"|\S+@\S+|\b\d+\w*\.com\b|https?://\S+|\b\d[A-Z]\b|〔\d+〕\s?\d*号?|(?<=[\u4e00-\u9fff])\d+号|\d+(?=会议室)"
    r"|\+\d[\d\s()-]{7,}\d|\b(?:0\d{2,3}[-—\s]\d{7,8}|1[3-9]\d{9})(?!\d)"
    r"|(?:电话|传真|热线|邮编|编号|文号|身份证号?|\b(?:[Tt]el|[Pp]hone|[Ff]ax|[Hh]otline|ISBN|[Rr]ef)\b)\.?[:：]?\s?[A-Z\d][\w\s()/-]*\d"
    r"|\b[A-Z]{2,}(?:[-/][A-Z]{1,4})*[-/]\d[\w/-]*|\b[A-Z]+\d+[-/]\d+\b|(?<![A-Z])\b[A-Z]-?\d{1,3}\b(?!\s?(?:million|thousand))"
    r"|\d{1,2}[:：]\d\d(?:\s?[ap]\.?m\.?)?|[上下]午\d{1,2}时|\d{1,2}\s?[ap]\.?m\b|印\s?\d+\s?份"
    r"|(?:[一二三四五六七八九十两]|(?<!\d)\d{1,2})(?:[-—至、][一二三四五六七八九十\d]{1,2})?[人口](?:及以上|以上|以下|及以下)?户"
    r"|(?<=between )\d{1,2}(?= and \d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))|\bno\. ?\d+"
    r"|\b\d+(?:st|nd|rd|th)\b|“?十[一二三四]五”?|[一二三四五六七八九十]期|\b(?:FY\s?)?(?:19|20)\d\d/\d\d\b"
)
_SECOND_SIGN = re.compile(
    r"((?:\b[Bb]etween)\s+(?:US\$|[$€£]|Rs\.?\s?|[A-Z]{3}\s)\d[\d,.]*(?:\s(?:million|thousand|billion))?\s(?:and|to)\s"
    r"|(?:US\$|[$€£])\d[\d,.]*\s?[-–—]\s?)(US\$|[$€£]|Rs\.?\s?|[A-Z]{3}\s)(?=\d)"
)
"""``between $85 and $140``: the second sign of one range."""
_COMPOUND = re.compile(
    rf"(?<=\d)\s(?:(?:{'|'.join(WORDS_EN)})-)+[a-z]+(?:-[a-z]+)*(?=\s[a-z])", re.IGNORECASE
)
"""``504 two-room flats``: a describing word and no number."""
_REFERENCE = re.compile(r"^\s*-?\s*\[\d+\]|\[[JDMCN]\]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_STOP = re.compile(
    r"(?<=[a-z\d%)\]\"”])\.(?=\s*[A-Z\"“]|\s*$)|(?<=[a-z][a-z][a-z])\.(?=\s+\d)|[;；。！？!?]|(?<=\.)\s(?=[A-Z])"
)
_NAME = r"[A-Z][a-z]+(?:'[a-z]+)?(?:xian)?"
_LIST = re.compile(rf"\b(?:in|of|are|including|namely|:)\s+({_NAME}(?:, {_NAME})+,? and {_NAME})")
_PLACE_EN = re.compile(
    rf"({_NAME}(?: {_NAME})?) (?:County|City|Province|Village|Township|District|Prefecture)"
)
_PLACE_ZH = re.compile(r"(?:^|[，。；、在对为及和据])([\u4e00-\u9fff]{1,4}(?:省|市|县|区|乡|镇|村))")
_ITEM = re.compile(r"^\s*(?:[-*•·]|[(（]?[\d一二三四五六七八九十]{1,2}[)）.、])")
_SAME_YEAR = re.compile(r"\b([A-Z][a-z]+) of the same year|同年\s?(\d{1,2})\s?月")


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
    names = abbreviations(lines)
    state = State()
    for number, text in lines:
        if not text.strip():
            continue
        if _REFERENCE.search(text):
            before = ""
            continue
        date, header = _list_date(text, before, state)
        above = state.counted or state.above if _goes_on(text, before) else None
        measures = dict(state.measures) if before else {}
        state = State(
            date,
            state.place,
            state.year,
            state.money,
            header=header,
            names=names,
            measures=measures,
            above=above,
        )
        readings += _read_line(number, text, before, state)
        before = text
    return [replace(r, reading_id=f"f{i}") for i, r in enumerate(readings, start=1)]


def _goes_on(text: str, before: str) -> bool:
    """Whether a line is an item of a list, or what a colon announced: it may count what the line above counted."""
    return before.rstrip().endswith((":", "：")) or _ITEM.match(text) is not None


def _list_date(text: str, before: str, state: State) -> tuple[DateSpan | None, str]:
    """The date a list stands under: "As of 31 October:" holds for each of its items."""
    if before.rstrip().endswith((":", "：")) and state.date is not None:
        return state.date, before
    item = _ITEM.match(text)
    return (state.date, state.header) if item and state.header else (None, "")


def masked(text: str) -> str:
    """What is numbered and not counted (clauses, rooms, telephones) left blank; every place stays where it is."""
    text = _SECOND_SIGN.sub(lambda m: m[1] + " " * len(m[2]), text)
    text = _COMPOUND.sub(lambda m: " " * len(m.group()), text)
    return _MASK.sub(lambda m: " " * len(m.group()), text)


def _sentences(text: str) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _STOP.finditer(text)), len(text)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if text[a:b].strip()]


def _read_line(number: int, text: str, before: str, state: State) -> list[Reading]:
    clear = masked(text)
    spans = list(dates(clear, before))
    spans += _same_year(clear, spans)
    hidden = list(clear)
    for span in spans:
        hidden[span.start : span.end] = " " * (span.end - span.start)
    clean = "".join(hidden)
    zh = is_chinese(text)
    numbers = list(chinese(clean) if zh else english(clean))
    result: list[Reading] = []
    for index, (start, end) in enumerate(_sentences(clear), start=1):
        state.found = []
        here = [s for s in spans if start <= s.start < end]
        for numeral in numbers:
            if start <= numeral.start < end:
                clause = Clause(clean, start, end, numeral, numbers, clear)
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


def _bound(clause: Clause, unit_end: int) -> str | None:
    for pattern, name in lex.BOUNDS:
        latin = pattern.split("|")
        if re.search(rf"(?:{'|'.join(latin)})\s*(?:the\s)?$", clause.before, re.IGNORECASE):
            return name
    if re.search(r"[多余来]", clause.text[clause.numeral.start : clause.numeral.end]):
        return "above"
    for pattern, name in lex.BOUNDS_AFTER:
        if re.search(pattern, clause.after, re.IGNORECASE) or re.search(
            pattern, clause.after[unit_end:], re.IGNORECASE
        ):
            return name
    return None


def _status(clause: Clause) -> str | None:
    around = re.split(r"[,，;；]", clause.before)[-1] + " " + re.split(r"[,，;；]", clause.after)[0]
    for pattern, name in lex.STATUS:
        if re.search(pattern, around, re.IGNORECASE):
            return name
    return next((n for p, n in lex.STATUS if re.search(p, clause.sentence, re.IGNORECASE)), None)


def _kind(clause: Clause, unit: str | None, header: str = "") -> str:
    """Stock or flow: by the words of its own clause, else by those of the sentence and of the list it stands in."""
    if unit and unit.endswith("/m2"):
        return "price"
    if unit and "/" in unit:
        return "norm"
    said = clause.original
    at = clause.numeral.start - clause.start
    own = re.split(r"[,，;；]", said[:at])[-1] + re.split(r"[,，;；。]", said[at + 1 :])[0]
    if re.search(lex.KIND_CUMULATIVE, own, re.IGNORECASE):
        return "stock"
    if re.search(lex.KIND_PERIOD, own, re.IGNORECASE):
        return "flow"
    if re.search(lex.KIND_CUMULATIVE, said[:at] + own, re.IGNORECASE) or re.search(
        lex.KIND_STILL, own, re.IGNORECASE
    ):
        return "stock"
    as_of = re.search(lex.KIND_AS_OF, header + said, re.IGNORECASE)
    period = re.search(lex.KIND_PERIOD, said, re.IGNORECASE)
    if as_of and re.search(lex.PERFECT, said, re.IGNORECASE):
        return "stock"
    if as_of and re.search(lex.FLOW_VERBS, said, re.IGNORECASE) and not re.search(r"已", said):
        return "flow" if period else "undefined"
    if as_of or re.search(lex.KIND_STILL, said, re.IGNORECASE) or (re.search(r"已", said) and not period):
        return "stock"
    return "flow" if period or re.search(lex.KIND_FLOW, said, re.IGNORECASE) else "undefined"


def _reading(clause: Clause, here: Sequence[DateSpan], state: State, zh: bool) -> Reading | None:
    """One numeral with everything around it, or ``None`` where it is no figure."""
    numeral = clause.numeral
    unit, factor, noun, unit_end = unit_beside(clause, zh, state)
    rule = "unit"
    if (
        unit is None
        and re.search(r"\b(?:in|since|of|by|from|until|to) $", clause.before)
        and _like_a_year(clause)
    ):
        return None
    if unit is None:
        unit, rule = borrowed(clause, state, zh)
    if unit is None:
        unit, rule = inherited(clause, state, zh)
    if unit is None and (numeral.in_words or (numeral.value is not None and numeral.value < 100)):
        return None
    if numeral.in_words and numeral.value is not None and numeral.value == 1 and not zh:
        return None
    if numeral.in_words and clause.text[numeral.start : numeral.end] == "一":
        return None
    if unit in lex.MONEY:
        state.money = unit
    elif unit and "/" not in unit and unit not in lex.NOT_COUNTED and not _is_container(clause, unit, state):
        state.counted = unit
    full_unit = carried(_joined(unit, clause, unit_end, zh, state.counted), clause, state)
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
        unit=full_unit,
        line=0,
        printed=clause.text[numeral.start : numeral.end].strip(),
        noun=noun,
        bound=_bound(clause, unit_end),
        as_of=date.as_of if date else None,
        date_form=date.form if date else None,
        kind=_kind(clause, full_unit, state.header),
        is_up_to=bool(re.search(lex.KIND_AS_OF, state.header + clause.original, re.IGNORECASE)),
        status=_status(clause),
        of=re.split(r"[,，;；]", clause.before)[-1].strip()[-60:] or None,
        place=state.place,
        start=numeral.start,
        decimals=numeral.decimals,
        rule=rule,
        before=clause.text[max(clause.start, numeral.start - 90) : numeral.start],
        after=clause.text[numeral.end : min(clause.end, numeral.end + 40)],
        value=ends["value"],
        low=ends["low"],
        high=ends["high"],
    )


_CONTAINERS = (
    "site",
    "phase",
    "stage",
    "batch",
    "lot",
    "village",
    "district",
    "camp",
    "community",
    "centre",
    "area",
    "group",
    "round",
)
_WHERE = re.compile(
    r"\b(?:at|in|into|across|from|among|over|on)\s+(?:the |all |these |those |its |our )?$", re.IGNORECASE
)


def _is_container(clause: Clause, unit: str, state: State) -> bool:
    """``415 households live at three sites: 172 at Lomo``: where they are is not what is counted."""
    counted = any(r.unit == state.counted for r in state.found)
    return counted and unit in _CONTAINERS and _WHERE.search(clause.before) is not None


def _joined(unit: str | None, clause: Clause, unit_end: int, zh: bool, counted: str | None) -> str | None:
    """The unit with what it is per: ``yuan/person``, ``acre/household``."""
    if unit is None or unit in (
        "percent",
        "percentage point",
        "times",
        "year",
        "month",
        "day",
        "year of age",
        "group",
    ):
        return unit
    found = [p for p in per(clause, unit_end, zh, counted if unit in lex.MEASURED else None) if p != unit]
    if unit == "yuan" and "m2" in found:
        found = ["m2"]
    if unit == "person" and clause.before.rstrip().endswith(("family of", "household of", "up to")):
        return unit
    if unit not in lex.MEASURED:
        found = [p for p in found if unit in ("person", "household") and p not in lex.NOT_COUNTED]
        found = [p for p in found if p != "person"]
    return "/".join([unit, *found[:2]])


def _like_a_year(clause: Clause) -> bool:
    printed = clause.text[clause.numeral.start : clause.numeral.end].strip()
    return bool(re.fullmatch(r"1[5-9]\d\d|20\d\d|2100", printed))


def _place(text: str, zh: bool) -> str | None:
    found = (_PLACE_ZH if zh else _PLACE_EN).findall(text.replace("其中", "，"))
    named = [name for name in found if name[0] not in "全各本该"]
    return named[-1] if named else None


def _named_lists(text: str, start: int, end: int, state: State, line: int, index: int) -> list[Reading]:
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


def _date_readings(here: Sequence[DateSpan], state: State, line: int, index: int) -> list[Reading]:
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


_FOR_EACH = re.compile(
    r"(?:人均|每人)[\u4e00-\u9fff]{0,6}[:：]?|(?:per (?:person|head)|each person)\b[^,:.]{0,20}[,:]?",
    re.IGNORECASE,
)
_ADDED = re.compile(r"合计|总|共|预算|计划|\b(?:total|in all|budget|altogether|per|each)\b", re.IGNORECASE)
MOST_APART = 1000
"""An amount so many times another one is no other source of the same person's money."""


def _enumerated(found: list[Reading]) -> list[Reading]:
    """In a list of three or more amounts that opens with "per person", or where most say it, the others are read so too."""
    money = [
        r
        for r in found
        if str(r.unit).split("/")[0] in lex.MONEY
        and r.value is not None
        and r.kind in ("norm", "stock", "flow", "undefined")
    ]
    units = {str(r.unit).split("/")[0] for r in money}
    if len(money) < 3 or len(units) != 1:
        return found
    one = units.pop()
    each = f"{one}/person"
    heads = [r for r in money if r.unit == each]
    first, last = (heads[0], heads[-1]) if heads else (money[0], money[0])
    most = len(heads) > 2 and len(heads) * 2 > len(money)
    amounts = [r.value or Decimal(1) for r in money]
    opens = (
        _FOR_EACH.search(money[0].before)
        and {r.unit for r in money} <= {one, each}
        and max(amounts) < MOST_APART * max(min(amounts), Decimal(1))
        and not any(_ADDED.search(r.of or "") for r in money[1:])
    )
    return [
        replace(r, unit=each, kind="norm", rule="enumeration")
        if r in money and r.unit == one and (opens or (most and first.start < r.start < last.start))
        else r
        for r in found
    ]
