"""The order of stages, found from the names of the tables they read and write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from resettle.problems import Problem, ResettleError
from resettle.tables import Stage


def writers(stages: Iterable[Stage]) -> dict[str, Stage]:
    """Table name to the one stage that writes it.

    Raises:
        ResettleError: if two stages claim a table, or a stage claims what another contract gives to someone else.
    """
    found: dict[str, Stage] = {}
    problems = []
    for stage in stages:
        for table in stage.provides:
            if table.name in found or table.writer != stage.name:
                other = found[table.name].name if table.name in found else table.writer
                problems.append(
                    Problem(
                        "journey.two_writers",
                        "error",
                        table=table.name,
                        values={"first": other, "second": stage.name},
                    )
                )
            found[table.name] = stage
    if problems:
        raise ResettleError(problems)
    return found


def needs(stage: Stage) -> list[tuple[str, bool]]:
    """Names of the tables a stage reads, and whether it can do without."""
    return [(name.rstrip("?"), name.endswith("?")) for name in stage.requires]


def ordered(stages: Sequence[Stage], wanted: Sequence[str] | None = None) -> list[Stage]:
    """The stages to run, every writer before its readers; only what ``wanted`` tables or stages rest on.

    Raises:
        ResettleError: for two writers of one table, a cycle, or a wanted name nobody provides.
    """
    by_table = writers(stages)
    by_name = {stage.name: stage for stage in stages}
    graph = {
        s.name: {by_table[n].name for n, _ in needs(s) if n in by_table and by_table[n] is not s}
        for s in stages
    }
    try:
        names = list(TopologicalSorter({k: sorted(v) for k, v in sorted(graph.items())}).static_order())
    except CycleError as error:
        raise ResettleError(Problem("journey.cycle", "error", value=" → ".join(error.args[1]))) from error
    if wanted is None:
        return [by_name[name] for name in names]
    keep: set[str] = set()
    todo = []
    for name in wanted:
        stage = by_name.get(name) or by_table.get(name)
        if stage is None:
            raise ResettleError(
                Problem(
                    "journey.not_provided",
                    "error",
                    value=name,
                    nearest=", ".join(sorted({*by_name, *by_table})),
                )
            )
        todo.append(stage.name)
    while todo:
        name = todo.pop()
        if name not in keep:
            keep.add(name)
            todo += graph[name]
    return [by_name[name] for name in names if name in keep]
