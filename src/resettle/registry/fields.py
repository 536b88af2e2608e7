"""The fields a roster may hold, under the heads offices use, as data; and how two heads are compared."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from resettle.registry.english import key_of
from resettle.tables import HOUSEHOLD, PERSON
from resettle.tables.contract import Column

OWN_KINDS = {"boolean": "bool", "date": "date", "integer": "integer", "text": "text"}
"""How a pack's own column is read, by its type; areas, money and closed lists are told by unit and choices."""

_BRACKETS = re.compile(r"[（(\[【<《].*?[）)\]】>》]")
_DATES = re.compile(r"\d{4}年?(\d{1,2}月)?(\d{1,2}日)?(?=\D)|截至|系统导出日期")
_MARKS = re.compile(r"[\s　:：、,，.。/\\*_\-—#★※&“”\"'`的]+")

_SIMPLE = str.maketrans(
    "戶號證與係關別畝積縣鄉鎮區組類屬員數勞動業學歷況殘貧脫編碼農簽議遷舊產險錢萬電話時間聯備註說總計養醫療兒長"
    "漢蘇壯藏無體監護婦夫孫媳親齡歲離喪職務賬帳戶開銀行補償擔負責應實際訂協搬雙單獨門鋪園樹塊",
    "户号证与系关别亩积县乡镇区组类属员数劳动业学历况残贫脱编码农签议迁旧产险钱万电话时间联备注说总计养医疗儿长"
    "汉苏壮藏无体监护妇夫孙媳亲龄岁离丧职务账帐户开银行补偿担负责应实际订协搬双单独门铺园树块",
)
"""Traditional characters that heads and labels are written with, and their simplified ones."""


@dataclass(frozen=True)
class Field:
    """One field: its level (``key``, ``place``, ``person``, ``household``), how it is read, its labels.

    ``unit`` is the usual unit of an area, the currency of an amount; ``prefixes`` may stand before any label;
    ``by_sex`` holds labels that mean one value for a man and another for a woman.
    """

    name: str
    level: str
    kind: str
    unit: str = ""
    strict: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    column: Column | None = None
    prefixes: tuple[str, ...] = ()
    by_sex: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """A head or label reduced to what counts: width, case, spaces, brackets, dates and marks do not.

    >>> fold("２０１８年 系统导出人数"), fold("耕地面积（亩）"), fold("Household  ID"), fold("乡(镇)")
    ('系统导出人数', '耕地面积', 'householdid', '乡')
    """
    text = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLE)
    bare = _MARKS.sub("", _DATES.sub("", _BRACKETS.sub("", text)))
    return bare or _MARKS.sub("", text)


@cache
def _declared() -> dict[str, Any]:
    text = (resources.files("resettle.registry") / "fields.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["field"]
    return found


def _contract() -> dict[str, Column]:
    return {c.name: c for table in (PERSON, HOUSEHOLD) for c in table.columns}


def plain(text: str) -> str:
    """A label with only width, case and spaces made alike; brackets stay, for they may tell labels apart.

    >>> plain("分散安置（自建）")
    '分散安置(自建)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).lower().translate(_SIMPLE))


def _labels(entry: Mapping[str, Any]) -> dict[str, str]:
    """Every way to write a label; the folded form only where no two labels share it."""
    found: dict[str, str] = {}
    folded: dict[str, set[str]] = {}
    for value, names in entry.items():
        for alias in (value, *names):
            found.setdefault(plain(alias), value)
            folded.setdefault(fold(alias), set()).add(value)
    for short, values in folded.items():
        if len(values) == 1:
            found.setdefault(short, next(iter(values)))
    return found


def own_fields(pack_data: Mapping[str, Any] | None) -> dict[str, Field]:
    """The columns only this pack has (``columns``: level to columns), each as a field of a roster.

    A value outside a closed list is answered as a label nobody knows; a value is read by the words its pack
    gives it too (``labels``), and the pack's ``[codes.NAME.values]`` give further ones. An area or an amount stands in the unit its head names, else in m2 and in whole
    units of the currency.

    >>> own = {"person": [Column("trade", "text", allowed=("smith", "none_yet"))]}
    >>> dict(own_fields({"columns": own})["trade"].labels)
    {'smith': 'smith', 'none_yet': 'none_yet', 'noneyet': 'none_yet'}
    """
    found = {}
    for level, columns in (pack_data or {}).get("columns", {}).items():
        for column in columns:
            quantity = column.unit.partition(" ")[0]
            kind = {"dm2": "area", "minor": "money"}.get(quantity, OWN_KINDS.get(column.kind, "text"))
            kind = "label" if column.allowed else kind
            unit = {"area": "m2", "money": (pack_data or {}).get("currency", "")}.get(kind, "")
            said = (pack_data or {}).get("labels", {}).get(column.name, {})
            labels = _labels({value: said.get(value, {}).values() for value in column.allowed})
            found[column.name] = Field(column.name, level, kind, unit, bool(column.allowed), labels, column)
    return found


def known_fields(pack_data: Mapping[str, Any] | None = None) -> dict[str, Field]:
    """Every field by name, the pack's own columns among them; its registry codes are added to the labels."""
    columns = _contract()
    codes = (pack_data or {}).get("codes", {})
    currency = (pack_data or {}).get("currency", "")
    found = {}
    for name, entry in _declared().items():
        labels = _labels(entry.get("labels", {}))
        for code, value in codes.get(name, {}).get("values", {}).items():
            labels.setdefault(fold(code), value)
            if code.isdigit():
                labels.setdefault(str(int(code)), value)
        unit = currency if entry["kind"] == "money" else entry.get("unit", "")
        by_sex = entry.get("by_sex", {})
        for value, meant in by_sex.items():
            labels |= {key: value for word in meant["words"] for key in (plain(word), fold(word))}
        strict, prefixes = entry.get("strict", False), tuple(entry.get("prefixes", ()))
        found[name] = Field(
            name, entry["level"], entry["kind"], unit, strict, labels, columns.get(name), prefixes, by_sex
        )
    for name, own in own_fields(pack_data).items():
        more = {fold(code): value for code, value in codes.get(name, {}).get("values", {}).items()}
        found[name] = replace(own, labels=more | dict(own.labels))
    return found


def label_of(field: Field, code: str, in_chinese: bool) -> str:
    """How an office writes a code: by its Chinese label, or in plain English.

    >>> label_of(known_fields()["sex"], "male", True), label_of(known_fields()["relation"], "son_in_law", False)
    ('男', 'son in law')
    """
    labels = (label for label, value in field.labels.items() if value == code and not label.isascii())
    return next(labels, code) if in_chinese else code.replace("_", " ")


def declared_aliases(field: str, language: str) -> list[str]:
    """The heads of a field that offices write, the usual one first.

    >>> declared_aliases("identity", "zh")[0], declared_aliases("identity", "en")[0]
    ('证件号码', 'identity number')
    """
    return list(_declared().get(field, {}).get(language, []))


def alias_shown(folded: str, field: str) -> str:
    """A folded head of a field as offices write it.

    >>> alias_shown("householdsize", "member_count"), alias_shown("耕地", "cultivated_area_dm2")
    ('household size', '耕地')
    """
    column = _contract().get(field)
    titles = [column.zh, column.en] if column is not None else []
    own = [*declared_aliases(field, "zh"), *declared_aliases(field, "en"), *titles]
    return next((alias for alias in own if fold(alias) == folded), folded)


def _by_words(columns: Mapping[str, Column]) -> dict[str, str]:
    """English heads by what they say, where only one field is called so."""
    meant: dict[str, set[str]] = {}
    for name, entry in _declared().items():
        if entry["kind"] == "part":  # a family's name is not its number, whatever words they share
            continue
        column = columns.get(name)
        for alias in (*entry.get("en", []), *([column.en] if column is not None else [])):
            if key := key_of(alias):
                meant.setdefault(key, set()).add(name)
    return {key: next(iter(names)) for key, names in meant.items() if len(names) == 1}


ASKED = ("是否", "是否有", "是否为", "是否已", "有无", "是不是")
"""How a head asks for a yes or a no: 是否享受过危房改造 is the field 享受过危房改造."""


OF_MEMBER = ("成员", "家庭成员", "家庭人员", "人员", "本人", "个人")
"""How a head says that it is about one person: 成员身份证号 is the field 身份证号."""


def aliases(pack_data: Mapping[str, Any] | None, learned: Mapping[str, str] | None) -> dict[str, str]:
    """Folded head to field name: the room's own, then the pack's, then what this office has taught."""
    columns = _contract()
    found: dict[str, str] = {}
    asked: dict[str, str] = {}
    for name, entry in _declared().items():
        column = columns.get(name)
        own = [name, *entry.get("zh", []), *entry.get("en", [])]
        if column is not None:
            own += [column.zh, column.en]
        for alias in own:
            found.setdefault(fold(alias), name)
        if entry["kind"] == "bool":
            asked |= {q + fold(alias): name for alias in own if alias for q in ASKED}
        elif entry["level"] == "person" or name in ("name", "identity"):
            asked |= {m + fold(alias): name for alias in own if alias for m in OF_MEMBER}
    for name, own_field in own_fields(pack_data).items():
        declared = own_field.column
        for alias in (name, declared.zh, declared.en) if declared else ():
            if fold(alias):  # a head every roster has keeps its meaning
                found.setdefault(fold(alias), name)
    found = asked | _by_words(columns) | found
    for name, names in (pack_data or {}).get("aliases", {}).items():
        found |= {fold(alias): name for alias in names}
    return found | {fold(head): name for head, name in (learned or {}).items()}
