"""The stage: published figures in, findings and readings out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from resettle.problems import Problem
from resettle.supervision.context import Context
from resettle.supervision.counts import places_elsewhere
from resettle.supervision.finding import FINDING, Label, finding_frame
from resettle.supervision.reading import READING, reading_frame, readings_of
from resettle.supervision.reconcile import reconcile
from resettle.supervision.schema import parse_published
from resettle.supervision.structure import as_published, merge
from resettle.tables.contract import conform
from resettle.tables.stage import Inputs, Outputs, Stage


def context_of(settings: Mapping[str, Any], inputs: Inputs) -> Context:
    """What a programme passes in: ``area_per_person_dm2`` and ``statutory_floors_minor`` by name."""
    area = settings.get("area_per_person_dm2")
    floors = settings.get("statutory_floors_minor") or {}
    return Context(
        area_per_person=None if area is None else Decimal(int(area)) / 100,
        floors={str(name): Decimal(int(value)) / 100 for name, value in floors.items()},
        regions=inputs.tables.get("region"),
    )


def _document(raw: Mapping[str, Any]) -> Label | None:
    """What the file of published figures is called, so that its lines are not taken for those of the report."""
    zh, en = str(raw.get("title_zh") or ""), str(raw.get("title_en") or "")
    return Label(f"《{zh or en}》", f'"{en or zh}"') if zh or en else None


def run(inputs: Inputs) -> Outputs:
    """Check ``settings["published"]`` (the parsed TOML) and the readings in ``figure``, if there are any."""
    raw = dict(inputs.settings.get("published") or {})
    problems: list[Problem] = []
    frame = inputs.tables.get("figure")
    readings = []
    if frame is not None and not frame.is_empty():
        sheet, problems = conform(frame, READING)
        readings = readings_of(sheet)
        raw = merge(raw, as_published(readings))
    published, found = parse_published(raw)
    context = context_of(inputs.settings, inputs)
    findings = reconcile(published, context)
    tables = {
        "finding": finding_frame(
            findings, published.names, _document(raw), {r.reading_id: r.quote for r in readings}
        ),
        "reading": reading_frame(readings),
    }
    codes = sorted({f.code for f in findings})
    found += places_elsewhere(published, context)
    return Outputs(tables, problems + found, {"codes": codes, "figures": len(published.figures)})


STAGE = Stage(
    name="supervision",
    requires=("figure?", "region?"),
    provides=(FINDING, READING),
    run=run,
    zh="核对公布的数字",
    en="hold published figures against each other",
)
