"""Mutated rosters: no crash, no hang, no lost row, and every waiting row in the answer.

A case is made from a sound roster by changing cells, bytes of the zip, XML inside it, bytes of a CSV or of
an old xls. Each is answered in a child process; one that takes longer than the limit is ended, kept and
counted as a hang, one that dies as a crash. Cases that failed are kept in ``--keep``.

python -m benchmarks.registry.fuzz SECONDS [--seed 1] [--limit 20] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.ground.registry.rosters import HEADS, answered, filled_rows, households, pack_data, workbook

ODD: list[Any] = [
    "",
    "=1+1",
    "合计",
    "户主",
    "姓名",
    "证件号码",
    "12",
    "农历腊月",
    "\x0b",
    "9" * 18,
    "-1",
    "1e400",
    "NaN",
    "一百二十",
    "2016-02-30",
    "王" * 500,
    10**17,
    -3.5,
    None,
]
TOKENS = [
    b"",
    b"<c",
    b"</c>",
    b"<row>",
    b"</row>",
    b'r="ZZ99999"',
    b'r="A0"',
    b't="e"',
    b't="s"',
    b't="b"',
    b"<v>",
    b"<v>1e400</v>",
    b"<v>99999999999</v>",
    b"<f>A1</f>",
    b'<mergeCell ref="A1:H9"/>',
    b'<mergeCell ref="H9:A1"/>',
    b'<mergeCell ref="A2:A1048576"/>',
    b"&#0;",
    b"&x;",
    b"<!--",
    b"]]>",
    b"\xff\xfe",
    b'count="4294967295"',
]
ODS_TOKENS = [
    b"",
    b"<t:table-row>",
    b"</t:table>",
    b"<t:table-cell/>",
    b'<t:table-row t:number-rows-repeated="1048576"/>',
    b'<t:table-cell t:number-columns-repeated="16384"/>',
    b'<t:table-cell t:number-columns-repeated="-5"/>',
    b'<t:table-cell o:value-type="float" o:value="1e400"/>',
    b'<t:table-cell o:value-type="float" o:value="x"/>',
    b'<t:covered-table-cell t:number-rows-spanned="99999"/>',
    b'<x:s x:c="999999999"/>',
    b"<o:annotation>",
    b"&#0;",
    b"&x;",
    b"<!--",
]
XLS = Path(__file__).parents[2] / "tests" / "ground" / "store" / "roster_made_up.xls"
MEMORY = 6 << 30
PATIENCE = 15
"""Times the limit on the clock that a case may wait for a busy machine."""
Known = int | None
"""Rows of people that were written, where the mutation leaves that known."""


def changed_bytes(chance: random.Random, raw: bytes) -> bytes:
    """Some bytes changed, dropped or doubled."""
    found = bytearray(raw)
    for _ in range(1 + chance.randrange(20)):
        at = chance.randrange(max(len(found), 1))
        kind = chance.random()
        if kind < 0.7 and found:
            found[at] = chance.randrange(256)
        elif kind < 0.85:
            del found[at : at + chance.randrange(1, 60)]
        else:
            found[at:at] = found[at : at + 30]
    return bytes(found)


def changed_some(chance: random.Random, raw: bytes) -> bytes:
    """One in ten with some bytes changed."""
    return changed_bytes(chance, raw) if chance.random() < 0.1 else raw


def mutated_rows(chance: random.Random) -> tuple[list[str], list[list[Any]], Known]:
    """A sound roster in which some cells, heads and rows are put wrong; and how many rows hold anything."""
    heads, rows = list(HEADS), households(6)
    for _ in range(chance.randrange(12)):
        chance.choice(rows)[chance.randrange(len(heads))] = chance.choice(ODD)
    sound_heads = True
    if chance.random() < 0.3:
        heads[chance.randrange(len(heads))] = chance.choice([*HEADS, "x", ""])
        sound_heads = False
    if chance.random() < 0.3:
        chance.shuffle(rows)
    held = sum(any(str(v if v is not None else "").strip() for v in row) for row in rows)
    return heads, rows, held if sound_heads else None


def cells(chance: random.Random, path: Path) -> Known:
    heads, rows, held = mutated_rows(chance)
    workbook(path, rows, heads, chance.choice([None, "某县花名册"]))
    return held


def zip_bytes(chance: random.Random, path: Path) -> Known:
    workbook(path, households(4))
    path.write_bytes(changed_bytes(chance, path.read_bytes()))
    return None


def xml(chance: random.Random, path: Path) -> Known:
    """The parts of a workbook with wrong marks in a zip that is sound."""
    workbook(path, households(4), title=chance.choice([None, "某县花名册"]))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([n for n in parts if n.startswith("xl/")] + ["xl/worksheets/sheet1.xml"] * 6)
    text = parts[name]
    for _ in range(1 + chance.randrange(5)):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.6:
            at = max(text.find(b"<", at), 0)
        text = text[:at] + chance.choice(TOKENS) + text[at + chance.choice([0, 0, 1, 5, 40]) :]
    parts[name] = text if chance.random() < 0.7 else changed_bytes(chance, text)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return None


def ods_xml(chance: random.Random, path: Path) -> Known:
    """An OpenDocument sheet, sound or with wrong marks in its content."""
    heads, rows, held = mutated_rows(chance)
    cells = [
        "".join(
            f'<t:table-cell o:value-type="string"><x:p>{escape(str(v or ""))}</x:p></t:table-cell>'
            for v in row
        )
        for row in [heads, *rows]
    ]
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("o", "office"), ("t", "table"), ("x", "text"))
    )
    body = "".join(f"<t:table-row>{row}</t:table-row>" for row in cells)
    content = f'<o:d{names}><t:table t:name="a">{body}</t:table></o:d>'.encode()
    is_sound = chance.random() < 0.3
    for _ in range(0 if is_sound else 1 + chance.randrange(4)):
        at = max(content.find(b"<", chance.randrange(len(content))), 0)
        content = content[:at] + chance.choice(ODS_TOKENS) + content[at + chance.choice([0, 0, 1, 40]) :]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content if is_sound else changed_some(chance, content))
    return (
        held if is_sound and not any(ord(c) < 32 for row in rows for v in row for c in str(v or "")) else None
    )


def csv_rows(chance: random.Random, path: Path) -> Known:
    heads, rows, held = mutated_rows(chance)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice([",", "\t", ";"]))
    writer.writerows([heads, *rows])
    path.write_bytes(text.getvalue().encode(chance.choice(["utf-8", "gb18030", "utf-8-sig"]), "replace"))
    return held


def csv_bytes(chance: random.Random, path: Path) -> Known:
    csv_rows(chance, path)
    path.write_bytes(changed_bytes(chance, path.read_bytes()))
    return None


def xls_bytes(chance: random.Random, path: Path) -> Known:
    path.write_bytes(changed_bytes(chance, XLS.read_bytes()))
    return None


def xls_fields(chance: random.Random, path: Path) -> Known:
    """Numbers of the compound file and of its records set to what no sound file says."""
    found = bytearray(XLS.read_bytes())
    ends = len(found) // 4
    for _ in range(1 + chance.randrange(3)):
        at = 4 * chance.choice([chance.randrange(11, 128), chance.randrange(ends)])
        odd = chance.choice([0, 1, 2, 7, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFF, chance.randrange(64)])
        found[at : at + 4] = odd.to_bytes(4, "little")
    path.write_bytes(bytes(found))
    return None


def csv_quotes(chance: random.Random, path: Path) -> Known:
    """Quotation marks that are opened and never closed: no household may vanish into a cell."""
    rows = households(6)
    for _ in range(1 + chance.randrange(4)):
        row = chance.choice(rows)
        row[3] = '"' + row[3].strip('"')
    lines = [",".join("" if v is None else str(v) for v in row) for row in [HEADS, *rows]]
    path.write_bytes(("\n".join(lines) + chance.choice(["", "\n"])).encode())
    return len(rows)


MUTATIONS: dict[str, Callable[[random.Random, Path], Known]] = {
    "cells": cells,
    "zip_bytes": zip_bytes,
    "xml": xml,
    "ods_xml": ods_xml,
    "csv_rows": csv_rows,
    "csv_bytes": csv_bytes,
    "xls_bytes": xls_bytes,
    "xls_fields": xls_fields,
    "csv_quotes": csv_quotes,
}


def judge(path: Path, out: Path, known: Known) -> dict[str, Any]:
    """Answer one roster and hold what must be true of every answer."""
    from resettle.registry.fields import aliases
    from resettle.registry.heads import find_heads
    from resettle.store.cells import read_cells

    sheets, problems, result = answered(path, out=out)
    assert sheets or problems, "neither a sheet nor a reason"
    names = aliases(pack_data(), None)
    above = 0
    for sheet in sheets:
        heads, _ = find_heads(sheet, names)
        if heads is not None:
            above += filled_rows([type(sheet)(sheet.file, sheet.name, sheet.cells.head(heads.last + 1))])
    counts = result.counts
    held = filled_rows(sheets)
    answered_rows = counts["read"] + counts["set_aside"]
    # A row that holds two tables beside each other, or members in columns, is answered more than once, never less.
    is_split = len(result.sheets) > len(sheets)
    assert held <= above + answered_rows if is_split else held == above + answered_rows, (held, above, counts)
    if known is not None:
        assert answered_rows >= known if is_split else answered_rows == known, (known, counts)
    pages, faults = read_cells(out)
    assert not [p for p in faults if p.severity == "error"], faults
    shown = sum(filled_rows([page]) for page in pages[1:-1])
    waiting = counts["quarantined"]
    assert shown >= waiting, (shown, waiting)
    return {"read": counts["read"], "quarantined": waiting, "refused": not sheets}


def child(pipe: Connection) -> None:
    """Answer cases until told to stop; what is raised goes back as text."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while True:
        case = pipe.recv()
        if case is None:
            return
        try:
            pipe.send({"ok": judge(*case)})
        except BaseException:
            pipe.send({"failed": traceback.format_exc()[-3000:]})


class Answerer:
    """A child process that answers; it is replaced when it dies or takes too long."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.context = multiprocessing.get_context("spawn")
        self.start()

    def start(self) -> None:
        self.pipe, theirs = self.context.Pipe()
        self.process = self.context.Process(target=child, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.fresh = True

    def answer(self, path: Path, out: Path, known: Known) -> dict[str, Any]:
        self.pipe.send((path, out, known))
        # The first case pays for the imports.
        limit, self.fresh = self.limit + (60 if self.fresh else 0), False
        start = self.used()
        try:
            # A busy machine may keep a case waiting: what it used itself decides, and a much longer wait.
            for _ in range(PATIENCE):
                if self.pipe.poll(limit):
                    found: dict[str, Any] = self.pipe.recv()
                    return found
                if self.used() - start > limit:
                    break
            found = {"hang": f"no answer in {self.used() - start:.0f} s of the processor"}
        except (EOFError, ConnectionError):
            self.process.join(5)
            found = {"crash": f"the process ended with {self.process.exitcode}"}
        self.stop()
        self.start()
        return found

    def used(self) -> float:
        """Processor seconds of the child; those on the clock where the system does not tell."""
        try:
            fields = (
                Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def kept(keep: Path, name: str, path: Path, found: dict[str, Any]) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    if path.exists():
        (keep / f"{name}{path.suffix}").write_bytes(path.read_bytes())
    (keep / f"{name}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds a case may take")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-kept"))
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    end = time.monotonic() + asked.seconds
    cases: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    total: Counter[str] = Counter()
    slowest = 0.0
    answerer = Answerer(asked.limit)
    with tempfile.TemporaryDirectory() as folder:
        number = 0
        while time.monotonic() < end:
            kind = chance.choice(list(MUTATIONS))
            suffix = {"csv": ".csv", "xls": ".xls", "ods": ".ods"}.get(kind[:3], ".xlsx")
            path, out = Path(folder) / f"r{suffix}", Path(folder) / "problems.xlsx"
            out.unlink(missing_ok=True)
            known = MUTATIONS[kind](chance, path)
            start, first = time.monotonic(), answerer.fresh
            found = answerer.answer(path, out, known)
            if not first:
                slowest = max(slowest, time.monotonic() - start)
            cases[kind] += 1
            if "ok" in found:
                total.update({k: int(v) for k, v in found["ok"].items()})
            else:
                bad[next(iter(found))] += 1
                kept(asked.keep, f"{asked.seed}-{number}-{kind}", path, found)
                print(f"{kind} {number}: {next(iter(found.values())).strip().splitlines()[-1]}", flush=True)
            number += 1
    answerer.stop()
    print(
        json.dumps(
            {
                "seconds": asked.seconds,
                "seed": asked.seed,
                "cases": dict(cases),
                "failed": dict(bad),
                "rows": dict(total),
                "slowest_seconds": round(slowest, 2),
            }
        )
    )
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
