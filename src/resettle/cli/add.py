"""``resettle add``: a further roster or a corrected one into a programme folder."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import click

from resettle.cli._console import default_language, language_option, print_json, print_problems, problem_json
from resettle.words import tell


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@language_option
@click.option("--json", "as_json", is_flag=True, help="Counts and problems as JSON.")
def command(folder: Path, file: Path, as_json: bool) -> int:
    """Add a roster to a programme folder; equal content is ignored, nothing is overwritten.

    Corrected rows complete the set. Where the file says something else of somebody already listed, both
    rows wait: the last never wins.

    \b
    Example:
      resettle add luoyang-2016 corrected.xlsx
    """
    from resettle.journey.inputs import pack_of, register_sheets, size_limit_of
    from resettle.journey.programme import load_programme
    from resettle.store.cells import read_cells

    language = default_language()
    programme, _ = load_programme(folder)
    known = programme.rosters()
    content = file.read_bytes()
    same = next((p for p in known if p.read_bytes() == content), None)
    if same is not None:
        if as_json:
            print_json({"file": same.name, "persons_gained": 0, "is_same": True, "problems": []})
            return 0
        click.echo(tell("registry.add_same", language, file=file.name, other=same.name))
        return 0
    added, faults = read_cells(file, size_limit_of(programme))
    if any(p.severity == "error" for p in faults):
        if as_json:
            print_json({"file": None, "persons_gained": 0, "problems": [problem_json(p) for p in faults]})
        else:
            print_problems(faults, language)
        return 1
    # Where a roster was taken away its number may be free and the next one not: nothing is overwritten.
    numbered = (folder / f"roster-{n:03d}-{file.name}" for n in count(len(known) + 1))
    target = next(path for path in numbered if not path.exists())
    pack = pack_of(programme)
    sheets = [sheet for path in known for sheet in read_cells(path, size_limit_of(programme))[0]]
    before = register_sheets(sheets, pack, programme)
    after = register_sheets([*sheets, *added], pack, programme)
    partial = target.with_name(f".{target.name}.partial")
    try:
        shutil.copyfile(file, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    gained = after.person.height - before.person.height
    own = [p for p in after.problems if p.file == file.name]
    failed = int(any(p.severity == "error" for p in own))
    if as_json:
        problems = [problem_json(p) for p in own]
        print_json(
            {"file": target.name, "persons_gained": gained, "counts": after.counts, "problems": problems}
        )
        return failed
    click.echo(
        tell("registry.add_done", language, file=target.name, gained=gained, persons=after.person.height)
    )
    print_problems([p for p in own if p.severity != "hint"], language)
    return failed
