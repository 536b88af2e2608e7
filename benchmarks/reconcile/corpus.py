"""Reading and finding on the corpus of other kinds of reports (``tests/ground/supervision/corpus``).

Run: ``python benchmarks/reconcile/corpus.py [--show]``. Every report is synthetic. A figure counts as read
where value, unit and line are those of the key; a reading that answers to no figure of the key is counted
against precision; any finding on a report as written is a false one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/ground/supervision"))
from corpus_files import Key, Report, corpus, write

from resettle.store.document import read_document
from resettle.supervision import Finding, Reading, parse_published, reconcile
from resettle.supervision.report import read_report
from resettle.supervision.structure import as_published

SETS = (
    (1, 8),
    (9, 12),
    (13, 20),
    (21, 26),
    (27, 34),
    (35, 44),
    (45, 50),
    (51, 54),
    (55, 74),
    (75, 94),
    (95, 106),
)
"""Reports by the round in which they were written and first read."""


def judge(lines: tuple[str, ...], kind: str) -> tuple[list[Reading], list[Finding]]:
    """A report through the same door as a user's file."""
    with tempfile.TemporaryDirectory() as folder:
        blocks, problems = read_document(write(lines, kind, Path(folder)))
    if problems:
        return [], []
    read = read_report(blocks)
    published, _ = parse_published(as_published(read.readings, read.lines))
    return read.readings, reconcile(published)


def answers(key: Key, reading: Reading, unit: bool = True) -> bool:
    """Whether a reading is the figure of the key."""
    low = reading.low if reading.value is None else reading.value
    high = reading.high if reading.value is None else reading.value
    if low is None or high is None or reading.line != key.line or (unit and reading.unit != key.unit):
        return False
    slack = Decimal("0.01") if key.unit == "percent" else Decimal("0.0000001")
    return abs(low - key.low) <= slack and abs(high - key.high) <= slack


def measure(reports: list[Report], show: bool) -> Counter[str]:
    """Counts over some reports."""
    n: Counter[str] = Counter()
    for report in reports:
        readings, findings = judge(report.lines, report.format)
        figures = [r for r in readings if r.rule not in ("date", "named_list")]
        free = list(figures)
        n["keys"] += len(report.keys)
        for key in report.keys:
            hit = next((r for r in free if answers(key, r)), None)
            n["value"] += any(answers(key, r, unit=False) for r in figures)
            if hit is None:
                if show:
                    print("NOT READ", report.name, key)
                    print("   ", [(str(r.value or r.low), r.unit) for r in figures if r.line == key.line])
                continue
            free.remove(hit)
            n["read"] += 1
            n["kinds"] += key.kind != "-"
            n["kind"] += key.kind == hit.kind
            if show and key.kind not in ("-", hit.kind):
                print("KIND", report.name, key.printed, key.kind, hit.kind)
        if report.keys:  # the others have no key: only what is found in them counts
            n["readings"] += len(figures)
            n["right"] += len(figures) - len(free)
        if show and report.keys:
            for r in free:
                print("EXTRA", report.name, r.line, r.value or (r.low, r.high), r.unit, r.printed, r.of)
        n["false"] += len(findings)
        n["clean"] += 1
        n["clean_with"] += bool(findings)
        if show:
            for f in findings:
                print("FALSE", report.name, f.code, f.variant, f.lines, dict(f.values))
        _planted(report, findings, n, show)
    return n


def _told(finding: Finding) -> tuple[object, ...]:
    return (
        finding.code,
        finding.variant,
        finding.lines,
        sorted((k, str(v)) for k, v in finding.values.items()),
    )


def _planted(report: Report, clean: list[Finding], n: Counter[str], show: bool) -> None:
    """A slip is found by a finding under one of its codes that the report as written does not raise."""
    before = [_told(f) for f in clean]
    for slip in report.slips:
        text = "\n".join(report.lines)
        assert slip.find in text, (report.name, slip.find)
        _, findings = judge(tuple(text.replace(slip.find, slip.put, 1).split("\n")), report.format)
        hit = any(f.code in slip.codes and _told(f) not in before for f in findings)
        n["planted"] += 1
        n["found"] += hit
        if show and not hit:
            print("MISSED", report.name, slip.what, slip.put, slip.codes, sorted({f.code for f in findings}))


def told(name: str, n: Counter[str]) -> str:
    """One line of the table."""

    def of(a: str, b: str) -> str:
        return f"{n[a]} of {n[b]} ({100 * n[a] / max(1, n[b]):.0f}%)"

    return (
        f"{name:9} figures read {of('read', 'keys')}; value alone {of('value', 'keys')}; "
        f"precision {of('right', 'readings')}; kind {of('kind', 'kinds')}; "
        f"slips found {of('found', 'planted')}; false findings {n['false']} in {n['clean']} clean reports"
    )


def main() -> None:
    """Print the measures now; what each set showed when it was first read stands in the docs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="what was missed in the reports mended on")
    parser.add_argument("--only", default="", help="numbers of reports, as 35-44 or 27")
    args = parser.parse_args()
    reports = list(corpus())
    ends = [int(x) for x in args.only.split("-")] if args.only else []
    for first, last in SETS if not ends else [(ends[0], ends[-1])]:
        chosen = [r for r in reports if first <= int(r.name.partition("-")[0]) <= last]
        print(told(f"{first} to {last}", measure(chosen, args.show)))


if __name__ == "__main__":
    main()
