"""``resettle evaluate``: outcomes of a programme from its registry and survey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resettle.words import LANGUAGES, Language


@click.command(name="evaluate")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--resamples",
    type=click.IntRange(100, 20000),
    default=None,
    help="Bootstrap resamples; the programme's own number if not given.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Tables, facts and problems as JSON on standard output."
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of heads and problems.")
@click.pass_context
def command(
    ctx: click.Context, folder: Path, resamples: int | None, as_json: bool, lang: Language | None
) -> None:
    """Evaluate the programme in FOLDER: satisfaction, adaptation, distance, incomes, losses, indicators.

    Writes FOLDER/out-evaluation: tables (XLSX, DOCX, LaTeX), the chapter (HTML), answers without household
    numbers with R and Stata scripts that repeat the main numbers, and bundle.json.

    Example: resettle evaluate luoyang-2016 --resamples 5000
    """
    from resettle.cli._console import default_language, print_json, print_problems, problem_json
    from resettle.cli.survey import _programme
    from resettle.evaluation.chapter import chapter_of
    from resettle.evaluation.pack_data import codes_of, declared_of, instruments_of
    from resettle.evaluation.stage import MOST_RESAMPLES, STAGE, evaluate
    from resettle.journey.survey_files import read_survey
    from resettle.report import build_report
    from resettle.store.result_files import write_results
    from resettle.tables.pages import ReportMeta, Text
    from resettle.words import tell

    programme, pack, tables = _programme(folder)
    wanted = {name.rstrip("?") for name in STAGE.requires}
    given: dict[str, Any] = {k: v for k, v in tables.items() if k in wanted}
    survey, problems, hashes, _ = read_survey(folder, pack)
    given |= survey
    problems += _stated(folder, given, hashes)
    satisfaction, adaptation, model, _ = instruments_of(pack)
    own = programme.options.get("evaluation", {})
    most = resamples or int(own.get("resamples", MOST_RESAMPLES) if isinstance(own, dict) else MOST_RESAMPLES)
    model = dict(model) | ({"bootstrap": resamples} if resamples else {})
    declared, codes = declared_of(pack, own if isinstance(own, dict) else {}), codes_of(pack)
    instruments = (satisfaction, adaptation, model, declared)
    made, found, facts = evaluate(given, *instruments, programme.seed, most, codes, programme.settings())
    problems += found
    language = lang or default_language()
    title = Text(programme.title.get("zh", "评价"), programme.title.get("en", "Evaluation"))
    synthetic = programme.synthetic or bool(facts.get("synthetic"))
    notice = Text(*(tell("page.synthetic", name) for name in LANGUAGES)) if synthetic else None
    meta = ReportMeta(title, notice=notice, default_language=language)
    texts = {"evaluation.html": build_report([chapter_of(tables | given | made, facts)], meta)}
    if facts.get("resamples"):
        texts |= _repeatable(given, model, programme.seed, int(facts["resamples"]))
    bundle = {
        "analysis": "evaluate",
        "seed": programme.seed,
        "resamples": facts.get("resamples", 0),
        "data_sha256": hashes,
        "pack": {"id": pack.id, "version": pack.version, "content_sha256": pack.content_hash},
        "specification": model,
        "facts": facts,
        "problems": sorted({p.code for p in problems}),
    }
    shown = {name: table for name, table in made.items() if table.width}
    written = write_results(folder / "out-evaluation", "evaluation", shown, language, bundle, texts)
    if as_json:
        content = {name: table.to_dicts() for name, table in made.items()}
        print_json({"tables": content, "facts": facts, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, language, more="common.more_json")
        for file in written:
            click.echo(str(file))
    ctx.exit(1 if any(p.severity == "error" for p in problems) else 0)


def _stated(folder: Path, given: dict[str, Any], hashes: dict[str, str]) -> list[Any]:
    """Read what the office states of its indicators; it may have stated more since the run."""
    from resettle.evaluation.contract import GIVEN
    from resettle.journey.manifest import file_hash
    from resettle.registry.as_written import as_written
    from resettle.store.table_files import read_table

    path = folder / "indicators.csv"
    if not path.exists():
        return []
    given[GIVEN.name], problems = read_table(path, GIVEN, as_written)
    hashes[path.name] = file_hash(path)
    return problems


def _repeatable(given: dict[str, Any], model: dict[str, Any], seed: int, resamples: int) -> dict[str, str]:
    """The answers behind the path model without household numbers, and the scripts that repeat it."""
    from resettle.evaluation.joined import answers_joined, last_wave, movers_of
    from resettle.evaluation.satisfaction import specification
    from resettle.methods.path_model.model import read_model
    from resettle.methods.path_model.scripts import r_script, stata_script

    answers = answers_joined(given)
    movers = movers_of(answers, last_wave(answers))
    declared, _ = read_model(specification(movers, model, seed, resamples))
    if declared is None:
        return {}
    design = [c for c in ("weight", "stratum", "site_id") if c in movers.columns]
    chosen = movers.select(*design, *declared.items).sort(*design, *declared.items)
    return {
        "answers.csv": chosen.write_csv(),
        "satisfaction.R": r_script(declared, "answers.csv", resamples, seed),
        "satisfaction.do": stata_script(declared, "answers.csv"),
    }
