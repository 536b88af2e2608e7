"""PLS against SmartPLS 2.0.M3 (through semPLS 1.0-10) and seminr 2.3.1; numbers beside the data."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resettle.methods.path_model import quality
from resettle.methods.path_model.effect_size import f_squared
from resettle.methods.path_model.fit import bootstrap, fit
from resettle.methods.path_model.model import PathModel, read_model
from resettle.methods.path_model.moments import batch_from_sums, make_moments
from resettle.methods.path_model.prepare import Prepared, prepare

pytestmark = pytest.mark.shared
SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared")) / "data"

BLOCKS = {
    "Image": [f"IMAG{i}" for i in range(1, 6)],
    "Expectation": [f"CUEX{i}" for i in range(1, 4)],
    "Quality": [f"PERQ{i}" for i in range(1, 8)],
    "Value": ["PERV1", "PERV2"],
    "Satisfaction": [f"CUSA{i}" for i in range(1, 4)],
    "Complaints": ["CUSCO"],
    "Loyalty": [f"CUSL{i}" for i in range(1, 4)],
}
PATHS = {
    "Image": ["Expectation", "Satisfaction", "Loyalty"],
    "Expectation": ["Quality", "Value", "Satisfaction"],
    "Quality": ["Value", "Satisfaction"],
    "Value": ["Satisfaction"],
    "Satisfaction": ["Complaints", "Loyalty"],
    "Complaints": ["Loyalty"],
}


def mobi() -> pl.DataFrame:
    return pl.read_csv(SHARED / "survey" / "mobi.csv").drop("")


def ecsi(**extra: object) -> PathModel:
    given = {
        "construct": [{"name": name, "items": items} for name, items in BLOCKS.items()],
        "path": [f"{start} -> {end}" for start, ends in PATHS.items() for end in ends],
        "scale": [1, 10],
    }
    model, problems = read_model(given | extra)
    assert model is not None and not problems
    return model


def prepared(model: PathModel, frame: pl.DataFrame | None = None) -> Prepared:
    data, _ = prepare(mobi() if frame is None else frame, model)
    assert data is not None
    return data


def reference(name: str) -> tuple[list[str], list[str], np.ndarray]:
    path = SHARED / "evaluation" / "pls" / f"ref_mobi_ecsi_seminr_2.3.1_{name}.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    body = [[np.nan if c.strip() == "NA" else float(c) for c in row[1:]] for row in rows[1:]]
    return rows[0][1:], [row[0] for row in rows[1:]], np.array(body)


def test_paths_and_explained_shares_are_those_of_smartpls():
    targets = json.loads((SHARED / "evaluation" / "targets.json").read_text(encoding="utf-8"))
    target = targets["pls_mobi_ecsi_standardised"]
    found, problems = fit(prepared(ecsi()), ecsi())
    assert problems == []
    for arrow, value in target["path_scheme"].items():
        # Printed to 8 digits: half a unit of the last one where that is wider than 1e-8.
        assert found.value("path", *arrow.split("->")) == pytest.approx(value, abs=1e-8)
    for construct, value in target["R2"].items():
        assert found.value("r2", construct) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("name", "consistent"), [("plsA", False), ("plsc", True)])
def test_every_table_of_seminr(name: str, consistent: bool):
    model = ecsi(consistent=consistent)
    found, _ = fit(prepared(model), model)
    layout, correlation = found.layout, found.batch.correlation
    effects = np.zeros((7, 7))
    for source, target, value in f_squared(found, model):
        effects[layout.names.index(source), layout.names.index(target)] = value
    tables = {
        "paths": found.structure.coefficients[0],
        "total": found.structure.total[0],
        "loadings": found.structure.loadings[0],
        "weights": found.outer[0],
        "reliability": quality.reliability(correlation, found.outer, found.structure.loadings, layout)[0],
        "f2": effects,
        "htmt": np.where(np.tri(7, k=-1) > 0, quality.htmt(correlation, layout)[0], np.nan),
        "fornell_larcker": np.where(np.tri(7) > 0, quality.fornell_larcker(found.structure, layout), np.nan),
    }
    for table, mine in tables.items():
        _, _, theirs = reference(f"{name}_{table}")
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9, err_msg=table)
    names, _, theirs = reference(f"{name}_r2")
    order = [layout.names.index(n) for n in names]
    np.testing.assert_allclose(found.structure.r2[0, order], theirs[0], rtol=0, atol=1e-9)
    adjusted = quality.adjusted_r2(found.structure.r2, layout, 250)[0, order]
    np.testing.assert_allclose(adjusted, theirs[1], rtol=0, atol=1e-9)


def test_bootstrap_agrees_with_seminr_within_its_noise():
    model = ecsi()
    result, problems = bootstrap(prepared(model), model, 2000, seed=7)
    assert problems == [] and result.withheld == ""
    _, arrows, theirs = reference("plsA_boot500_seed123_paths")
    for arrow, row in zip(arrows, theirs, strict=True):
        source, target = [end.strip() for end in arrow.split("->")]
        k = next(
            k
            for k, n in enumerate(result.fit.names)
            if (n.kind, n.source, n.target) == ("path", source, target)
        )
        # Another program's random stream with 500 draws: standard errors agree within their noise.
        assert result.intervals.se[k] == pytest.approx(row[2], rel=0.15)
        np.testing.assert_allclose(result.intervals.percentile[k], row[4:6], atol=0.04)


def test_item_adequacy_and_reliability_are_those_of_psych():
    targets = json.loads((SHARED / "evaluation" / "targets.json").read_text(encoding="utf-8"))["reliability"]
    answers = mobi().to_numpy().astype(float)
    correlation = np.corrcoef(answers.T)
    assert quality.kmo(correlation)[0] == pytest.approx(targets["mobi_KMO"], abs=1e-9)
    chi2, freedom, _ = quality.bartlett(correlation, len(answers))
    assert chi2 == pytest.approx(targets["mobi_bartlett"][0], abs=5e-7)
    assert freedom == targets["mobi_bartlett"][1]
    names = mobi().columns
    for prefix, value in targets["mobi_alpha_raw"].items():
        chosen = [k for k, name in enumerate(names) if name.startswith(prefix) and name != "CUSCO"]
        covariance = np.cov(answers[:, chosen].T)
        assert quality.raw_alpha(covariance) == pytest.approx(value, abs=5e-10)


def test_correlations_come_back_from_the_moments():
    model = ecsi()
    data = prepared(model)
    moments = make_moments(data.answers, data.design)
    batch = batch_from_sums(moments.sums.sum(axis=0)[None, :], moments)
    np.testing.assert_allclose(batch.correlation[0], np.corrcoef(data.answers.T), atol=1e-13)
    np.testing.assert_allclose(batch.mean[0], data.answers.mean(axis=0), atol=1e-12)
