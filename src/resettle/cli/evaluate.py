"""``resettle evaluate``: outcomes of a programme from its registry and survey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resettle.words import LANGUAGES, Language


def _answers(folder: Path) -> Any:
    """The answers read before; the invented ones of a demo only where there are no real ones."""
    import polars as pl

    for name in ("response.csv", "response_synthetic.csv"):
        path = folder / "survey" / name
        if path.exists():
            frame = pl.read_csv(path, infer_schema_length=None, schema_overrides={"household_id": pl.String})
            synthetic = pl.col("is_synthetic").cast(pl.String).str.to_lowercase() == "true"
            return frame.with_columns(synthetic) if "is_synthetic" in frame.columns else frame
    return None


def _with_distance(answers: Any, household: Any, assignment: Any) -> Any:
    """Answers with the distance their village moved, where the run knows it and the answers do not."""
    import polars as pl

    if "distance_km" in answers.columns or assignment is None or "distance_m" not in assignment.columns:
        return answers
    moved = household.select("household_id", "village_code", "site_id").join(
        assignment.select("village_code", "site_id", (pl.col("distance_m") / 1000).alias("distance_km")),
        on=["village_code", "site_id"],
    )
    return answers.join(
        moved.select("household_id", "distance_km").unique("household_id"), on="household_id", how="left"
    )


@click.command(name="evaluate")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Tables, facts and problems as JSON on standard output."
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of heads and problems.")
@click.pass_context
def command(ctx: click.Context, folder: Path, as_json: bool, lang: Language | None) -> None:
    """Evaluate the programme in FOLDER: satisfaction, adaptation, distance, indicators, transitions.

    Writes FOLDER/out-evaluation: tables (XLSX, DOCX, LaTeX), the chapter (HTML) and bundle.json.

    Example: resettle evaluate luoyang-2016
    """
    import hashlib

    import polars as pl

    from resettle.cli._console import default_language, print_json, print_problems, problem_json
    from resettle.cli.survey import _households, _programme
    from resettle.evaluation.chapter import chapter_of
    from resettle.evaluation.pack_data import instruments_of
    from resettle.evaluation.stage import evaluate
    from resettle.report import build_report
    from resettle.store.result_files import write_results
    from resettle.tables.pages import ReportMeta, Text

    programme, pack, tables = _programme(folder)
    given: dict[str, Any] = {k: v for k, v in tables.items() if k in ("household", "person", "fund")}
    given["household"] = _households(tables)
    answers = _answers(folder)
    if answers is not None:
        given["response"] = _with_distance(answers, given["household"], tables.get("village_assignment"))
    path = folder / "survey" / "sample.csv"
    if path.exists():
        given["survey_sample"] = pl.read_csv(path, schema_overrides={"household_id": pl.String})
    satisfaction, adaptation, model, declared = instruments_of(pack)
    made, problems, facts = evaluate(given, satisfaction, adaptation, model, declared, programme.seed)
    language = lang or default_language()
    chapter = chapter_of(made, facts)
    title = Text(programme.title.get("zh", "评价"), programme.title.get("en", "Evaluation"))
    page = build_report([chapter], ReportMeta(title, default_language=language))
    digest = hashlib.sha256(b"" if answers is None else answers.write_csv().encode()).hexdigest()
    bundle = {"analysis": "evaluate", "seed": programme.seed, "data_sha256": digest, "facts": facts}
    written = write_results(
        folder / "out-evaluation", "evaluation", made, language, bundle, {"evaluation.html": page}
    )
    if as_json:
        content = {name: table.to_dicts() for name, table in made.items()}
        print_json({"tables": content, "facts": facts, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, language)
        for file in written:
            click.echo(str(file))
    ctx.exit(1 if any(p.severity == "error" for p in problems) else 0)
