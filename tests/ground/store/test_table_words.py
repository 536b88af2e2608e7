"""A CSV may hold the words of a closed list, and a cell that cannot be used is told in the words of the file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from resettle.policy import load_pack
from resettle.registry.as_written import as_written
from resettle.store.table_files import read_table
from resettle.tables import VILLAGE
from resettle.words import explain_problem


def test_values_may_stand_as_words_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "villages.csv"
    file.write_text("village_code,scope_reason\na,水库淹没\nb,Remoteness\nc,hazard\nd,flooded\n", "utf-8")
    frame, problems = read_table(file, VILLAGE, as_written)
    assert frame["scope_reason"].to_list() == ["reservoir", "remote", "hazard", None]
    (problem,) = problems
    assert (problem.row, problem.column, problem.value) == (5, "scope_reason", "flooded")
    assert "水库淹没" in explain_problem(problem, "zh")[1]
    assert "flooded by a reservoir" in explain_problem(problem, "en")[1]


def test_values_may_stand_as_words_of_the_pack(tmp_path: Path) -> None:
    pack, _ = load_pack("peach_spring")
    file = tmp_path / "plot.csv"
    file.write_text(
        "plot_id,household_id,land_class,title_class,plot_area_m2\n"
        "1,h,水浇地,没有权属,120\n2,h,rainfed,customary right; registered,viele\n",
        "utf-8",
    )
    frame, problems = read_table(
        file, pack.tables["plot"].table, partial(as_written, own=pack.labels), pack.labels
    )
    assert frame["land_class"].to_list() == ["irrigated", "rainfed"]
    assert frame["title_class"].to_list() == ["none", None]
    told = {p.column: explain_problem(p, "en") for p in problems}
    assert told["plot_area_m2"] == (
        "plot.csv, row 3, plot_area_m2: viele cannot be used.",
        "It may be: 0..200000.",
    )
    assert "customary right, registered" in told["title_class"][1]
    plain, refused = read_table(file, pack.tables["plot"].table)
    assert plain["land_class"].to_list() == [None, "rainfed"] and len(refused) == 4
