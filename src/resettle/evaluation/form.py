"""Instruments: items in both languages, the XLSForm made of them, and answers read back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from resettle.evaluation import several
from resettle.evaluation.contract import RESPONSE
from resettle.methods.as_numbers import label_of
from resettle.methods.nearest import nearest
from resettle.problems import Problem

WAVES = ("baseline", "year_1", "year_3")
_STAMPS = ("_submission_time", "__system/submissionDate", "end", "SubmissionDate", "today")
_IDENTITY = ("_uuid", "meta/instanceID", "instanceID", "__id", "KEY")
_HEADS = {"household_id": ("户编号", "Household number"), "wave": ("轮次", "Wave")}
_ABOUT = {
    "respondent": ("受访户", "Household asked"),
    "has_moved": ("搬到新家了没有", "Have you moved to the new home"),
}
"""Questions of the form about the household itself, whose columns may be headed by their text."""


_WAVE_WORDS = {
    "baseline": ("搬迁前", "before the move"),
    "year_1": ("一年后", "one year after"),
    "year_3": ("三年后", "three years after"),
}
_WAVE_NAMES = {label: name for name, labels in _WAVE_WORDS.items() for label in labels}
_RESPONDENT_WORDS = {"mover": ("搬迁户", "moved"), "host": ("当地居民", "lived here before")}
_RESPONDENT_NAMES = {label: name for name, labels in _RESPONDENT_WORDS.items() for label in labels}
_YES_NO = {"没有": "0", "no": "0", "否": "0", "false": "0", "有": "1", "yes": "1", "是": "1", "true": "1"}
"""Exports may hold the labels of the choices instead of their names."""
MOVERS_ONLY = ("FIN", "EXP", "PQ", "PV", "SAT", "CMP", "LOY", "GRP")
"""Scales that ask about the move itself; hosts are not asked."""
MOVE_QUESTIONS = (
    "minutes_old_fields",
    "income_change",
    "place_class",
    "housing_grade",
    "service_grade",
    "willing_application",
    "willing_agreement",
    "willing_today",
    "monthly_cost_change",
    "debt_building",
    "lives_here",
    "went_back",
)
"""Questions about the household that only those who moved can answer."""
EVERY_ROUND = (
    "wage_person_year",
    "monthly_cost",
    "asset_income_year",
    "minutes_school",
    "minutes_clinic",
    "safe_water",
    "knows_policy",
    "has_land",
    "food_short",
    "care_missed",
    "uses_commons",
)
"""Questions about the household that are asked before the move as well, so that it can be its own measure."""


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        name: column of the answers; construct: what it measures, or an empty string.
        low, high: ends of its scale; ``None`` for a number without a scale.
        reverse: coded backwards.
        choices: of a question with several answers: ``(name, Chinese, English)``; each becomes a column of its own,
            ``name/choice``, 1 if it was chosen.
        repeat: name of the repeat group it is asked in (once per person, say), or an empty string.
    """

    name: str
    construct: str
    zh: str
    en: str
    low: int | None
    high: int | None
    reverse: bool
    status: str
    choices: tuple[tuple[str, str, str], ...] = ()
    repeat: str = ""


def read_items(rows: pl.DataFrame) -> list[Item]:
    """Items from a pack's table (``item, construct, zh, en, low, high, reverse, status``, or background
    questions with ``kind`` and ``range``)."""
    found = []
    for r in rows.iter_rows(named=True):
        ends = str(r.get("range") or "").split("..")
        low = r.get("low") if r.get("low") is not None else (ends[0] if len(ends) == 2 else None)
        high = r.get("high") if r.get("high") is not None else (ends[1] if len(ends) == 2 else None)
        found.append(
            Item(
                str(r["item"]),
                str(r.get("construct") or ""),
                str(r["zh"]),
                str(r["en"]),
                None if low is None else int(low),
                None if high is None else int(high),
                str(r.get("reverse") or "no") == "yes",
                str(r.get("status") or ""),
                several.read_choices(str(r.get("choices") or "")),
                str(r.get("repeat") or ""),
            )
        )
    return found


def xlsform(items: Sequence[Item], title: Mapping[str, str], version: str) -> dict[str, pl.DataFrame]:
    """The three sheets of an XLSForm in Chinese and English (``survey``, ``choices``, ``settings``).

    Household number and wave come first; scales are single choices; C2 is asked only after a complaint.
    """
    zh, en = "label::中文 (zh)", "label::English (en)"
    survey: list[dict[str, str]] = []

    def ask(kind: str, name: str, in_zh: str, in_en: str, **extra: str) -> None:
        row = {
            "type": kind,
            "name": name,
            zh: in_zh,
            en: in_en,
            "required": "",
            "relevant": "",
            "constraint": "",
        }
        survey.append(row | extra)

    ask("start", "start", "", "")
    ask("end", "end", "", "")
    ask("today", "today", "", "")
    ask(
        "note",
        "consent",
        "回答自愿，可以不答任何一题。",
        "Answers are voluntary; any question may be left out.",
    )
    ask("text", "household_id", "户编号", "Household number", required="yes")
    ask("select_one wave", "wave", "轮次", "Wave", required="yes")
    ask("select_one respondent", "respondent", *_ABOUT["respondent"], required="yes")
    lists: dict[str, range] = {"scale_0_1": range(0, 2)}
    ask("select_one scale_0_1", "has_moved", *_ABOUT["has_moved"], required="yes",
        relevant="${respondent} = 'mover'")  # fmt: skip
    group = ""
    for item in several.by_repeat(items):
        if item.repeat != group:
            several.close(ask, group)
            several.open_group(ask, item.repeat)
            group = item.repeat
        relevant = _relevant(item)
        if item.choices:
            ask(f"select_multiple {item.name}_list", item.name, item.zh, item.en, relevant=relevant)
            continue
        if item.low is None or item.high is None:
            ask("integer", item.name, item.zh, item.en, relevant=relevant)
            continue
        name = f"scale_{item.low}_{item.high}"
        lists[name] = range(item.low, item.high + 1)
        ask(f"select_one {name}", item.name, item.zh, item.en, relevant=relevant)
    several.close(ask, group)
    choices = _choices(items, lists, zh, en)
    settings = {
        "form_title": f"{title['zh']} {title['en']}",
        "form_id": "resettle_survey",
        "version": version,
    }
    settings["default_language"] = "中文 (zh)"
    return {
        "survey": pl.DataFrame(survey),
        "choices": pl.DataFrame(choices),
        "settings": pl.DataFrame([settings]),
    }


def _choices(items: Sequence[Item], lists: Mapping[str, range], zh: str, en: str) -> list[dict[str, str]]:
    """Rows of the sheet of choices, labels under the heads ``zh`` and ``en``."""
    choices = [{"list_name": "wave", "name": w, zh: _WAVE_WORDS[w][0], en: _WAVE_WORDS[w][1]} for w in WAVES]
    choices += [
        {"list_name": "respondent", "name": name, zh: words[0], en: words[1]}
        for name, words in _RESPONDENT_WORDS.items()
    ]
    choices += [
        {"list_name": f"{item.name}_list", "name": own, zh: in_zh, en: in_en}
        for item in items
        for own, in_zh, in_en in item.choices
    ]
    for name, values in sorted(lists.items()):
        for v in values:
            said = {0: ("没有", "no"), 1: ("有", "yes")}.get(v) if len(values) == 2 else None
            choices.append(
                {
                    "list_name": name,
                    "name": str(v),
                    zh: said[0] if said else str(v),
                    en: said[1] if said else str(v),
                }
            )
    return choices


def _relevant(item: Item) -> str:
    """Whom a question is put to: life after the move only to those who have moved, hopes and the wish to move to
    every mover, settling in to nobody before the move."""
    if item.name == "C2":
        return "${C1} = '1'"
    if item.construct == "EXP" or item.name == "willing_application":
        return "${respondent} = 'mover'"
    if item.construct in MOVERS_ONLY or item.name in MOVE_QUESTIONS:
        return "${respondent} = 'mover' and ${has_moved} = '1'"
    return "${wave} != 'baseline'" if item.construct in ("PSY", "CUL") else ""


def read_answers(
    frame: pl.DataFrame, items: Sequence[Item], sample: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, list[Problem]]:
    """Bring an export (ODK, KoboToolbox) or typed paper forms to the response table.

    Group prefixes are taken off; a column that is not there is named with the nearest; duplicate
    submissions are dropped and counted (the same submission twice, or a household twice in a wave: the
    last stays); values beyond the scale become unknown and are reported with their row.
    """
    frame, found = several.split_answers(frame, [i for i in items if i.choices and not i.repeat])
    asked_once = [
        part for i in items if not i.repeat for part in (several.flags_of(i) if i.choices else (i,))
    ]
    columns, problems = _columns(frame, asked_once)
    problems = found + problems
    items = asked_once
    if any(p.severity == "error" for p in problems):
        return RESPONSE.empty(), problems
    columns |= _circumstances(frame)
    if "has_moved" not in columns and (frame.height and "wave" in columns):
        problems.append(Problem("survey.moved_unasked", "hint"))
    picked = _picked(frame, columns)
    if "respondent" in picked.columns:
        picked = picked.with_columns(_plain("respondent", picked).replace(_RESPONDENT_NAMES))
    picked = _settled(picked)
    empty = picked.filter(pl.col("household_id").is_null() | ~pl.col("wave").is_in(WAVES))
    problems += [
        Problem(
            "survey.row_refused",
            "error",
            row=r["_row"],
            value=", ".join(r[k] or "—" for k in ("household_id", "wave")),
        )
        for r in empty.iter_rows(named=True)
    ]
    picked = picked.join(empty.select("_row"), on="_row", how="anti")
    before = picked.height
    picked = _latest(picked)
    if picked.height < before:
        problems.append(Problem("survey.duplicates", "warning", value=str(before - picked.height)))
    for item in items:
        if item.name in picked.columns:
            picked, found = _checked(picked, item)
            problems += found
    problems += check_direction(picked, items)
    if sample is not None:
        strangers = picked.join(sample, on="household_id", how="anti")
        if strangers.height:
            value = ", ".join(strangers["household_id"].head(5).to_list())
            problems.append(
                Problem("survey.not_sampled", "warning", value=value, values={"count": strangers.height})
            )
    return picked.drop("_row", "_id", "_at").sort("household_id", "wave"), problems


_DAYS = ("asked_date", "today", "start", "_submission_time", "SubmissionDate")


def _circumstances(frame: pl.DataFrame) -> dict[str, str]:
    """Where an export says when it was asked, whether the household had moved, how far, and whether it is invented."""
    ends = {re.split(r"[/.\-:]", c)[-1]: c for c in frame.columns}
    named = ("respondent", "has_moved", "distance_km", "distance_kind", "is_synthetic")
    found = {n: ends[n] for n in named if n in ends}
    plain = {_bare(c): c for c in frame.columns}
    for name, labels in _ABOUT.items():
        by_text = next((plain[_bare(label)] for label in labels if _bare(label) in plain), None)
        if name not in found and by_text is not None:
            found[name] = by_text
    day = next((ends[d] for d in _DAYS if d in ends), None)
    return found | ({"asked_date": day} if day is not None else {})


def _settled(picked: pl.DataFrame) -> pl.DataFrame:
    """The circumstances in their types; what cannot be read is unknown."""
    made = []
    for name in ("has_moved", "is_synthetic"):
        if name in picked.columns:
            text = pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase().replace(_YES_NO)
            made.append(text.replace_strict({"1": True, "0": False, "1.0": True, "0.0": False}, default=None,
                                            return_dtype=pl.Boolean).alias(name))  # fmt: skip
    if "asked_date" in picked.columns:
        made.append(
            pl.col("asked_date").cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        )
    if "distance_km" in picked.columns:
        made.append(pl.col("distance_km").cast(pl.Float64, strict=False))
    return picked.with_columns(made)


def _picked(frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """The known columns under their names, the row as the user counts it, and when and as what it was submitted."""
    stamp = next((c for c in _STAMPS if c in frame.columns), None)
    identity = next((c for c in _IDENTITY if c in frame.columns), None)
    picked = frame.select(
        *[pl.col(source).alias(name) for name, source in columns.items()],
        pl.col(identity).cast(pl.String).alias("_id") if identity else pl.lit(None, pl.String).alias("_id"),
        pl.col(stamp).cast(pl.String).alias("_at") if stamp else pl.lit("").alias("_at"),
    ).with_row_index("_row", offset=1)
    return picked.with_columns(_plain("household_id", picked), _plain("wave", picked).replace(_WAVE_NAMES))


def _latest(picked: pl.DataFrame) -> pl.DataFrame:
    """One row per submission, then the last submitted of each household and wave."""
    own = pl.col("_id").is_null() | pl.col("_id").is_first_distinct()
    kept = picked.filter(own).sort("_at", "_row", nulls_last=False)
    return kept.unique(["household_id", "wave"], keep="last", maintain_order=True)


def _plain(column: str, frame: pl.DataFrame) -> pl.Expr:
    """A code as text: a spreadsheet's 4100000001.0 is 4100000001."""
    value = pl.col(column)
    if frame.schema[column].is_float():
        value = pl.when(value == value.round()).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(
            value.cast(pl.String)
        )  # fmt: skip
    return value.cast(pl.String).str.strip_chars()


def _columns(frame: pl.DataFrame, items: Sequence[Item]) -> tuple[dict[str, str], list[Problem]]:
    """Where each question stands in the export: by its last name part, whatever the group, or by its text
    (typed paper forms, exports with labels)."""
    ends = {re.split(r"[/.\-:]", c)[-1].lower(): c for c in frame.columns}
    plain = {_bare(c): c for c in frame.columns}
    texts = _HEADS | {i.name: (i.zh, i.en) for i in items}
    found: dict[str, str] = {}
    problems = []
    for name, labels in texts.items():
        source = name if name in frame.columns else ends.get(name.lower())
        if source is None:
            wanted = [_bare(name), *(_bare(part + label) for label in labels if label for part in ("", name))]
            source = next((plain[w] for w in wanted if w in plain and plain[w] not in found.values()), None)
            if source is not None:
                problems.append(Problem("survey.column_renamed", "hint", column=name, value=source))
        if source is None:
            near = nearest(name, frame.columns)
            must = name in ("household_id", "wave")
            problems.append(
                Problem(
                    "survey.column_missing",
                    "error" if must else "warning",
                    column=name,
                    nearest=near,
                )
            )
        else:
            found[name] = source
    return found, problems


def heads_of(items: Sequence[Item]) -> set[str]:
    """Names and texts by which an export's row of heads is known."""
    texts = [_HEADS, _ABOUT, {i.name: (i.zh, i.en) for i in items}]
    return {t for part in texts for name, labels in part.items() for t in (name, *labels) if t}


def _bare(text: str) -> str:
    """A head without case, blanks and marks, so that small retyping does not lose a column."""
    return re.sub(r"[\W_]+", "", text).lower()


def row_answers(frame: pl.DataFrame, answers: pl.DataFrame, problems: Sequence[Problem]) -> pl.DataFrame:
    """What became of each row of a file: ``row, household_id, wave, state, remark`` (accepted, accepted in
    part, duplicate, refused), so that typed paper forms are answered one by one."""
    found, _ = _columns(frame, [])
    kept = set(answers.select("household_id", "wave").iter_rows()) if answers.height else set()
    picked = _picked(frame, found) if {"household_id", "wave"} <= set(found) else None
    last = set() if picked is None else set(_latest(picked)["_row"].to_list())
    said: dict[int, list[str]] = {}
    for p in problems:
        if p.row is not None and p.code.startswith("survey."):
            said.setdefault(p.row, []).append(f"{p.column}: {p.value}" if p.column else str(p.value))
    refused = {p.row for p in problems if p.code == "survey.row_refused"}
    keys = [(None, None)] * frame.height
    if picked is not None:
        keys = list(picked.select("household_id", "wave").iter_rows())
    rows = []
    for k, key in enumerate(keys, start=1):
        state = "accepted" if key in kept else "refused"
        if state == "accepted" and k not in last:
            state = "duplicate"
        elif state == "accepted" and k in said:
            state = "accepted_in_part"
        if k in refused:
            state = "refused"
        rows.append((k, key[0], key[1], state, "; ".join(said.get(k, []))))
    return pl.DataFrame(rows, schema=["row", "household_id", "wave", "state", "remark"], orient="row")


def check_direction(answers: pl.DataFrame, items: Sequence[Item]) -> list[Problem]:
    """Items that run against the rest of their scale although their reversal is declared: coded backwards."""
    problems = []
    for construct in dict.fromkeys(i.construct for i in items if i.construct):
        own = [
            i for i in items if i.construct == construct and i.low is not None and i.name in answers.columns
        ]
        if len(own) < 3:
            continue
        columns = [answers[i.name].cast(pl.Float64, strict=False) * (-1 if i.reverse else 1) for i in own]
        table = pl.DataFrame({i.name: c for i, c in zip(own, columns, strict=True)}).drop_nulls()
        if table.height < 30:
            continue
        for item in own:
            rest = table.select(pl.sum_horizontal(pl.exclude(item.name))).to_series().to_numpy()
            value = table[item.name].to_numpy()
            if np.ptp(value) == 0 or np.ptp(rest) == 0:
                continue
            r = float(np.corrcoef(value, rest)[0, 1])
            if r < -0.2:
                problems.append(
                    Problem(
                        "survey.backwards",
                        "warning",
                        column=item.name,
                        value=f"{r:.2f}",
                        values={"construct": construct},
                    )
                )
    return problems


def _checked(frame: pl.DataFrame, item: Item) -> tuple[pl.DataFrame, list[Problem]]:
    if (item.low, item.high) == (0, 1) and frame.schema[item.name] == pl.String:
        frame = frame.with_columns(pl.col(item.name).str.strip_chars().str.to_lowercase().replace(_YES_NO))
    value = pl.col(item.name).cast(pl.Float64, strict=False)
    bad = value.is_null() & pl.col(item.name).is_not_null()
    nearest = "number"
    if item.low is not None and item.high is not None:
        bad = bad | (value < item.low) | (value > item.high)
        nearest = f"{item.low}..{item.high}"
    problems = [
        Problem(
            "survey.answer_refused",
            "warning",
            row=row,
            column=item.name,
            value=label_of(given) or "",
            nearest=nearest,
        )
        for row, given in frame.filter(bad).select("_row", item.name).iter_rows()
    ]
    return frame.with_columns(pl.when(bad).then(None).otherwise(value).alias(item.name)), problems
