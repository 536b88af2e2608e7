"""The pack's own reforms: sourced or refused, tried in a run, in tables and chapter with who gains and who pays."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from resettle.journey.pages import basis_of
from resettle.journey.reform_book import FILE, CostLine, book_of
from resettle.journey.reform_stage import run
from resettle.journey.reform_sums import costs_of
from resettle.journey.run import Run
from resettle.policy import load_pack
from resettle.report.chapter_reforms import reforms as chapter
from resettle.tables import Inputs
from resettle.tables.pages import Folded, PageTable, Paragraph
from resettle.tables.reforms import TABLES

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"


@pytest.mark.parametrize("name", ["cn_luoyang", "peach_spring"])
def test_every_stated_value_has_a_source_and_every_name_is_known(name: str) -> None:
    pack, _ = load_pack(name)
    measure, stated, problems = book_of(pack)
    assert problems == [] and len(stated) >= 2 and measure.costs
    assert all(s.shows in measure.outputs for s in stated)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("sources = { self_raise_cap_minor", "sources = { other", "whatif.source_missing"),
        ('output = "dwelling_size_dm2"', 'output = "dwelling_sise_dm2"', "whatif.rule_unknown"),
        ('"house_price_low_minor_per_m2"', '"house_price"', "whatif.parameter_unknown"),
        ('payer = "county"', 'pays = "county"', "whatif.not_toml"),
    ],
)
def test_a_faulty_book_is_named_and_nothing_of_it_is_tried(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    shutil.copytree(PACKS / "cn_luoyang", tmp_path / "pack")
    path = tmp_path / "pack" / FILE
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    _, stated, problems = book_of(load_pack(tmp_path / "pack")[0])
    assert stated == [] and {p.code for p in problems} == {code}


def test_a_run_tries_them_and_the_sums_agree(peach_run: Run) -> None:
    for table in TABLES:
        frame = peach_run.tables[table.name]
        assert frame.schema == table.schema()
        assert frame.select(table.key).is_duplicated().sum() == 0
    changes = peach_run.tables["reform_change"]
    counted = ["household_count", "gain_count", "lose_count", "sum_before", "sum_after"]
    whole = changes.filter(pl.col("group_by") == "all").sort("reform", "output").select(counted)
    for group_by in ("county_code", "household_class", "size_class"):
        parts = (
            changes.filter(pl.col("group_by") == group_by)
            .group_by("reform", "output")
            .agg(pl.col(counted).sum())
        )
        assert parts.sort("reform", "output").select(counted).equals(whole.fill_null(0))
    paid = peach_run.tables["reform_cost"].group_by("reform").agg(pl.col("change_high_minor").sum())
    assert paid["change_high_minor"].to_list() == [0, 0]  # what the project pays more, families receive


def test_longer_support_is_as_reckoned_by_hand(peach_run: Run) -> None:
    """Six months more at the amount a person and month, for every household that gets support."""
    row = peach_run.tables["reform_change"].row(
        by_predicate=(pl.col("reform") == "longer_support")
        & (pl.col("output") == "support_minor")
        & (pl.col("group_by") == "all"),
        named=True,
    )
    supported = peach_run.tables["entitlement"].filter(pl.col("support_minor") > 0)
    assert row["gain_count"] == supported.height > 0 and row["lose_count"] == 0
    assert row["sum_after"] - row["sum_before"] == 6 * 5_000 * supported["resettled_persons"].sum()


def test_the_chapter_says_who_gains_and_who_pays_and_hides_small_counts(peach_run: Run) -> None:
    written = chapter(basis_of(peach_run))
    assert written.is_computed
    said = " ".join(b.text.en for b in written.blocks if isinstance(b, Paragraph))
    total = peach_run.tables["household"].height
    gain = peach_run.tables["reform_summary"].sort("reform")["gain_count"].to_list()
    assert f"Of {total:,} households" in said and all(f"**{n:,} gain" in said for n in gain if n >= 5)
    tables = [b for b in written.blocks if isinstance(b, PageTable)]
    tables += [
        t for b in written.blocks if isinstance(b, Folded) for t in b.blocks if isinstance(t, PageTable)
    ]
    counts = [
        c for t in tables for r in t.rows for c, k in zip(r, t.columns, strict=True) if k.kind == "count"
    ]
    assert counts and not [c for c in counts if isinstance(c, int) and 0 < c < 5]


def test_without_a_book_nothing_is_tried_and_the_chapter_says_so(peach_run: Run, tmp_path: Path) -> None:
    shutil.copytree(PACKS / "peach_spring", tmp_path / "pack", ignore=shutil.ignore_patterns(FILE))
    pack, _ = load_pack(tmp_path / "pack")
    outputs = run(Inputs(peach_run.tables, peach_run.programme.settings(), pack))
    assert all(frame.is_empty() for frame in outputs.tables.values()) and outputs.problems == []
    without = basis_of(peach_run)
    object.__setattr__(without, "tables", {**peach_run.tables, **outputs.tables})
    assert not chapter(without).is_computed


def test_what_is_unknown_on_one_side_is_no_change_of_cost():
    """Three households: 100 to 130; unknown to 50; 70 to unknown. Only the first has a change, and two are left out."""
    joined = pl.DataFrame({"paid": [100, None, 70], "paid__after": [130, 50, None]})
    line = CostLine("paid", "付", "paid", "county", "paid")
    nothing = SimpleNamespace(values={})
    row = costs_of(joined, (nothing, nothing), "r", [line]).row(0, named=True)  # type: ignore[arg-type]
    assert (row["cost_before_minor"], row["cost_after_minor"], row["change_high_minor"]) == (100, 130, 30)
    assert row["unknown_count"] == 2
