"""A public draw that anybody can repeat: a committed roll, a key nobody chose alone, ranks by HMAC.

1. *Commit*: every household gets a salted leaf; the leaves form a Merkle tree whose root is published with
   the name of a public source and the moment at which its value will be read. The seal, a hash over all of
   it, stands on every letter: source, moment, form, round and purpose cannot be changed afterwards.
2. *Run*: key = SHA-256(label, root, public value); rank = HMAC-SHA-256(key, round, household); the smallest
   goes first.
3. *Verify*: with the published record alone, by a small program that uses nothing but Python itself.

Fields are length-prefixed, so that no two different rolls read the same. One commitment, one draw: a second
run is refused, and a failed draw stays in the record. No numeric library's random stream is used.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
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
    """What a household gets: with it alone, and the published root, it proves its place on the roll; the seal
    tells whether the rest of the commitment is still the one it was given."""

    household_id: str
    tier: int
    salt: str
    proof: tuple[str, ...]
    root: str
    seal: str = ""


@dataclass(frozen=True)
class Commitment:
    """What is published before the draw.

    Attributes:
        label: name and version of the method.
        root: of the roll; count: households on it.
        source: the public source, ``moment`` when its value is read; or ``two secrets`` or ``paper slips``.
        purpose: what is drawn. witnesses: who was there.
        form: how the value is written. round: fixed here, for a round chosen later would be a second ticket.
        committed: the day the office says it committed. replaces: the seal of the failed draw this one follows.
        sealed: for ``two secrets``, the hash of the office's and of the households' secret.
    """

    label: str
    root: str
    count: int
    source: str
    moment: str
    purpose: str
    witnesses: tuple[str, ...] = ()
    form: str = ""
    round: str = "1"
    committed: str = ""
    replaces: str = ""
    sealed: tuple[str, ...] = ()


SEALED_FIELDS = (
    "label", "root", "count", "source", "moment", "purpose", "form", "round", "committed", "replaces"
)  # fmt: skip
PAPER, SECRETS = "paper slips", "two secrets"


def seal_of(made: Mapping[str, Any]) -> str:
    """Hex SHA-256 over everything a commitment says."""
    parts = [str(made.get(name, "")) for name in SEALED_FIELDS]
    listed = [*made.get("witnesses", ()), "|", *made.get("sealed", ())]
    return hashlib.sha256(b"\x02" + pack(*parts, *map(str, listed))).hexdigest()


def canonical(value: str) -> str:
    """The letters and digits of a value, full width folded, small: spaces and commas give no second ticket.

    >>> canonical(" 5, 1 ７ ") == canonical("517") == "517"
    True
    """
    return "".join(c for c in unicodedata.normalize("NFKC", value).casefold() if c.isalnum())


@dataclass(frozen=True)
class Record:
    """What is published after the draw: enough for anybody to repeat it."""

    commitment: Commitment
    public_value: str
    roll: tuple[tuple[str, int, str], ...]
    order: tuple[str, ...]
    round: str = "1"
    remarks: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    failed: str = ""

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
    form: str = "",
    committed: str = "",
    replaces: str = "",
    sealed: Sequence[str] = (),
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
    problems += _look_alike(set(names))
    problems += [
        Problem("siting.draw_identity_on_roll", "error", value=f"{n[:6]}...")
        for n in names
        if re.fullmatch(r"\d{17}[\dXx]", n)
    ][:1]
    if source == SECRETS and len(sealed) != 2:
        problems.append(Problem("siting.draw_no_seals", "error", value=str(len(sealed))))
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
    made = Commitment(
        LABEL, root, len(roll), source, moment, purpose, tuple(witnesses), form, "1", committed, replaces,
        tuple(sealed),
    )  # fmt: skip
    seal = seal_of(asdict(made))
    letters = [
        Letter(e.household_id, e.tier, salt, tuple(proof(tree, i)), root, seal)
        for i, (e, salt) in enumerate(zip(roll, salts, strict=True))
    ]
    return made, letters


def _look_alike(names: set[str]) -> list[Problem]:
    """Names that differ only in spaces, width or composition: one household with two tickets."""
    first: dict[str, str] = {}
    problems = []
    for name in sorted(names):
        plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        if plain in first:
            problems.append(Problem("siting.draw_look_alike", "error", value=name, nearest=first[plain]))
        first.setdefault(plain, name)
    return problems[:20]


def key_of(root: str, public_value: str) -> bytes:
    """The key of a draw; without the public value there is no key, and without a key no order."""
    value = canonical(public_value)
    if not value:
        raise ResettleError(Problem("siting.draw_no_value", "error"))
    return hashlib.sha256(pack(LABEL, root, value)).digest()


def rank(key: bytes, round_name: str, household_id: str) -> str:
    """Rank of a household in a round, hex; smaller is earlier."""
    return hmac.new(key, pack(round_name, household_id), hashlib.sha256).hexdigest()


def run(
    draw: OneDraw,
    letters: Sequence[Letter],
    public_value: str,
    remarks: Sequence[str] = (),
    witnesses: Sequence[str] = (),
    opened: Sequence[str] = (),
    slips: Sequence[str] = (),
) -> Record:
    """Draw once. The order is by tier, then by rank; the round is the one committed to.

    Args:
        opened: the two secrets, where they were committed to; their value is reckoned here.
        slips: the order of paper slips, where those were committed to.

    Raises:
        ResettleError: if this commitment was drawn before, the roll does not match it, or the value is missing.
    """
    made = draw.commitment
    if draw.attempts:
        raise ResettleError(Problem("siting.draw_done_before", "error", value=draw.attempts[0]))
    if made.source == SECRETS:
        public_value = two_secrets(*(*opened, "", "")[:2], *made.sealed)
    elif made.source == PAPER:
        public_value = PAPER
    key = key_of(made.root, public_value)
    draw.attempts.append(public_value)
    roll = sorted(((x.household_id, x.tier, x.salt) for x in letters), key=lambda r: r[0])
    root = levels([leaf_hash(salt, name, str(tier)) for name, tier, salt in roll])[-1][0]
    if root != made.root or len(roll) != made.count:
        raise ResettleError(Problem("siting.draw_other_roll", "error", value=root[:16]))
    if made.source == PAPER:
        order = paper_order(letters, slips)
    else:
        order = tuple(r[0] for r in sorted(roll, key=lambda r: (r[1], rank(key, made.round, r[0]), r[0])))
    return Record(
        made, public_value, tuple(roll), order, made.round, tuple(remarks), tuple(witnesses), tuple(opened)
    )


def failed(made: Commitment, reason: str, witnesses: Sequence[str] = ()) -> Record:
    """A draw that could not be held, for publication like any other; it has no order and uses up its commitment."""
    return Record(made, "", (), (), made.round, (), tuple(witnesses), (), reason)


def faults(record: Mapping[str, Any]) -> list[str]:
    """What is wrong with a published record (as read from JSON); empty if the draw can be trusted."""
    made = record["commitment"]
    if record.get("failed"):
        return ["failed"]
    roll = [(str(n), int(t), str(s)) for n, t, s in record["roll"]]
    found = []
    if made["label"] != LABEL:
        found.append("label")
    if not roll or [r[0] for r in roll] != sorted({r[0] for r in roll}) or len(roll) != made["count"]:
        return [*found, "roll"]
    if levels([leaf_hash(s, n, str(t)) for n, t, s in roll])[-1][0] != made["root"]:
        found.append("root")
    if record.get("round", "1") != made.get("round", "1"):
        found.append("round")
    order = list(record["order"])
    if made["source"] == PAPER:
        return found + ([] if sorted(order) == [r[0] for r in roll] else ["order"])
    if made["source"] == SECRETS and not _secrets_hold(made, record):
        found.append("secrets")
    if not canonical(str(record["public_value"])):
        return [*found, "value"]
    key = key_of(made["root"], str(record["public_value"]))
    right = sorted(roll, key=lambda r: (r[1], rank(key, str(made.get("round", "1")), r[0]), r[0]))
    if [r[0] for r in right] != order:
        found.append("order")
    return found


def _secrets_hold(made: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    opened = [str(x) for x in record.get("opened", ())]
    hashes = [hashlib.sha256(x.encode("utf-8")).hexdigest() for x in opened]
    if len(opened) != 2 or hashes != [str(x).lower() for x in made.get("sealed", ())]:
        return False
    return bool(hashlib.sha256(pack(*opened)).hexdigest() == record["public_value"])


def letter_faults(letter: Mapping[str, Any], root: str, seal: str | None = None) -> list[str]:
    """Whether a letter alone proves its household's place under the published root.

    With ``seal`` (of the published commitment) also whether that is the commitment the letter was given under.
    """
    steps = [str(step) for step in letter["proof"]]
    leaf = leaf_hash(str(letter["salt"]), str(letter["household_id"]), str(int(letter["tier"])))
    sound = all(step[:1] in ("L", "R") for step in steps) and root_of(leaf, steps) == root
    found = [] if sound else ["letter"]
    return found + (["seal"] if seal is not None and letter.get("seal", "") != seal else [])


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
import hashlib, hmac, json, sys, unicodedata

def pack(*fields):
    parts = [f.encode("utf-8") for f in fields]
    return b"".join(len(p).to_bytes(8, "big") + p for p in parts)

sha = lambda data: hashlib.sha256(data).digest()
leaf = lambda salt, name, tier: sha(b"\\x00" + pack(L, salt, name, str(int(tier))))
node = lambda a, b: sha(b"\\x01" + a + b)
def spoilt(kind, error, place):
    print("FALSE: no whole record or letter, or it is damaged:", kind.__name__, str(error)[:120])
    print("The draw must not be accepted on this file; ask for it anew, or download it again.")

sys.excepthook = spoilt
if len(sys.argv) < 2:
    sys.exit(__doc__)
L, bad = "resettle-draw-1", []
record = json.load(open(sys.argv[1], encoding="utf-8"))
made, roll, order = record["commitment"], [(n, int(t), s) for n, t, s in record["roll"]], record["order"]
names = [r[0] for r in roll]
said = [str(made.get(k, "")) for k in "label root count source moment purpose form round committed replaces".split()]
seal = sha(b"\\x02" + pack(*said, *made["witnesses"], "|", *made["sealed"])).hex()
if record["failed"]:
    bad.append("this draw failed: " + record["failed"])
row = [leaf(s, n, t) for n, t, s in roll] or [b""]
while len(row) > 1:
    row = [node(*row[k:k + 2]) if k + 1 < len(row) else row[k] for k in range(0, len(row), 2)]
if made["label"] != L or names != sorted(set(names)) or len(names) != made["count"] or row[0].hex() != made["root"]:
    bad.append("the roll is not the one that was committed to")
if record["round"] != made["round"]:
    bad.append("the round is not the one committed to")
if made["source"] == "two secrets":
    if [sha(x.encode()).hex() for x in record["opened"]] != [x.lower() for x in made["sealed"]] or \\
            sha(pack(*record["opened"])).hex() != record["public_value"]:
        bad.append("the opened secrets are not the sealed ones")
value = "".join(c for c in unicodedata.normalize("NFKC", record["public_value"]).casefold() if c.isalnum())
key = sha(pack(L, made["root"], value))
rank = lambda n: hmac.new(key, pack(made["round"], n), hashlib.sha256).hexdigest()
right = [r[0] for r in sorted(roll, key=lambda r: (r[1], rank(r[0]), r[0]))]
if not value or (sorted(order) != names if made["source"] == "paper slips" else order != right):
    bad.append("the order does not follow from the roll and the public value")
if len(sys.argv) > 2:
    letter = json.load(open(sys.argv[2], encoding="utf-8"))
    at = leaf(letter["salt"], letter["household_id"], letter["tier"])
    for step in letter["proof"]:
        other = bytes.fromhex(step[1:])
        at = node(other, at) if step[0] == "L" else node(at, other)
    if at.hex() != made["root"]:
        bad.append("this letter is not on the roll")
    if letter["seal"] != seal:
        bad.append("source, moment or purpose are not those this letter was given under")
    if letter["household_id"] in order:
        print("Place in the order:", order.index(letter["household_id"]) + 1, "of", len(order))
print("Seal (compare with the notice and the letter):", seal)
print("Now compare with the source itself:", made["source"], "at", made["moment"], "=", record["public_value"])
for line in bad:
    print("FALSE:", line)
print("The draw must not be accepted." if bad else "TRUE: the draw is as published")
sys.exit(1 if bad else 0)
'''
"""The verifier written out with every draw; it shares no line with this module."""
