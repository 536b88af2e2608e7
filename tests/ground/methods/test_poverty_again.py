"""Poverty measures a second time: values by plain loops, errors by leaving one village out at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from resettle.methods.design import Design, make_design
from resettle.methods.poverty.analysis import analyse as poverty_analysis
from resettle.methods.poverty.income import Line, Linearised, fgt, gini, sen, watts
from resettle.methods.poverty.multidimensional import decompose, group_cells

LINE = Line("absolute", 2500.0)
MEASURES: dict[str, Callable[[np.ndarray, Design], Linearised]] = {
    "FGT0": lambda x, d: fgt(x, d, LINE, 0),
    "FGT1": lambda x, d: fgt(x, d, LINE, 1),
    "FGT2": lambda x, d: fgt(x, d, LINE, 2),
    "FGT1 at half the mean": lambda x, d: fgt(x, d, Line("mean", 0.5), 1),
    "Watts": lambda x, d: watts(x, d, LINE),
    "Watts at half the mean": lambda x, d: watts(x, d, Line("mean", 0.5)),
    "Sen": lambda x, d: sen(x, d, LINE),
    "Sen at half the mean": lambda x, d: sen(x, d, Line("mean", 0.5)),
    "Gini": gini,
}


def people(seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """960 persons in 120 villages of 4 counties, weights and villages unequal."""
    rng = np.random.default_rng(seed)
    village = np.repeat(np.arange(120), 8)
    income = np.exp(8.1 + 0.3 * rng.normal(size=120)[village] + 0.6 * rng.normal(size=960))
    weight = rng.uniform(0.5, 2.0, 960)
    return income, weight, [f"c{v % 4}" for v in village], [f"v{v:03d}" for v in village]


@pytest.mark.parametrize("name", MEASURES)
def test_the_linearised_error_is_that_of_leaving_villages_out(name: str):
    income, weight, county, village = people()
    design, _ = make_design(960, weight, county, village)
    assert design is not None
    found = MEASURES[name](income, design)
    variance = 0.0
    for h in range(4):
        units = [u for u in range(design.units) if design.stratum[u] == h]
        values = []
        for u in units:
            factor = np.where(design.unit == u, 0.0, np.where(design.stratum[design.unit] == h, 30 / 29, 1.0))
            less, _ = make_design(960, weight * factor, county, village)
            values.append(MEASURES[name](income, less).value)  # type: ignore[arg-type]
        variance += 29 / 30 * sum((v - sum(values) / 30) ** 2 for v in values)
    assert found.error(design) == pytest.approx(math.sqrt(variance), rel=0.03)


def test_values_are_those_of_plain_loops():
    income, weight, county, village = people(1)
    design, _ = make_design(960, weight, county, village)
    assert design is not None
    z, whole = LINE.value, sum(weight)
    rows = list(zip(income.tolist(), weight.tolist(), strict=True))
    for order in (0, 1, 2):
        total = sum(w * ((z - x) / z) ** order for x, w in rows if x <= z)
        assert fgt(income, design, LINE, order).value == pytest.approx(total / whole, rel=1e-12)
    logs = sum(w * math.log(z / x) for x, w in rows if x <= z)
    assert watts(income, design, LINE).value == pytest.approx(logs / whole, rel=1e-12)
    mean = sum(w * x for x, w in rows) / whole
    apart = sum(a * b * abs(x - y) for x, a in rows for y, b in rows)
    # The usual formula in steps of whole persons differs from the mean difference by a part in the thousand.
    assert gini(income, design).value == pytest.approx(apart / (2 * whole**2 * mean), abs=2e-3)


def test_sen_of_whole_weights_is_that_of_the_persons_one_by_one():
    income, _, _, _ = people(2)
    times = np.random.default_rng(3).integers(1, 4, 960)
    design, _ = make_design(960, times.astype(float))
    each = sorted(np.repeat(income, times).tolist())
    poor = [x for x in each if x < LINE.value]
    q, n, z = len(poor), len(each), LINE.value
    wanted = 2 / ((q + 1) * n * z) * sum((z - x) * (q + 1 - k) for k, x in enumerate(poor, start=1))
    assert sen(income, design, LINE).value == pytest.approx(wanted, rel=1e-10)  # type: ignore[arg-type]


def test_groups_make_up_the_whole():
    rng = np.random.default_rng(4)
    deprived = (rng.random((600, 4)) < 0.35).astype(float)
    weight = rng.uniform(0.5, 2, 600)
    groups = [f"g{i % 3}" for i in range(600)]
    design, _ = make_design(600, weight)
    assert design is not None
    share = np.array([0.4, 0.3, 0.2, 0.1])
    table = decompose(group_cells(deprived, design, groups), share, 0.35, list("abcd"))
    got = {(r["group"], r["measure"], r["indicator"]): r["value"] for r in table.iter_rows(named=True)}
    score = [sum(s * d for s, d in zip(share, row, strict=True)) for row in deprived]
    hit = [v if v >= 0.35 - 1e-9 else 0.0 for v in score]
    whole = sum(w * v for w, v in zip(weight, hit, strict=True)) / weight.sum()
    assert got["", "M0", ""] == pytest.approx(whole, rel=1e-12)
    names = ("g0", "g1", "g2")
    assert sum(got[g, "popshare", ""] for g in names) == pytest.approx(1.0)
    assert sum(got[g, "contribution", ""] for g in names) == pytest.approx(1.0)
    assert sum(got[g, "popshare", ""] * got[g, "M0", ""] for g in names) == pytest.approx(whole, rel=1e-12)
    assert sum(got["", "pctb", i] for i in "abcd") == pytest.approx(1.0)
    assert sum(got["", "actb", i] for i in "abcd") == pytest.approx(whole, rel=1e-12)


def test_a_stratum_drawn_whole_has_no_error_and_half_of_it_less():
    frame = pl.DataFrame(
        {"y": [50.0, 80.0, 120.0, 300.0, 40.0, 90.0, 150.0, 200.0], "s": ["a"] * 4 + ["b"] * 4}
        | {"whole": [4] * 8, "half": [0.5] * 8, "none": [1e12] * 8, "few": [3] * 8, "odd": [4, 5] * 4}
    )
    spec = {"income": "y", "lines": [100], "strata": "s"}

    def errors(**more):
        tables, problems = poverty_analysis(frame, spec | more)
        return tables.get("income", pl.DataFrame({"se": []}))["se"].to_numpy(), {p.code for p in problems}

    plain, _ = errors()
    assert np.allclose(errors(fpc="whole")[0], 0.0) and np.allclose(errors(fpc="none")[0], plain, rtol=1e-6)
    assert np.allclose(errors(fpc="half")[0], plain * math.sqrt(0.5))
    assert "design.fpc_small" in errors(fpc="few")[1] and "design.fpc_differs" in errors(fpc="odd")[1]
    assert "poverty.column_missing" in errors(fpc="gone")[1]


def test_strata_joined_join_their_numbers_of_units():
    """One unit of 10 and three of 6: joined, 4 of 16."""
    design, _ = make_design(
        4, strata=["a", "b", "b", "b"], single_unit="merge", drawn_share=[10.0, 6.0, 6.0, 6.0]
    )
    assert design is not None and design.fpc.tolist() == pytest.approx([0.25])


def lorenz_gini(income: np.ndarray, weight: np.ndarray) -> float:
    """One less twice the area under the Lorenz curve, by trapezoids."""
    order = np.argsort(income, kind="stable")
    people = np.concatenate([[0.0], np.cumsum(weight[order])]) / weight.sum()
    money = np.concatenate([[0.0], np.cumsum((weight * income)[order])]) / (weight * income).sum()
    return float(1 - ((people[1:] - people[:-1]) * (money[1:] + money[:-1])).sum())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 0.37])
def test_weights_that_are_shares_give_one_gini_and_one_sen_whatever_their_scale(scale: float):
    rng = np.random.default_rng(31)
    income, weight = rng.lognormal(8, 0.7, 60), rng.uniform(0.2, 3, 60)
    weight *= scale / weight.sum()
    design, _ = make_design(60, weight=weight)
    assert design is not None
    line = Line("absolute", 2500.0)
    assert gini(income, design).value == pytest.approx(lorenz_gini(income, weight), abs=1e-12)
    poor = income < line.value
    heads, gap = (
        weight[poor].sum() / weight.sum(),
        1 - np.average(income[poor], weights=weight[poor]) / line.value,
    )
    wanted = heads * (gap + (1 - gap) * lorenz_gini(income[poor], weight[poor]))
    assert sen(income, design, line).value == pytest.approx(wanted, abs=1e-12)
    # The influence is the derivative: adding a little weight to one row moves the estimate by it.
    for row in (3, 40):
        more = weight.copy()
        more[row] *= 1 + 1e-6
        moved, _ = make_design(60, weight=more)
        assert moved is not None
        change = (gini(income, moved).value - gini(income, design).value) / (weight[row] * 1e-6)
        assert gini(income, design).influence[row] == pytest.approx(change, rel=1e-4, abs=1e-4 / scale)


def test_who_did_not_answer_is_counted_and_said():
    frame = pl.DataFrame(
        {
            "income": [100.0, None, 300.0, 50.0] * 20,
            "a": [1, 0, None, 1] * 20,
            "b": [0, 1, 1, None] * 20,
        }
    )
    given = {"income": "income", "lines": [200], "indicators": ["a", "b"], "cut": 0.5}
    tables, problems = poverty_analysis(frame, given)
    said = {p.code: (p.value, p.column) for p in problems}
    assert said["poverty.income_unknown"] == ("20", "income")
    assert said["poverty.indicator_dropped"] == ("40", "a, b")
    assert set(tables["income"]["n"]) == {60}
    for rule in ("rescale", "not_deprived"):
        codes = {p.code for p in poverty_analysis(frame, given | {"missing": rule})[1]}
        assert f"poverty.indicator_{rule}{'d' if rule == 'rescale' else ''}" in codes


@pytest.mark.parametrize("codes", [(1, 2), ("yes", "no"), ("1.0", "2.0")])
def test_an_indicator_coded_otherwise_is_refused_before_only_the_deprived_are_left(
    codes: tuple[object, object],
):
    frame = pl.DataFrame({"a": [codes[0], codes[1], codes[1], codes[1]] * 20, "b": [0, 1, 1, 0] * 20})
    tables, problems = poverty_analysis(frame, {"indicators": ["a", "b"], "cut": 0.5})
    assert "deprivation" not in tables
    assert [(p.code, p.column) for p in problems if p.severity == "error"] == [("poverty.flag_coding", "a")]


def test_codes_declared_as_no_answer_and_a_few_slips_leave_an_indicator_in_place():
    frame = pl.DataFrame({"a": [1, 0, 9, 0] * 25, "b": [0, 1, 1, 0] * 24 + [0, 1, 1, 3]})
    given = {"indicators": ["a", "b"], "cut": 0.5, "missing_values": {"a": [9]}}
    tables, problems = poverty_analysis(frame, given)
    assert tables["deprivation"].height and not [p for p in problems if p.severity == "error"]
