"""Reads two rosters of the same households, hands them to the backtest, and proves a stored result.

A stored result is worth nothing by its words: a run judges it again on the two rosters it names, and only
then shows a probability. Files, rates and code are bound by their hashes, so that it is known what changed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from resettle import __version__, projection
from resettle.journey.manifest import file_hash
from resettle.policy import Pack
from resettle.problems import Problem
from resettle.projection import Proof
from resettle.projection.backtest import SCALED, SCALES, Backtest, backtest
from resettle.projection.rates import digest
from resettle.tables import HOUSEHOLD, PERSON, conform

MOST_NAMED = 1000
"""Faulty values a contract names one by one; where it stops there may be more."""
WRITTEN = {"birth_date": "2016-06-30"}


def read_wave(path: Path, day: date) -> tuple[tuple[pl.DataFrame, pl.DataFrame], list[Problem]]:
    """Households and persons of one roster file; an ``age`` in years stands in for a missing birth date.

    A file without the columns a backtest needs is an error; values that cannot be read count as unknown and are
    reported, a line a column.
    """
    nothing = HOUSEHOLD.empty(), PERSON.empty()
    try:
        raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        reason = str(error).strip().splitlines()[0][:120]
        return nothing, [Problem("projection.wave_unread", "error", file=path.name, value=reason)]
    lacking = [name for name in ("household_id",) if name not in raw.columns]
    if not {"person_id", "member_count"} & set(raw.columns):
        lacking.append("person_id")
    if lacking:
        there = ", ".join(raw.columns)[:200]
        return nothing, [
            Problem("projection.wave_column", "error", file=path.name, column=name, value=there)
            for name in lacking
        ]
    raw = raw.with_columns(
        pl.col(c).cast(pl.String) for c in ("household_id", "person_id") if c in raw.columns
    )
    problems: list[Problem] = []
    if "age" in raw.columns and "birth_date" not in raw.columns:
        age = pl.col("age").cast(pl.Int32, strict=False)
        age = pl.when(age.is_between(0, 150)).then(age)
        lost = raw.filter(pl.col("age").is_not_null() & age.is_null())["age"]
        problems += _lost(path.name, [("age", value, "0..150") for value in lost])
        raw = raw.with_columns(pl.date(day.year - age, 1, 1).alias("birth_date"))
    if "person_id" not in raw.columns:
        household, found = conform(raw, HOUSEHOLD)
        return (household, PERSON.empty()), problems + _lost(path.name, _unfit(found))
    given = raw.select(c for c in PERSON.names if c in raw.columns)
    person, found = conform(given, replace(PERSON, key=()))  # one named twice stays, to be asked about
    problems += _lost(path.name, _unfit(found))
    household = person.group_by("household_id").agg(pl.len().cast(pl.Int64).alias("member_count"))
    return (conform(household.sort("household_id"), HOUSEHOLD)[0], person), problems


def _unfit(problems: list[Problem]) -> list[tuple[str, Any, str | None]]:
    """Values that do not fit their column; absent columns and rows said twice are answered elsewhere."""
    elsewhere = ("table.key_repeated", "table.column_missing")
    return [(str(p.column), p.value, p.nearest) for p in problems if p.code not in elsewhere]


def _lost(file: str, values: list[tuple[str, Any, str | None]]) -> list[Problem]:
    columns = dict.fromkeys(column for column, _, _ in values)
    found = []
    for name in columns:
        here = [(value, nearest) for column, value, nearest in values if column == name]
        first, nearest = here[0]
        found.append(
            Problem(
                "projection.wave_values",
                "warning",
                file=file,
                column=name,
                value=str(first or ""),
                nearest=nearest or WRITTEN.get(name, "text"),
                values={"count": f"{MOST_NAMED}+" if len(here) == MOST_NAMED else str(len(here))},
            )
        )
    return found


def backtest_files(
    first: Path, second: Path, first_day: Any, second_day: Any, pack: Pack, seed: int
) -> tuple[Backtest | None, list[Problem]]:
    """The backtest of a pack's rates on two roster files (see :func:`resettle.projection.backtest.backtest`)."""
    days = [d.date() if isinstance(d, datetime) else d for d in (first_day, second_day)]
    (one, problems), (two, more) = read_wave(first, days[0]), read_wave(second, days[1])
    problems += more
    if any(p.severity == "error" for p in problems):
        return None, problems
    found, more = backtest(one, two, _rates(pack), first_date=days[0], second_date=days[1], seed=seed)
    return found, problems + more


def _rates(pack: Pack) -> dict[str, Any]:
    return tomllib.loads(pack.read_text(projection.FILE))


def code_hash() -> str:
    """SHA-256 over the source of the room that projects: a result of other code is judged afresh."""
    room = Path(projection.__file__).parent
    return sha256(b"".join(f.read_bytes() for f in sorted(room.glob("*.py")))).hexdigest()


def is_synthetic(path: Path) -> bool:
    """Whether a roster says of itself that its households are invented."""
    raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    marked = raw.get_column("is_synthetic") if "is_synthetic" in raw.columns else None
    return marked is not None and bool(marked.cast(pl.String).str.to_lowercase().is_in(["true", "1"]).any())


def evidence(
    found: Backtest, waves: tuple[Path, Path], days: tuple[Any, Any], pack: Pack, seed: int
) -> dict[str, Any]:
    """What a run needs to judge a backtest again: rosters, days and rates by their hashes, and what was found."""
    return {
        "version": __version__,
        "code_sha256": code_hash(),
        "pack": pack.id,
        "pack_rates": digest(_rates(pack)),
        "seed": seed,
        "waves": [
            {"file": path.name, "sha256": file_hash(path), "day": str(day)[:10]}
            for path, day in zip(waves, days, strict=True)
        ],
        "synthetic": any(is_synthetic(path) for path in waves),
        "passed": found.passed,
        "reason": found.reason,
        "digest": found.digest,
        "households": found.households,
        "scales": dict(found.scales),
        "scores": found.scores.to_dicts(),
        "calibration": found.calibration.to_dicts(),
        "rates": dict(found.document),
    }


def prove(path: Path, pack: Pack, synthetic: bool) -> tuple[Proof | None, list[Problem]]:
    """Judge a stored backtest again on its own rosters, which lie beside it; a proof only where it passes.

    Args:
        path: what ``resettle backtest --out`` wrote.
        synthetic: whether the programme itself is invented: only such a one may rest on invented rosters.
    """

    def refused(code: str, value: object = "", **values: Any) -> tuple[None, list[Problem]]:
        problem = Problem(f"projection.{code}", "warning", file=path.name, value=str(value), values=values)
        return None, [problem]

    if not path.is_file():
        return refused("backtest_absent", path.name)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        waves = [(path.parent / Path(str(w["file"])).name, str(w["sha256"])) for w in stored["waves"]]
        days = [date.fromisoformat(w["day"]) for w in stored["waves"]]
        scales = {str(name): float(value) for name, value in stored["scales"].items()}
        (one, two), seed = waves, int(stored["seed"])
        told = {name: stored[name] for name in ("passed", "digest", "code_sha256", "pack_rates")}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return refused("backtest_unread", f"{type(error).__name__}: {error}")
    changed = [wave.name for wave, known in waves if not wave.is_file() or file_hash(wave) != known]
    if changed:
        return refused("backtest_data", ", ".join(changed))
    rates = _rates(pack) if projection.FILE in pack.files() else {}
    if told["pack_rates"] != digest(rates):
        return refused("backtest_rates", told["pack_rates"])
    if told["code_sha256"] != code_hash():
        return refused("backtest_code", stored.get("version", "?"))
    if any(is_synthetic(wave) for wave, _ in waves) and not synthetic:
        return refused("backtest_synthetic")
    if set(scales) != set(SCALED) or not all(value in SCALES for value in scales.values()):
        return refused("backtest_differs", scales)
    again, problems = backtest(
        read_wave(one[0], days[0])[0],
        read_wave(two[0], days[1])[0],
        rates,
        first_date=days[0],
        second_date=days[1],
        seed=seed,
        scales=scales,
    )
    if again is None:
        return None, problems
    if not again.passed:
        return refused("backtest_differs" if told["passed"] else "backtest_not_passed", again.reason)
    if told["digest"] != again.digest or told["passed"] is not True:
        return refused("backtest_differs", told["digest"])
    return Proof(again.digest, again.document), []


def proof_of(
    folder: Path, options: Mapping[str, Any], pack: Pack, synthetic: bool, hashes: dict[str, str]
) -> tuple[Proof | None, list[Problem]]:
    """The proof that ``options.projection.backtest`` names, a file of the programme folder."""
    named = (options.get("projection") or {}).get("backtest")
    if not isinstance(named, str):
        return None, []
    path = folder / named
    if path.is_file():
        hashes[named] = file_hash(path)
    return prove(path, pack, synthetic)
