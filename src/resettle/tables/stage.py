"""What a stage is: a named function from tables to tables, with its contract as data.

``journey`` sorts stages by these names, refuses two writers of one table, and hands each stage exactly
what it asked for. A stage reads no file, no clock and no other stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.tables.contract import Table


@dataclass(frozen=True)
class Inputs:
    """What a stage is given.

    Attributes:
        tables: the tables named in its ``requires``, conforming to their contracts.
        settings: the programme: ``as_of`` (date), ``plan_year``, ``seed``, ``languages``, ``currency``...
        pack: the policy pack (:class:`resettle.policy.Pack`), typed loosely so that a stage which needs
            no rules does not import them.
        deadline: ``True`` once the run should end with its best answer; the only clock a stage sees.
        progress: called with ``(done, total, note)``.
    """

    tables: Mapping[str, pl.DataFrame]
    settings: Mapping[str, Any] = field(default_factory=dict)
    pack: Any = None
    deadline: Callable[[], bool] = lambda: False
    progress: Callable[[int, int, str], None] = lambda _done, _total, _note: None


@dataclass(frozen=True)
class Outputs:
    """What a stage returns: its tables, its problems, and facts for the manifest (JSON values)."""

    tables: Mapping[str, pl.DataFrame]
    problems: list[Problem] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """A stage's contract.

    Attributes:
        name: the room's name.
        requires: names of the tables it reads; a name with ``?`` at its end may be absent.
        provides: the tables it writes; no other stage writes them.
        run: the function.
        zh, en: what it does, in a few words (shown on the progress line).
    """

    name: str
    requires: tuple[str, ...]
    provides: tuple[Table, ...]
    run: Callable[[Inputs], Outputs]
    zh: str = ""
    en: str = ""
