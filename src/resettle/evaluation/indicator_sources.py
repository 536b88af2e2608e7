"""Where each post-evaluation indicator comes from: its tables, and the two sums it is the ratio of.

An indicator is ``offset + factor * sum(top) / sum(bottom)`` over rows that carry their site and county, so one
definition gives the programme's value and every site's. A row whose answer is unknown is in neither sum. An
indicator whose tables are absent has no value, and the first of them that is missing is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from resettle.tables.age import age_on

MOVER_CLASSES = ("registered_poor", "co_mover", "affected")
SCHOOL_AGES = (6, 15)
"""Whole years, both ends included: compulsory schooling."""
PLACES = ("site_id", "county_code")
MINOR = 100
"""Minor units of money in one of its currency; incomes in answers are whole units."""


@dataclass(frozen=True)
class World:
    """What indicators may read.

    Attributes:
        tables: whatever a run has.
        as_of: the day ages are counted at; settings: the programme's own (``cut_off``).
        now, before: answers of the movers in the last round and before the move, joined with weight, site, county.
        satisfaction: the 0 to 100 index of everybody, and of sites, from the path model.
        belonging: each row's 0 to 100 score in ``now``.
    """

    tables: Mapping[str, pl.DataFrame]
    as_of: date | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    now: pl.DataFrame | None = None
    before: pl.DataFrame | None = None
    satisfaction: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    belonging: pl.Series | None = None

    def has(self, need: str) -> bool:
        """Whether a table, or ``table.column`` with any known value, is there."""
        name, _, column = need.partition(".")
        table = {"response": self.now, "baseline": self.before}.get(name, self.tables.get(name))
        if table is None or not table.height:
            return False
        return not column or (column in table.columns and table[column].null_count() < table.height)


@dataclass(frozen=True)
class Pieces:
    """The rows an indicator is summed from: ``site_id, county_code, top, bottom, n`` (answers or households behind
    a row).

    Attributes:
        basis: registry, plan, funds, targeting, projection or survey.
        whole: the programme's value where it is not the sum of the rows (the index of a path model); count: the
            answers behind it.
    """

    rows: pl.DataFrame
    basis: str
    factor: float = 100.0
    offset: float = 0.0
    whole: float | None = None
    count: int | None = None


Make = Callable[[World], Pieces | None]


@dataclass(frozen=True)
class Source:
    """How one indicator (or one part of it) is computed: ``needs`` are tables or ``table.column``."""

    needs: tuple[str, ...]
    make: Make
    part: str = ""


def pieces(
    frame: pl.DataFrame, top: pl.Expr, bottom: pl.Expr, basis: str, factor: float = 100.0, offset: float = 0.0
) -> Pieces:
    """Rows with both sums known; a column ``n`` says how many households a row stands for, otherwise one."""
    count = pl.col("n") if "n" in frame.columns else pl.lit(1)
    places = [pl.col(c) if c in frame.columns else pl.lit(None, pl.String).alias(c) for c in PLACES]
    rows = frame.select(
        *places,
        top.cast(pl.Float64).alias("top"),
        bottom.cast(pl.Float64).alias("bottom"),
        count.cast(pl.Int64).alias("n"),
    ).filter(pl.col("top").is_finite() & pl.col("bottom").is_finite())
    return Pieces(rows, basis, factor, offset)


def share(frame: pl.DataFrame, flag: pl.Expr, basis: str, weight: pl.Expr | None = None) -> Pieces:
    """Per cent of rows for which a flag holds, unknown flags left out."""
    mass = pl.lit(1.0) if weight is None else weight
    known = frame.with_columns(flag.alias("_flag")).filter(pl.col("_flag").is_not_null())
    return pieces(known, pl.col("_flag").cast(pl.Float64) * mass, mass, basis)


def movers(world: World) -> pl.DataFrame:
    """Households that move: eligible where the rules have run, otherwise all of a moving class, with site,
    dwelling and entitlement beside them."""
    household = world.tables["household"].sort("household_id")
    for name, wanted in (
        ("entitlement", ("is_eligible", "mover_class", "area_cap_dm2", "must_return_homestead",
                         "is_demolition_exempt", "unknown_count", "resettled_persons")),
        ("household_site", ("site_id", "dwelling_size_dm2", "status")),
        ("targeting_household", ("is_income_poor",)),
    ):  # fmt: skip
        other = world.tables.get(name)
        if other is None:
            continue
        own = [c for c in wanted if c in other.columns and c not in household.columns]
        one = other.unique("household_id", keep="first", maintain_order=True).select("household_id", *own)
        household = household.join(one, on="household_id", how="left", maintain_order="left")
    if "is_eligible" in household.columns:
        return household.filter(pl.col("is_eligible"))
    if "household_class" in household.columns:
        return household.filter(pl.col("household_class").is_in(MOVER_CLASSES))
    return household


def persons(world: World) -> pl.DataFrame:
    """Members of the households that move, with site and county."""
    own = movers(world)
    place = [c for c in PLACES if c in own.columns]
    member = world.tables["person"].sort("household_id", maintain_order=True)
    return member.join(
        own.select("household_id", *place), on="household_id", how="inner", maintain_order="left"
    )


def of_labour(world: World) -> pl.DataFrame:
    return persons(world).filter(pl.col("labour_class").is_in(["ordinary", "skilled"]))


def _one_job(world: World) -> Pieces:
    """Households with labour in which somebody works; unknown while a "no" might still be a "yes"."""
    keys = ["household_id", *(c for c in PLACES if c in of_labour(world).columns)]
    home = (
        of_labour(world)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("has_job").fill_null(False).any().alias("any"),
            pl.col("has_job").is_null().any().alias("gap"),
        )
    )
    flag = pl.when(pl.col("any")).then(True).when(pl.col("gap")).then(None).otherwise(False)
    return share(home, flag, "registry")


def _school(world: World) -> Pieces | None:
    if world.as_of is None:
        return None
    age = age_on(pl.col("birth_date"), world.as_of)
    return share(persons(world).filter(age.is_between(*SCHOOL_AGES)), ~pl.col("is_student"), "registry")


def _above_line(world: World) -> Pieces:
    """Persons not below the line: by the last round's incomes where the line of that year is known, by the
    registry's otherwise."""
    if world.now is not None and (found := _surveyed_above(world, world.now)) is not None:
        return found
    flag = ~pl.col("is_income_poor")
    return share(movers(world), flag, "registry", pl.col("member_count").cast(pl.Float64))


def line_of(world: World, answers: pl.DataFrame) -> float | None:
    """The poverty line, in whole currency units, of the year a round was asked in."""
    lines = world.tables.get("targeting_line")
    if lines is None or "asked_date" not in answers.columns or not answers["asked_date"].count():
        return None
    year = int(answers["asked_date"].dt.year().min())  # type: ignore[arg-type]
    own = lines.filter((pl.col("year") == year) & pl.col("line_minor").is_not_null())
    return float(own["line_minor"][0]) / MINOR if own.height else None


def _surveyed_above(world: World, answers: pl.DataFrame) -> Pieces | None:
    line = line_of(world, answers)
    if line is None or "income_person_year" not in answers.columns:
        return None
    size = world.tables["household"].select("household_id", pl.col("member_count").alias("_size"))
    table = answers.join(size, on="household_id", how="left", maintain_order="left")
    return share(table, pl.col("income_person_year") >= line, "survey", _weight(table) * pl.col("_size"))


def _weight(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("weight").fill_null(1.0) if "weight" in frame.columns else pl.lit(1.0)


def _answers(world: World, when: str = "now") -> pl.DataFrame:
    frame = world.now if when == "now" else world.before
    assert frame is not None
    return frame


def _growth(column: str) -> Make:
    """Per cent by which the weighted mean of an amount has grown since before the move, same households."""

    def make(world: World) -> Pieces:
        then = _answers(world, "before").select("household_id", pl.col(column).alias("_then"))
        both = _answers(world).join(then, on="household_id", how="inner", maintain_order="left")
        w = _weight(both)
        known = both.filter(pl.col(column).is_not_null() & pl.col("_then").is_not_null())
        return pieces(known, w * pl.col(column), w * pl.col("_then"), "survey", 100.0, -100.0)

    return make


def _ratio(top: str, bottom: str, factor: float = 100.0) -> Make:
    def make(world: World) -> Pieces:
        known = _answers(world).filter(pl.col(top).is_not_null() & pl.col(bottom).is_not_null())
        return pieces(known, _weight(known) * pl.col(top), _weight(known) * pl.col(bottom), "survey", factor)

    return make


def _debt(world: World) -> Pieces:
    """Debt from building or buying the home, over a year's income of the household."""
    size = world.tables["household"].select("household_id", pl.col("member_count").alias("_size"))
    table = _answers(world).join(size, on="household_id", how="left", maintain_order="left")
    w = _weight(table)
    income = pl.col("income_person_year") * pl.col("_size")
    known = table.filter(pl.col("debt_building").is_not_null() & income.is_not_null())
    return pieces(known, w * pl.col("debt_building"), w * income, "survey", 1.0)


def asked_mean(column: str, factor: float = 1.0, when: str = "now") -> Make:
    """Weighted mean of a question; ``factor`` 100 for a yes or no."""

    def make(world: World) -> Pieces:
        known = _answers(world, when).filter(pl.col(column).is_not_null())
        return pieces(known, _weight(known) * pl.col(column), _weight(known), "survey", factor)

    return make


def _satisfaction(world: World) -> Pieces | None:
    """The index of the path model: of everybody, and of the sites that have one."""
    whole = world.satisfaction.get("")
    if whole is None:
        return None
    rows = [(site, value * n, float(n), n) for site, (value, n) in world.satisfaction.items() if site]
    kinds = {"site_id": pl.String, "top": pl.Float64, "bottom": pl.Float64, "n": pl.Int64}
    found = pieces(
        pl.DataFrame(rows, schema=kinds, orient="row"), pl.col("top"), pl.col("bottom"), "survey", 1.0
    )
    return replace(found, whole=whole[0], count=whole[1])


def _belonging(world: World) -> Pieces:
    table = _answers(world).with_columns(world.belonging.alias("_score"))  # type: ignore[union-attr]
    return pieces(table, _weight(table) * pl.col("_score"), _weight(table), "survey", 1.0)


def _of_movers(flag: pl.Expr, basis: str = "registry", only: pl.Expr | None = None) -> Make:
    def make(world: World) -> Pieces:
        own = movers(world)
        return share(own if only is None else own.filter(only), flag, basis)

    return make


def _of_persons(column: str) -> Make:
    return lambda world: share(persons(world), pl.col(column), "registry")


def _hazard(world: World) -> Pieces:
    site = world.tables["site"].select("site_id", "in_hazard_zone")
    own = movers(world).join(site, on="site_id", how="inner", maintain_order="left")
    found = share(own, pl.col("in_hazard_zone"), "plan")
    return replace(found, factor=1.0)


def _land(world: World) -> Pieces | None:
    """Homesteads to be returned less the building land of the sites in use, over those homesteads."""
    own = movers(world)
    if "must_return_homestead" in own.columns:
        own = own.filter(pl.col("must_return_homestead"))
    own = own.filter(pl.col("homestead_area_dm2").is_not_null() & pl.col("site_id").is_not_null())
    old = own.group_by("site_id").agg(pl.col("homestead_area_dm2").sum().alias("old"), pl.len().alias("n"))
    both = old.join(world.tables["site"].select("site_id", "land_area_dm2"), on="site_id").drop_nulls()
    return pieces(both, pl.col("old") - pl.col("land_area_dm2"), pl.col("old"), "plan")


def _rate(rate: str, denominator: str) -> Make:
    """A rate the funds stage has reckoned."""

    def make(world: World) -> Pieces | None:
        own = world.tables["fund_rate"].filter(
            (pl.col("rate") == rate)
            & (pl.col("denominator") == denominator)
            & pl.col("rate_ppm").is_not_null()
        )
        if not own.height:
            return None
        return pieces(own.head(1), pl.col("numerator_minor"), pl.col("denominator_minor"), "funds")

    return make


def _investment(world: World) -> Pieces | None:
    """Cost of the works at the sites over the persons resettled, in whole currency units."""
    cost = world.tables["site_plan"].filter(pl.col("persons") > 0).with_columns(n=pl.col("persons"))
    if cost["cost_minor"].null_count():
        return None
    return pieces(cost, pl.col("cost_minor"), pl.col("persons"), "plan", 1 / MINOR)


def _targeting(measure: str) -> Make:
    """An error of the list, from the audit sample where there is one, from the registry otherwise."""

    def make(world: World) -> Pieces | None:
        own = world.tables["targeting_measure"].filter(
            (pl.col("measure") == measure) & (pl.col("group_by") == "all") & pl.col("value").is_not_null()
        )
        for basis, criterion in (("audit", "audit"), ("registry", "income")):
            found = own.filter((pl.col("basis") == basis) & (pl.col("criterion") == criterion))
            if found.height:
                return pieces(found.head(1), pl.col("value"), pl.lit(1.0), "targeting")
        return None

    return make


def _small(world: World) -> Pieces | None:
    """Share of households of one or two among those who move, over their share among the income-poor."""
    line = world.tables["targeting_household"].filter(pl.col("is_income_poor")).select("household_id")
    poor = world.tables["household"].join(line, on="household_id", how="semi").drop_nulls("member_count")
    own = movers(world).filter(pl.col("member_count").is_not_null())
    there = float((poor["member_count"] <= 2).mean() or 0.0)  # type: ignore[arg-type]
    if not there:
        return None
    return replace(share(own, pl.col("member_count") <= 2, "targeting"), factor=1 / there)


def _fits(world: World) -> Pieces | None:
    later = (
        world.tables["projection_household"]
        .filter(pl.col("year") == 5)
        .select("household_id", "outgrown_ppm")
    )
    own = (
        movers(world)
        .join(later, on="household_id", how="inner", maintain_order="left")
        .drop_nulls("outgrown_ppm")
    )
    return pieces(own, 1 - pl.col("outgrown_ppm") / 1e6, pl.lit(1.0), "projection") if own.height else None


_MOVED = pl.col("moved_in_date").is_not_null()
_PERSONS = pl.col("member_count").cast(pl.Float64)


def _shown(column: str) -> Make:
    """Per cent of households of which a fact is known, whatever it is."""
    return _of_movers(pl.col(column).is_not_null())


def _of_table(table: str, flag: pl.Expr) -> Make:
    return lambda world: share(world.tables[table], flag, "registry")


def _frozen(world: World) -> Pieces | None:
    """Whether the programme states its cut-off date."""
    if not world.settings.get("cut_off"):
        return None
    return pieces(pl.DataFrame({"top": [1.0]}), pl.col("top"), pl.lit(1.0), "registry")


def _hosts(world: World) -> Pieces | None:
    """Hosts asked in the last round, for each hundred movers asked."""
    hosts = world.settings.get("hosts_asked")
    if world.now is None or not world.now.height or hosts is None:
        return None
    row = pl.DataFrame({"top": [float(str(hosts))], "bottom": [float(world.now.height)]})
    return pieces(row, pl.col("top"), pl.col("bottom"), "survey")


SOURCES: Mapping[str, tuple[Source, ...]] = {
    "E01": (Source(("response.income_person_year", "baseline.income_person_year"), _growth("income_person_year")),),
    "E02": (Source(("household.member_count", "targeting_household.is_income_poor"), _above_line),),
    "E03": (Source(("response.wage_person_year", "response.income_person_year"),
                   _ratio("wage_person_year", "income_person_year")),),
    "E04": (Source(("household", "person.has_job"), lambda w: share(of_labour(w), pl.col("has_job"), "registry")),),
    "E05": (Source(("household", "person.has_job"), _one_job),),
    "E07": (Source(("response.debt_building", "response.income_person_year", "household.member_count"), _debt),),
    "E08": (Source(("response.monthly_cost", "baseline.monthly_cost"), _growth("monthly_cost")),),
    "E09": (Source(("site_plan.cost_minor",), _investment),),
    "E10": (Source(("response.asset_income_year",), asked_mean("asset_income_year")),),
    "S01": (Source(("household_site.dwelling_size_dm2", "entitlement.area_cap_dm2", "household"),
                   _of_movers(pl.col("dwelling_size_dm2") <= pl.col("area_cap_dm2"), "plan")),),
    "S03": (Source(("response.minutes_school",), asked_mean("minutes_school")),),
    "S04": (Source(("response.minutes_clinic",), asked_mean("minutes_clinic")),),
    "S05": (Source(("response.safe_water",), asked_mean("safe_water", 100.0)),),
    "S06": (Source(("household", "person.is_student", "person.birth_date"), _school),),
    "S07": (Source(("household", "person.has_insurance"), _of_persons("has_insurance")),),
    "S08": (Source(("response",), _satisfaction),),
    "S09": (Source(("response",), _belonging),),
    "N06": (Source(("household_site.site_id", "site.in_hazard_zone", "household"), _hazard),),
    "N07": (Source(("household.homestead_area_dm2", "household_site.site_id", "site.land_area_dm2"), _land),),
    "K01": (Source(("fund_rate",), _rate("funds_in_place", "need")),),
    "K02": (Source(("payment", "fund_rate"), _rate("disbursed", "in_place")),),
    "K03": (
        Source(("household.moved_in_date",), _of_movers(_MOVED), "households"),
        Source(("household.moved_in_date", "household.member_count"),
               lambda w: share(movers(w), _MOVED, "registry", _PERSONS), "persons"),
    ),
    "K04": (
        Source(("targeting_measure",), _targeting("exclusion_error"), "exclusion"),
        Source(("targeting_measure",), _targeting("inclusion_error"), "inclusion"),
    ),
    "K05": (Source(("response.lives_here",), asked_mean("lives_here", 100.0)),),
    "K06": (Source(("response.went_back",), asked_mean("went_back", 100.0)),),
    "K07": (Source(("household.moved_in_date", "household.household_class"),
                   _of_movers(_MOVED, only=pl.col("household_class") == "co_mover")),),
    "K08": (Source(("household.old_house_demolished", "household.moved_in_date"),
                   _of_movers(pl.col("old_house_demolished"), only=_MOVED)),),
    "K09": (Source(("household.member_count", "targeting_household.is_income_poor"), _small),),
    "K10": (Source(("household", "projection_household.outgrown_ppm"), _fits),),
    "K12": (Source(("response.knows_policy",), asked_mean("knows_policy", 100.0)),),
    "R01": (Source(("response.has_land",), asked_mean("has_land", 100.0)),),
    "R05": (Source(("response.food_short",), asked_mean("food_short", 100.0)),),
    "R06": (Source(("response.care_missed",), asked_mean("care_missed", 100.0)),),
    "R07": (Source(("response.uses_commons",), asked_mean("uses_commons", 100.0)),),
    "A01": (Source(("village",), _of_table("village", pl.col("scope_reason").is_not_null())),),
    "A02": (Source(("household.person_listed",), _of_movers(pl.col("person_listed"))),),
    "A03": (Source((), _frozen),),
    "A04": (Source(("entitlement",), _of_table("entitlement", pl.col("is_eligible").is_not_null())),),
    "A06": (Source(("entitlement.unknown_count",), _of_table("entitlement", pl.col("unknown_count") == 0)),),
    "A07": (Source(("household.mode_wish",), _shown("mode_wish")),),
    "A09": (Source(("household.is_destitute",), _shown("is_destitute")),),
    "A12": (Source(("response",), _hosts),),
    "A16": (Source(("household.agreement_signed",), _of_movers(pl.col("agreement_signed"))),),
}  # fmt: skip
"""By the code of the pack's indicator. What is not here, the office states in ``indicators.csv``."""

BEFORE: Mapping[str, tuple[str, Make]] = {
    code: (f"baseline.{column}", asked_mean(column, factor, "before"))
    for code, column, factor in (
        ("S03", "minutes_school", 1.0),
        ("S04", "minutes_clinic", 1.0),
        ("S05", "safe_water", 100.0),
        ("E10", "asset_income_year", 1.0),
        ("K12", "knows_policy", 100.0),
        ("R05", "food_short", 100.0),
        ("R06", "care_missed", 100.0),
        ("R01", "has_land", 100.0),
        ("R07", "uses_commons", 100.0),
    )
}
"""What the round before the move says of the same question."""


def _above_before(world: World) -> Pieces | None:
    return None if world.before is None else _surveyed_above(world, world.before)


BEFORE_MORE: Mapping[str, Make] = {"E02": _above_before}
