"""What ``demo`` and ``run`` share: progress bars, the run itself, the one-screen summary."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from resettle.cli._console import print_json, print_problems, problem_json
from resettle.journey.again import Memory
from resettle.journey.demo_survey import invent_survey
from resettle.journey.programme import load_programme
from resettle.journey.run import Run, run_programme
from resettle.journey.stages import STAGES
from resettle.journey.summary import summary_lines
from resettle.journey.write import write_run
from resettle.words import Language, tell


def stage_label(name: str, language: Language) -> str:
    """What a stage is doing, in the user's language."""
    if name in {"reading", "writing"}:
        return tell(f"journey.{name}", language)
    stage = next((s for s in STAGES if s.name == name), None)
    return name if stage is None else (stage.zh if language == "zh" else stage.en)


def run_and_report(
    folder: Path,
    language: Language,
    as_json: bool,
    wanted: list[str] | None = None,
    with_survey: bool = False,
    engine: str | None = None,
    registry: str | None = None,
    fresh: bool = False,
) -> int:
    """Run a programme folder, write ``out/``, say what came of it.

    Returns the exit code: 1 where something is wrong that a person must mend, though the results are written.

    ``engine``, ``registry``: what computes the rules, and where the office's registry lies.
    ``fresh``: compute every stage, also those of which nothing changed since the last run.
    ``with_survey``: a demo, whose survey is invented on the plan just made.
    """
    programme, problems = load_programme(folder)
    console = Console(file=sys.stderr)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        console=console,
        transient=False,
        disable=as_json or not console.is_terminal,
    ) as bars:
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(stage_label(name, language), total=total)
            bars.update(tasks[name], completed=done, total=total)

        memory = Memory(folder, fresh)
        run = run_programme(programme, progress, wanted, engine=engine, registry=registry, memory=memory)
        if with_survey:
            invent_survey(run)
        progress("writing", 0, 1)
        write_run(run, folder / "out")
        progress("writing", 1, 1)
    run.problems[:0] = problems
    say(run, language, as_json)
    if memory.reused and not as_json:
        names = [stage_label(name, language) for name in memory.reused]
        click.echo(tell("journey.reused", language, stages=", ".join(names)))
    return int(any(p.severity == "error" for p in run.problems))


def say(run: Run, language: Language, as_json: bool) -> None:
    """The summary on one screen, or the run as JSON."""
    if as_json:
        print_json(
            {
                "counts": run.counts,
                "facts": run.facts,
                "not_run": run.not_run,
                "problems": [problem_json(p) for p in run.problems[:200]],
                "problem_count": len(run.problems),
            }
        )
        return
    for line in summary_lines(run, language):
        click.echo(line)
    answers = (
        "siting.relax",
        "siting.barred_would_help",
    )  # what an error asks for, and the only hint of weight
    grave = [p for p in run.problems if p.severity in {"error", "warning"} or p.code.startswith(answers)]
    print_problems(grave, language, most=10)
