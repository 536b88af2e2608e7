"""``resettle explain``: one household, rule by rule, with clause, inputs, parameters and result."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from resettle.cli._console import default_language, print_json
from resettle.words import LANGUAGES, Language


@click.command(name="explain")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("household")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.option("--output", default=None, help="Only this result and what it rests on.")
@click.option(
    "--why-not", "refusal", default=None, help="The smallest change that would make this rule hold."
)
@click.option(
    "--ways", is_flag=True, help="Only what makes the offer hard, and what would ease it at what price."
)
@click.option(
    "--json", "as_json", is_flag=True, help="The steps as JSON; with --ways, obstacles and remedies."
)
def command(
    folder: Path,
    household: str,
    lang: Language | None,
    output: str | None,
    refusal: str | None,
    ways: bool,
    as_json: bool,
) -> None:
    """Explain every result of one HOUSEHOLD of a programme that has been run.

    Example: resettle explain luoyang-2016 4100000001 --output area_cap_dm2
    """
    from resettle.journey.beside import said_beside
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.journey.results import household_row, read_results
    from resettle.journey.ways import ways_rows, ways_text
    from resettle.policy import as_text, bind, explain, household_case, interpret, why_not
    from resettle.policy.read import nearest

    language = lang or default_language()
    programme, _ = load_programme(folder)
    tables = read_results(folder)
    household_row(tables, household)
    pack = pack_of(programme)
    if ways and as_json:
        print_json(ways_rows(tables, household))
        return
    told = [getattr(line, language) for line in ways_text(tables, pack, household)]
    if ways:
        click.echo("\n".join(told))
        return
    program, _ = bind(pack, programme.as_of, programme.scope)
    names = {step.name for step in program.steps}
    for wish in (output, refusal):
        if wish is not None and wish not in names:
            raise click.UsageError(f"{wish}: {nearest(wish, names) or ', '.join(sorted(names))}")
    case = household_case(program, tables, household)
    trace = interpret(pack, *case, program=program)
    trace = replace(trace, elsewhere=said_beside(programme, pack, case[0]))
    if refusal is not None:
        answer = why_not(trace, refusal)
        lines = answer.text(program, language)
        print_json(asdict(answer)) if as_json else click.echo("\n".join(lines))
        return
    steps = explain(trace, language, output)
    if as_json:
        print_json([asdict(step) for step in steps])
    else:
        click.echo("\n".join([*as_text(steps, language), *([] if output else ["", *told])]))
