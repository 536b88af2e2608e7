"""Questions with several answers, and questions asked once per person: in the form and in what comes back.

ODK and KoboToolbox export the answers of a ``select_multiple`` as one cell of names parted by blanks, as a column per
choice (``q/a``), or both; a repeat group as a second sheet, a second CSV, or a list inside each submission.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from resettle.problems import Problem

if TYPE_CHECKING:
    from resettle.evaluation.form import Item

PARENTS = ("_parent_index", "_submission__id", "PARENT_KEY", "__Submissions-id", "_submission__uuid")
"""Columns of an exported repeat that say which submission a row is of, and what they point to."""
POINTS_TO = {
    "_parent_index": ("_index",),
    "_submission__id": ("_id",),
    "_submission__uuid": ("_uuid",),
    "PARENT_KEY": ("KEY", "__id", "meta/instanceID", "instanceID"),
    "__Submissions-id": ("__id", "KEY"),
}
_TRUE = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0}


def read_choices(text: str) -> tuple[tuple[str, str, str], ...]:
    """Choices from a pack's cell, ``name=Chinese=English`` parted by ``|``.

    >>> read_choices("road=修路=a road|job=工作=work")[1]
    ('job', '工作', 'work')
    """
    found = []
    for part in text.split("|") if text.strip() else ():
        name, zh, en = (*[p.strip() for p in part.split("=")], "", "")[:3]
        found.append((name, zh or name, en or name))
    return tuple(found)


def by_repeat(items: Sequence[Item]) -> list[Item]:
    """Items asked once first, then the groups, each together, in the order in which they first come."""
    order = list(dict.fromkeys(["", *(i.repeat for i in items)]))
    return [i for name in order for i in items if i.repeat == name]


def open_group(ask: Callable[..., None], name: str) -> None:
    if name:
        ask("begin_repeat", name, name, name)


def close(ask: Callable[..., None], name: str) -> None:
    if name:
        ask("end_repeat", name, "", "")


def flags_of(item: Item) -> list[Item]:
    """One yes-or-no item per choice, named ``question/choice``."""
    return [
        replace(
            item,
            name=f"{item.name}/{own}",
            zh=f"{item.zh} {zh}",
            en=f"{item.en} {en}",
            low=0,
            high=1,
            choices=(),
        )
        for own, zh, en in item.choices
    ]


def split_answers(frame: pl.DataFrame, items: Sequence[Item]) -> tuple[pl.DataFrame, list[Problem]]:
    """A column ``question/choice`` (1, 0, or unknown where the question was not answered) for every choice.

    A choice that the question does not have is named with its row; the others of that answer stand.
    """
    problems: list[Problem] = []
    for item in items:
        names = [own for own, _, _ in item.choices]
        labels = {label: own for own, zh, en in item.choices for label in (zh, en)}
        split = {own: _column_of(frame, item.name, own) for own in names}
        whole = next((c for c in frame.columns if re.split(r"[/.\-:]", c)[-1] == item.name), None)
        cells = [None] * frame.height if whole is None else frame[whole].to_list()
        rows: list[dict[str, float | None]] = []
        for k, cell in enumerate(cells):
            own = {n: _flag(frame[c][k]) for n, c in split.items() if c is not None}
            chosen = _chosen(cell, names, labels)
            if chosen is None:
                rows.append({n: own.get(n) for n in names})
                continue
            for stranger in sorted(chosen - set(names)):
                problems.append(
                    Problem("survey.answer_refused", "warning", row=k + 1, column=item.name, value=stranger,
                            nearest=", ".join(names))
                )  # fmt: skip
            rows.append({n: float(n in chosen) for n in names})
        drop = [c for c in split.values() if c is not None]
        made = [pl.Series(f"{item.name}/{n}", [r[n] for r in rows], dtype=pl.Float64) for n in names]
        frame = frame.drop(drop).with_columns(made)
    return frame, problems


def _column_of(frame: pl.DataFrame, question: str, choice: str) -> str | None:
    """The export's column of one choice, whatever groups stand before it and whichever mark parts them."""
    wanted = re.compile(rf"(^|[/.:\-]){re.escape(question)}[/.:_\-]{re.escape(choice)}$")
    return next((c for c in frame.columns if wanted.search(c)), None)


def _flag(value: Any) -> float | None:
    return None if value is None else _TRUE.get(str(value).strip().lower())


def _chosen(cell: Any, names: Sequence[str], labels: Mapping[str, str]) -> set[str] | None:
    """Names in one cell: parted by blanks, or labels parted by commas or semicolons; ``None`` if nothing is there."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        return None
    if text.startswith("["):
        try:
            return {labels.get(str(v), str(v)) for v in json.loads(text)}
        except ValueError:
            pass
    words = text.split()
    if all(w in names for w in words):
        return set(words)
    parts = [p.strip() for p in re.split(r"[,;，；、]", text) if p.strip()]
    if any(p in labels or p in names for p in parts):
        return {labels.get(p, p) for p in parts}
    return set(words)


def nested_rows(frame: pl.DataFrame, repeat: str) -> pl.DataFrame:
    """Rows of a repeat that stands as a list inside each submission (JSON), with ``_row`` of the submission."""
    column = next((c for c in frame.columns if re.split(r"[/.:]", c)[-1] == repeat), None)
    rows: list[dict[str, Any]] = []
    for k, cell in enumerate(frame[column].to_list() if column is not None else (), start=1):
        try:
            entries = json.loads(cell) if isinstance(cell, str) else cell or []
        except ValueError:
            entries = []
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                rows.append({"_row": k} | {str(n).rsplit("/", 1)[-1]: v for n, v in entry.items()})
    return pl.DataFrame(rows, infer_schema_length=None, strict=False)


def linked_rows(frame: pl.DataFrame, child: pl.DataFrame, repeat: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Rows of a repeat's own sheet or file with ``_row`` of their submission; rows of no submission are named."""
    for parent in PARENTS:
        own = next((c for c in POINTS_TO[parent] if c in frame.columns), None)
        if parent in child.columns and parent == "_parent_index" and own is None:
            place = {str(k): k for k in range(1, frame.height + 1)}
        elif parent in child.columns and own is not None:
            place = {_code(v): k for k, v in enumerate(frame[own].to_list(), start=1)}
        else:
            continue
        at = [place.get(_code(v)) for v in child[parent].to_list()]
        lost = [k for k, row in enumerate(at, start=1) if row is None]
        problems = [Problem("survey.repeat_orphan", "error", row=k, column=repeat, value=str(child[parent][k - 1]))
                    for k in lost[:20]]  # fmt: skip
        plain = child.rename(
            {c: re.split(r"[/.:]", c)[-1] for c in child.columns if "/" in c and not c.startswith("_")}
        )
        return plain.with_columns(pl.Series("_row", at, dtype=pl.Int64)).filter(
            pl.col("_row").is_not_null()
        ), problems
    return pl.DataFrame(), [
        Problem("survey.repeat_unlinked", "error", column=repeat, nearest=", ".join(PARENTS))
    ]


def _code(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def read_repeat(
    frame: pl.DataFrame, child: pl.DataFrame | None, items: Sequence[Item], repeat: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """Answers of a repeat group: ``household_id, wave, repeat, number`` and a column per item.

    Args:
        frame: the submissions, in the file's order; child: the repeat's own table, or ``None`` where it is nested.

    Values beyond the scale become unknown and are named with their row of the repeat.
    """
    own = [i for i in items if i.repeat == repeat]
    found, problems = (nested_rows(frame, repeat), []) if child is None else linked_rows(frame, child, repeat)
    if not found.height:
        return pl.DataFrame(), problems
    found, more = split_answers(found, [i for i in own if i.choices])
    problems += more
    ends = {re.split(r"[/.\-:]", c)[-1]: c for c in frame.columns}
    keys = [ends.get(n) for n in ("household_id", "wave")]
    if None in keys:
        return pl.DataFrame(), problems
    parents = frame.select(
        pl.col(str(c)).cast(pl.String).alias(n) for c, n in zip(keys, ("household_id", "wave"), strict=True)
    )
    parents = parents.with_row_index("_row", offset=1).with_columns(pl.col("_row").cast(pl.Int64))
    table = found.with_columns(pl.col("_row").cast(pl.Int64)).join(
        parents, on="_row", how="left", maintain_order="left", suffix="_of"
    )
    columns = []
    for item in [p for i in own for p in (flags_of(i) if i.choices else (i,))]:
        raw = table[item.name].to_list() if item.name in table.columns else [None] * table.height
        values: list[float | None] = []
        for k, v in enumerate(raw, start=1):
            number = _number(v)
            beyond = (
                number is not None
                and item.low is not None
                and item.high is not None
                and not item.low <= number <= item.high
            )
            if v not in (None, "") and (number is None or beyond):
                near = "number" if item.low is None else f"{item.low}..{item.high}"
                problems.append(Problem("survey.answer_refused", "warning", row=k, column=f"{repeat}/{item.name}",
                                        value=str(v), nearest=near))  # fmt: skip
                number = None
            values.append(number)
        columns.append(pl.Series(item.name, values, dtype=pl.Float64))
    place = pl.int_range(1, pl.len() + 1).over("_row").cast(pl.Int64).alias("number")
    answer = table.select("household_id", "wave", pl.lit(repeat).alias("repeat"), place)
    return answer.with_columns(columns), problems


def _number(value: Any) -> float | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None
