"""What a number counts: its unit, from the words beside it, before it, or said once for several numbers.

The words of :mod:`resettle.supervision.lexicon` are preferred; where none stands beside a number, the noun
that does is its unit as it stands, since no list holds everything that an office counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from resettle.supervision import lexicon as lex
from resettle.supervision.calendar_words import DateSpan
from resettle.supervision.numerals import Numeral, letter_scale
from resettle.supervision.reading import Reading

Unit = tuple[str | None, Decimal, str, int]
"""Canonical unit, factor, the counted words, and where they end after the numeral."""
NO_UNIT: Unit = (None, Decimal(1), "", 0)

UNIT_EN = re.compile(
    r"(?:(?<=\s)|^|(?<=-))(?:"
    + "|".join(f"(?P<u{i}>{p})" for i, (p, _) in enumerate(lex.UNITS_EN))
    + r")(?![\w-])",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[,.;:()%，。；|]|(?<!\bm)\d|\b(?:of|with|and|or|in|to|was|were|is|are|has|have|had|for|by|from|at|on|per|that|which|who"
    r"|can|need|did|than|as|should|will|would|may|must|lost|lose|received|paid|sampled|the|a|an|its|their|this|these|so"
    r"|but|about|concerning|regarding|against|without|among|across|between|near|because|if|after|before|until|during|within|through|under|over|then|not|still|later|already|every|each|when|while"
    rf"|{lex.VERBS_EN})\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?<![-\w])([a-z][a-z'-]{2,}s)\b(?!\s+[a-z]+s\b)", re.IGNORECASE)
_TAKES_NUMBER = re.compile(r"\s+(?:\d|[$€£]|$)")
_NOT_PLURAL = re.compile(r"(?:ss|us|is|ous|'s|ways|less|plus|times)$", re.IGNORECASE)
_MEASURE = re.compile(rf"^[\s多余]*([{lex.MEASURES_ZH}])([\u4e00-\u9fff（）]{{0,10}})")
_BASE = re.compile(r"\s*of [\w\s'-]{2,40}|的?[\u4e00-\u9fff]{0,6}")
_SAME_KIND = re.compile(
    rf"^\s*(?:[,)，）(;.:]|$|of (?:them|these|those)\b|(?:\w+ly |also |then |still )?"
    rf"(?:were|was|have|has|had|will|are|is|did|from|in|at|by|on|to|for|the|this|last|and|who|under|more|so|we|they|you|it|{lex.VERBS_EN}"
    r"|about|concerning|regarding|over|would|could|should|may|might|can|must|do|does|with|without|standing|waiting|living|left|others?|not|\w+ed)\b)",
    re.IGNORECASE,
)
_KIND_OF = re.compile(r"\s+(?!each\b)[a-z]{4,}\s*(?:[,;.)]|and\b|$)")
"""``22 minor, 11 moderate``: one word and a break."""
_OF_THE = re.compile(
    r"\b(?:of|among|out of) (?:the |these |all |those )?((?:[\w-]+ ){0,3}[\w-]+),(?!\d)", re.IGNORECASE
)
_SCALED = re.compile(r"\b(?:thousand|million|billion)\s*$", re.IGNORECASE)
_EACH_FIRST = re.compile(
    r"\s*(?:each|every|a typical|an average)\s+(?:new |core |standard )?([a-z]+)\b", re.IGNORECASE
)
"""``Each house measures 54 m2 and costs $38,500``: what is said of each holds for all of the sentence."""
_LAST_UNIT = re.compile(
    r"^(?:[万亿]?元|平方米|㎡|亩|公斤)/(?:人|户|套|平方米|㎡|亩|月|年|天)(?:[·/．](?:人|月|年|天))?"
)
"""The unit of the number before: 400元/平方米的标准 says nothing of the amount that follows."""
_DIFFERENCE = re.compile(
    r"(?:增加|减少|提高|提升|降低|下降|增长|[多少增减降])了?$|(?:increase|rise|gain|growth|fall|drop|decline|reduction) of (?:about )?$"
    r"|(?:up|down|more) by $",
    re.IGNORECASE,
)
_EARNINGS = re.compile(
    r"\b(monthly|annual|yearly|daily)\s+(?:[\w-]+\s+){0,2}(?:incomes?|wages?|rents?|salar(?:y|ies)|earnings|pensions?)\b",
    re.IGNORECASE,
)
"""What income is told by holds for all its amounts in the sentence."""
_OWN_NOUN = re.compile(
    r"((?:服务)?中心|(?:产业|就业)?基地|[\u4e00-\u9fff]{1,2}(?:室|站|院|园|馆|厅|棚|池|桥|厂|店|社|泵|渠|亭|场所|公墓))$"
)
"""卫生室39个、警务室33个: what stands before the second number is not what was counted before it."""
_PEOPLE_ZH = re.compile(
    r"^[\s多余来]*[\u4e00-\u9fff]{0,8}?(群众|人口|居民|移民|劳动力|村民|职工|学生|贫困户|农户|搬迁户|移民户)"
)
_PEOPLE_UNITS = {"户": "household"} | dict.fromkeys("众口民力工生", "person")
"""960多万建档立卡贫困群众: people counted without a measure word."""
_NAMED_BEFORE = re.compile(r"(?:^|[\s\W])(?:[A-Z][\w'’-]+|[\w\s]{3,40}:)\s*$")
"""``Dembi 510, Gora 430``: a name, or a label, and its number."""
_MONEY_NOUNS = "|".join(pattern for pattern, _, _ in lex.CURRENCIES)
_DESCRIBED = re.compile(
    r"\s+(?:(?:\w+ly|[\w-]+(?:ed|ing)|poor|vulnerable|eligible|rural|urban)\s+)+", re.IGNORECASE
)
"""Between a noun and the noun it describes: ``project affected households`` are households."""
_SITE_WORDS = re.compile(
    r"(?:settlement|relocation|host|new|planned|concentrated|centrali[sz]ed|these|other|more)\s+$|^\s*$",
    re.IGNORECASE,
)
"""What stands before "points" where they are places to live; ``water points`` are something else."""
_PERS = re.compile(r"\b(?:per|each|every|a|one)\s+((?:[a-z-]+\s)?[a-z]+)", re.IGNORECASE)


@dataclass
class State:
    """What a paragraph carries from sentence to sentence."""

    date: DateSpan | None = None
    place: str | None = None
    year: str | None = None
    money: str | None = None
    counted: str | None = None
    header: str = ""
    measures: dict[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    above: str | None = None
    found: list[Reading] = field(default_factory=list)


@dataclass
class Clause:
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

    def next(self) -> Clause | None:
        """The clause of the numeral that follows in the same sentence."""
        later = [n for n in self.numbers if self.numeral.end <= n.start < self.end]
        return Clause(self.text, self.start, self.end, later[0], self.numbers, self.full) if later else None


def unit_beside(clause: Clause, zh: bool, state: State | None = None) -> Unit:
    """The unit printed with a number."""
    after = clause.after
    if clause.numeral.percent:
        base = _BASE.match(after)
        return "percent", Decimal(1), "%" + (base.group() if base else ""), 0
    for pattern, unit in () if zh else lex.COLLECTIVE_EN:  # "a family of five lives there"
        if re.search(pattern + r"(?:\s+(?:up to|at least|at most|about))?\s*$", clause.before, re.IGNORECASE):
            return unit, Decimal(1), "", 0
    percent = re.match(r"\s?[%％]|\s(?:percent|per cent)\b", after)
    if percent:
        base = _BASE.match(after[percent.end() :])
        return "percent", Decimal(1), "%" + (base.group() if base else ""), percent.end()
    currency = lex.currency_before(clause.before)
    factor, length = letter_scale(after)
    if currency:
        return currency, Decimal(factor), "", length
    if not zh and length:  # "2.4m birr"
        named = re.match(rf"\s+({_MONEY_NOUNS})\b", after[length:], re.IGNORECASE)
        found = unit_en(named.group()) if named else NO_UNIT
        counted = unit_en(after[length:]) if factor > 10**3 or after[0] in "kK" else NO_UNIT
        if named or counted[0] in ("person", "household", "m3", "tree", "animal"):
            said = found if named else counted
            return said[0], Decimal(factor), said[2], length + said[3]
    if zh:
        return _unit_zh(after, clause.before, state)
    counting = state is not None and any(r.unit == state.counted for r in state.found)
    return unit_en(after, clause.before, state.names if state else {}, counting)


def _unit_zh(after: str, before: str, state: State | None) -> Unit:
    lead = re.match(r"^[\s多余]*", after)
    skip = lead.end() if lead else 0
    rest = after[skip:]
    for word, unit, factor in lex.UNITS_ZH_LONGEST_FIRST:
        if rest.startswith(word):
            if state is not None and word[0] in lex.MEASURES_ZH and len(word) > 1:
                state.measures[word[0]] = unit
            return unit, Decimal(factor), word, skip + len(word)
    measure = _MEASURE.match(after)
    if measure is None:
        people = _PEOPLE_ZH.match(after)
        return (_PEOPLE_UNITS[people[1][-1]], Decimal(1), people[1], people.end()) if people else NO_UNIT
    word, behind = measure[1], measure[2]
    said = after[skip : skip + 1]
    hits = [(behind.find(n), -len(n), n, u) for n, u in lex.COUNT_NOUNS_ZH if n in behind]
    if hits:
        place, _, noun, unit = min(hits)
        found = unit, Decimal(1), said + behind[: place + len(noun)], skip + 1 + place + len(noun)
    else:  # 安置点18个: the noun stands before its number; 在建3个: it was said before
        named = next(
            ((n, u) for n, u in lex.COUNT_NOUNS_ZH if before.rstrip("：: 共有约近达").endswith(n)), None
        )
        carried = state.measures.get(word) if state else None
        own = _OWN_NOUN.search(before.rstrip("：: 共有约近达"))
        if named is None and own is not None:
            named, carried = (own[1], own[1]), None
        unit = named[1] if named else carried or lex.MEASURE_UNITS_ZH.get(word) or word
        found = unit, Decimal(1), (named[0] if named else said), skip + 1
    if state is not None and found[0]:
        state.measures[word] = found[0]
    return found


def singular(noun: str) -> str:
    """An English plural as its singular, by the common rules.

    >>> singular("boreholes"), singular("Libraries"), singular("churches")
    ('borehole', 'library', 'church')
    """
    word = noun.lower()
    if word.endswith("ies"):
        return word[:-3] + "y"
    if re.search(r"(?:ch|sh|x|ss)es$", word):
        return word[:-2]
    return word[:-1]


def unit_en(
    after: str, before: str = "", names: Mapping[str, str] | None = None, counting: bool = False
) -> Unit:
    """The unit of an English number: a word of the lexicon, else the plural noun that follows it.

    >>> unit_en(" new culverts were built")[0], unit_en(" affected households")[0]
    ('culvert', 'household')
    """
    stop = _BREAK.search(after)
    reach = after[: stop.start()] if stop else after
    words_in_reach = re.match(r"(?:\s*\S+){0,7}", reach)
    reach = words_in_reach.group() if words_in_reach else reach
    for match in UNIT_EN.finditer(reach):
        index = next(int(k[1:]) for k, v in match.groupdict().items() if v is not None)
        words = reach[: match.start()].strip(" -")
        later = UNIT_EN.search(reach, match.end())
        apart = reach[match.end() : later.start()] if later is not None else ""
        sized = lex.UNITS_EN[index][1] in _SIZES and not words
        if later is not None and not sized and (not apart.strip(" -") or _DESCRIBED.fullmatch(apart)):
            continue
        if match.group().lower() in ("point", "points") and _GAIN.search(before):
            return "percentage point", Decimal(1), match.group(), match.end()
        if match.group().lower() in ("point", "points") and not _SITE_WORDS.search(reach[: match.start()]):
            compound = f"{reach[: match.start()].split()[-1]} point".lower()
            return compound, Decimal(1), f"{words} {match.group()}".strip(), match.end()
        return lex.UNITS_EN[index][1], Decimal(1), f"{words} {match.group()}".strip(), match.end()
    known = names or {}
    for word in re.finditer(r"\b[A-Z][A-Za-z]+\b", reach):
        if word.group() in known:
            return known[word.group()], Decimal(1), reach[: word.end()].strip(" -"), word.end()
    beside = re.match(r"\s+([a-z][a-z'-]{3,}s)\b(?=\s+(?:\w+ed|were|was|have|had|are)\b|\s*[,;.)]|$)", reach)
    if beside and not _NOT_PLURAL.search(beside[1]):  # "Homesteads: 2,875 plinths raised"
        return singular(beside[1]), Decimal(1), beside[1], beside.end()
    label = re.search(r"([\w\s'-]+?)\s*:\s*$", before)  # "Boreholes: 23 planned"
    if (
        label
        and not counting
        and not before[: label.start()].strip(" ;.-*")
        and not _IDENTIFIER.search(label[1])
    ):
        named = list(UNIT_EN.finditer(" " + label[1].strip()))
        if named:
            index = next(int(k[1:]) for k, v in named[-1].groupdict().items() if v is not None)
            return lex.UNITS_EN[index][1], Decimal(1), named[-1].group(), 0
    plural = _PLURAL.search(reach)
    if plural is not None and _TAKES_NUMBER.match(
        after[plural.end() :]
    ):  # "up to four receives 80 m2": a verb
        plural = None
    if plural is not None and not _NOT_PLURAL.search(plural[1]):
        return singular(plural[1]), Decimal(1), reach[: plural.end()].strip(" -"), plural.end()
    strange = _STRANGE.match(reach if len(reach) > 1 else after)
    if counting and strange and re.search(r"[,:]\s*(?:and\s+)?$|\band\s+$", before):
        return NO_UNIT  # "37 defects: 22 minor, 11 moderate": what kind they are, and no new thing
    if strange and not _NOT_PLURAL.search(strange[1]) and not _NO_NOUN.match(strange[1]):
        return strange[1].lower(), Decimal(1), strange[1], strange.end()
    return NO_UNIT


_SIZES = ("m2", "ha", "acre", "km", "m", "m3")
"""``the 40 m2 house``: the number is the size, whatever has it."""
_IDENTIFIER = re.compile(r"\b(?:[A-Z]|[IVX]+|\d+)\s*$")
"""``Site B:`` is the name of one, and no word for what is counted there."""
_GAIN = re.compile(
    r"\b(?:gain|rise|fall|drop|increase|decrease|decline|up|down|rose|fell|grew|by)(?: of| by)?\s*$",
    re.IGNORECASE,
)
"""``a gain of seven points``: of a rate."""
_STRANGE = re.compile(r"\s+([a-z]{4,})\s*$")
_NO_NOUN = re.compile(
    r"\w+(?:ed|ly|ing|ous|ful|ive|al|ic|able|ible|er|est)$|(?:more|less|fewer|most|both|them|these|those|other|some|only|here|there|once|twice"
    r"|half|many|much|such|same|next|last|first|again|each|full|left|away|also|together|thereof|plus)$",
    re.IGNORECASE,
)
"""A word alone between a number and a break is what is counted, though no list knows it (``1,290 ropani of land``)."""


def named_unit(text: str) -> str | None:
    """The unit that a noun phrase names by the lexicon (``affected households`` is household)."""
    found = list(UNIT_EN.finditer(" " + text.strip()))
    if not found:
        return None
    return lex.UNITS_EN[next(int(k[1:]) for k, v in found[-1].groupdict().items() if v is not None)][1]


_EACH_ZH = re.compile(
    r"(?:平均)?每(?:个|家|座|处|所|期|栋|幢|间|台|支|名|位)([\u4e00-\u9fff]{2,6}?)(?:平均)?(?:有|为|约|吸纳|安置|容纳|带动|培训|建筑面积|补助|投资|投入|安排|需)?(?:就业)?$"
    r"|平均每(村|乡镇|点|户|人|亩)(?:约|为|有)?$"
)
"""``平均每个车间70人``: persons per workshop."""
_EACH_MEASURE = {
    "村": "village",
    "乡镇": "township",
    "点": "site",
    "户": "household",
    "人": "person",
    "亩": "mu",
}


_EACH_IN = re.compile(r"^\s*(?:其中[，,]?)?[^，。；\d]{0,10}人均[^，。；\d]{2,12}中[，,]")
"""``人均纯收入中，工资性收入6,258元``: the parts of an amount per person are per person."""


def per(clause: Clause, unit_end: int, zh: bool, counted: str | None = None) -> list[str]:
    """Per what: words directly after the unit, or in the same clause before the number.

    A bare "each" behind money is per what was ``counted`` last.
    """
    pairs = lex.PER_ZH if zh else lex.PER_EN
    average = _EACH_ZH.search(clause.before) if zh else None
    if average:
        each = average[1] or average[2]
        named = next((u for n, u in lex.COUNT_NOUNS_ZH if each.endswith(n)), None)
        return [named or _EACH_MEASURE.get(each) or each]
    after = re.split(r"[,.;，。；]", clause.after[unit_end:])[0][:28]
    told = _LAST_UNIT.sub("", clause.before)
    before = re.split(r"[,.;:，。；：]|\band\b", told)[-1][-70:]
    found = [name for pattern, name in pairs if re.search(pattern, after, re.IGNORECASE)]
    found += [n for p, n in pairs if n not in found and re.search(p, before, re.IGNORECASE)]
    if not zh and not found and counted and re.match(r"\s*(?:each|apiece)\b\W*$", after, re.IGNORECASE):
        return [counted]
    if zh and not found and _EACH_IN.match(clause.text[: clause.numeral.start].rpartition("。")[2]):
        return ["person"]
    leading = (
        _EACH_FIRST.match(clause.text[clause.start : clause.numeral.start]) if not zh and not found else None
    )
    noun = named_unit(leading[1]) if leading else None
    if noun in ("dwelling", "plot", "structure", "site", "well"):
        return [noun]
    earns = _EARNINGS.search(clause.original) if not zh and not found and counted is not None else None
    if earns:
        return [
            "month" if earns[1].lower() == "monthly" else "day" if earns[1].lower() == "daily" else "year"
        ]
    if not zh and not found:
        said = re.match(r"\s*(?:,\s*)?(?:for\s+)?" + _PERS.pattern, after, re.IGNORECASE)
        said = said or re.search(
            r"\b(?:each|every|per)\s+((?:[a-z-]+\s)?[a-z]+)(?:\s+\w+){0,6}\s*\W?$", before, re.IGNORECASE
        )
        for words in (said[1], said[1].split()[0]) if said else ():
            noun = named_unit(words)
            if noun and noun not in ("percent", "year of age"):
                return [noun]
    return found


def borrowed(clause: Clause, state: State, zh: bool) -> tuple[str | None, str]:
    """Units that are not beside the number: of which, a family of, the next of alternatives."""
    later = clause.next()
    if later is not None and re.match(
        r"^\s*(?:or|to|and|至|或|、|(?:vs\.?|versus|against|(?:out )?of) (?:the |a total of |an? |all |its |some |target of )*(?:\w+ed |original |total )?)\s*$",
        clause.after,
        re.IGNORECASE,
    ):
        unit = unit_beside(later, zh)[0]
        sized = re.match(r"\s*of\b", clause.after) and unit in ("m2", "ha", "acre", "mu", "room", "km", "m")
        if sized and state.counted:  # "51 of 180 square metres": so many of that size
            return state.counted, "counted_before"
        if unit and unit != "percent":
            return unit, "alternative"
    if state.found and re.search(r"of which|of them|其中|among (?:them|which)", clause.before, re.IGNORECASE):
        whole = [r.unit for r in state.found if r.unit != "percent"]
        return (whole[-1] if whole else None), "of_which"
    each = re.match(r"\s*(?:per|for each|to a)\s+([a-z]+)", clause.after)
    noun = named_unit(each[1]) if each else None
    whole = [
        r.unit
        for r in state.found
        if r.value and r.unit and r.unit not in lex.NOT_COUNTED and "/" not in r.unit
    ]
    whole = [u for i, u in enumerate(whole) if not i or u != whole[i - 1]]
    if noun and noun not in lex.NOT_COUNTED and whole and whole[-1] != noun:
        return f"{whole[-1]}/{noun}", "per"
    if len(whole) > 1 and whole[-1] != whole[-2] and re.match(r"\s*(?:at|in|on|from) each\b", clause.after):
        return f"{whole[-2]}/{whole[-1]}", "per"  # "240 households at six sites, 40 at each"
    counted = re.search(r"\bnumber of ([\w\s-]+?)\s(?:has|have|had|was|were|is|rose|fell)\b", clause.before)
    if counted:
        named = unit_en(" " + counted[1])[0]
        if named:
            return named, "number_of"
    return None, ""


def inherited(clause: Clause, state: State, zh: bool) -> tuple[str | None, str]:
    """Units said once for several numbers: "Of the affected households, 412 will...", "74 were resolved".

    A scaled number without a unit, in a text that names its money, is that money.
    """
    printed = clause.text[clause.numeral.start : clause.numeral.end]
    if zh:  # "总投资7.8亿元，中央补了3.2亿": the money named once
        scaled = printed[-1] in "万亿" and re.match(r"\s*(?:[,，。；;、)）]|$)", clause.after)
        return (state.money, "money_named_before") if scaled else (None, "")
    if _SCALED.search(printed):
        return state.money, "money_named_before"
    if clause.numeral.value is None or clause.numeral.value % 1:
        return None, ""
    alike = _SAME_KIND.search(clause.after)
    if (
        not alike
        and _KIND_OF.match(clause.after)
        and re.search(r"(?:[,:]\s*(?:and\s+)?|\band\s+)$", clause.before)
    ):
        listed = any(r.unit == state.counted for r in state.found)
        return (state.counted, "counted_before") if listed else (None, "")
    if not alike:
        return None, ""
    lead = _OF_THE.search(clause.text[clause.start : clause.numeral.start])
    if lead is not None:
        named = named_unit(lead[1]) or unit_en(" " + lead[1])[0]
        if named is not None and named not in lex.NOT_COUNTED:
            return named, "of_the"
    if clause.numeral.in_words and not any(r.unit == state.counted for r in state.found):
        begins = (
            not clause.text[clause.start : clause.numeral.start].strip() and (clause.numeral.value or 0) > 2
        )
        return (state.counted, "counted_before") if begins else (None, "")
    whole = _complement(clause, state)
    if whole is not None:
        return whole, "counted_before"
    if state.counted is None and state.above and _NAMED_BEFORE.search(clause.before):
        return state.above, "counted_above"
    return state.counted, "counted_before"


def _complement(clause: Clause, state: State) -> str | None:
    """``645 of 860 households have moved to five sites; the remaining 215``: the unit of what it is the rest of."""
    if not re.search(
        r"\b(?:remaining|other|rest|another|leaving)\s*$|(?:剩余|其余|尚余)$", clause.before, re.IGNORECASE
    ):
        return None
    counts = [
        r for r in state.found if r.value and r.unit and r.unit not in lex.NOT_COUNTED and "/" not in r.unit
    ]
    for index, a in enumerate(counts):
        for b in counts[index + 1 :]:
            if a.unit == b.unit and abs(a.value - b.value) == clause.numeral.value:  # type: ignore[operator]
                return a.unit
    return counts[0].unit if counts else None


def carried(unit: str | None, clause: Clause, state: State) -> str | None:
    """``some reached 300,000 yuan`` after ``50,000 yuan per household a year`` keeps the per."""
    if unit is None or "/" in unit or not state.found:
        return unit
    last = state.found[-1].unit or ""
    pair = state.found[-2:]
    if (
        len(pair) == 2
        and last.startswith(unit + "/")
        and pair[0].unit == last
        and _DIFFERENCE.search(clause.before)
    ):
        ends = [r.value for r in pair]
        if None not in ends and abs(ends[0] - ends[1]) == clause.numeral.value:  # type: ignore[operator]
            return last
    if last.startswith(unit + "/") and re.search(
        r"some (?:even )?reach\w*|最高|有的|最低|(?:增加|提高|上升|扩大|减少|下降|增|升|降)(?:到|至)[\s的]*$|\bto\s+$"
        r"|[比较][^，。；]{0,12}$|\b(?:from|against|compared (?:with|to))\W*$",
        clause.before + (" " if clause.before.endswith("to") else ""),
    ):
        return last
    return unit
