"""A demo's invented survey: drawn from the run's own plan, answered by nobody, marked so in every row."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from resettle.evaluation.contract import CODING, SAMPLE
from resettle.evaluation.form import WAVES
from resettle.evaluation.invented import TRUTH, invented_interviews, synthetic_panel, with_hosts
from resettle.evaluation.joined import distances, registered_incomes
from resettle.evaluation.pack_data import background_of, instruments_of, response_table, said_of
from resettle.evaluation.plan import draw_sample
from resettle.evaluation.stage import STAGE
from resettle.journey.run import Run, run_stage
from resettle.journey.survey_files import CODINGS, FOLDER, INTERVIEWS, read_survey
from resettle.store.folder import write_text
from resettle.store.table_files import write_csv

ASKED, PER_SITE, HOSTS_PER_SITE = 820, 13, 3


def _write_interviews(folder: Path, said: list[dict[str, str]], sample: pl.DataFrame, seed: int) -> None:
    """Invented notes and two invented coders' codes; the folder's README and the codes' coders say so."""
    if not said or (folder / INTERVIEWS).exists():
        return
    notes, codings = invented_interviews(said, sample, seed)
    (folder / INTERVIEWS).mkdir()
    write_text(
        folder / INTERVIEWS / "README.md", "合成示例：无人说过这些话。Synthetic: nobody said any of this.\n"
    )
    for name, text in notes.items():
        write_text(folder / INTERVIEWS / f"{name}.txt", text)
    write_csv(CODING.shape(codings), CODING, folder / INTERVIEWS / CODINGS)


def households_with_site(run: Run) -> pl.DataFrame:
    """Households of a run with the site its plan gives them, one each."""
    assigned = run.tables["household_site"].select("household_id", "site_id")
    one = assigned.unique("household_id", keep="first", maintain_order=True)
    household = run.tables["household"]
    return household.drop([c for c in ("site_id",) if c in household.columns]).join(
        one, on="household_id", how="left", maintain_order="left"
    )


def invent_survey(run: Run) -> bool:
    """Draw a sample, invent three rounds, write them into the folder, and evaluate them as any other.

    Returns:
        Whether there is a survey now; a pack without an instrument or a run without sites has none.
    """
    satisfaction, adaptation, _, _ = instruments_of(run.pack)
    if not satisfaction or "household_site" not in run.tables:
        return False
    folder = run.programme.folder
    if (folder / FOLDER).exists():
        return False
    seed = run.programme.seed
    sample, _ = draw_sample(households_with_site(run), ASKED, PER_SITE, seed)
    if not sample.height:
        return False
    sample = with_hosts(sample, HOSTS_PER_SITE)
    items = [*satisfaction, *adaptation, *background_of(run.pack)]
    far, incomes = distances(run.tables), registered_incomes(run.tables)
    answers = synthetic_panel(sample, items, seed, far, WAVES, run.programme.plan_year, incomes)
    (folder / FOLDER).mkdir()
    write_csv(SAMPLE.shape(sample), SAMPLE, folder / FOLDER / "sample.csv")
    table = response_table(run.pack)
    write_csv(table.shape(answers), table, folder / FOLDER / "response_synthetic.csv")
    truth = {"synthetic": True, "seed": seed, "true_values": dict(TRUTH)}
    write_text(folder / FOLDER / "truth.json", json.dumps(truth, indent=1, sort_keys=True) + "\n")
    _write_interviews(folder, said_of(run.pack), sample, seed)
    tables, problems, hashes, rows = read_survey(folder, run.pack)
    run.tables |= tables
    run.read.tables |= tables
    run.read.hashes |= hashes
    run.problems += problems
    at = next((k for k, c in enumerate(run.counts) if c["stage"] == "outside"), len(run.counts))
    run.counts[at:at] = [
        {"stage": "outside", "table": name, "rows_out": n, "rows_in": {}} for name, n in rows.items()
    ]
    run.counts = [c for c in run.counts if c["stage"] != STAGE.name]
    run.problems = [p for p in run.problems if p.code != "evaluation.no_answers"]
    run_stage(run, STAGE, {name: run.tables[name] for name in run.read.child_tables})
    # The visits are counted last, as in a run that finds the survey in its folder.
    run.counts.sort(key=lambda c: c["table"] == "visit")
    return True
