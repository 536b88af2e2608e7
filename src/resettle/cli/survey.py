"""``resettle survey``: draw the sample, write the form, check a form, read the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, Language

FOLDER = "survey"


@click.group(name="survey")
def command() -> None:
    """Plan a survey of a programme and read its answers.

    Example: resettle survey plan luoyang-2016 --interviews 400
    """


def _say(
    ctx: click.Context,
    as_json: bool,
    problems: list[Problem],
    facts: dict[str, Any],
    line: str = "",
    lang: Language | None = None,
) -> None:
    """What came of it, for a person or a program; ends with 1 where something must be mended."""
    from resettle.cli._console import print_json, print_problems, problem_json

    if as_json:
        print_json({**facts, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, lang, more="common.more_json")
        if line:
            click.echo(line)
    ctx.exit(int(any(p.severity == "error" for p in problems)))


def _programme(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    """The programme, its pack and the tables of its last run."""
    from resettle.journey.programme import load_programme
    from resettle.journey.results import read_results
    from resettle.policy.pack import load_pack

    programme, _ = load_programme(folder)
    pack, _ = load_pack(programme.pack)
    return programme, pack, read_results(folder)


def _households(tables: dict[str, Any]) -> Any:
    """Households with the site they are assigned to, or wish for."""
    import polars as pl

    household = tables["household"]
    assigned = tables.get("household_site")
    if assigned is not None:
        one = assigned.select("household_id", "site_id").unique(
            "household_id", keep="first", maintain_order=True
        )
        household = household.drop([c for c in ("site_id",) if c in household.columns])
        return household.join(one, on="household_id", how="left")
    return household.with_columns(pl.col("site_wish").alias("site_id"))


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--interviews",
    type=click.IntRange(20),
    default=None,
    help="Instead of the size worked out from --margin.",
)
@click.option("--margin", type=float, default=0.05, show_default=True, help="Margin of error of a share.")
@click.option("--per-site", type=click.IntRange(1), default=10, show_default=True)
@click.option(
    "--correlation", type=float, default=0.05, show_default=True, help="Likeness of answers within a site."
)
@click.option("--seed", type=int, default=None, help="Seed of the draw; the programme's own if not given.")
@click.option(
    "--hosts",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Households per site who lived there before, for comparison; found on the spot, there is no list.",
)
@click.option(
    "--synthetic", is_flag=True, help="Also invent three rounds of answers, marked synthetic (for a demo)."
)
@click.option("--json", "as_json", is_flag=True, help="The sample's size and the problems as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.pass_context
def plan(
    ctx: click.Context,
    folder: Path,
    interviews: int | None,
    margin: float,
    per_site: int,
    correlation: float,
    seed: int | None,
    hosts: int,
    synthetic: bool,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Draw the sample of FOLDER and write FOLDER/survey: sample.csv, form.xlsx, plan.json.

    Example: resettle survey plan luoyang-2016 --interviews 820 --per-site 13 --hosts 3
    """
    import json

    import polars as pl

    from resettle.cli._console import default_language
    from resettle.evaluation.form import xlsform
    from resettle.evaluation.invented import synthetic_panel, with_hosts
    from resettle.evaluation.joined import distances, registered_incomes
    from resettle.evaluation.pack_data import background_of, instruments_of
    from resettle.evaluation.plan import draw_sample, plan_size
    from resettle.store.form_files import check_form, write_form
    from resettle.words import tell

    programme, pack, tables = _programme(folder)
    satisfaction, adaptation, _, _ = instruments_of(pack)
    if not satisfaction:
        raise ResettleError(Problem("evaluation.no_instrument", "error", value=programme.pack))
    households = _households(tables)
    placed = households.filter(pl.col("site_id").is_not_null()).height
    size = plan_size(max(placed, 1), margin, correlation, per_site, 0.9)
    chosen_seed = programme.seed if seed is None else seed
    sample, problems = draw_sample(households, interviews or int(size["interviews"]), per_site, chosen_seed)
    if hosts and sample.height:
        sample = with_hosts(sample, hosts)
    out = folder / FOLDER
    out.mkdir(exist_ok=True)
    sample.write_csv(out / "sample.csv")
    items = [*satisfaction, *adaptation, *background_of(pack)]
    title = {"zh": "搬迁评价问卷", "en": "Relocation survey"}
    write_form(xlsform(items, title, f"{programme.plan_year}-{chosen_seed}"), out / "form.xlsx")
    problems += check_form(out / "form.xlsx")
    drawn = {"seed": chosen_seed, "per_site": per_site, "households": placed, "margin": margin, **size}
    drawn["drawn"] = sample.filter(~pl.col("is_reserve")).height
    (out / "plan.json").write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if synthetic:
        incomes = registered_incomes(tables)
        invented = synthetic_panel(sample, items, chosen_seed, distances(tables), incomes=incomes)
        invented.write_csv(out / "response_synthetic.csv")
    line = tell(
        "survey.planned", lang or default_language(), drawn=drawn["drawn"], placed=placed, out=str(out)
    )
    _say(ctx, as_json, problems, drawn, line, lang)


@command.command()
@click.argument("form", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.pass_context
def check(ctx: click.Context, form: Path, as_json: bool, lang: Language | None) -> None:
    """Check an XLSForm before it is fielded.

    Example: resettle survey check luoyang-2016/survey/form.xlsx
    """
    from resettle.store.form_files import check_form

    _say(ctx, as_json, check_form(form), {"form": str(form)}, lang=lang)


def _repeats(file: Path, frame: Any, items: list[Any], out: Path) -> list[Problem]:
    """Read every repeat group, from its sheet, its own file or inside the submissions, into out/repeat_<group>.csv."""
    from resettle.evaluation.several import read_repeat
    from resettle.store.data_files import read_part

    problems: list[Problem] = []
    for name in dict.fromkeys(i.repeat for i in items if i.repeat):
        child, more = read_part(file, name)
        table, found = read_repeat(frame, child, items, name)
        problems += more + found
        if table.height:
            table.write_csv(out / f"repeat_{name}.csv")
    return problems


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--sheet", default=None, help="Sheet of a workbook; the first if not given.")
@click.option("--json", "as_json", is_flag=True, help="The count of answers and the problems as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.pass_context
def read(
    ctx: click.Context, folder: Path, file: Path, sheet: str | None, as_json: bool, lang: Language | None
) -> None:
    """Read an export (XLSX, CSV, JSON) or typed forms from FILE into FOLDER/survey/response.csv.

    Example: resettle survey read luoyang-2016 export.xlsx
    """
    import polars as pl

    from resettle.cli._console import default_language
    from resettle.evaluation.form import heads_of, read_answers, row_answers
    from resettle.evaluation.pack_data import background_of, instruments_of
    from resettle.journey.programme import load_programme
    from resettle.policy.pack import load_pack
    from resettle.store.data_files import read_data
    from resettle.words import tell

    programme, _ = load_programme(folder)
    pack, _ = load_pack(programme.pack)
    satisfaction, adaptation, _, _ = instruments_of(pack)
    items = [*satisfaction, *adaptation, *background_of(pack)]
    found, problems = read_data(file, sheet, heads_of(items))
    if found is None:
        raise ResettleError(problems)
    path = folder / FOLDER / "sample.csv"
    sample = pl.read_csv(path, schema_overrides={"household_id": pl.String}) if path.exists() else None
    answers, more = read_answers(found.frame, items, sample)
    problems += more
    target = folder / FOLDER / "response.csv"
    target.parent.mkdir(exist_ok=True)
    rows = row_answers(found.frame, answers, problems)
    rows.write_csv(target.with_name("rows_read.csv"))
    if answers.height:
        former = pl.read_csv(target, infer_schema=False) if target.exists() else None
        text = answers.cast(pl.String)
        both = text if former is None else pl.concat([former, text], how="diagonal")
        both.unique(["household_id", "wave"], keep="last", maintain_order=True).sort(
            "household_id", "wave"
        ).write_csv(target)
    problems += _repeats(file, found.frame, items, target.parent)
    _say(
        ctx,
        as_json,
        problems,
        {"answers": answers.height, "out": str(target), "rows": _states(rows)},
        tell(
            "survey.read",
            lang or default_language(),
            answers=answers.height,
            out=str(target),
            rows=rows.height,
            by_row=str(target.with_name("rows_read.csv")),
            **_states(rows),
        ),
        lang,
    )


def _states(rows: Any) -> dict[str, int]:
    """How many rows of the file came to what."""
    counted = dict(rows["state"].value_counts().iter_rows())
    names = ("accepted", "accepted_in_part", "duplicate", "refused")
    return {name: int(counted.get(name, 0)) for name in names}
