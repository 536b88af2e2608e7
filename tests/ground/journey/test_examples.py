"""Families the report explains: told by village and size, with their site and what they pay."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from resettle.journey.examples import chosen, example_traces, family_of, headline, notes_of, pays_text
from resettle.journey.run import Run
from resettle.journey.traces import trace_household
from resettle.journey.ways import notes_text, ways_text


def _notes(run: Run, household_id: str) -> str:
    programme = run.programme
    trace = trace_household(run.tables, run.pack, household_id, programme.as_of, programme.scope)
    return " ".join(note.en for note in notes_of(run, family_of(run, household_id), trace))


def test_no_head_is_named_and_each_entitled_family_is_told_where_it_goes(peach_run: Run) -> None:
    traces = example_traces(peach_run)
    heads = set(peach_run.tables["household"]["head_name"].drop_nulls().to_list())
    assert traces and heads
    for trace in traces:
        said = " ".join([trace.conclusion.zh, trace.conclusion.en, *(n.zh + n.en for n in trace.notes)])
        assert not [head for head in heads if head in said]
        assert trace.label is not None
    ids = chosen(peach_run)
    placed = dict(peach_run.tables["household_site"].select("household_id", "site_id").iter_rows())
    for household_id, trace in zip(ids, traces, strict=True):
        where = next(note.en for note in trace.notes if "Where" in note.en)
        assert placed[household_id] is None or "km from its village" in where


def _with(run: Run, household_id: str, **values: object) -> Run:
    changed = run.tables["entitlement"].with_columns(
        pl.when(pl.col("household_id") == household_id)
        .then(pl.lit(value, dtype=run.tables["entitlement"].schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )
    return replace(run, tables=run.tables | {"entitlement": changed})


def test_an_undecided_and_a_refused_family_are_looked_for(peach_run: Run) -> None:
    household_id = sorted(peach_run.tables["household"]["household_id"].to_list())[-1]
    open_now = _with(peach_run, household_id, is_eligible=None)
    assert household_id in chosen(open_now)
    assert "cannot be decided yet" in headline(open_now, family_of(open_now, household_id)).en
    plan = peach_run.tables["household_site"].filter(pl.col("household_id") != household_id)
    out = _with(peach_run, household_id, is_eligible=False)
    out = replace(out, tables=out.tables | {"household_site": plan})
    assert household_id in chosen(out)
    assert "not entitled" in headline(out, family_of(out, household_id)).en
    assert "recount" in _notes(out, household_id)


def test_an_unknown_payment_is_never_told_as_nothing(peach_run: Run) -> None:
    household_id = chosen(peach_run)[0]
    known = " ".join(t.en for t in pays_text(peach_run, family_of(peach_run, household_id)))
    assert "nothing" in known and "unknown" not in known
    run = _with(peach_run, household_id, self_raised_minor=None)
    told = " ".join(t.en for t in pays_text(run, family_of(run, household_id)))
    assert "unknown, which does not mean nothing" in told


def test_a_family_without_a_site_is_told_so(peach_run: Run) -> None:
    household_id = chosen(peach_run)[0]
    site = peach_run.tables["household_site"].with_columns(
        pl.when(pl.col("household_id") == household_id)
        .then(None)
        .otherwise(pl.col("site_id"))
        .alias("site_id"),
        pl.when(pl.col("household_id") == household_id)
        .then(pl.lit("unplaced"))
        .otherwise(pl.col("status"))
        .alias("status"),
    )
    run = replace(peach_run, tables=peach_run.tables | {"household_site": site})
    assert "no place has been found yet" in _notes(run, household_id)


def test_a_page_tells_what_makes_the_offer_hard_and_what_may_be_used_at_once(peach_run: Run) -> None:
    obstacle = peach_run.tables["obstacle"]
    remedy = peach_run.tables["remedy"]
    hard = remedy.filter(pl.col("clause_state") == "here")["household_id"].to_list()[0]
    notes = " ".join(n.en for n in notes_text(peach_run.tables, peach_run.pack, hard))
    mine = obstacle.filter(pl.col("household_id") == hard)
    assert notes.count("**What") == mine.height and "May be used at once: " in notes
    lines = [line.en for line in ways_text(peach_run.tables, peach_run.pack, hard)]
    assert len(lines) == 1 + mine.height + remedy.filter(pl.col("household_id") == hard).height
    assert any("May be used at once: " in line and "(invented)" in line for line in lines)


def test_a_clause_of_another_place_is_told_as_none_here(peach_run: Run) -> None:
    remedy = peach_run.tables["remedy"]
    hard = remedy.filter(pl.col("clause_state") == "here")["household_id"].to_list()[0]
    moved = remedy.with_columns(
        clause_state=pl.lit("elsewhere"), clause_place=pl.lit("PS"), needs_decision=pl.lit(True)
    )
    tables = peach_run.tables | {"remedy": moved}
    notes = " ".join(n.en for n in notes_text(tables, peach_run.pack, hard))
    assert "May be used at once" not in notes and "Needs a decision first: " in notes
    told = " ".join(line.en for line in ways_text(tables, peach_run.pack, hard))
    assert "A clause of Peach Spring (fictional) only" in told and "no clause here, needs a decision" in told


def test_what_was_not_reckoned_is_not_told_as_no_obstacle(peach_run: Run) -> None:
    older = peach_run.tables | {"remedy": peach_run.tables["remedy"].drop("clause_state")}
    one = peach_run.tables["household"]["household_id"][0]
    assert next(line.en for line in ways_text(older, peach_run.pack, one)).startswith(
        "Obstacles and remedies were not"
    )
    assert notes_text(older, peach_run.pack, one) == []
