"""Does every printed 95% interval cover? Simulated populations with known truth, table to the docs.

Run: python benchmarks/evaluation/coverage.py [populations] [part ...] (default 1,000, all parts; with parts named, only
their rows of the page are written anew). Each sample is drawn from a
fixed synthetic population by a design with strata, clusters, unequal weights and small groups; the rule
that withholds intervals is the product's own. Truth is the population's own number.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from resettle.methods.design import Design, make_design
from resettle.methods.ordered import LEAST_FREEDOM, fit_ordered, marginal_probabilities
from resettle.methods.path_model.fit import bootstrap, fit
from resettle.methods.path_model.groups import group_index, linearised_index
from resettle.methods.path_model.model import PathModel, read_model
from resettle.methods.path_model.prepare import Prepared
from resettle.methods.poverty import income as poverty
from resettle.methods.poverty.multidimensional import decompose, group_cells
from resettle.methods.scorecard.analysis import _share_rows as card_errors
from resettle.methods.scorecard.analysis import deal_folds, judge_folds
from resettle.methods.scorecard.card import Indicator, fit_card
from resettle.methods.staggered import event_study
from resettle.methods.survey import mean, response_mean, share, share_interval
from resettle.methods.targeting_measures import concentration, concentration_estimate

OUT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "coverage.md"
STRATA, VILLAGES, HOUSEHOLDS = 4, 60, 60
ITEMS = {"Q": ["q1", "q2", "q3"], "V": ["v1", "v2", "v3"], "S": ["s1", "s2", "s3"]}


@dataclass(frozen=True)
class World:
    """One synthetic population: who lives where, income, deprivations and answers."""

    stratum: np.ndarray
    village: np.ndarray
    income: np.ndarray
    flag: np.ndarray
    deprived: np.ndarray
    answers: np.ndarray
    small: np.ndarray
    far: np.ndarray
    grade: np.ndarray


def build(seed: int = 2024) -> World:
    """Villages differ (intra-cluster correlation about 0.1), strata differ, groups are unequal."""
    rng = np.random.default_rng(seed)
    n = STRATA * VILLAGES * HOUSEHOLDS
    village = np.arange(n) // HOUSEHOLDS
    stratum = village // VILLAGES
    effect = rng.normal(size=STRATA * VILLAGES)[village] * 0.33 + 0.2 * stratum
    income = np.exp(8 + 0.25 * effect + 0.6 * rng.normal(size=n))
    flag = (effect + rng.logistic(size=n) > 1.6).astype(float)
    deprived = (
        0.6 * effect[:, None] + 0.7 * rng.normal(size=n)[:, None] + rng.normal(size=(n, 6)) > 0.6
    ).astype(float)
    q = 0.45 * effect + rng.normal(size=n)
    v = 0.5 * q + 0.8 * rng.normal(size=n)
    s = 0.4 * q + 0.4 * v + 0.3 * effect + 0.7 * rng.normal(size=n)
    answers = np.stack([5.5 + 1.3 * z + rng.normal(size=n) for z in (q, q, q, v, v, v, s, s, s)], axis=1)
    answers = np.clip(np.round(answers), 1, 10)
    small = rng.random(n) < 0.12
    far = (rng.random(STRATA * VILLAGES) < 0.4)[village].astype(float)
    grade = np.digitize(0.5 * effect - 0.6 * far + rng.logistic(size=n), [-1.0, 0.5, 1.5])
    return World(stratum, village, income, flag, deprived, answers, small, far, grade)


def draw(world: World, villages: int, per: int, rng: np.random.Generator) -> tuple[np.ndarray, Design]:
    """Stratified two-stage draw; strata are sampled at unequal rates, so weights are unequal."""
    rows, weight = [], []
    for h in range(STRATA):
        m = max(2, villages + (h % 2) * villages // 2)
        for v in rng.choice(VILLAGES, m, replace=False) + h * VILLAGES:
            chosen = np.flatnonzero(world.village == v)
            kept = rng.choice(chosen, per, replace=False)
            rows.append(kept)
            weight.append(np.full(per, VILLAGES / m * HOUSEHOLDS / per))
    index = np.concatenate(rows)
    strata = [str(s) for s in world.stratum[index]]
    cluster = [str(v) for v in world.village[index]]
    # Villages are drawn without replacement; the finite-population factor is left out, as in the product.
    design, _ = make_design(len(index), np.concatenate(weight), strata, cluster)
    assert design is not None
    return index, design


Result = Iterator[tuple[str, float | None, float | None, float]]


def survey_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    small = world.small[index]
    whole = np.ones(len(world.income), dtype=bool)
    for label, inside, members in (("", None, whole), (", small group", small, world.small)):
        e = mean(np.log(world.income[index]), design, inside)
        yield f"mean{label}", e.low, e.high, float(np.log(world.income[members]).mean())
        e = share(world.flag[index], design, inside)
        yield f"share{label}", e.low, e.high, float(world.flag[members].mean())
    full, _ = make_design(len(world.income))
    assert full is not None
    line = poverty.Line("absolute", 2500.0)
    relative = poverty.Line("median", 0.6)
    x, y = world.income[index], world.income
    for name, kind, mine, truth in (
        ("FGT0", "share", poverty.fgt(x, design, line, 0), poverty.fgt(y, full, line, 0)),
        ("FGT1", "share", poverty.fgt(x, design, line, 1), poverty.fgt(y, full, line, 1)),
        ("FGT2", "share", poverty.fgt(x, design, line, 2), poverty.fgt(y, full, line, 2)),
        (
            "FGT0 at 60% of the median",
            "share",
            poverty.fgt(x, design, relative, 0),
            poverty.fgt(y, full, relative, 0),
        ),
        (
            "FGT1 at 60% of the median",
            "share",
            poverty.fgt(x, design, relative, 1),
            poverty.fgt(y, full, relative, 1),
        ),
        (
            "Watts at 60% of the median",
            "number",
            poverty.watts(x, design, relative),
            poverty.watts(y, full, relative),
        ),
        (
            "Sen at 60% of the median",
            "number",
            poverty.sen(x, design, relative),
            poverty.sen(y, full, relative),
        ),
        ("Watts", "number", poverty.watts(x, design, line), poverty.watts(y, full, line)),
        ("Sen", "number", poverty.sen(x, design, line), poverty.sen(y, full, line)),
        ("Gini", "share", poverty.gini(x, design), poverty.gini(y, full)),
    ):
        heads = int((x <= line.value).sum()) if name != "Gini" else None
        e = poverty.estimate(mine, design, None, kind, heads)  # type: ignore[arg-type]
        yield name, e.low, e.high, truth.value
    cells = group_cells(world.deprived[index], design)
    table = decompose(cells, np.ones(6) / 6, 1 / 3, list("abcdef"))
    true = TRUTH.setdefault(
        "af", decompose(group_cells(world.deprived, full), np.ones(6) / 6, 1 / 3, list("abcdef"))
    )
    for name in ("M0", "H", "A", "hd", "hdk"):
        low, high = table.filter(pl.col("measure") == name).select("low", "high").row(0)
        yield f"Alkire-Foster {name}", low, high, float(true.filter(pl.col("measure") == name)["value"][0])


TRUTH: dict[str, Any] = {}


def model() -> PathModel:
    given = {
        "construct": [{"name": n, "items": i} for n, i in ITEMS.items()],
        "path": ["Q -> V", "Q -> S", "V -> S"],
        "scale": [1, 10],
        "groups": ["g"],
    }
    found, _ = read_model(given)
    assert found is not None
    return found


def prepared(world: World, index: np.ndarray, design: Design) -> Prepared:
    labels = {"g": tuple("small" if s else "large" for s in world.small[index])}
    return Prepared(world.answers[index], design, labels, index, 0)


def path_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    declared = model()
    if "fit" not in TRUTH:
        n = len(world.income)
        everyone = prepared(world, np.arange(n), make_design(n)[0])  # type: ignore[arg-type]
        TRUTH["fit"], _ = fit(everyone, declared)
        table, _ = group_index(everyone, declared, TRUTH["fit"], "g", "S", 2, 1)
        TRUTH["g"] = dict(table.select("group", "index").iter_rows())
    data = prepared(world, index, design)
    result, _ = bootstrap(data, declared, 500, 1)
    held = bool(result.withheld)
    for k, name in enumerate(result.fit.names):
        if name.kind in ("path", "index", "loading", "weight", "htmt", "r2", "total", "indirect"):
            if name.kind in ("loading", "weight", "total") and (name.source, name.target) not in (
                ("s1", "S"),
                ("Q", "S"),
            ):
                continue
            truth = float(TRUTH["fit"].values[k])
            for kind in ("percentile", "bca"):
                low, high = getattr(result.intervals, kind)[k]
                label = f"PLS {name.kind} {name.source} {name.target}".strip() + f", {kind}"
                yield label, None if held else low, None if held else high, truth
    table, _ = group_index(data, declared, result.fit, "g", "S", 500, 1)
    for group, low, high in table.select("group", "low", "high").iter_rows():
        yield f"PLS index S of the {group} group, percentile", low, high, TRUTH["g"][group]
        e = linearised_index(data, result.fit, "S", np.array(data.groups["g"], dtype=object) == group)
        yield f"PLS index S of the {group} group, linearised", e.low, e.high, TRUTH["g"][group]
    few = np.flatnonzero(world.village[index] == world.village[index[0]])[:10]
    site = np.flatnonzero(world.village == world.village[index[0]])
    if len(few) == 10:
        alone, _ = make_design(10)
        assert alone is not None
        e = mean(world.answers[index[few], 8], alone)
        yield "mean of one site, 10 households", e.low, e.high, float(world.answers[site, 8].mean())


def higher_models() -> dict[str, PathModel]:
    """A whole above two parts, corrected for error (PLSc), and a construct formed by its items (mode B)."""
    blocks = [{"name": n, "items": i} for n, i in ITEMS.items()]
    whole = {
        "construct": [*blocks, {"name": "W", "parts": ["Q", "V"]}],
        "path": ["W -> S"],
        "consistent": True,
    }
    formed = {"construct": [{**blocks[0], "mode": "B"}, *blocks[1:]], "path": ["Q -> V", "Q -> S", "V -> S"]}
    found = {}
    for name, given in (("two-stage PLSc", whole), ("mode B", formed)):
        declared, problems = read_model({**given, "scale": [1, 10]})
        assert declared is not None, problems
        found[name] = declared
    return found


SHOWN = {
    "two-stage PLSc": (("path", "W", "S"), ("loading", "[V]", "W"), ("index", "W", ""), ("r2", "S", "")),
    "mode B": (
        ("weight", "q1", "Q"),
        ("loading", "q1", "Q"),
        ("path", "Q", "S"),
        ("indirect", "Q->V->S", ""),
    ),
}


def higher_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    for label, declared in higher_models().items():
        if label not in TRUTH:
            n = len(world.income)
            everyone = prepared(world, np.arange(n), make_design(n)[0])  # type: ignore[arg-type]
            TRUTH[label], _ = fit(everyone, declared)
        result, _ = bootstrap(prepared(world, index, design), declared, 500, 1)
        held = bool(result.withheld)
        for k, name in enumerate(result.fit.names):
            if (name.kind, name.source, name.target) not in SHOWN[label]:
                continue
            for kind in ("percentile", "bca"):
                low, high = getattr(result.intervals, kind)[k]
                said = f"{label} {name.kind} {name.source} {name.target}".strip() + f", {kind}"
                yield said, None if held else low, None if held else high, float(TRUTH[label].values[k])


def finite_numbers(world: World, rng: np.random.Generator, villages: int) -> Result:
    """A quarter of the villages, all their households: the finite-population factor must be used and must suffice."""
    chosen = np.concatenate(
        [rng.choice(VILLAGES, villages, replace=False) + h * VILLAGES for h in range(STRATA)]
    )
    index = np.flatnonzero(np.isin(world.village, chosen))
    design, _ = make_design(
        len(index),
        np.full(len(index), VILLAGES / villages),
        [str(s) for s in world.stratum[index]],
        [str(v) for v in world.village[index]],
        drawn_share=np.full(len(index), float(VILLAGES)),
    )
    assert design is not None
    yield from survey_numbers(world, index, design)


def ordered_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    x = world.far[:, None]
    if "ordered" not in TRUTH:
        TRUTH["ordered"], _ = fit_ordered(world.grade, x, ["far"], make_design(len(x))[0])  # type: ignore[arg-type]
    found, _ = fit_ordered(world.grade[index], x[index], ["far"], design)
    ends = None if found is None else found.ends()
    low, high = (None, None) if ends is None else (float(ends[0, 0]), float(ends[0, 1]))
    yield "cumulative logit slope", low, high, float(TRUTH["ordered"].coefficients[0])
    if found is None or found.freedom < LEAST_FREEDOM:
        yield "marginal probability of the top grade", None, None, 0.0
        return
    everyone, _ = make_design(len(x))
    assert everyone is not None
    one = np.array([[1.0]])
    if "margin" not in TRUTH:
        TRUTH["margin"] = marginal_probabilities(TRUTH["ordered"], x, everyone, [0], one)[0][0, -1]
    p, se = marginal_probabilities(found, x[index], design, [0], one)
    e = share_interval(float(p[0, -1]), float(se[0, -1]), design.freedom, len(index))
    yield "marginal probability of the top grade", e.low, e.high, float(TRUTH["margin"])


def targeting_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    """Concentration of benefits, the scorecard's errors out of sample, and a mean weighted for attrition."""
    x, b = world.income, world.flag
    true = concentration(b, x, np.ones(len(x)))
    e = concentration_estimate(b[index], x[index], design)
    yield "Coady-Grosh-Hoddinott at 40%", e.low, e.high, float(true or 0.0)
    rng = np.random.default_rng(int(index.sum()) % 100_003)
    seen = np.log(x) + 0.5 * world.far
    chance = 1 / (1 + np.exp(-(1.0 + 1.2 * (seen - seen.mean()) - 0.5 * world.small)))
    answered = rng.random(len(index)) < chance[index]
    known = np.stack([seen[index], world.small[index]], axis=1)
    e, _ = response_mean(np.where(answered, np.log(x[index]), np.nan), design, known)
    yield "mean weighted for attrition", e.low, e.high, float(np.log(x).mean())


def card_numbers(world: World, index: np.ndarray, design: Design) -> Result:
    """Errors of the scorecard, judged by folds; truth: what those folds' cards do in the whole population."""
    if "poor" not in TRUTH:
        drive = world.deprived @ np.array([1.6, 1.4, 1.0, 0.8, 0.6, 0.0])
        TRUTH["poor"] = (drive + np.random.default_rng(5).logistic(size=len(drive)) > 3.0).astype(float)
    whole = world.deprived.astype(np.int64)
    indicators = [Indicator(f"i{k}", ("0", "1")) for k in range(6)]
    poor, codes = TRUTH["poor"], whole[index]
    fold = deal_folds(design, 5, 1)
    counted, _ = judge_folds(codes, poor[index], design.weight, indicators, fold, 8)
    missed, wrong, mass = [], [], []
    for f in range(5):
        train = fold != f
        card = fit_card(codes[train], poor[index][train], design.weight[train], [2] * 6, 8)
        listed = card.score(whole) >= card.cut
        missed.append(1 - poor[listed].sum() / poor.sum())
        wrong.append(1 - poor[listed].mean())
        mass.append(design.weight[~train].sum())
    everybody = np.ones(len(index), dtype=bool)
    rows = card_errors("card", counted["card"], poor[index], design, everybody, "", "")
    for row, truth in zip(rows, (missed, wrong), strict=True):
        yield (
            f"scorecard {row['measure'].replace('_', ' ')}",
            row["low"],
            row["high"],
            float(np.average(truth, weights=mass)),
        )


def effect_numbers(rng: np.random.Generator, villages: int, per: int) -> Result:
    """Moves by village in three cohorts, shocks shared within a village and year; true effect 0.3."""
    cohort = rng.permutation(np.resize([0, 2017, 2019], villages))
    shock = 0.2 * rng.normal(size=(villages, 6))
    rows = []
    for unit in range(villages * per):
        v = unit // per
        first, level = int(cohort[v]), rng.normal()
        for k, year in enumerate(range(2015, 2021)):
            moved = 0.3 if first and year >= first else 0.0
            rows.append((unit, year, first, v, level + moved + shock[v, k] + 0.3 * rng.normal()))
    frame = pl.DataFrame(rows, schema=["u", "t", "f", "v", "y"], orient="row")
    found, _ = event_study(frame, "u", "t", "y", "f", "v")
    assert found is not None
    for event in (0, 2):
        row = found.dynamic.filter(pl.col("event") == event).row(0, named=True)
        yield f"event study, {event} years after the move", row["low"], row["high"], 0.3


KINDS: dict[str, Callable[..., Result]] = {
    "survey": survey_numbers,
    "path": path_numbers,
    "higher": higher_numbers,
    "ordered": ordered_numbers,
    "targeting": targeting_numbers,
    "card": card_numbers,
}
PARTS = (*KINDS, "finite", "effect")
CARD_EVERY = 3
FEW = 100
"""Samples of a design too small for intervals of path models: nothing is printed, and that is quickly seen."""
DESIGNS = ((12, 8, "12 to 18"), (5, 12, "5 to 7"), (9, 10, "9 to 13"), (2, 25, "2 to 3"))


def run(populations: int, parts: tuple[str, ...] = PARTS) -> pl.DataFrame:
    world = build()
    found: dict[tuple[str, str], list[int]] = {}

    def note(design: str, result: Result) -> None:
        for name, low, high, truth in result:
            cell = found.setdefault((design, name), [0, 0, 0])
            cell[0] += 1
            if low is not None and high is not None:
                cell[1] += 1
                cell[2] += int(low <= truth <= high)

    for villages, per, said in DESIGNS:
        label = f"4 strata, {said} villages each, {per} households"
        for seed in range(populations):
            index, design = draw(world, villages, per, np.random.default_rng([villages, seed]))
            for name, kind in KINDS.items():
                idle = seed >= FEW and villages < {"path": 5, "higher": 9}.get(name, 0)
                if name in parts and not idle and (name != "card" or seed % CARD_EVERY == 0):
                    note(label, kind(world, index, design))
    if "finite" in parts:
        for seed in range(populations):
            drawn = finite_numbers(world, np.random.default_rng([15, seed]), 15)
            note("4 strata, 15 of 60 villages each, all households, fpc", drawn)
    if "effect" in parts:
        for villages, per in ((240, 1), (60, 4), (36, 6), (12, 20)):
            for seed in range(populations):
                moved = effect_numbers(np.random.default_rng([99, villages, seed]), villages, per)
                note(f"{villages} villages of {per} households, 3 cohorts, 6 years", moved)
    return pl.DataFrame(
        [(d, n, r, p, (h / p if p else None)) for (d, n), (r, p, h) in found.items()],
        schema=["design", "interval", "samples", "printed", "coverage"],
        orient="row",
    )


def head(populations: int) -> list[str]:
    """What the page says before its tables."""
    return [
        "# Coverage of every printed interval",
        "",
        "In what share of samples a 95% interval contains the truth. A synthetic population of 14,400 households",
        f"(4 strata, 240 villages, unequal rates) is sampled up to {populations:,} times by each design. The simulation",
        "error of a cell is 0.7 points with 1,000 samples and 1.1 with 400. Where the product prints no interval (too few",
        "units or cases) the cell says so. Rerun: `make coverage`, or one part: `python benchmarks/evaluation/coverage.py",
        "1000 higher`; a row of more samples is never replaced by one of fewer.",
        "",
        "A cell outside 93 to 97% by more than twice its own simulation error is marked ✕. Where an interval is",
        "printed for few samples only, their number is given. Loadings, outer weights and total effects are judged on one",
        "each. The slope with a random intercept of the site is printed without an interval.",
        "",
    ]


def page(table: pl.DataFrame, populations: int) -> str:
    """The table as the docs show it."""
    lines = head(populations)
    return "\n".join(lines + sections(page_rows(table)))


def page_rows(table: pl.DataFrame) -> dict[str, dict[str, tuple[int, str]]]:
    """By design and interval: how many samples, and the row's other cells."""
    rows: dict[str, dict[str, tuple[int, str]]] = {}
    for row in table.iter_rows(named=True):
        printed = f"{100 * row['printed'] / row['samples']:.0f}%"
        value, shown_in = row["coverage"], row["printed"]
        shown = "none printed" if value is None else f"{100 * value:.1f}%"
        noise = 2 * (0.95 * 0.05 / shown_in) ** 0.5 if shown_in else 0.0
        mark = " ✕" if value is not None and not 0.93 - noise <= value <= 0.97 + noise else ""
        if shown_in and shown_in < 0.5 * row["samples"]:
            shown += f" of {shown_in} printed"
        cells = f" {printed} | {shown}{mark} |"
        rows.setdefault(row["design"], {})[row["interval"]] = (row["samples"], cells)
    return rows


def sections(found: dict[str, dict[str, tuple[int, str]]]) -> list[str]:
    lines = []
    for design, rows in found.items():
        lines += [f"## {design}", "", "| interval | samples | printed | coverage |", "|---|---|---|---|"]
        lines += [f"| {name} | {samples:,} |{rest}" for name, (samples, rest) in rows.items()] + [""]
    return lines


def merged(old: str, table: pl.DataFrame, populations: int) -> str:
    """The page with the rows of a partial run in their places; a row of more samples than the new one stands."""
    _, *parts = old.split("\n## ")
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for part in parts:
        title, _, body = part.partition("\n")
        for line in body.splitlines():
            if line.startswith("| ") and not line.startswith("| interval"):
                _, name, samples, rest = line.split("|", 3)
                found.setdefault(title, {})[name.strip()] = (int(samples.replace(",", "")), rest)
    for design, rows in page_rows(table).items():
        own = found.setdefault(design, {})
        own |= {name: row for name, row in rows.items() if name not in own or row[0] >= own[name][0]}
    return "\n".join(head(populations) + sections(found))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    chosen = tuple(sys.argv[2:]) or PARTS
    if not set(chosen) <= set(PARTS):
        sys.exit(f"parts: {', '.join(PARTS)}")
    begun = time.time()
    result = run(count, chosen)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    text = page(result, count) if chosen == PARTS else merged(OUT.read_text(encoding="utf-8"), result, count)
    OUT.write_text(text, encoding="utf-8")
    print(f"{count} samples per design in {time.time() - begun:.0f} s -> {OUT.name}")
