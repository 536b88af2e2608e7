"""Families to places, as refugee-placement and host-community offices do it: whole families, capacities, weights.

A family goes whole to one place or stays unplaced. Capacities are counted in persons and in whatever else both
tables name (school places, beds). A family goes only where everything it needs is offered. The total weight is
the greatest there is, with a bound that a verifier checks; who stays unplaced is named with the reason.
Compare Annie MOORE (Ahani, Andersson, Martinello, Teytelboym and Trapp 2021), which solves this with a solver's word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from resettle.methods.assignment import Answer, Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.special import placement
from resettle.problems import Problem
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

PLACEMENT = Table(
    name="placement",
    key=("family_id",),
    zh="家庭去向",
    en="where each family goes",
    writer="siting",
    columns=(
        C("family_id", "text", zh="家庭", en="family", required=True),
        C("place_id", "text", zh="地点", en="place", note="missing: unplaced"),
        C("weight", "integer", zh="权重", en="weight of this family at this place"),
        C(
            "unplaced_because",
            "text",
            zh="未安置原因",
            en="why unplaced",
            allowed=("nothing_fits", "no_weight", "no_room"),
        ),
    ),
)
FACTS = ("needs", "offers", "family_id", "place_id")


@dataclass(frozen=True)
class Placement:
    """The table, the answer with its certificates, and what was wrong in the tables."""

    table: pl.DataFrame
    answer: Answer | None
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def kinds_of(families: pl.DataFrame, places: pl.DataFrame) -> list[str]:
    """What is counted: every column of whole numbers that both tables have, ``persons`` among them.

    >>> kinds_of(pl.DataFrame({"family_id": ["a"], "persons": [2]}), pl.DataFrame({"persons": [5]}))
    ['persons']
    """
    return sorted(c for c in families.columns if c in places.columns and c not in FACTS)


def place_families(
    families: pl.DataFrame, places: pl.DataFrame, weights: pl.DataFrame, limits: Limits | None = None
) -> Placement:
    """Place families for the greatest total weight.

    Args:
        families: ``family_id``, ``persons``, further counts, ``needs`` (words joined by ``;``).
        places: ``place_id``, the same counts as capacities, ``offers``.
        weights: ``family_id``, ``place_id``, ``weight`` (whole, >= 0); joined by name. A pair without a weight
            is not allowed: missing is not zero.
    """
    kinds = kinds_of(families, places)
    problems = _check(families, places, weights, kinds)
    if any(p.severity == "error" for p in problems):
        return Placement(PLACEMENT.empty(), None, problems)
    families, places = families.sort("family_id"), places.sort("place_id")
    rows = {n: i for i, n in enumerate(families["family_id"].to_list())}
    columns = {n: j for j, n in enumerate(places["place_id"].to_list())}
    weight = np.zeros((len(rows), len(columns)), np.int64)
    has_weight = np.zeros_like(weight, dtype=bool)
    for r in weights.iter_rows(named=True):
        if r["family_id"] in rows and r["place_id"] in columns and r["weight"] is not None:
            at = rows[r["family_id"]], columns[r["place_id"]]
            weight[at], has_weight[at] = int(r["weight"]), True
    need = families.select(kinds).to_numpy().astype(np.int64)
    have = places.select(kinds).to_numpy().astype(np.int64)
    fits = _offered(families, places) & (need[:, None, :] <= have[None, :, :]).all(axis=2)
    allowed = fits & has_weight
    answer = solve(placement(weight, need, have, allowed), limits or Limits())
    found = _goes(answer, len(rows))
    names = places["place_id"].to_list()
    data = [
        {
            "family_id": family,
            "place_id": names[found[i]] if found[i] >= 0 else None,
            "weight": int(weight[i, found[i]]) if found[i] >= 0 else None,
            "unplaced_because": None if found[i] >= 0 else _why(fits[i], allowed[i]),
        }
        for family, i in rows.items()
    ]
    table = pl.DataFrame(data, schema=PLACEMENT.schema()).sort("family_id")
    for reason in ("nothing_fits", "no_weight", "no_room"):
        left = table.filter(pl.col("unplaced_because") == reason)["family_id"].to_list()
        if left:
            shown = ", ".join(left[:8]) + (" ..." if len(left) > 8 else "")
            problems.append(
                Problem(f"siting.placement_{reason}", "warning", value=shown, values={"count": len(left)})
            )
    facts = {
        "families": len(rows),
        "placed": int((found >= 0).sum()),
        "persons_placed": int(need[found >= 0, kinds.index("persons")].sum()),
        "weight": -(answer.objective or 0),
        "weight_at_most": -answer.bound,
        "status": answer.status,
        "bound_kind": answer.bound_kind,
        "counted": kinds,
    }
    return Placement(table, answer, problems, facts)


def _goes(answer: Answer, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if answer.plan is None:
        return np.full(count, -1, np.int64)
    return np.asarray(answer.problem.arcs.site[answer.plan.row_arc], np.int64)


def _offered(families: pl.DataFrame, places: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether all a family needs is among what a place offers."""

    def words(frame: pl.DataFrame, column: str) -> list[frozenset[str]]:
        if column not in frame.columns:
            return [frozenset()] * frame.height
        return [
            frozenset(w.strip().lower() for w in (text or "").split(";")) - {""}
            for text in frame[column].to_list()
        ]

    needs, offers = words(families, "needs"), words(places, "offers")
    return np.array([[n <= o for o in offers] for n in needs], bool).reshape(len(needs), len(offers))


def _why(fits: np.ndarray[Any, Any], allowed: np.ndarray[Any, Any]) -> str:
    if not fits.any():
        return "nothing_fits"
    return "no_room" if allowed.any() else "no_weight"


def _check(
    families: pl.DataFrame, places: pl.DataFrame, weights: pl.DataFrame, kinds: list[str]
) -> list[Problem]:
    problems = [
        Problem("siting.placement_column", "error", table=table, value=column)
        for table, frame, column in (
            ("families", families, "family_id"),
            ("families", families, "persons"),
            ("places", places, "place_id"),
            ("places", places, "persons"),
            ("weights", weights, "family_id"),
            ("weights", weights, "place_id"),
            ("weights", weights, "weight"),
        )
        if column not in frame.columns
    ]
    if problems:
        return problems
    for table, frame, key in (("families", families, "family_id"), ("places", places, "place_id")):
        double = frame.filter(pl.col(key).is_duplicated())[key].unique().sort().to_list()
        problems += [
            Problem("siting.placement_twice", "error", table=table, value=str(n)) for n in double[:8]
        ]
        for kind in kinds:
            whole = frame[kind].dtype.is_integer()
            bad = frame.filter(pl.col(kind).is_null() | (pl.col(kind) < 0)) if whole else frame
            if bad.height:
                first = str(bad[key][0])
                problems.append(
                    Problem("siting.placement_count", "error", table=table, column=kind, value=first)
                )
    pairs = weights.filter(pl.struct("family_id", "place_id").is_duplicated())
    wrong = weights.filter(pl.col("weight") < 0) if weights["weight"].dtype.is_integer() else weights
    strange = weights.filter(
        ~pl.col("family_id").is_in(families["family_id"].to_list())
        | ~pl.col("place_id").is_in(places["place_id"].to_list())
    )
    for code, rows, severity in (
        ("siting.placement_pair_twice", pairs, "error"),
        ("siting.placement_weight", wrong, "error"),
        ("siting.placement_stranger", strange, "warning"),
    ):
        if rows.height:
            named = f"{rows['family_id'][0]} - {rows['place_id'][0]}"
            problems.append(
                Problem(code, severity, table="weights", value=named, values={"count": rows.height})
            )  # type: ignore[arg-type]
    return problems
