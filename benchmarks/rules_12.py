"""Twelve outputs of a household over 10,000,000 synthetic persons from Parquet, totals by county; beside us OpenFisca.

python benchmarks/rules_12.py FOLDER [--persons N] [--rounds 5] [--openfisca PYTHON]

The rules stand here once as a pack, and once for OpenFisca-core in ``openfisca/rules_12.py``. Totals must be equal
before any time is taken. Each measurement is a process of its own, from reading the files to the totals, without
imports (so is the writing of the data: a process's peak memory begins at its parent's); ``joined`` is given the whole
household numbers that OpenFisca is given, ``joined_text`` joins on text and stands beside ``openfisca_builder_text``, the
builder given the same text; the processes of a round follow each other, so that a busy machine slows all of them. OpenFisca runs in an
environment of its own (``openfisca/requirements.txt``; AGPL, never imported by the product).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

PACK_TOML = """[pack]
id = "rules_12"
zh = "十二项基准（虚构）"
en = "Twelve outputs (fictional)"
version = "1"
currency = "CNY"
scope = "BM"
languages = ["en", "zh"]

[table.household]
population = 10000000
columns = [
  { name = "stored_members", kind = "integer", unit = "person", zh = "存储的人数", en = "members, stored", low = 0, high = 30 },
  { name = "stored_registered", kind = "integer", unit = "person", zh = "存储的在册人数", en = "registered members, stored", low = 0, high = 30 },
]

[table.person]
population = 200000000
columns = []
"""
PARAMETERS = [
    ("area_per_person_dm2", "dm2 per person", 2500),
    ("small_village", "household", 20),
    ("share_per_person_minor", "minor per person", 250000),
    ("share_cap_minor", "minor per household", 1000000),
    ("price_minor_per_m2", "minor per m2", 130000),
    ("line_minor", "minor per person and year", 295200),
]
RULES = '''"""Twelve outputs of a household, the fixed set that is measured."""
from resettle.policy import rule


@rule(unit="person", source="assumption: a benchmark", zh="人数", en="members")
def members({members_from}) -> int:
    return {members}


@rule(unit="person", source="assumption: a benchmark", zh="在册人数", en="registered members")
def registered_members({registered_from}) -> int:
    return {registered}


@rule(source="assumption: a benchmark", zh="在册户", en="is registered")
def is_registered(household_class: str) -> bool:
    return household_class == "registered_poor"


@rule(source="assumption: a benchmark", zh="符合资格", en="is eligible")
def is_eligible(is_registered: bool, had_renovation_aid: bool) -> bool:
    return is_registered and not had_renovation_aid


@rule(source="assumption: a benchmark", zh="同步搬迁", en="moves along")
def is_co_mover(is_registered: bool, natural_village_household_count: int, small_village: int) -> bool:
    return not is_registered and natural_village_household_count < small_village


@rule(unit="dm2", source="assumption: a benchmark", zh="面积上限", en="area ceiling")
def area_cap_dm2(is_eligible: bool, registered_members: int, area_per_person_dm2: int) -> int:
    return area_per_person_dm2 * registered_members if is_eligible else 0


@rule(unit="dm2", source="assumption: a benchmark", zh="计划面积", en="area planned")
def area_plan_dm2(is_co_mover: bool, area_cap_dm2: int, members: int, area_per_person_dm2: int) -> int:
    return area_per_person_dm2 * members if is_co_mover else area_cap_dm2


@rule(unit="dm2", source="assumption: a benchmark", zh="户型", en="dwelling size")
def dwelling_dm2(area_plan_dm2: int) -> int:
    if area_plan_dm2 >= 12500:
        return 12500
    elif area_plan_dm2 >= 10000:
        return 10000
    elif area_plan_dm2 >= 7500:
        return 7500
    elif area_plan_dm2 >= 5000:
        return 5000
    elif area_plan_dm2 >= 2500:
        return 2500
    else:
        return 0


@rule(unit="dm2", source="assumption: a benchmark", zh="超出需要", en="need above the ceiling")
def short_dm2(is_eligible: bool, area_need_dm2: int, area_cap_dm2: int) -> int:
    return max(0, area_need_dm2 - area_cap_dm2) if is_eligible else 0


@rule(unit="minor", source="assumption: a benchmark", zh="自筹", en="own share")
def share_minor(is_eligible: bool, registered_members: int, share_per_person_minor: int, share_cap_minor: int) -> int:
    return min(share_per_person_minor * registered_members, share_cap_minor) if is_eligible else 0


@rule(unit="minor", source="assumption: a benchmark", zh="房价", en="house price")
def price_minor(is_co_mover: bool, dwelling_dm2: int, price_minor_per_m2: int) -> int:
    return divide_half_up(dwelling_dm2 * price_minor_per_m2, 100) if is_co_mover else 0


@rule(source="assumption: a benchmark", zh="低于贫困线", en="below the line")
def is_below_line(income_minor: int, members: int, line_minor: int) -> bool:
    return income_minor < line_minor * members
'''
COUNTED = {
    "stored": ("stored_members: int", "stored_members", "stored_registered: int", "stored_registered"),
    "joined": ("person", "count(person.is_present)", "person", "count(person.is_registered_member)"),
}
OUTPUTS = (
    "members",
    "registered_members",
    "is_registered",
    "is_eligible",
    "is_co_mover",
    "area_cap_dm2",
    "area_plan_dm2",
    "dwelling_dm2",
    "short_dm2",
    "share_minor",
    "price_minor",
    "is_below_line",
)
DAY = date(2016, 6, 1)
HERE = Path(__file__).parent


def write_pack(folder: Path, kind: str) -> Path:
    """The pack with members counted from persons (``joined``) or stored with the household."""
    root = folder / f"pack_{kind}"
    for part in ("rules", "parameters"):
        (root / part).mkdir(parents=True, exist_ok=True)
    (root / "pack.toml").write_text(PACK_TOML, encoding="utf-8")
    lines = [
        f'[{name}]\nunit = "{unit}"\nname = {{ zh = "{name}", en = "{name}" }}\nlow = 0\nhigh = {4 * value}\n'
        f'values = [ {{ from = 2016-01-01, scope = "BM", value = {value}, source = "assumption: a benchmark" }} ]'
        for name, unit, value in PARAMETERS
    ]
    (root / "parameters" / "all.toml").write_text("\n".join(lines), encoding="utf-8")
    names = ("members_from", "members", "registered_from", "registered")
    text = RULES.format(**dict(zip(names, COUNTED[kind], strict=True)))
    (root / "rules" / "all.py").write_text(text, encoding="utf-8")
    return root


def write_data(folder: Path, persons: int) -> None:
    """Synthetic households of one to seven in a hundred counties; identifiers also as numbers, for OpenFisca."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(12)
    sizes = rng.choice(np.arange(1, 8), size=int(persons / 3), p=[0.1, 0.2, 0.25, 0.2, 0.15, 0.06, 0.04])
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), persons)) + 1]
    sizes[-1] -= int(sizes.sum()) - persons
    sizes = sizes[sizes > 0]
    houses = len(sizes)
    number = np.arange(houses, dtype=np.int64)
    owner = np.repeat(number, sizes)
    present = rng.random(persons) < 0.95
    registered = rng.random(persons) < 0.97
    text = "H" + pl.Series("n", number).cast(pl.String).str.zfill(9)
    household = pl.DataFrame(
        {
            "household_id": text,
            "household_number": number,
            "county_code": pl.Series(410000 + rng.integers(0, 100, houses)).cast(pl.String),
            "household_class": rng.choice(
                ["registered_poor", "co_mover", "other"], houses, p=[0.5, 0.2, 0.3]
            ),
            "had_renovation_aid": rng.random(houses) < 0.1,
            "natural_village_household_count": rng.integers(5, 80, houses),
            "area_need_dm2": rng.integers(0, 20000, houses),
            "income_minor": rng.integers(0, 4_000_000, houses),
            "stored_members": np.bincount(owner, present, houses).astype(np.int64),
            "stored_registered": np.bincount(owner, registered, houses).astype(np.int64),
            "person_listed": np.ones(houses, dtype=bool),
            "village_code": pl.Series(rng.integers(0, 20000, houses)).cast(pl.String),
        }
    )
    person = pl.DataFrame(
        {
            "person_id": "P" + pl.Series("p", np.arange(persons)).cast(pl.String).str.zfill(9),
            "household_id": text.gather(owner),
            "household_number": owner,
            "is_present": present,
            "is_registered_member": registered,
        }
    )
    household.write_parquet(folder / "household.parquet")
    person.write_parquet(folder / "person.parquet")


def our_totals(folder: Path, kind: str) -> tuple[float, dict[str, list[int]]]:
    """Seconds and totals by county of the twelve rules in the embedded engine."""
    from resettle.policy import load_pack, totals_text
    from resettle.policy.engines import complete_parquet, open_duckdb

    start = time.perf_counter()
    pack, problems = load_pack(folder / f"pack_{kind.removesuffix('_text')}")
    if problems:
        raise SystemExit(str(problems))
    files = {name: folder / f"{name}.parquet" for name in ("household", "person")}
    as_number = "* EXCLUDE (household_id, household_number), household_number AS household_id"
    chosen = as_number if kind == "joined" else "*"
    with open_duckdb() as connection:
        connection.execute("SET threads = 2")
        for name, path in files.items():
            connection.execute(
                f"CREATE VIEW {name} AS SELECT {chosen} FROM read_parquet('{path.as_posix()}')"
            )
        complete = complete_parquet(connection, files)
        query = totals_text(pack, "household", "county_code", OUTPUTS, DAY, "BM", complete=complete)
        rows = connection.execute(query).fetchall()
    seconds = time.perf_counter() - start
    return seconds, {str(row[0]): [int(v or 0) for v in row[2:]] for row in rows}


def scan(folder: Path) -> tuple[float, dict[str, list[int]]]:
    """Seconds to read exactly the columns the stored form reads, each brought to one number by county."""
    import duckdb

    start = time.perf_counter()
    names = (
        "natural_village_household_count",
        "area_need_dm2",
        "income_minor",
        "stored_members",
        "stored_registered",
    )
    sums = ", ".join(f"SUM({n})" for n in names)
    other = "MAX(household_class), SUM(CAST(had_renovation_aid AS INT))"
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        path = (folder / "household.parquet").as_posix()
        connection.execute(
            f"SELECT county_code, {sums}, {other} FROM read_parquet('{path}') GROUP BY 1"
        ).fetchall()
    return time.perf_counter() - start, {}


def one_household(folder: Path) -> tuple[float, dict[str, list[int]]]:
    """Milliseconds to interpret one household of four with its whole trace, and its twelve results."""
    from resettle.policy import bind, interpret, load_pack

    pack, _ = load_pack(folder / "pack_joined")
    program, _ = bind(pack, DAY, "BM")
    house = {
        "household_id": "H1",
        "household_class": "registered_poor",
        "had_renovation_aid": False,
        "natural_village_household_count": 12,
        "area_need_dm2": 12000,
        "income_minor": 900000,
        "person_listed": True,
    }
    fact = {"is_present": True, "is_registered_member": True, "household_id": "H1"}
    persons = {"person": [{"person_id": f"P{i}"} | fact for i in range(4)]}
    start = time.perf_counter()
    for _ in range(500):
        trace = interpret(pack, house, persons, {}, program=program)
    milliseconds = (time.perf_counter() - start) * 1000 / 500
    return milliseconds, {"H1": [int(trace.lines["household", "H1", n].value or 0) for n in OUTPUTS]}


def once(folder: Path, what: str) -> None:
    """One measurement in this process, as a line of JSON."""
    import duckdb  # noqa: F401  (imports are outside the time, ours and the rival's)

    import resettle.policy.engines  # noqa: F401

    begun = time.process_time()
    other = {"scan": scan, "household": one_household}
    seconds, totals = other[what](folder) if what in other else our_totals(folder, what)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cpu = time.process_time() - begun
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "totals": totals}))


def measured(command: list[str]) -> dict[str, Any]:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(result.stderr)
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--openfisca", help="python of an environment with openfisca/requirements.txt")
    parser.add_argument("--once")
    asked = parser.parse_args()
    if asked.once == "data":
        write_data(asked.folder, asked.persons)
        return
    if asked.once:
        once(asked.folder, asked.once)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    for kind in COUNTED:
        write_pack(asked.folder, kind)
    own = [sys.executable, __file__, str(asked.folder), "--persons", str(asked.persons), "--once"]
    if not (asked.folder / "person.parquet").exists():
        subprocess.run([*own, "data"], check=True)
    commands = {what: [*own, what] for what in ("scan", "stored", "joined", "joined_text")}
    if asked.openfisca:
        rival = str(HERE / "openfisca" / "rules_12.py")
        commands |= {
            f"openfisca_{how}": [asked.openfisca, rival, str(asked.folder), how]
            for how in ("builder", "builder_text", "by_hand")
        }
        one = [[*own, "household"], [asked.openfisca, rival, str(asked.folder), "household"]]
        pairs = [[measured(command) for command in one] for _ in range(asked.rounds)]
        if any(a["totals"] != b["totals"] for a, b in pairs):
            raise SystemExit("one household differs: nothing is timed")
        ratio = statistics.median(b["seconds"] / a["seconds"] for a, b in pairs)
        told = [round(statistics.median(p[i]["seconds"] for p in pairs), 3) for i in (0, 1)]
        print(
            json.dumps(
                {"what": "one household, ms", "ours": told[0], "openfisca": told[1], "ratio": round(ratio, 1)}
            )
        )
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for number in range(asked.rounds):
        for name, command in commands.items():
            runs[name].append(measured(command))
        if number == 0:
            compared = {name: r[0]["totals"] for name, r in runs.items() if name != "scan"}
            first = next(iter(compared.values()))
            if any(totals != first for totals in compared.values()):
                raise SystemExit("totals differ: nothing is timed")
    for name, found in runs.items():
        seconds = [r["seconds"] for r in found]
        shown = {
            "median_s": round(statistics.median(seconds), 3),
            "median_cpu_s": round(statistics.median(r["cpu"] for r in found), 3),
            "peak_mb": max(r["peak_mb"] for r in found),
        }
        ratios = [r["seconds"] / ours["seconds"] for r, ours in zip(found, runs["joined"], strict=True)]
        shown["times_joined"] = round(statistics.median(ratios), 2)
        scans = [r["seconds"] / s["seconds"] for r, s in zip(found, runs["scan"], strict=True)]
        shown["times_scan"] = round(statistics.median(scans), 2)
        of_cpu = [r["cpu"] / ours["cpu"] for r, ours in zip(found, runs["joined"], strict=True)]
        shown["times_joined_cpu"] = round(statistics.median(of_cpu), 2)
        of_cpu = [r["cpu"] / s["cpu"] for r, s in zip(found, runs["scan"], strict=True)]
        shown["times_scan_cpu"] = round(statistics.median(of_cpu), 2)
        print(json.dumps({"what": name, **shown, "seconds": [round(s, 3) for s in seconds]}))


if __name__ == "__main__":
    main()
