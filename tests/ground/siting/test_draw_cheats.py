"""Everything an office, a clerk or a stranger might try with a draw; each must be seen. Synthetic households."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from resettle.cli import cli
from resettle.problems import ResettleError
from resettle.siting import draw
from resettle.words import tell

SECRET = b"0123456789abcdef"
IDS = [f"h{k:02d}" for k in range(12)]
Json = dict[str, Any]


def fair(tiers: tuple[int, ...] = (0, 1)) -> tuple[Json, list[Json]]:
    entries = [draw.Entry(n, tiers[i % len(tiers)]) for i, n in enumerate(IDS)]
    made, letters = draw.commit(
        entries, SECRET, "lottery", "2017-05-02", "homes", ("Li",), "three digits", "2017-04-01"
    )
    record = draw.run(draw.OneDraw(made), letters, "5 1 7")
    return json.loads(json.dumps(record.to_json())), [json.loads(json.dumps(x.__dict__)) for x in letters]


def reordered(record: Json) -> Json:
    """The order that follows from what a cheat has written, so that only the cheat itself can be noticed."""
    made = record["commitment"]
    key = draw.key_of(made["root"], record["public_value"])
    roll = sorted(record["roll"], key=lambda r: (int(r[1]), draw.rank(key, record["round"], r[0]), r[0]))
    return record | {"order": [r[0] for r in roll]}


def resealed(record: Json) -> Json:
    """A whole new tree over a changed roll, as a cheat would make it."""
    roll = record["roll"]
    record["commitment"]["root"] = draw.levels([draw.leaf_hash(s, n, str(t)) for n, t, s in roll])[-1][0]
    record["commitment"]["count"] = len(roll)
    return reordered(record)


def another_round(r: Json) -> Json:
    return reordered(r | {"round": "2"})


def round_in_the_commitment_too(r: Json) -> Json:
    r["commitment"]["round"] = "2"
    return reordered(r | {"round": "2"})


def another_source(r: Json) -> Json:
    r["commitment"]["source"] = "another lottery"
    return reordered(r | {"public_value": "999"})


def another_moment(r: Json) -> Json:
    r["commitment"]["moment"] = "2017-05-03"
    return reordered(r | {"public_value": "123"})


def another_form(r: Json) -> Json:
    r["commitment"]["form"] = "backwards"
    return reordered(r | {"public_value": "715"})


def another_purpose(r: Json) -> Json:
    r["commitment"]["purpose"] = "shops"
    return r


def a_ghost(r: Json) -> Json:
    r["roll"] = sorted([*r["roll"], ["h99", 0, "ab" * 32]])
    return resealed(r)


def one_struck(r: Json) -> Json:
    r["roll"] = r["roll"][1:]
    return resealed(r)


def one_raised(r: Json) -> Json:
    r["roll"][1][1] = 0
    return resealed(r)


def two_swapped(r: Json) -> Json:
    r["order"][0], r["order"][1] = r["order"][1], r["order"][0]
    return r


def one_twice(r: Json) -> Json:
    r["order"][-1] = r["order"][0]
    return r


def turned_to_slips(r: Json) -> Json:
    r["commitment"]["source"] = "paper slips"
    return r | {"order": sorted(r["order"])}


def nothing_at_all(r: Json) -> Json:
    return r | {"public_value": "  ,;"}


def failed_yet_ordered(r: Json) -> Json:
    return r | {"failed": "power cut"}


CHEATS: list[Callable[[Json], Json]] = [
    another_round, round_in_the_commitment_too, another_source, another_moment, another_form, another_purpose,
    a_ghost, one_struck, one_raised, two_swapped, one_twice, turned_to_slips, nothing_at_all, failed_yet_ordered,
]  # fmt: skip


def outside(folder: Path, record: Json, letter: Json) -> int:
    """The one-file verifier, alone in a folder."""
    (folder / "v.py").write_text(draw.VERIFIER, encoding="utf-8")
    (folder / "r.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "l.json").write_text(json.dumps(letter), encoding="utf-8")
    call = [sys.executable, "-I", "v.py", "r.json", "l.json"]
    return subprocess.run(call, cwd=folder, check=False, capture_output=True).returncode


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda c: c.__name__)
def test_every_cheat_is_seen_by_the_record_or_by_a_letter_and_by_both_verifiers(
    cheat: Callable[[Json], Json], tmp_path: Path
) -> None:
    record, letters = fair()
    letter = letters[3]
    assert not draw.faults(record) and outside(tmp_path, record, letter) == 0
    forged = cheat(copy.deepcopy(record))
    made = forged["commitment"]
    seen = draw.faults(forged) + draw.letter_faults(letter, made["root"], draw.seal_of(made))
    assert seen
    assert outside(tmp_path, forged, letter) != 0


def test_priorities_written_as_text_cannot_turn_nine_after_ten(tmp_path: Path) -> None:
    record, letters = fair((9, 10))
    forged = copy.deepcopy(record)
    forged["roll"] = [[n, str(t), s] for n, t, s in forged["roll"]]
    key = draw.key_of(forged["commitment"]["root"], forged["public_value"])
    forged["order"] = [
        r[0] for r in sorted(forged["roll"], key=lambda r: (str(r[1]), draw.rank(key, "1", r[0]), r[0]))
    ]
    assert forged["order"] != record["order"]
    assert "order" in draw.faults(forged) and outside(tmp_path, forged, letters[0]) != 0


def test_spaces_and_width_of_the_value_are_no_second_ticket() -> None:
    record, _ = fair()
    for written in ("517", "5,1,7", " ５ 1 7\n", "5-1-7"):
        assert not draw.faults(record | {"public_value": written})
    assert draw.faults(record | {"public_value": "518"})


@pytest.mark.parametrize("pair", [("h 1", "h1"), ("Ｈ1", "h1"), ("e\u0301x", "éx")])
def test_two_names_that_look_alike_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ResettleError, match="draw_look_alike"):
        draw.commit([draw.Entry(n) for n in pair], SECRET, "s", "m", "p")


def test_identity_numbers_never_go_on_a_public_roll() -> None:
    with pytest.raises(ResettleError, match="draw_identity_on_roll"):
        draw.commit([draw.Entry("41032519990231001X")], SECRET, "s", "m", "p")


def test_an_inner_node_cannot_pass_for_a_household() -> None:
    _, letters = fair()
    letter = letters[0] | {"proof": letters[0]["proof"][1:]}
    assert draw.letter_faults(letter, letters[0]["root"]) == ["letter"]
    letter = letters[0] | {"proof": [s.replace("R", "X") for s in letters[0]["proof"]]}
    assert draw.letter_faults(letter, letters[0]["root"]) == ["letter"]


def test_two_secrets_are_reckoned_again_and_a_changed_one_is_seen(tmp_path: Path) -> None:
    sealed = [hashlib.sha256(s.encode()).hexdigest() for s in ("ours", "theirs")]
    made, letters = draw.commit(
        [draw.Entry(n) for n in IDS], SECRET, "two secrets", "2017-05-02", "p", sealed=sealed
    )
    record = json.loads(
        json.dumps(draw.run(draw.OneDraw(made), letters, "", opened=("ours", "theirs")).to_json())
    )
    letter = json.loads(json.dumps(letters[0].__dict__))
    assert not draw.faults(record) and outside(tmp_path, record, letter) == 0
    forged = reordered(record | {"public_value": draw.two_secrets("ours", "theirs", *sealed)[::-1]})
    assert "secrets" in draw.faults(forged) and outside(tmp_path, forged, letter) == 1
    with pytest.raises(ResettleError, match="draw_secret_changed"):
        draw.run(draw.OneDraw(made), letters, "", opened=("ours", "other"))


def test_paper_slips_committed_to_stand_in_the_same_record(tmp_path: Path) -> None:
    made, letters = draw.commit([draw.Entry(n) for n in IDS], SECRET, "paper slips", "2017-05-02", "p")
    record = json.loads(json.dumps(draw.run(draw.OneDraw(made), letters, "", slips=IDS[::-1]).to_json()))
    assert not draw.faults(record)
    assert outside(tmp_path, record, json.loads(json.dumps(letters[0].__dict__))) == 0
    assert draw.faults(record | {"order": IDS[:-1]})


def call(*args: str) -> Result:
    return CliRunner().invoke(cli, ["draw", *args])


def committed(tmp_path: Path, *more: str) -> str:
    (tmp_path / "roll.csv").write_text(
        "household_id,tier\n" + "".join(f"{n},0\n" for n in IDS), encoding="utf-8"
    )
    folder = str(tmp_path / "d")
    args = ["--source", "lottery", "--moment", "2017-05-02T20:00+08:00", "--committed", "2017-04-01"]
    result = call("commit", str(tmp_path / "roll.csv"), folder, *args, *more)
    assert result.exit_code == 0, repr(result.exception)
    return folder


def test_a_moment_that_has_passed_or_has_not_come_is_refused(tmp_path: Path) -> None:
    roll = tmp_path / "roll.csv"
    roll.write_text("household_id\na\n", encoding="utf-8")
    past = call("commit", str(roll), str(tmp_path / "p"), "--source", "s", "--moment", "2017-05-02")
    assert "draw_moment_past" in repr(past.exception) and not (tmp_path / "p").exists()
    when = call("commit", str(roll), str(tmp_path / "p"), "--source", "s", "--moment", "tomorrow")
    assert "draw_moment_unreadable" in repr(when.exception)
    future = str(tmp_path / "f")
    assert call("commit", str(roll), future, "--source", "s", "--moment", "2999-01-01").exit_code == 0
    assert "draw_too_early" in repr(call("run", future, "--value", "1").exception)


def test_a_failed_draw_is_published_uses_up_its_commitment_and_is_named_by_the_next(tmp_path: Path) -> None:
    folder = committed(tmp_path)
    assert call("run", folder, "--failed", "power cut", "--witness", "Li").exit_code == 0
    record = Path(folder) / "record.json"
    assert json.loads(record.read_text(encoding="utf-8"))["witnesses"] == ["Li"]
    assert "power cut" in (Path(folder) / "notice-en.html").read_text(encoding="utf-8")
    assert call("run", folder, "--value", "517").exit_code != 0
    assert call("verify", str(record)).exit_code == 1
    roll, again = str(tmp_path / "roll.csv"), str(tmp_path / "again")
    args = ["--source", "s", "--moment", "2017-06-01", "--committed", "2017-05-05", "--after", str(record)]
    assert call("commit", roll, again, *args).exit_code == 0
    made = json.loads((tmp_path / "again" / "commitment.json").read_text(encoding="utf-8"))
    old = json.loads(record.read_text(encoding="utf-8"))["commitment"]
    assert made["replaces"] == draw.seal_of(old)


def test_letters_touched_after_the_commitment_make_a_failed_draw_that_is_published(tmp_path: Path) -> None:
    folder = Path(committed(tmp_path))
    letters = json.loads((folder / "letters.json").read_text(encoding="utf-8"))
    letters[0]["tier"] = 1
    (folder / "letters.json").write_text(json.dumps(letters), encoding="utf-8")
    assert call("run", str(folder), "--value", "517").exit_code != 0
    assert json.loads((folder / "record.json").read_text(encoding="utf-8"))["failed"] == "draw_other_roll"


def test_a_household_proves_its_place_from_its_letter_alone(tmp_path: Path) -> None:
    folder = committed(tmp_path)
    assert call("run", folder, "--value", "517").exit_code == 0
    own = call("letter", folder, "h03").output
    (tmp_path / "mine.json").write_text(own, encoding="utf-8")
    record = str(Path(folder) / "record.json")
    assert call("verify", record, "--letter", str(tmp_path / "mine.json")).exit_code == 0
    other = json.loads(own) | {"household_id": "h04"}
    (tmp_path / "mine.json").write_text(json.dumps(other), encoding="utf-8")
    assert call("verify", record, "--letter", str(tmp_path / "mine.json")).exit_code == 1
    assert "draw_not_on_roll" in repr(call("letter", folder, "h0").exception)


def test_the_notice_names_seal_value_order_and_witnesses_in_both_languages(tmp_path: Path) -> None:
    folder = Path(committed(tmp_path, "--witness", "Zheng <b>"))
    before = (folder / "notice-zh.html").read_text(encoding="utf-8")
    made = json.loads((folder / "commitment.json").read_text(encoding="utf-8"))
    assert draw.seal_of(made) in before and "Zheng &lt;b&gt;" in before
    assert call("run", str(folder), "--value", "5 1 7", "--witness", "Li").exit_code == 0
    digest = hashlib.sha256((folder / "record.json").read_bytes()).hexdigest()
    for name in ("notice-zh.html", "notice-en.html"):
        page = (folder / name).read_text(encoding="utf-8")
        assert digest in page and "5 1 7" in page and all(f"<span>{n}</span>" in page for n in IDS)


@pytest.mark.parametrize("line", ["a,first", ",0", "a,-1", "a,0.5"])
def test_a_line_of_the_roll_that_cannot_be_used_is_refused(tmp_path: Path, line: str) -> None:
    roll = tmp_path / "roll.csv"
    roll.write_text(f"household_id,tier\nb,0\n{line}\n", encoding="utf-8")
    result = call("commit", str(roll), str(tmp_path / "d"), "--source", "s", "--moment", "2999-01-01")
    assert "draw_bad_line" in repr(result.exception) and not (tmp_path / "d").exists()


SPOILT: list[Callable[[Json], Any]] = [
    lambda r: [], lambda r: {}, lambda r: r["commitment"], lambda r: {**r, "roll": None},
    lambda r: {**r, "roll": [["h00"]]}, lambda r: {**r, "commitment": "none"}, lambda r: {**r, "order": 7},
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_damaged_record_is_false_in_words_for_both_verifiers(
    spoil: Callable[[Json], Any], tmp_path: Path
) -> None:
    record = fair()[0]
    (tmp_path / "v.py").write_text(draw.VERIFIER, encoding="utf-8")
    (tmp_path / "r.json").write_text(json.dumps(spoil(record)), encoding="utf-8")
    call = [sys.executable, "-I", "v.py", "r.json"]
    alone = subprocess.run(call, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert alone.returncode == 1 and "FALSE" in alone.stdout and "Traceback" not in alone.stderr
    for language in ("en", "zh"):
        told = CliRunner().invoke(cli, ["draw", "verify", str(tmp_path / "r.json"), "--lang", language])
        assert told.exit_code == 1 and "FALSE" in told.output and "Error" not in told.output, told.output


def test_each_fault_of_a_draw_has_its_sentence_in_both_languages() -> None:
    source = Path(draw.__file__).read_text(encoding="utf-8")
    keys = {"failed", "label", "roll", "root", "round", "order", "secrets", "value", "letter", "seal"}
    assert all(f'"{key}"' in source for key in keys)
    for language in ("en", "zh"):
        told = {tell(f"siting.drawn.{key}", language) for key in keys}
        assert len(told) == len(keys) and not any("siting.drawn" in t for t in told)
