"""A public draw that anybody can repeat: a committed roll, a key nobody chose alone, ranks by HMAC.

1. *Commit*: every household gets a salted leaf; the leaves form a Merkle tree whose root is published with
   the name of a public source and the moment at which its value will be read.
2. *Run*: key = SHA-256(label, root, public value); rank = HMAC-SHA-256(key, round, household); the smallest
   goes first.
3. *Verify*: with the published record alone, by a small program that uses nothing but Python itself.

Fields are length-prefixed, so that no two different rolls read the same. One commitment, one draw: a second
run is refused, and a failed draw stays in the record. No numeric library's random stream is used.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from resettle.problems import Problem, ResettleError

LABEL = "resettle-draw-1"


def pack(*fields: str | bytes) -> bytes:
    """Fields with their lengths before them, so that ("a", "bc") and ("ab", "c") differ.

    >>> pack("a", "bc").hex()
    '00000000000000016100000000000000026263'
    """
    parts = [f.encode("utf-8") if isinstance(f, str) else f for f in fields]
    return b"".join(len(p).to_bytes(8, "big") + p for p in parts)


def leaf_hash(salt: str, household_id: str, tier: str) -> str:
    """Leaf of the roll: hex SHA-256 over salt, household and priority tier."""
    return hashlib.sha256(b"\x00" + pack(LABEL, salt, household_id, tier)).hexdigest()


def node_hash(left: str, right: str) -> str:
    """Inner node; another first byte than a leaf, so that neither can pass for the other."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def levels(leaves: Sequence[str]) -> list[list[str]]:
    """All levels of the tree, leaves first; an odd last node moves up unchanged."""
    if not leaves:
        raise ResettleError(Problem("siting.draw_empty_roll", "error"))
    tree = [list(leaves)]
    while len(tree[-1]) > 1:
        row = tree[-1]
        tree.append(
            [node_hash(*row[k : k + 2]) if k + 1 < len(row) else row[k] for k in range(0, len(row), 2)]
        )
    return tree


def proof(tree: Sequence[Sequence[str]], index: int) -> list[str]:
    """The neighbours up to the root: ``L<hash>`` or ``R<hash>`` says on which side each stands."""
    steps = []
    for row in tree[:-1]:
        other = index ^ 1
        if other < len(row):
            steps.append(("L" if other < index else "R") + row[other])
        index //= 2
    return steps


def root_of(leaf: str, steps: Sequence[str]) -> str:
    """The root a leaf and its neighbours lead to."""
    for step in steps:
        leaf = node_hash(step[1:], leaf) if step[0] == "L" else node_hash(leaf, step[1:])
    return leaf


@dataclass(frozen=True)
class Entry:
    """One household on the roll; ``tier`` is its priority, ``0`` before ``1``."""

    household_id: str
    tier: int = 0


@dataclass(frozen=True)
class Letter:
    """What a household gets: with it alone, and the published root, it proves its place on the roll."""

    household_id: str
    tier: int
    salt: str
    proof: tuple[str, ...]
    root: str


@dataclass(frozen=True)
class Commitment:
    """What is published before the draw.

    Attributes:
        label: name and version of the method.
        root: of the roll; count: households on it.
        source: the public source, ``moment`` when its value is read; or ``two secrets`` or ``paper slips``.
        purpose: what is drawn. witnesses: who was there.
    """

    label: str
    root: str
    count: int
    source: str
    moment: str
    purpose: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is published after the draw: enough for anybody to repeat it."""

    commitment: Commitment
    public_value: str
    roll: tuple[tuple[str, int, str], ...]
    order: tuple[str, ...]
    round: str = "1"
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)


@dataclass
class OneDraw:
    """A commitment that can be drawn once; every attempt is kept."""

    commitment: Commitment
    attempts: list[str] = field(default_factory=list)


def commit(
    entries: Sequence[Entry],
    secret: bytes,
    source: str,
    moment: str,
    purpose: str,
    witnesses: Sequence[str] = (),
) -> tuple[Commitment, list[Letter]]:
    """Fix the roll and name the public source, before its value can be known.

    Args:
        secret: at least 16 bytes of the office's own, from the operating system; salts come from it. It hides
            names in the tree and has no part in the order.

    Raises:
        ResettleError: for a household listed twice, an empty roll, a missing source or moment, a short secret.
    """
    problems = []
    names = [e.household_id for e in entries]
    doubles = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    problems += [Problem("siting.draw_listed_twice", "error", value=n) for n in doubles[:20]]
    if not entries:
        problems.append(Problem("siting.draw_empty_roll", "error"))
    if not source.strip() or not moment.strip():
        problems.append(Problem("siting.draw_no_source", "error"))
    if len(secret) < 16:
        problems.append(Problem("siting.draw_short_secret", "error", value=str(len(secret))))
    if problems:
        raise ResettleError(problems)
    roll = sorted(entries, key=lambda e: e.household_id)
    salts = [hmac.new(secret, pack(LABEL, "salt", e.household_id), hashlib.sha256).hexdigest() for e in roll]
    leaves = [leaf_hash(s, e.household_id, str(e.tier)) for s, e in zip(salts, roll, strict=True)]
    tree = levels(leaves)
    root = tree[-1][0]
    letters = [
        Letter(e.household_id, e.tier, salt, tuple(proof(tree, i)), root)
        for i, (e, salt) in enumerate(zip(roll, salts, strict=True))
    ]
    return Commitment(LABEL, root, len(roll), source, moment, purpose, tuple(witnesses)), letters


def key_of(root: str, public_value: str) -> bytes:
    """The key of a draw; without the public value there is no key, and without a key no order."""
    if not public_value:
        raise ResettleError(Problem("siting.draw_no_value", "error"))
    return hashlib.sha256(pack(LABEL, root, public_value)).digest()


def rank(key: bytes, round_name: str, household_id: str) -> str:
    """Rank of a household in a round, hex; smaller is earlier."""
    return hmac.new(key, pack(round_name, household_id), hashlib.sha256).hexdigest()


def run(
    draw: OneDraw,
    letters: Sequence[Letter],
    public_value: str,
    round_name: str = "1",
    remarks: Sequence[str] = (),
) -> Record:
    """Draw once. The order is by tier, then by rank.

    Raises:
        ResettleError: if this commitment was drawn before, the roll does not match it, or the value is missing.
    """
    if draw.attempts:
        raise ResettleError(Problem("siting.draw_done_before", "error", value=draw.attempts[0]))
    key = key_of(draw.commitment.root, public_value)
    draw.attempts.append(public_value)
    roll = sorted(((x.household_id, x.tier, x.salt) for x in letters), key=lambda r: r[0])
    root = levels([leaf_hash(salt, name, str(tier)) for name, tier, salt in roll])[-1][0]
    if root != draw.commitment.root or len(roll) != draw.commitment.count:
        raise ResettleError(Problem("siting.draw_other_roll", "error", value=root[:16]))
    order = sorted(roll, key=lambda r: (r[1], rank(key, round_name, r[0]), r[0]))
    return Record(
        draw.commitment, public_value, tuple(roll), tuple(r[0] for r in order), round_name, tuple(remarks)
    )


def faults(record: Mapping[str, Any]) -> list[str]:
    """What is wrong with a published record (as read from JSON); empty if the draw can be trusted."""
    made = record["commitment"]
    roll = [(str(n), int(t), str(s)) for n, t, s in record["roll"]]
    found = []
    if made["label"] != LABEL:
        found.append("label")
    if [r[0] for r in roll] != sorted({r[0] for r in roll}) or len(roll) != made["count"]:
        found.append("roll")
    if levels([leaf_hash(s, n, str(t)) for n, t, s in roll])[-1][0] != made["root"]:
        found.append("root")
    key = key_of(made["root"], str(record["public_value"]))
    order = sorted(roll, key=lambda r: (r[1], rank(key, str(record["round"]), r[0]), r[0]))
    if [r[0] for r in order] != list(record["order"]):
        found.append("order")
    return found


def letter_faults(letter: Mapping[str, Any], root: str) -> list[str]:
    """Whether a letter alone proves its household's place under the published root."""
    leaf = leaf_hash(str(letter["salt"]), str(letter["household_id"]), str(letter["tier"]))
    return [] if root_of(leaf, list(letter["proof"])) == root else ["letter"]


def two_secrets(office: str, households: str, office_sealed: str, households_sealed: str) -> str:
    """A public value from two opened secrets, where no public source is trusted.

    Each side publishes SHA-256 of its secret first. Whoever opens last can still refuse to open: that is one
    choice, and the record must say who opened last.

    Raises:
        ResettleError: if a secret is not the one that was sealed.
    """
    for opened, sealed in ((office, office_sealed), (households, households_sealed)):
        if hashlib.sha256(opened.encode("utf-8")).hexdigest() != sealed.lower():
            raise ResettleError(Problem("siting.draw_secret_changed", "error", value=sealed[:16]))
    return hashlib.sha256(pack(office, households)).hexdigest()


def paper_order(letters: Sequence[Letter], slips: Sequence[str]) -> tuple[str, ...]:
    """An order drawn from paper slips before witnesses, entered into the same record.

    Raises:
        ResettleError: unless the slips name every household of the roll exactly once.
    """
    names = {x.household_id for x in letters}
    wrong = sorted((set(slips) ^ names) | {s for s in set(slips) if list(slips).count(s) > 1})
    if wrong:
        raise ResettleError([Problem("siting.draw_slips_differ", "error", value=n) for n in wrong[:20]])
    return tuple(slips)


VERIFIER = '''"""Check a public draw: python verify_draw.py record.json  (nothing but Python 3 is needed)
Check a letter:         python verify_draw.py record.json letter.json
"""
import hashlib, hmac, json, sys

def pack(*fields):
    parts = [f.encode("utf-8") for f in fields]
    return b"".join(len(p).to_bytes(8, "big") + p for p in parts)

def leaf(salt, name, tier):
    return hashlib.sha256(b"\\x00" + pack("resettle-draw-1", salt, name, str(tier))).digest()

def node(a, b):
    return hashlib.sha256(b"\\x01" + a + b).digest()

record = json.load(open(sys.argv[1], encoding="utf-8"))
made, roll, ok = record["commitment"], record["roll"], True
row = [leaf(s, n, t) for n, t, s in roll]
while len(row) > 1:
    row = [node(*row[k:k + 2]) if k + 1 < len(row) else row[k] for k in range(0, len(row), 2)]
names = [r[0] for r in roll]
if names != sorted(set(names)) or len(names) != made["count"] or row[0].hex() != made["root"]:
    ok = False; print("FALSE: the roll is not the one that was committed to")
key = hashlib.sha256(pack("resettle-draw-1", made["root"], record["public_value"])).digest()
rank = lambda n: hmac.new(key, pack(record["round"], n), hashlib.sha256).hexdigest()
if [r[0] for r in sorted(roll, key=lambda r: (r[1], rank(r[0]), r[0]))] != record["order"]:
    ok = False; print("FALSE: the order does not follow from the roll and the public value")
if len(sys.argv) > 2:
    letter = json.load(open(sys.argv[2], encoding="utf-8"))
    at = leaf(letter["salt"], letter["household_id"], letter["tier"])
    for step in letter["proof"]:
        other = bytes.fromhex(step[1:])
        at = node(other, at) if step[0] == "L" else node(at, other)
    if at.hex() != made["root"]:
        ok = False; print("FALSE: this letter is not on the roll")
print("TRUE: the draw is as published" if ok else "The draw must not be accepted.")
sys.exit(0 if ok else 1)
'''
"""The verifier written out with every draw; it shares no line with this module."""
