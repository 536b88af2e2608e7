"""The programme folder: what ``programme.toml`` says, checked, and the files that lie beside it."""

from __future__ import annotations

import difflib
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from resettle.problems import Problem, ResettleError
from resettle.store.folder import write_text
from resettle.words import LANGUAGES
from resettle.words.broken import broken

FILE = "programme.toml"
ROSTERS = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv"})
"""How the files of rosters end; what a file is, its content says."""
KEY_FILE = "pseudonym.key"
_KINDS: dict[str, type] = {
    "pack": str,
    "plan_year": int,
    "as_of": date,
    "cut_off": date,
    "seed": int,
    "languages": list,
    "scope": str,
    "currency": str,
    "title": dict,
    "synthetic": bool,
    "options": dict,
}
_REQUIRED = ("pack", "plan_year", "as_of", "seed")


@dataclass(frozen=True)
class Programme:
    """What a programme folder declares.

    Attributes:
        folder: where it lies.
        pack: id of the policy pack, or a path to one.
        plan_year, as_of, cut_off: the year planned for, the day the data describe, the day after which
            nobody is added.
        seed: of everything that is drawn or searched.
        languages: of reports and letters, first is the default.
        scope: whose parameters hold, for instance ``CN-410300``.
        options: stage settings by stage name.
    """

    folder: Path
    pack: str
    plan_year: int
    as_of: date
    seed: int
    cut_off: date | None = None
    languages: tuple[str, ...] = LANGUAGES
    scope: str = ""
    currency: str = ""
    title: dict[str, str] = field(default_factory=dict)
    synthetic: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """What a stage is told."""
        return {
            "as_of": self.as_of,
            "cut_off": self.cut_off,
            "plan_year": self.plan_year,
            "seed": self.seed,
            "languages": self.languages,
            "scope": self.scope,
            "currency": self.currency,
            "synthetic": self.synthetic,
            "options": self.options,
        }

    def rosters(self) -> list[Path]:
        """Roster files in name order."""
        return sorted(p for p in self.folder.glob("roster*") if p.suffix.lower() in ROSTERS)

    def key(self) -> bytes:
        """The key of pseudonyms; made once, and then lying in the folder.

        Raises:
            ResettleError: for a key file that holds no key; a new one would give everybody another number.
        """
        path = self.folder / KEY_FILE
        if not path.exists():
            write_text(path, secrets.token_hex(32) + "\n")
        try:
            key = bytes.fromhex(path.read_text(encoding="utf-8").strip())
        except (ValueError, UnicodeDecodeError):
            key = b""
        if not key:
            raise ResettleError(Problem("journey.key_unreadable", "error", file=KEY_FILE))
        return key


def _fits(value: Any, kind: type) -> bool:
    """Whether a setting is of its kind; a yes is no number, and a moment is no day."""
    return isinstance(value, kind) and not isinstance(value, {int: bool, date: datetime}.get(kind, ()))


OPTIONS = ("engine", "evaluation", "example_titles", "examples", "finished", "letter", "mappings", "projection", "siting",
           "size_limit_mb")  # fmt: skip
"""Options the journey itself reads; a stage or a pack may read others."""


def _mistyped_options(options: Mapping[str, Any]) -> list[Problem]:
    """An option nobody reads that is written nearly like one somebody does: it would be passed over in silence."""
    return [
        Problem("journey.setting_unknown", "warning", file=FILE, column=f"options.{name}", nearest=near[0])
        for name in options
        if name not in OPTIONS and (near := difflib.get_close_matches(name, OPTIONS, n=1, cutoff=0.8))
    ]


def load_programme(folder: Path) -> tuple[Programme, list[Problem]]:
    """Read and check ``programme.toml``.

    Raises:
        ResettleError: where the file is absent, is not TOML, or lacks what no run can do without.
    """
    path = folder / FILE
    if not path.exists():
        raise ResettleError(Problem("journey.no_programme", "error", file=str(path)))
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ResettleError(
            Problem("journey.not_toml", "error", file=FILE, values={"reason": broken(error)[0]})
        ) from error
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in raw.items():
        kind = _KINDS.get(name)
        if kind is None:
            near = difflib.get_close_matches(name, _KINDS, n=1)
            problems.append(
                Problem(
                    "journey.setting_unknown",
                    "warning",
                    file=FILE,
                    column=name,
                    nearest=near[0] if near else ", ".join(_KINDS),
                )
            )
        elif not _fits(value, kind):
            problems.append(
                Problem(
                    "journey.setting_wrong",
                    "error",
                    file=FILE,
                    column=name,
                    value=str(value),
                    nearest=kind.__name__,
                )
            )
        else:
            values[name] = value
    problems += [
        Problem("journey.setting_missing", "error", file=FILE, column=name)
        for name in _REQUIRED
        if name not in raw
    ]
    languages = values.get("languages", list(LANGUAGES))
    wrong = [name for name in languages if name not in LANGUAGES] if languages else ["[]"]
    problems += [
        Problem(
            "journey.setting_wrong",
            "error",
            file=FILE,
            column="languages",
            value=str(name),
            nearest=", ".join(LANGUAGES),
        )
        for name in wrong
    ]
    problems += _mistyped_options(values.get("options", {}))
    if any(p.severity == "error" for p in problems):
        raise ResettleError(problems)
    values["languages"] = tuple(languages)
    return Programme(folder=folder, **values), problems
