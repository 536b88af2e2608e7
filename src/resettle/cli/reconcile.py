"""``resettle reconcile``: a report's figures read, shown and held against each other."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
import polars as pl

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.problems import Problem
from resettle.words import LANGUAGES, Language, tell

EXIT_UNREAD = 1


@click.command(name="reconcile")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where readings.xlsx goes.")
@click.option("--json", "as_json", is_flag=True, help="Findings, readings and problems as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the findings.")
@click.option("--area-per-person", type=str, default=None, help="m2 each person is entitled to.")
@click.option("--floor", multiple=True, help="NAME=AMOUNT: a statutory amount per head; may be repeated.")
@click.option(
    "--regions", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Regions (csv)."
)
@click.option(
    "--pack", "pack_id", type=str, default=None, help="Judge areas, floors and places by this pack."
)
@click.option("--limit-mb", type=int, default=200, show_default=True, help="Largest unpacked size.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    out: Path | None,
    as_json: bool,
    lang: Language | None,
    area_per_person: str | None,
    floor: tuple[str, ...],
    regions: Path | None,
    pack_id: str | None,
    limit_mb: int,
) -> None:
    """Read the figures of a report FILE (docx, xlsx, txt, md) or of a file of published figures (toml).

    Everything that was read is written to readings.xlsx first; correct that sheet and run the command on
    it. Findings say which two figures do not agree, never that anyone is at fault.

    Example: resettle reconcile report.docx --pack cn_luoyang
    """
    language = lang or default_language()
    raw, frame, problems, unread = _gather(file, limit_mb)
    if raw is None:
        if as_json:
            shown_problems = [problem_json(p) for p in problems]
            missed = [] if unread is None else unread.to_dicts()
            print_json({"findings": [], "readings": [], "unread": missed, "problems": shown_problems})
        else:
            print_problems(problems, language)
        ctx.exit(EXIT_UNREAD)
    context = _context(area_per_person, floor, regions, problems)
    if pack_id is not None:
        context = _by_pack(context, pack_id, raw, frame)
    sheet = None
    if frame is not None and not frame.is_empty() and file.name != "readings.xlsx":
        from resettle.store.readings_file import write_readings
        from resettle.supervision import READING
        from resettle.supervision.links import LINK, link_frame
        from resettle.supervision.reading import readings_of
        from resettle.supervision.unit_words import shown
        from resettle.supervision.unread import UNREAD, said_why

        links = link_frame(raw, readings_of(frame))
        path = (out or file.parent) / "readings.xlsx"
        reasons = None if unread is None else said_why(unread, language)
        sheet = write_readings(shown(frame, language), READING, path, links, LINK, reasons, UNREAD)
    _judge(raw, frame, problems, sheet, context, as_json, language, file.name, unread)


def _by_pack(context: Any, pack_id: str, raw: dict[str, Any], frame: pl.DataFrame | None) -> Any:
    """What a pack says: its areas, floors and places; and the figures that its floors are held against."""
    from resettle.journey.inputs import pack_or_raise
    from resettle.journey.pack_tables import read_regions
    from resettle.supervision.pack_rules import floor_rows, with_pack
    from resettle.supervision.reading import readings_of

    pack = pack_or_raise(pack_id)
    place = pack.settings.get("places", {})
    regions = read_regions(pack, place["regions"]) if "regions" in place else None
    readings = [] if frame is None else readings_of(frame)
    told = with_pack(context, pack, readings, regions)
    known = {(row.get("total"), row.get("floor")) for row in raw.get("per_head", [])}
    rows = [r for r in floor_rows(readings, told.floor_rules) if (r["total"], r["floor"]) not in known]
    raw["per_head"] = [*raw.get("per_head", []), *rows]
    return told


Gathered = tuple[dict[str, Any] | None, pl.DataFrame | None, list[Problem], pl.DataFrame | None]


def _gather(file: Path, limit_mb: int) -> Gathered:
    """Published figures from whatever kind of file it is, with the readings and the numbers not read."""
    from resettle.store.document import read_document
    from resettle.store.readings_file import is_readings, read_links, read_readings
    from resettle.supervision import READING, reading_frame
    from resettle.supervision.links import with_links
    from resettle.supervision.reading import readings_of
    from resettle.supervision.report import read_report
    from resettle.supervision.structure import as_published
    from resettle.supervision.unit_words import named

    if file.suffix.lower() == ".toml":
        return (*_figures_of(file), None)
    if is_readings(file):
        frame, problems = read_readings(file, READING)
        frame = named(frame)
        rows = read_links(file)
        if rows is None:
            return as_published(readings_of(frame)), frame, problems, None
        raw, found = with_links(readings_of(frame), rows, file.name)
        return raw, frame, problems + found, None
    blocks, problems = read_document(file, limit_mb)
    if any(p.severity == "error" for p in problems):
        return None, None, problems, None
    read = read_report(blocks)
    frame = reading_frame(read.readings)
    unread = [r for r in read.readings if r.unit is None and r.rule != "date"]
    if unread:
        shown = ", ".join(f"{r.printed} ({r.cell or r.line})" for r in unread[:8])
        problems.append(
            Problem("supervision.unit_unread", "info", file=file.name, value=str(len(unread)), column=shown)
        )
    if frame.is_empty():
        return None, frame, [Problem("supervision.no_figures", "warning", file=file.name)], read.unread
    return as_published(read.readings, read.lines), frame, problems, read.unread


def _figures_of(file: Path) -> tuple[dict[str, Any] | None, None, list[Problem]]:
    """A file of published figures; where it is no TOML, the line that breaks it as it stands."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None, None, [Problem("supervision.encoding", "error", file=file.name)]
    if not text.strip():
        return None, None, [Problem("supervision.empty", "error", file=file.name)]
    try:
        return tomllib.loads(text), None, []
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        number = int(place[1]) if place else len(text.splitlines())
        lines = text.splitlines()
        shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        return (
            None,
            None,
            [Problem("supervision.toml_broken", "error", file=file.name, row=number, value=shown[:80])],
        )


def _context(area: str | None, floors: tuple[str, ...], regions: Path | None, problems: list[Problem]) -> Any:
    from resettle.supervision.context import Context
    from resettle.tables import REGION, conform

    try:
        each = None if area is None else Decimal(area)
        amounts = {name: Decimal(value) for name, _, value in (f.partition("=") for f in floors)}
    except InvalidOperation as error:
        raise click.UsageError(f"--area-per-person and --floor take numbers: {area} {floors}") from error
    table = None
    if regions is not None:
        frame = pl.read_csv(regions, infer_schema=False).with_columns(pl.all().replace("", None))
        dates = [c for c in ("valid_from", "valid_until") if c in frame.columns]
        table, found = conform(
            frame.with_columns(pl.col(dates).str.to_date("%Y-%m-%d", strict=False)), REGION
        )
        problems += found
    return Context(area_per_person=each, floors=amounts, regions=table)


def _judge(
    raw: dict[str, Any],
    frame: pl.DataFrame | None,
    problems: list[Problem],
    sheet: Path | None,
    context: Any,
    as_json: bool,
    language: Language,
    document: str,
    unread: pl.DataFrame | None,
) -> None:
    from resettle.supervision import Label, finding_frame, parse_published, reconcile, say
    from resettle.supervision.counts import places_elsewhere
    from resettle.supervision.finding import place_of, quotes_of
    from resettle.supervision.reading import readings_of

    published, found = parse_published(raw)
    findings = reconcile(published, context)
    problems = problems + found + places_elsewhere(published, context)
    words = {} if frame is None else {r.reading_id: r.quote for r in readings_of(frame)}
    if as_json:
        rows = finding_frame(findings, published.names, Label(document, document), words).to_dicts()
        shown = [] if frame is None else frame.to_dicts()
        missed = [] if unread is None else unread.to_dicts()
        told = [problem_json(p) for p in problems]
        print_json({"findings": rows, "readings": shown, "unread": missed, "problems": told})
        return
    print_problems(problems, language)
    for finding in findings:
        said = say(finding, language, published.names)
        click.echo(f"\n{said.title}  [{finding.code}]")
        click.echo(f"  A  {said.a}\n  B  {said.b}")
        if said.rounding:
            click.echo(f"  {said.rounding}")
        if finding.lines:
            place = place_of(finding.lines, language)
            click.echo("  " + tell("supervision.at_document", language, document=document, place=place))
        _listed("supervision.quoted", quotes_of(finding, words), language, MOST_QUOTES)
        _listed("supervision.fits", said.readings, language)
        _listed("supervision.smallest", said.repairs, language)
        click.echo(f"  {tell('supervision.ask', language)}\n    {said.ask}")
    count = len(published.figures)
    click.echo("")
    if findings:
        click.echo(tell("supervision.summary", language, count=count, findings=len(findings)))
        click.echo(tell("supervision.intro", language))
    else:
        click.echo(tell("supervision.none", language, count=count, sheet=sheet or "-"))
    if unread is not None and not unread.is_empty():
        reasons = unread["why"].to_list()
        counts = {why: reasons.count(why) for why in ("numbered", "no_unit", "mixed_cell")}
        click.echo(tell("supervision.unread_told", language, count=len(reasons), **counts))
    if sheet is not None:
        click.echo(tell("supervision.sheet_written", language, path=sheet))


MOST_QUOTES = 20


def _listed(key: str, items: tuple[str, ...], language: Language, most: int = 5) -> None:
    if items:
        click.echo(f"  {tell(key, language)}")
        for number, item in enumerate(items[:most], start=1):
            click.echo(f"    {number}. {item}")
