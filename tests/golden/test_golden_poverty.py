"""Poverty against R convey 1.0.1 (eusilc), mpitbR 1.0.1 (syn_cdta) and Stata (ranks-based indices)."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from resettle.methods.design import Design, make_design
from resettle.methods.poverty.income import Line, fgt, gini, line_value, sen, watts
from resettle.methods.poverty.multidimensional import decompose, group_cells, measure

pytestmark = pytest.mark.shared
SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared")) / "data"


@pytest.fixture(scope="module")
def eusilc() -> pl.DataFrame:
    return pl.read_csv(SHARED / "households" / "eusilc_at.csv")


def design_of(frame: pl.DataFrame, **extra: object) -> Design:
    found, problems = make_design(frame.height, frame["rb050"].to_numpy(), frame["db040"].to_list(), **extra)
    assert found is not None and not problems
    return found


def convey() -> dict[str, tuple[float, float]]:
    path = SHARED / "evaluation" / "poverty" / "ref_eusilc_convey_1.0.1_elements.csv"
    return {r["stat"]: (float(r["est"]), float(r["se"])) for r in csv.DictReader(path.open(encoding="utf-8"))}


LINES = {"abs10000": Line("absolute", 10000), "relq60": Line("median", 0.6), "relm60": Line("mean", 0.6)}


def test_fgt_watts_gini_and_lines_are_those_of_convey(eusilc: pl.DataFrame):
    income, design, target = eusilc["eqIncome"].to_numpy(), design_of(eusilc), convey()
    found = {
        f"fgt{k}_{name}": fgt(income, design, line, k) for name, line in LINES.items() for k in (0, 1, 2)
    }
    found |= {f"watts_{name}": watts(income, design, LINES[name]) for name in ("abs10000", "relq60")}
    found |= {"gini": gini(income, design), "arpr": fgt(income, design, LINES["relq60"], 0)}
    for name, mine in found.items():
        value, se = target[name]
        assert mine.value == pytest.approx(value, abs=1e-8), name
        assert mine.error(design) == pytest.approx(se, abs=1e-8), name
    line = line_value(income, design, LINES["relq60"])
    assert line.value == pytest.approx(target["arpt"][0], abs=1e-8)
    assert line.error(design) == pytest.approx(target["arpt"][1], abs=1e-6)


def test_regions_are_domains_of_one_design(eusilc: pl.DataFrame):
    income, design = eusilc["eqIncome"].to_numpy(), design_of(eusilc)
    path = SHARED / "evaluation" / "poverty" / "ref_eusilc_convey_fgt0_by_region.csv"
    for row in csv.DictReader(path.open(encoding="utf-8")):
        mine = fgt(income, design, LINES["abs10000"], 0, (eusilc["db040"] == row["db040"]).to_numpy())
        assert mine.value == pytest.approx(float(row["eqincome"]), abs=1e-8)
        assert mine.error(design) == pytest.approx(float(row["se"]), abs=1e-8)


def test_errors_grow_when_households_are_the_units(eusilc: pl.DataFrame):
    income, elements = eusilc["eqIncome"].to_numpy(), design_of(eusilc)
    households = design_of(eusilc, cluster=eusilc["db030"].to_list())
    for k in (0, 1):
        plain, held = (fgt(income, d, LINES["abs10000"], k) for d in (elements, households))
        assert plain.value == held.value
        assert held.error(households) > 1.3 * plain.error(elements)


def test_sen_and_watts_are_those_of_stata():
    folder = SHARED / "evaluation" / "poverty"
    incomes = pl.read_csv(folder / "income.csv")
    rows = list(csv.DictReader((folder / "poverty_stata.csv").open(encoding="utf-8")))
    for name, row in zip(incomes.columns, rows, strict=True):
        y = incomes[name].to_numpy().astype(float)
        design, _ = make_design(len(y))
        assert design is not None
        line = Line("absolute", float(np.median(y)) / 2)
        if line.value == 0 or not (y < line.value).any():
            assert float(row["headcount"]) == 0
            continue
        # Stata's table is in single precision.
        assert 100 * sen(y, design, line).value == pytest.approx(float(row["sen"]), rel=1e-6)
        assert 100 * watts(y, design, line).value == pytest.approx(float(row["watts"]), rel=1e-6)
        assert 100 * fgt(y, design, line, 1).value == pytest.approx(float(row["gap"]), rel=1e-6)
        assert 100 * fgt(y, design, line, 2).value == pytest.approx(float(row["fgt2"]), rel=1e-6)


def test_alkire_foster_is_that_of_mpitb():
    with gzip.open(SHARED / "evaluation" / "poverty" / "syn_cdta.csv.gz") as file:
        frame = pl.read_csv(file.read(), null_values="NA", infer_schema_length=None)
    names = [c for c in frame.columns if c.startswith("d_")]
    weights = np.array([1 / 6] * 4 + [1 / 18] * 6)
    mine: dict[tuple[str, ...], dict[str, object]] = {}
    for t in (1, 2):
        wave = frame.filter(pl.col("t") == t)
        design, problems = make_design(
            wave.height,
            wave["weight"].to_numpy().astype(float),
            wave["stratum"].to_list(),
            wave["psu"].to_list(),
        )
        assert design is not None and not problems
        deprived = wave.select(names).to_numpy().astype(float)
        for loa in ("area", "region"):
            cells = group_cells(deprived, design, [str(v) for v in wave[loa]])
            table = decompose(cells, weights, 0.33, names)
            for r in table.iter_rows(named=True):
                place = ("nat", "nat") if r["group"] == "" else (loa, r["group"])
                mine[(str(t), *place, r["measure"], r["indicator"])] = r
    path = SHARED / "evaluation" / "poverty" / "ref_syn_cdta_mpitbR_1.0.1.csv"
    seen = 0
    for row in csv.DictReader(path.open(encoding="utf-8")):
        indicator = "" if row["indicator"] == "NA" else row["indicator"]
        r = mine[(row["t"], row["loa"], row["subg"], row["measure"], indicator)]
        # mpitbR's headcounts come from an iterative logit fit that stops near 1e-8 (its errors do not):
        # they miss the plain weighted share, which ours is, by up to 3e-9.
        loose = row["measure"] in ("hd", "hdk", "pctb")
        assert r["value"] == pytest.approx(float(row["b"]), abs=5e-9 if loose else 1e-9), row
        if row["se"] != "NA" and r["se"] is not None:
            assert r["se"] == pytest.approx(float(row["se"]), abs=1e-9), row
        seen += 1
    assert seen == 1978


def test_the_toy_of_the_literature():
    target = json.loads((SHARED / "evaluation" / "targets.json").read_text(encoding="utf-8"))["mpi_toy_5x4"]
    deprived = np.array(target["g0"], dtype=float)
    design, _ = make_design(5)
    assert design is not None
    cells = group_cells(deprived, design, ["n", "n", "s", "s", "s"])
    found = measure(cells, np.array([target["w"]]), np.array([target["k"]]))
    assert found.m0[0].tolist() == pytest.approx(
        [target["M0"], target["M0_north_first2"], target["M0_south"]]
    )
    assert found.h[0, 0] == pytest.approx(target["H"]) and found.a[0, 0] == pytest.approx(target["A"])
    table = decompose(cells, np.array(target["w"]), target["k"], list("abcd")).filter(pl.col("group") == "")
    for name, key, digits in (("hd", "h", 1e-12), ("hdk", "hk", 1e-12)):
        assert table.filter(pl.col("measure") == name)["value"].to_list() == pytest.approx(
            target[key], abs=digits
        )
    # The vignette prints the shares to four digits, rounded once too often.
    shares = table.filter(pl.col("measure") == "pctb")["value"].to_list()
    assert shares == pytest.approx(target["vignette_contrib_printed"], abs=1e-4)


def test_elements_and_units_of_one_row_give_one_error():
    rng = np.random.default_rng(0)
    deprived = (rng.random((200, 3)) < 0.4).astype(float)
    weight = rng.uniform(0.5, 2, 200)
    strata = [f"s{i % 4}" for i in range(200)]
    one, _ = make_design(200, weight, strata)
    two, _ = make_design(
        400, np.repeat(weight, 2) / 2, np.repeat(strata, 2).tolist(), [i // 2 for i in range(400)]
    )
    assert one is not None and two is not None
    weights, cut = np.ones((1, 3)), np.array([0.5])
    left = measure(group_cells(deprived, one), weights, cut)
    right = measure(group_cells(np.repeat(deprived, 2, axis=0), two), weights, cut)
    for name in ("m0", "m0_se", "h_se", "a_se"):
        assert getattr(left, name)[0, 0] == pytest.approx(getattr(right, name)[0, 0], rel=1e-10)
    assert stats.t.ppf(0.975, one.freedom) > 1.96
