"""Whether a reform stays within what it says it is only about, household by household of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from resettle.journey.reforms import Reform
from resettle.policy import Program, affected
from resettle.policy.amended import unreadable
from resettle.policy.difference import spoken
from resettle.policy.prove import PROPERTY, with_property
from resettle.policy.said import said
from resettle.problems import Problem
from resettle.words import LANGUAGES

if TYPE_CHECKING:
    from resettle.journey.whatif import Registry

MOST_NAMED = 3


def beyond_only(registry: Registry, program: Program, reform: Reform) -> list[Problem]:
    """A household outside the reform's ``only`` for which any result of the rules differs, known or not.

    Every result a household has is held against it, not only those a comparison shows. Where the condition itself is
    unknown, a result that turns unknown with it is as it should be, and a warning counts those that are known and
    differ. ``rules amended`` proves the same for every possible
    household.
    """
    if not reform.only:
        return []
    before = registry.program
    if (problem := unreadable(before, reform.only)) is not None:
        return [problem]
    touched = affected(before, program)
    names = [
        s.name
        for s in program.steps
        if s.final
        and (s.table, s.name) in touched
        and before.step(s.table, s.name)
        and s.table == "household"
    ]
    if not names:
        return []
    asked = registry.computed(with_property(before, {"always": reform.only}), [PROPERTY])
    both = (
        registry.computed(before, names)
        .join(registry.computed(program, names), on="household_id", suffix="__after")
        .join(asked, on="household_id")
        .sort("household_id")
    )
    only = {k: spoken(before, reform.only, k) for k in LANGUAGES}
    found = []
    for name in names:
        differs = pl.col(name).ne_missing(pl.col(f"{name}__after"))
        torn = both.filter(differs & ~pl.col(PROPERTY))
        both_known = pl.col(name).is_not_null() & pl.col(f"{name}__after").is_not_null()
        unsure = both.filter(differs & both_known & pl.col(PROPERTY).is_null()).height
        told: dict[str, Any] = {"reform": reform.name, "only": only, "title": _title(before, name)}
        if torn.height:
            first = torn.row(0, named=True)
            told |= {"count": torn.height, "before": _value(before, name, first[name])}
            told |= {"after": _value(program, name, first[f"{name}__after"])}
            households = ", ".join(torn["household_id"].head(MOST_NAMED))
            found.append(
                Problem(
                    "whatif.beyond_only",
                    "error",
                    column=name,
                    value=reform.name,
                    nearest=households,
                    values=told,
                )
            )
        elif unsure:
            told["count"] = unsure
            found.append(
                Problem("whatif.only_unknown", "warning", column=name, value=reform.name, values=told)
            )
    return found


def _title(program: Program, name: str) -> dict[str, str]:
    rule = program.pack.rule(name)
    return {k: rule.title(k) if rule else name for k in LANGUAGES}


def _value(program: Program, name: str, value: Any) -> dict[str, str]:
    step, rule = program.step("household", name), program.pack.rule(name)
    kind, unit = step.tree.type.kind if step else "text", rule.unit if rule else ""
    return {k: said(program.pack, name, value, kind, k, unit) for k in LANGUAGES}
