"""The draw: no key, no order; one changed byte, another root; a letter alone proves its place."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resettle.problems import ResettleError
from resettle.siting import draw

SECRET = b"0123456789abcdef"


def folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


names = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=20, unique_by=folded)
"""Any names but those that look alike: these are refused, and have a test of their own."""


def drawn(ids: list[str], value: str = "5 12 17") -> tuple[draw.Record, list[draw.Letter]]:
    entries = [draw.Entry(n, i % 2) for i, n in enumerate(ids)]
    made, letters = draw.commit(entries, SECRET, "the welfare lottery", "2017-05-02T20:00+08:00", "homes")
    return draw.run(draw.OneDraw(made), letters, value), letters


def published(record: draw.Record) -> dict[str, object]:
    return json.loads(json.dumps(record.to_json()))


@given(names)
@settings(max_examples=60, deadline=None)
def test_every_letter_alone_proves_its_place(ids: list[str]) -> None:
    record, letters = drawn(ids)
    for letter in letters:
        own = json.loads(json.dumps(letter.__dict__))
        assert draw.letter_faults(own, record.commitment.root) == []
        own["household_id"] += "x"
        assert draw.letter_faults(own, record.commitment.root) == ["letter"]


@given(names, st.data())
@settings(max_examples=60, deadline=None)
def test_one_changed_byte_gives_another_root(ids: list[str], data: st.DataObject) -> None:
    record, letters = drawn(ids)
    at = data.draw(st.integers(0, len(letters) - 1))
    letter = letters[at]
    salt = ("1" if letter.salt[0] == "0" else "0") + letter.salt[1:]
    changed = [*letters[:at], replace(letter, salt=salt), *letters[at + 1 :]]
    with pytest.raises(ResettleError, match="draw_other_roll"):
        draw.run(draw.OneDraw(record.commitment), changed, "v")
    forged = published(record)
    forged["roll"][at][2] = salt  # type: ignore[index]
    assert "root" in draw.faults(forged)


@given(names)
@settings(max_examples=40, deadline=None)
def test_a_published_draw_verifies_and_a_touched_order_does_not(ids: list[str]) -> None:
    record, _ = drawn(ids)
    assert draw.faults(published(record)) == []
    if len(ids) > 1:
        touched = published(record)
        touched["order"] = list(reversed(record.order))
        assert draw.faults(touched) == ["order"]


def test_no_key_no_order() -> None:
    made, letters = draw.commit([draw.Entry("a"), draw.Entry("b")], SECRET, "s", "m", "p")
    with pytest.raises(ResettleError, match="draw_no_value"):
        draw.run(draw.OneDraw(made), letters, "")
    orders = {drawn([f"h{i}" for i in range(12)], str(v))[0].order for v in range(30)}
    assert len(orders) == 30


def test_the_secret_has_no_part_in_the_order_but_the_roll_has() -> None:
    record, _ = drawn([f"h{i}" for i in range(9)])
    assert draw.rank(draw.key_of(record.commitment.root, "5 12 17"), "1", "h3") == draw.rank(
        draw.key_of(record.commitment.root, "5 12 17"), "1", "h3"
    )
    tiers = {n: t for n, t, _ in record.roll}
    assert [tiers[n] for n in record.order] == sorted(tiers.values())


def test_one_commitment_one_draw() -> None:
    made, letters = draw.commit([draw.Entry("a")], SECRET, "s", "m", "p")
    once = draw.OneDraw(made)
    draw.run(once, letters, "v")
    with pytest.raises(ResettleError, match="draw_done_before"):
        draw.run(once, letters, "w")


@pytest.mark.parametrize(
    ("entries", "secret", "source", "code"),
    [
        ([], SECRET, "s", "draw_empty_roll"),
        ([draw.Entry("a"), draw.Entry("a")], SECRET, "s", "draw_listed_twice"),
        ([draw.Entry("a")], SECRET, " ", "draw_no_source"),
        ([draw.Entry("a")], b"short", "s", "draw_short_secret"),
    ],
)
def test_a_bad_commitment_is_refused(
    entries: list[draw.Entry], secret: bytes, source: str, code: str
) -> None:
    with pytest.raises(ResettleError, match=code):
        draw.commit(entries, secret, source, "m", "p")


def test_fields_cannot_run_into_each_other() -> None:
    assert draw.pack("ab", "c") != draw.pack("a", "bc")
    assert draw.leaf_hash("s", "a1", "0") != draw.leaf_hash("s", "a", "10")


def test_two_secrets_must_be_the_sealed_ones() -> None:
    import hashlib

    seal = [hashlib.sha256(s.encode()).hexdigest() for s in ("ours", "theirs")]
    assert len(draw.two_secrets("ours", "theirs", *seal)) == 64
    with pytest.raises(ResettleError, match="draw_secret_changed"):
        draw.two_secrets("other", "theirs", *seal)


def test_paper_slips_name_everybody_once() -> None:
    _, letters = drawn(["a", "b"])
    assert draw.paper_order(letters, ["b", "a"]) == ("b", "a")
    with pytest.raises(ResettleError, match="draw_slips_differ"):
        draw.paper_order(letters, ["b", "b"])


def test_the_written_out_verifier_agrees_and_needs_nothing(tmp_path: Path) -> None:
    record, letters = drawn(["李家", "郑家", "三合", "x"])
    (tmp_path / "verify_draw.py").write_text(draw.VERIFIER, encoding="utf-8")
    (tmp_path / "record.json").write_text(json.dumps(record.to_json()), encoding="utf-8")
    (tmp_path / "letter.json").write_text(json.dumps(letters[0].__dict__), encoding="utf-8")
    call = [sys.executable, "-I", "verify_draw.py", "record.json", "letter.json"]
    assert subprocess.run(call, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    bad = record.to_json() | {"public_value": "another"}
    (tmp_path / "record.json").write_text(json.dumps(bad), encoding="utf-8")
    assert subprocess.run(call, cwd=tmp_path, check=False, capture_output=True).returncode == 1
    assert len([x for x in draw.VERIFIER.splitlines() if x.strip()]) <= 60
