"""Recall of planted slips, false findings on clean reports, and whether the repair holds the true cell.

Run: ``python benchmarks/reconcile/measure.py`` (from the root of the project; about a minute).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from reports import KINDS, Report, make

from resettle.store.document import read_document
from resettle.supervision import Finding, parse_published, reconcile
from resettle.supervision.report import read_report
from resettle.supervision.structure import as_published


def judge(report: Report) -> list[Finding]:
    """A report through the same door as a user's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.md"
        path.write_text(report.text, encoding="utf-8")
        blocks, _ = read_document(path)
    read = read_report(blocks)
    published, _ = parse_published(as_published(read.readings, read.lines))
    return reconcile(published)


def held(report: Report, findings: list[Finding]) -> bool:
    """Whether a proposed repair changes the planted value back to the true one."""
    assert report.cell is not None and report.true is not None
    pairs = {
        (Decimal(before), Decimal(after))
        for f in findings
        for repair in f.repairs
        for _, before, after in repair.cells
    }
    cell, true = Decimal(report.cell), Decimal(report.true)
    return any(p * true == cell * q and p != q for p, q in pairs)


def main() -> int:
    """Print the measures; exit 1 if one falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20160501)
    parser.add_argument("--show", type=int, default=0, help="print so many misses and false findings")
    parser.add_argument("--wide", action="store_true", help="the wider wordings")
    args = parser.parse_args()
    found, planted, good, cells, options = Counter(), Counter(), 0, 0, 0
    shown = args.show
    for i in range(args.reports):
        report = make(args.seed + i, KINDS[i % len(KINDS)], args.wide)
        findings = judge(report)
        hit = bool({f.code for f in findings} & set(report.codes))
        planted[report.slip] += 1
        found[report.slip] += hit
        if report.cell is not None:
            cells += 1
            ok = held(report, findings)
            good += ok
            options += max((len(f.repairs) for f in findings), default=0)
            if not ok and shown:
                shown -= 1
                print(
                    "NOT HELD",
                    report.slip,
                    report.language,
                    report.codes,
                    report.cell,
                    report.true,
                    [(f.code, f.repairs) for f in findings],
                    report.text,
                    sep="\n",
                )
        if not hit and shown:
            shown -= 1
            print(
                "MISSED",
                report.slip,
                report.language,
                report.codes,
                [f.code for f in findings],
                report.text,
                sep="\n",
            )
    false: Counter[str] = Counter()
    for i in range(args.reports):
        report = make(args.seed + 100_000 + i, None, args.wide)
        for finding in judge(report):
            false[finding.code] += 1
            if shown:
                shown -= 1
                print("FALSE", report.language, finding, report.text, sep="\n")
    recall = sum(found.values()) / sum(planted.values())
    for kind in KINDS:
        print(f"recall {kind:12} {found[kind]:3} of {planted[kind]:3}")
    print(f"recall all          {recall:.1%}")
    print(f"false findings      {sum(false.values())} in {args.reports} clean reports {dict(false)}")
    print(
        f"repair holds        {good} of {cells} ({good / cells:.1%}); {options / cells:.1f} proposals on average"
    )
    per_twenty = 20 * sum(false.values()) / args.reports
    return 0 if recall >= 0.9 and per_twenty <= 1 and good >= 0.8 * cells else 1


if __name__ == "__main__":
    sys.exit(main())
