"""Ordered logit against R MASS polr, event study against R did, survey means against R survey."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resettle.methods.design import make_design
from resettle.methods.ordered import fit_ordered
from resettle.methods.staggered import event_study
from resettle.methods.survey import mean, rake, raked_influence, total

pytestmark = pytest.mark.shared
SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared")) / "data"
LEVELS = {
    "Infl": ["Low", "Medium", "High"],
    "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
    "Cont": ["Low", "High"],
}


@pytest.fixture(scope="module")
def targets() -> dict:
    return json.loads((SHARED / "evaluation" / "targets.json").read_text(encoding="utf-8"))


def housing() -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray]:
    frame = pl.read_csv(SHARED / "evaluation" / "impact" / "housing_satisfaction_MASS.csv")
    y = np.array([["Low", "Medium", "High"].index(v) for v in frame["Sat"]])
    names = [f"{v}{level}" for v, levels in LEVELS.items() for level in levels[1:]]
    x = [(frame[v] == level).to_numpy() for v, levels in LEVELS.items() for level in levels[1:]]
    return y, np.stack(x, axis=1).astype(float), names, frame["Freq"].to_numpy().astype(float)


def test_housing_satisfaction_is_that_of_polr(targets: dict):
    y, x, names, freq = housing()
    design, _ = make_design(len(y), freq)
    found, problems = fit_ordered(y, x, names, design)
    target = targets["ordered_logit_housing_satisfaction"]
    assert found is not None and problems == []
    assert found.deviance == pytest.approx(target["deviance"], abs=5e-7)
    assert dict(zip(names, found.coefficients, strict=True)) == pytest.approx(target["coef"], abs=6e-5)
    np.testing.assert_allclose(found.error(robust=False), target["se"], atol=6e-6)
    np.testing.assert_allclose(found.cuts, target["cut"], atol=6e-5)
    path = SHARED / "evaluation" / "impact" / "ref_housing_polr.csv"
    for row in csv.DictReader(path.open(encoding="utf-8")):
        if row[""] in names:
            # polr stops early by its own criterion: its digits hold to about 1e-4 of an error.
            assert found.coefficients[names.index(row[""])] == pytest.approx(float(row["Value"]), abs=5e-5)


def test_a_weighted_fit_is_the_fit_on_expanded_rows():
    y, x, names, freq = housing()
    times = freq.astype(int)
    weighted, _ = fit_ordered(y, x, names, make_design(len(y), freq)[0])
    expanded, _ = fit_ordered(
        np.repeat(y, times), np.repeat(x, times, axis=0), names, make_design(times.sum())[0]
    )
    np.testing.assert_allclose(weighted.coefficients, expanded.coefficients, atol=1e-6)
    np.testing.assert_allclose(weighted.cuts, expanded.cuts, atol=1e-6)
    np.testing.assert_allclose(weighted.covariance, expanded.covariance, atol=1e-9)


def test_event_study_of_minimum_wages_is_that_of_did(targets: dict):
    frame = pl.read_csv(SHARED / "evaluation" / "impact" / "mpdta.csv")
    found, problems = event_study(frame, "countyreal", "year", "lemp", "first.treat")
    target = targets["did_mpdta"]
    assert found is not None and problems == []
    for event, value in target["dynamic"].items():
        mine = found.dynamic.filter(pl.col("event") == int(event))["effect"].item()
        # The published table is the doubly robust estimate with lpop; ours has no covariate.
        assert mine == pytest.approx(value, abs=5.1e-5), event
    assert found.overall[0] == pytest.approx(target["dynamic_overall"][0], abs=5.1e-5)
    assert found.overall[1] == pytest.approx(target["dynamic_overall"][1], abs=2e-3)
    assert found.simple[0] == pytest.approx(target["CS_simple"][0], abs=5.1e-4)
    assert found.simple[1] == pytest.approx(target["CS_simple"][1], abs=5.1e-4)


def api(name: str) -> pl.DataFrame:
    with gzip.open(SHARED / "evaluation" / "sampling" / f"{name}.csv.gz") as file:
        return pl.read_csv(file.read(), null_values="NA", infer_schema_length=None)


def test_means_and_totals_are_those_of_survey(targets: dict):
    target = targets["survey_api"]
    frame = api("apistrat")
    size = frame.group_by("stype").len()
    share = (
        frame.join(size, on="stype", maintain_order="left").select(pl.col("len") / pl.col("fpc")).to_series()
    )
    score, enroll = frame["api00"].to_numpy().astype(float), frame["enroll"].to_numpy().astype(float)
    weight, strata = frame["pw"].to_numpy(), frame["stype"].to_list()
    held, _ = make_design(200, weight, strata, drawn_share=share.to_list())
    free, _ = make_design(200, weight, strata)
    assert mean(score, held).value == pytest.approx(target["apistrat_mean_api00_fpc"][0], abs=0.005)
    assert mean(score, held).se == pytest.approx(target["apistrat_mean_api00_fpc"][1], abs=5e-5)
    assert mean(score, free).value == pytest.approx(target["apistrat_no_fpc"][0], abs=1e-9)
    assert mean(score, free).se == pytest.approx(target["apistrat_no_fpc"][1], abs=1e-9)
    assert total(enroll, held).value == pytest.approx(target["apistrat_total_enroll"][0], abs=0.6)
    assert total(enroll, held).se == pytest.approx(target["apistrat_total_enroll"][1], abs=0.6)


def test_clusters_and_raking_are_those_of_survey(targets: dict):
    target = targets["survey_api"]
    frame = api("apiclus1")
    drawn = [15 / f for f in frame["fpc"]]
    design, _ = make_design(183, frame["pw"].to_numpy(), cluster=frame["dnum"].to_list(), drawn_share=drawn)
    score = frame["api00"].to_numpy().astype(float)
    assert mean(score, design).value == pytest.approx(target["apiclus1_mean"][0], abs=0.005)
    assert mean(score, design).se == pytest.approx(target["apiclus1_mean"][1], abs=5e-4)
    # Known margins of the state's schools, as in R survey's example of rake().
    margins = [
        (frame["stype"].to_list(), {"E": 4421.0, "H": 755.0, "M": 1018.0}),
        (frame["sch.wide"].to_list(), {"No": 1072.0, "Yes": 5122.0}),
    ]
    raked, problems = rake(design, margins)
    assert problems == []
    found = mean(score, raked)
    assert found.value == pytest.approx(target["apiclus1_raked_mean"][0], abs=0.005)
    rest = raked_influence((score - found.value) / raked.weight.sum(), design, [m[0] for m in margins])
    se = float(np.sqrt(raked.covariance((raked.weight * rest)[:, None])[0, 0]))
    assert se == pytest.approx(target["apiclus1_raked_mean"][1], abs=5e-4)
