"""The chapter on plans: no plan beaten in its own aim, limits as figures, places in words, no handful given away."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any

import polars as pl
import pytest

from resettle.report import Basis
from resettle.report.chapter_options import options
from resettle.report.chapter_options_moves import in_tens
from resettle.report.chapter_options_prices import price_lines
from resettle.report.chapter_sites import sites as sites_chapter
from resettle.report.plan_names import limit_km
from resettle.report.site_words import labels, places
from resettle.siting.stage import STAGE
from resettle.tables.pages import Chapter, PageTable, Paragraph, Text
from tests.ground.siting.county_cases import households, inputs, sites, villages

VILLAGES = ("v0", "v1", "v2", "v3")


@pytest.fixture(scope="module", params=[True, False])
def basis(request: pytest.FixtureRequest) -> Basis:
    """Four villages, three sites, all decided (an exercise) or all free. Synthetic."""
    people = households(*[(f"h{k:02d}", VILLAGES[k % 4], 1 + k % 4, 5000) for k in range(44)])
    figures = (
        ("s1", 34.02, 10, 400, 300, 40_000, 9_000_000),
        ("s2", 34.18, 900, 900, 800, 30_000, 22_000_000),
        ("s3", 34.33, 300, 2500, 1500, 55_000, 31_000_000),
    )
    stock = {5000: (40, 6_000_000)}
    made = sites(
        *(
            {
                "site_id": s, "homes": stock, "latitude": y, "jobs_within_hour": jobs, "school_m": school,
                "clinic_m": clinic, "monthly_cost_minor": month, "fixed_cost_minor": cost,
                "township_code": "t1" if s != "s3" else None, "is_fixed": request.param,
                "has_infrastructure": True, "has_public_services": None if s == "s2" else True,
                "has_convenience_services": True, "has_industry": s != "s3", "fix_cost_minor": 0, "is_synthetic": True,
            }
            for s, y, jobs, school, clinic, month, cost in figures
        )
    )  # fmt: skip
    given = inputs(
        people,
        villages(*VILLAGES),
        made,
        plans_for=["C1"],
        plans_free=request.param,
        split_price_minor=50_000,
    )
    region = pl.DataFrame(
        [
            {"region_code": c, "name_zh": zh, "name_en": en}
            for c, zh, en in (
                ("C1", "泉县", "Spring County"),
                ("t1", "石桥乡", "Stonebridge"),
                *((v, f"第{v[1]}村村民委员会", f"Village {v[1]}") for v in VILLAGES),
            )
        ]
    )
    return Basis(tables={**given.tables, **STAGE.run(given).tables, "region": region})


def chapter(basis: Basis) -> Chapter:
    return options(basis)[0]


def texts(thing: Any) -> list[Text]:
    """Every sentence of a chapter, wherever it stands."""
    if isinstance(thing, Text):
        return [thing]
    if isinstance(thing, list | tuple):
        return [t for one in thing for t in texts(one)]
    if is_dataclass(thing):
        return [t for f in fields(thing) for t in texts(getattr(thing, f.name))]
    return []


def tables(basis: Basis) -> list[PageTable]:
    return [b for b in chapter(basis).blocks if isinstance(b, PageTable)]


def test_a_plan_is_never_beaten_in_what_it_was_looked_for(basis: Basis) -> None:
    rows = basis.tables["plan_option"].to_dicts()
    limits: dict[str, dict[str, int]] = {}
    for r in basis.tables["plan_limit"].to_dicts():
        limits.setdefault(r["plan"], {})[r["figure"]] = r["limit"]
    aims = {"shortest": "distance_m", "nearest_services": "services_m", "lowest_living_cost": "living_minor"}
    assert len(rows) >= 3
    for r in rows:
        for name in (r["plan"], *(r["also"] or "").split(", ")):
            if name in aims:
                assert r[aims[name]] == min(o[aims[name]] for o in rows)
            elif name == "most_jobs":
                assert r["jobs"] == max(o["jobs"] for o in rows)
            elif name == "least_cost":
                best = min((o["cost_minor"], o["distance_m"]) for o in rows)
                assert (r["cost_minor"], r["distance_m"]) == best
            elif name in ("shorter_way", "still_shorter_way"):
                fit = [o for o in rows if o["distance_m"] <= limits[name]["distance_m"]]
                assert r in fit and r["cost_minor"] == min(o["cost_minor"] for o in fit)
            elif name == "as_weighted":  # beaten in both, cost and way, by none
                assert not any(
                    o["cost_minor"] < r["cost_minor"] and o["distance_m"] < r["distance_m"] for o in rows
                )


def test_the_warning_comes_first_and_both_sums_stand_side_by_side(basis: Basis) -> None:
    blocks = chapter(basis).blocks
    exercise = bool(basis.tables["plan_option"]["is_exercise"][0])
    assert isinstance(blocks[0], Paragraph)
    assert (blocks[0].style == "notice") == exercise
    said = " ".join(b.text.en for b in blocks if isinstance(b, Paragraph))
    assert ("**0 may still be chosen**" if exercise else "**3 may still be chosen**") in said
    pointed = " ".join(t.en for t in texts(sites_chapter(basis)))
    assert ("as an exercise" in pointed) == exercise
    assert ("Beside the other chapters" in said) == exercise
    assert ("The plan of the other chapters is" in said) != exercise


def test_every_sentence_is_whole_in_both_languages(basis: Basis) -> None:
    for text in texts(chapter(basis)):
        assert not re.search(r"report\.|shorter_way|least_cost|has_industry|None|\{", text.en + text.zh), text
        assert not re.search(r"[一-鿿]", text.en), text
        assert "村民委员会" not in text.zh


def test_a_site_is_told_by_township_and_nearest_village(basis: Basis) -> None:
    where = places(basis)
    assert where["s1"].en.startswith("Stonebridge, ") and where["s1"].en.endswith(" km from Village 0")
    assert where["s3"].zh.startswith("距第3村")  # no township known: the village alone
    assert labels(basis)["s1"].zh == "s1（石桥乡）"
    bare = Basis(tables={"site": basis.tables["site"].select("site_id")})
    assert places(bare)["s1"].en == "place not given"
    built = next(t for t in tables(basis) if "where they lie" in t.title.en)
    assert all(row[1] == where[str(row[0].en)] for row in built.rows if isinstance(row[0], Text))
    lacks = next(t for t in texts(chapter(basis)) if t.en.startswith("The four packages"))
    assert "s2 (Stonebridge): public services not known" in lacks.en and "s3: industry" in lacks.en


def test_numbers_of_households_that_change_are_in_tens(basis: Basis) -> None:
    shown = [t for t in tables(basis) if "in tens" in t.title.en or "where they lie" in t.title.en]
    assert len(shown) == 2
    for table in shown:
        for row in table.rows:
            assert all(not isinstance(c, int) or c % 10 == 0 for c in row)
    for table in tables(basis):
        if table.title.en.startswith("From plan"):
            said = re.search(r": about (\S+) households", table.title.en)
            assert said is not None and (said[1] == "<10" or int(said[1]) % 10 == 0)
            assert all(isinstance(c, Text) for row in table.rows for c in row)
    assert in_tens(0) == 0 and in_tens(1).en == "<10" and in_tens(15) == 20  # type: ignore[union-attr]


def test_a_limit_is_its_plans_name_and_the_weight_is_told(basis: Basis) -> None:
    purposes = next(t for t in tables(basis) if "looked for" in t.title.en)
    rows = basis.tables["plan_option"].to_dicts()
    names = sum(1 + len([n for n in (r["also"] or "").split(", ") if n]) for r in rows)
    assert len(purposes.rows) == names
    said = " ".join(t.en for t in texts(purposes))
    assert "counts as 20 yuan" in said
    for r in basis.tables["plan_limit"].filter(pl.col("plan").str.ends_with("shorter_way")).to_dicts():
        assert f"at most {limit_km(r['limit']).en} km a person" in said


def test_what_is_paid_to_nobody_has_a_column_and_is_told_beside_every_price(basis: Basis) -> None:
    rows = {r["plan"]: r for r in basis.tables["plan_option"].to_dicts()}
    table = next(t for t in tables(basis) if "side by side" in t.title.en)
    heads = [c.head.en for c in table.columns]
    if any(r["split_minor"] for r in rows.values()):
        at = heads.index("Of it paid to nobody")
        assert sorted(line[at] for line in table.rows) == sorted(r["split_minor"] for r in rows.values())
    else:
        assert "Of it paid to nobody" not in heads
    blocks = chapter(basis).blocks
    cost = next(b for b in blocks if isinstance(b, Paragraph) and b.text.en.startswith("**Cost**"))
    assert blocks.index(cost) < blocks.index(table)


@pytest.mark.parametrize(
    ("split", "said"),
    [
        (20_000_00, "30,000 yuan more"),
        (50_000_00, "30,000 yuan more, all of it weighed, none of it paid"),
        (30_000_00, "30,000 yuan more, 10,000 yuan of it weighed and paid to nobody"),
        (60_000_00, "30,000 yuan more as weighed; in money that is paid, 10,000 yuan less"),
        (0, "30,000 yuan more as weighed; in money that is paid, 50,000 yuan more"),
    ],
)
def test_a_price_says_how_much_of_it_is_only_weighed(split: int, said: str) -> None:
    base = {"plan": "least_cost", "cost_minor": 100_000_00, "split_minor": 20_000_00, "distance_m": 9000}
    other = {"plan": "shortest", "cost_minor": 130_000_00, "split_minor": split, "distance_m": 5000}
    both = [{"also": None, "sites_open": 2} | r for r in (base, other)]
    lines = price_lines(Basis({}), both, {"least_cost": "A", "shortest": "B"}, {})
    assert [t.en.endswith(f"it costs {said}.") for t in lines] == [True]


def test_a_handful_is_explained_only_where_one_is_shown(basis: Basis) -> None:
    shown = [t for t in tables(basis) if t.note is not None and "ouseholds" in t.title.en]
    assert shown
    for table in shown:
        cells = [c.en for row in table.rows for c in row if isinstance(c, Text)]
        assert table.note is not None
        assert ("<10 stands" in table.note.en) == ("<10" in cells or "<10" in table.title.en)
