"""Heads an office has taught: which of them can be used, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resettle.methods.nearest import Choices
from resettle.problems import Problem
from resettle.registry.english import MARK
from resettle.registry.fields import aliases, fold

FILE = "heads.csv"
Taught = Sequence[tuple[str, str, int]]
"""Head as it stands, field by any of its names, row of the file (0 where it comes from the settings)."""


def checked(taught: Taught, pack_data: Mapping[str, Any] | None) -> tuple[dict[str, str], list[Problem]]:
    """The taught heads that name a field, by the field's own name.

    Args:
        taught: as it was written.
        pack_data: the pack's ``registry.toml``, whose aliases may name a field too.

    Returns:
        Head to field, and warnings: a field nobody knows, one head taught as two fields (none is used), a head
        that is known by another meaning (the office's is used).

    >>> checked([("搬迁对象", "姓名", 2), ("搬迁对像", "性名", 3)], None)[0]
    {'搬迁对象': 'name'}
    """
    known = aliases(pack_data, None)
    choices = Choices(a for a in known if not a.startswith(MARK))
    meant: dict[str, dict[str, str]] = {}
    problems = []
    for head, said, row in taught:
        place: dict[str, Any] = {"file": FILE, "row": row or None, "column": head}
        name = known.get(fold(said))
        if name is None:
            near = choices.nearest(fold(said), 0.4)
            problems.append(
                Problem("registry.taught_field_unknown", "warning", value=said, nearest=near, **place)
            )
            continue
        own = known.get(fold(head))
        if own is not None and own != name:
            problems.append(
                Problem("registry.taught_against_known", "warning", value=said, nearest=own, **place)
            )
        meant.setdefault(fold(head), {})[name] = head
    result = {}
    for names in meant.values():
        head = next(iter(names.values()))
        if len(names) > 1:
            problems.append(
                Problem("registry.taught_twice", "warning", file=FILE, column=head, value=", ".join(names))
            )
        else:
            result[head] = next(iter(names))
    return result, problems
