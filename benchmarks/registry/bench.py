"""Door one against an office's own script: a roster answered, timed to Parquet and the problems file written.

One made-up roster (100,000 rows of 20 columns, one row in a hundred put wrong), each side in a fresh process, turn
by turn, medians of the runs. The rival reads with openpyxl and checks whole columns with pandas by the same codes:
before any time is taken, both must have found the same rows under each code, and the faults that were planted.
Wall time and processor time are both given: a machine that does other work moves the first and hardly the second.

python -m benchmarks.registry.bench [--rows 100000] [--runs 5] [--others 1] [--rival PYTHON_WITH_PANDAS] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import xlsxwriter

from resettle.registry.identity import synthetic_number
from resettle.store.cells import read_cells

HEADS = [
    "序号",
    "县",
    "乡镇",
    "行政村",
    "户编号",
    "姓名",
    "证件号码",
    "与户主关系",
    "性别",
    "出生日期",
    "民族",
    "文化程度",
    "健康状况",
    "劳动能力",
    "是否在校生",
    "联系电话",
    "家庭人口数",
    "耕地面积（亩）",
    "旧房面积（平方米）",
    "家庭年收入（元）",
]
VILLAGES = ("水磨村", "下庙村", "天桥沟村", "栗树街村", "纸房村", "顶宝石村", "运粮沟村", "孙店村")
RELATIONS = (("户主", "男"), ("配偶", "女"), ("之子", "男"), ("之女", "女"))
SYNTHETIC = "419900"


PLANTED = ("id_malformed", "date_unreadable", "sex_against_number", "id_check_digit", "label_unknown")
Found = set[tuple[str, frozenset[int]]]
"""Codes with the rows they are about."""
WAYS = {"pandas.read_excel": "pandas", "openpyxl, read_only": "read_only", "openpyxl, plain": "plain"}
"""How the rival may read: as pandas does it with openpyxl, and by openpyxl alone."""

OTHERS = list(WAYS)[1:]


def spoiled(chance: random.Random, row: list[Any]) -> str:
    """One of five faults that offices make, and the code it is to be found under."""
    kind = chance.randrange(5)
    if kind == 0:
        row[6] = row[6][:12]
    elif kind == 1:
        row[9] = "2016-02-30"
    elif kind == 2:
        row[8] = "女" if row[8] == "男" else "男"
    elif kind == 3:
        row[6] = row[6][:17] + ("1" if row[6][17] != "1" else "2")
    else:
        row[7] = "亲家的"
    return PLANTED[kind]


def write_roster(path: Path, count: int, share: float = 0.01, seed: int = 1) -> Found:
    """A roster of made-up households of two to four, whose division of places was never issued; what is wrong in it."""
    chance = random.Random(seed)
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("花名册")
    page.write_row(0, 0, HEADS)
    given = "大小山水春秋国建志桂玉永喜秀文明华强芳兰英"
    line = 0
    planted: Found = set()
    while line < count:
        village = VILLAGES[line // 400 % len(VILLAGES)]
        names = iter(chance.sample([one + two for one in given for two in given], 4))
        size = min(chance.randint(2, 4), count - line)
        born = chance.randint(1950, 1985)
        family, home = chance.choice("李王张赵陈孙周吴"), f"4199{line:08d}"
        for place, (relation, sex) in enumerate(RELATIONS[:size]):
            year = born if place < 2 else born + chance.randint(20, 30)
            birth = date(year, chance.randint(1, 12), chance.randint(1, 28))
            number = synthetic_number(SYNTHETIC, birth, 2 * line + (sex == "男"))
            first = place == 0
            row: list[Any] = [line + 1, "嵩县", "车村镇", village, home]
            row += [
                family + next(names),
                number,
                relation,
                sex,
                birth.isoformat(),
            ]
            row += ["汉族", "初中", "健康", "普通劳动力", "否", f"138{chance.randrange(10**8):08d}"]
            row += (
                [size, round(chance.uniform(1, 8), 1), chance.randint(60, 180), chance.randint(5000, 60000)]
                if first
                else [None] * 4
            )
            if chance.random() < share:
                planted.add((spoiled(chance, row), frozenset({line + 2})))
            line += 1
            page.write_row(line, 0, row)
    book.close()
    return planted


def of_resettle(answer: Path) -> Found:
    """Every problem of a row from ``problems.xlsx``-to-be, as ``resettle check --json`` gives it."""
    problems = json.loads(answer.read_text(encoding="utf-8"))["problems"]
    found: Found = set()
    for p in problems:
        if p.get("row") is None or not p["code"].startswith("registry."):
            continue
        # A pair is one finding about two rows; the other stands as its nearest, by sheet and row.
        code = p["code"].removeprefix("registry.")
        other = {int(p["nearest"].split()[-1])} if code == "near_duplicate" else set()
        found.add((code, frozenset({p["row"], *other})))
    return found


def of_rival(problems: Path) -> Found:
    """The same from the rival's workbook."""
    page = next(s for s in read_cells(problems)[0] if s.name == "问题")
    rows = page.cells.slice(1).iter_rows()
    return {(code, frozenset(int(n) for n in (row, other) if n)) for row, code, _, other in rows}


def compared(planted: Found, own: Found, rival: Found) -> dict[str, list[int]]:
    """Rows by code: planted, found by us, found by the rival.

    Raises:
        SystemExit: where the two sides differ anywhere, or either missed or made up a planted fault.
    """
    for code in PLANTED:
        wanted = {entry for entry in planted if entry[0] == code}
        for name, found in (("resettle", own), ("the rival", rival)):
            got = {entry for entry in found if entry[0] == code}
            if got != wanted:
                raise SystemExit(
                    f"{name}, {code}: {len(got)} found, {len(wanted)} planted, {len(got & wanted)} both"
                )
    if own != rival:
        differing = Counter(code for code, _ in own ^ rival)
        raise SystemExit(f"not the same rows: {dict(differing)}; {sorted(map(str, own ^ rival))[:6]}")
    counts = [Counter(code for code, _ in found) for found in (planted, own, rival)]
    return {code: [c[code] for c in counts] for code in sorted(counts[1])}


def run_once(command: list[str]) -> dict[str, float]:
    """Wall and processor seconds of one process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"wall": wall, "processor": used}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--others", type=int, default=1, help="Turns of the rival's other ways of reading.")
    parser.add_argument("--rival", default=sys.executable)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    script = Path(__file__).with_name("rivals") / "pandas_check.py"
    places = str(resources.files("resettle_packs.cn_luoyang") / "geo" / "regions.csv")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roster = folder / "roster.xlsx"
        planted = write_roster(roster, asked.rows)
        start = "from resettle.cli import main; main()"
        own = [sys.executable, "-c", start, "check", str(roster), "--as-of", "2016-12-31", "--no-letters"]
        rival = [asked.rival, str(script), str(roster), places]
        with (folder / "own.json").open("wb") as target:
            subprocess.run([*own, "--json", "--out", str(folder / "own")], check=False, stdout=target)
        subprocess.run([*rival, str(folder / "rival")], check=True)
        rows = compared(
            planted, of_resettle(folder / "own.json"), of_rival(folder / "rival" / "problems.xlsx")
        )
        commands = {"resettle": [*own, "--out", str(folder / "own")]}
        commands |= {name: [*rival, str(folder / "rival"), "--read", way] for name, way in WAYS.items()}
        times: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
        for turn in range(asked.runs):
            for name, command in commands.items():
                if name not in OTHERS or turn < asked.others:
                    times[name].append(run_once(command))
                    print(name, times[name][-1], file=sys.stderr, flush=True)
    result: dict[str, Any] = {"rows": asked.rows, "runs": asked.runs, "load": os.getloadavg()[0]}
    result["planted, resettle, rival"] = rows
    times = {name: found for name, found in times.items() if found}
    for name, found in times.items():
        result[name] = {k: round(statistics.median(t[k] for t in found), 2) for k in ("wall", "processor")}
    for name in WAYS.keys() & times.keys():
        result[name] |= {
            f"{k} ratio": round(result[name][k] / result["resettle"][k], 1) for k in ("wall", "processor")
        }
    print(json.dumps(result, ensure_ascii=False))
    if asked.out:
        asked.out.write_text(json.dumps({**result, "each": times}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
