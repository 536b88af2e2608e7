"""The chapter's part that needs no survey: flows between states, indicators, the sites' index, risks and standards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.evaluation.form import WAVES
from resettle.evaluation.sentences import head, listed, name_of, number, say, site_name, site_names
from resettle.evaluation.transitions import STATES
from resettle.tables.pages import (
    Block,
    Cell,
    Figure,
    FlowNode,
    Flows,
    Folded,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)

TONES: Mapping[str, Any] = {
    "registered": "plain",
    "exited": "good",
    "at_risk": "warn",
    "returned": "bad",
    "not_exited": "bad",
    "unknown": "unknown",
    "not_seen": "unknown",
}
GROUPS = ("economy", "society", "environment", "characteristics")
SHOWN_SITES = 5
FIRM = 0.5
"""A rank that fewer than this share of weight draws keep is not called firm."""


def _frame(made: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    return made.get(name, pl.DataFrame())


def _mark(facts: Mapping[str, Any]) -> Any:
    return "synthetic" if facts.get("synthetic") else "computed"


def transition_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """From registered to exited, at risk or fallen back: by the survey's rounds where they can say it, and by the
    registry's own status."""
    flows = _frame(made, "transition")
    if not flows.height:
        return []
    blocks: list[Block] = [Paragraph(say("section.transition"), "head")]
    surveyed = flows.filter(pl.col("basis") == "survey")
    recorded = flows.filter(pl.col("basis") == "registry")
    if surveyed.height:
        waves = [w for w in WAVES[1:] if w in facts.get("waves", ())]
        heads = (say("flow_start"), *(name_of("round", w) for w in waves))
        blocks += [_flow_lead(surveyed), _flow_figure(surveyed, heads, _mark(facts), "survey")]
        blocks += _flow_base(surveyed, facts)
    if recorded.height:
        steps = recorded["step"].n_unique()
        heads = (say("flow_start"), say("flow_registry"), say("flow_since"))
        if recorded["to"].n_unique() > 1:
            blocks.append(_flow_figure(recorded, heads[: 1 + steps], "computed", "registry"))
        else:
            row = recorded.row(0, named=True)
            blocks.append(
                Paragraph(say("flow_one", state=name_of("status", row["to"]), households=row["households"]))
            )
    return blocks


def _flow_lead(flows: pl.DataFrame) -> Paragraph:
    last = flows.filter(pl.col("step") == pl.col("step").max())
    total = int(last["households"].sum())
    share = {s: 100 * int(last.filter(pl.col("to") == s)["households"].sum()) / total for s in STATES}
    return Paragraph(say("flow_lead", **{s: number(v, 0) for s, v in share.items()}))


def _flow_base(flows: pl.DataFrame, facts: Mapping[str, Any]) -> list[Block]:
    """Whom the flows stand for, beside how many are registered."""
    frame = facts.get("frame", {})
    if not frame:
        return []
    shown = int(flows.filter(pl.col("step") == 1)["households"].sum())
    counts = {"shown": shown, **frame}
    return [Paragraph(say("flow_base", **{k: f"{n:,}" for k, n in counts.items()}), "note")]


def _flow_figure(flows: pl.DataFrame, heads: Sequence[Text], mark: Any, basis: str) -> Figure:
    columns: list[tuple[FlowNode, ...]] = [(FlowNode("registered", name_of("state", "registered"), "plain"),)]
    for step in sorted(flows["step"].unique().to_list()):
        there = set(flows.filter(pl.col("step") == step)["to"].to_list())
        columns.append(tuple(FlowNode(s, name_of("state", s), TONES[s]) for s in STATES if s in there))
    links = tuple(
        (int(r["step"]) - 1, r["from"], r["to"], int(r["households"])) for r in flows.iter_rows(named=True)
    )
    value = PageColumn(head("households"), "count")
    body: tuple[tuple[Cell, ...], ...] = tuple(
        (name_of("status", r["from"]), name_of("status", r["to"]), int(r["households"]), r["persons"])
        for r in flows.sort("step").iter_rows(named=True)
    )
    shape = (PageColumn(head("from")), PageColumn(head("to")), value, PageColumn(head("persons"), "count"))
    title = say(f"topic.transition_{basis}")
    table = PageTable(title, shape, body, mark=mark, note=say(f"flow_note_{basis}"))
    return Figure(
        title, mark, Flows(tuple(columns), tuple(heads), links, value), table, key=f"transition-{basis}"
    )


def indicator_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """The indicators group by group, what is missing for the others, and the index of the sites."""
    table = _frame(made, "evaluation_indicator")
    if not table.height:
        return []
    done = table.filter(pl.col("value").is_not_null())["code"].n_unique()
    stated = table.filter(pl.col("status") == "stated")["code"].n_unique()
    blocks: list[Block] = [
        Paragraph(say("section.indicators"), "head"),
        Paragraph(say("indicators_lead", done=done, all=table["code"].n_unique(), stated=stated)),
    ]
    if facts.get("figures_synthetic"):
        blocks.append(Paragraph(say("figures_synthetic"), "notice"))
    blocks += _changed(table)
    blocks += _against_targets(table)
    blocks += _whose_incomes(table, _frame(made, "transition"))
    named = [g for g in GROUPS if (table["group"] == g).any()]
    named += [g for g in table["group"].unique(maintain_order=True).to_list() if g and g not in named]
    tables = tuple(_indicators(table.filter(pl.col("group") == g), g, facts) for g in named)
    blocks.append(Folded(say("topic.indicators"), tables))
    return [*blocks, *_index(made, facts)]


def _changed(table: pl.DataFrame) -> list[Block]:
    """Which indicators moved the right way since before the move, and which the wrong way."""
    both = table.filter(pl.col("value").is_not_null() & pl.col("baseline").is_not_null())
    right = (pl.col("value") > pl.col("baseline")) == (pl.col("direction") != "-")
    blocks: list[Block] = []
    for key, part in (("improved", both.filter(right)), ("worsened", both.filter(~right))):
        if part.height:
            items = [
                Text(
                    f"{r['zh']} {_plain(r['baseline'])} → {_plain(r['value'])}{gap}{unit.zh}",
                    f"{r['en']} {_plain(r['baseline'])} → {_plain(r['value'])}{gap}{unit.en}",
                )
                for r in part.iter_rows(named=True)
                for unit in (name_of("unit", r["unit"]),)
                for gap in ("" if unit.en == "%" else " ",)
            ]
            blocks.append(Paragraph(say(key, list=listed(items, ("；", "; ")))))
    return blocks


def _against_targets(table: pl.DataFrame) -> list[Block]:
    """Which indicators that have a target miss it; what is not computed is not judged."""
    both = table.filter(pl.col("value").is_not_null() & pl.col("target").is_not_null())
    if not both.height:
        return []
    less = pl.col("direction") == "-"
    short = (
        pl.when(less).then(pl.col("value") > pl.col("target")).otherwise(pl.col("value") < pl.col("target"))
    )
    missed = both.filter(short)
    parts = [
        say("target_missed_one", name=Text(r["zh"], r["en"]), value=_plain(r["value"]), target=_plain(r["target"]),
            unit=name_of("unit", r["unit"]))
        for r in missed.iter_rows(named=True)
    ]  # fmt: skip
    values = {"met": both.height - missed.height, "all": both.height, "list": listed(parts, ("；", "; "))}
    return [Paragraph(say("target_missed" if parts else "target_met", **values))]


def need_name(need: str) -> Text:
    """What a missing table or column holds, in words; its own name where there are none."""
    return name_of("need", need)


def _whose_incomes(table: pl.DataFrame, flows: pl.DataFrame) -> list[Block]:
    """Shares above the poverty line by a survey's incomes stand beside a registry of the poor: say whose they are."""
    own = table.filter(
        (pl.col("code") == "E02") & (pl.col("basis") == "survey") & pl.col("baseline").is_not_null()
    )
    recorded = (
        flows.filter((pl.col("basis") == "registry") & (pl.col("step") == 1)) if flows.height else flows
    )
    if not own.height or not recorded.height:
        return []
    return [Paragraph(say("income_line_survey", households=f"{recorded['households'].sum():,}"), "note")]


def _plain(value: float) -> str:
    return number(value, 0 if abs(value) >= 100 else 1)


def _figure(value: float | None) -> Cell:
    return Text("—", "—") if value is None else Text(_plain(value), _plain(value))


def _basis(r: Mapping[str, Any]) -> Text:
    if r["status"] != "not_computed":
        return name_of("basis", str(r["basis"]))
    return say("missing_table", table=need_name(str(r["missing"])))


def _indicators(table: pl.DataFrame, group: str, facts: Mapping[str, Any]) -> PageTable:
    columns = (
        PageColumn(head("code")),
        PageColumn(head("indicator")),
        PageColumn(head("basis")),
        PageColumn(head("earlier"), "number"),
        PageColumn(head("value"), "number"),
        PageColumn(head("target"), "number"),
        PageColumn(head("base"), "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for r in table.iter_rows(named=True):
        part = name_of("part", r["part"]) if r["part"] else None
        more = (f"（{part.zh}）", f" ({part.en})") if part else ("", "")
        unit = name_of("unit", r["unit"])
        way = " ↓" if r["direction"] == "-" else " ↑"
        name = Text(f"{r['zh']}{more[0]}（{unit.zh}）{way}", f"{r['en']}{more[1]} ({unit.en}){way}")
        value = say("not_computed") if r["value"] is None else _figure(r["value"])
        rows.append(
            (r["code"], name, _basis(r), _figure(r["baseline"]), value, _figure(r["target"]), _base(r))
        )
    note = say("indicator_note")
    return PageTable(name_of("indicator_group", group), columns, tuple(rows), mark=_mark(facts), note=note)


def _base(r: Mapping[str, Any]) -> Cell:
    """How many stand behind a figure; a figure the programme has once is not a count."""
    if r.get("n") is None:
        return Text("—", "—")
    return say("base_whole") if r["n"] == 1 else int(r["n"])


def _index(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """The sites by the index: best and last five, whether ranks hold under other weights and other methods."""
    rank, score = _frame(made, "evaluation_rank"), _frame(made, "evaluation_score")
    if not rank.height or not score.height:
        return []
    first = score["weighting"][0]
    own = score.filter((pl.col("weighting") == first) & (pl.col("scoring") == score["scoring"][0]))
    spread = score.group_by("place").agg(
        pl.col("rank").min().alias("best"), pl.col("rank").max().alias("worst")
    )
    whole = rank.join(own.select("place", "score"), on="place").join(spread, on="place").sort("rank", "place")
    whole = whole.filter(pl.col("score").is_not_null())
    if whole.height < 2:
        return []
    names = site_names(made)
    firm = int((whole["keeps_rank_share"] >= FIRM).sum())
    lead, last = whole.row(0, named=True), whole.row(-1, named=True)
    kept = say("index_firm" if firm else "index_firm_none", places=whole.height, firm=firm)
    values = {
        "firm": kept, "places": whole.height, "used": len(facts.get("index_used", ())), "draws": f"{facts.get('index_draws', 0):,}",
        "best": site_name(names, lead["place"]), "low": lead["rank_low"], "high": lead["rank_high"],
        "worst": site_name(names, last["place"]), "weakest_low": last["rank_low"], "weakest_high": last["rank_high"],
        "weighting": name_of("weighting", str(first)),
    }  # fmt: skip
    shown = (
        whole
        if whole.height <= 2 * SHOWN_SITES
        else pl.concat([whole.head(SHOWN_SITES), whole.tail(SHOWN_SITES)])
    )
    blocks: list[Block] = [Paragraph(say("index_lead", **values)), _ranks(shown, names, facts)]
    if left := facts.get("index_left"):
        blocks.append(Paragraph(say("index_left", list=Text("、".join(left), ", ".join(left))), "note"))
    if whole_only := facts.get("index_whole"):
        blocks.append(
            Paragraph(say("index_whole", list=Text("、".join(whole_only), ", ".join(whole_only))), "note")
        )
    return [*blocks, Folded(say("topic.weights"), (_weights(made, facts),))]


def _ranks(shown: pl.DataFrame, names: Mapping[str, Text], facts: Mapping[str, Any]) -> PageTable:
    columns = (
        PageColumn(head("site")),
        PageColumn(head("score"), "number", decimals=1),
        PageColumn(head("rank"), "count"),
        PageColumn(head("rank_draws")),
        PageColumn(head("keeps"), "number", decimals=0),
        PageColumn(head("rank_methods")),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            site_name(names, r["place"]),
            round(r["score"], 1),
            r["rank"],
            _range(r["rank_low"], r["rank_high"]),
            round(100 * r["keeps_rank_share"]),
            _range(r["best"], r["worst"]),
        )
        for r in shown.iter_rows(named=True)
    )
    return PageTable(say("topic.index"), columns, rows, mark=_mark(facts), note=say("index_note"))


def _range(low: Any, high: Any) -> Text:
    text = str(low) if low == high else f"{low} – {high}"
    return Text(text, text)


def _weights(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> PageTable:
    long = _frame(made, "evaluation_weight")
    kinds = long["weighting"].unique(maintain_order=True).to_list()
    columns = (
        PageColumn(head("code")),
        *(PageColumn(name_of("weighting", k), "number", decimals=1) for k in kinds),
    )
    rows: list[tuple[Cell, ...]] = []
    for (code,), part in long.group_by("code", maintain_order=True):
        by_kind = dict(part.select("weighting", "weight").iter_rows())
        rows.append((str(code), *(round(100 * by_kind[k], 1) for k in kinds)))
    return PageTable(say("topic.weights"), columns, tuple(rows), mark=_mark(facts), note=say("weights_note"))


def standard_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Cernea's risks, the requirements of the completion audit, and how many promises are still open."""
    table = _frame(made, "evaluation_standard")
    if not table.height:
        return []
    blocks: list[Block] = []
    for framework in table["framework"].unique(maintain_order=True).to_list():
        own = table.filter(pl.col("framework") == framework)
        known = own.filter(pl.col("value").is_not_null())["number"].n_unique()
        blocks.append(Paragraph(name_of("framework", framework), "head"))
        values = {"known": known, "all": own["number"].n_unique()}
        key = f"standard_lead.{framework}"
        blocks.append(
            Paragraph(
                say(key, **values)
                if framework in ("Cernea", "ESS5")
                else say("standard_lead.other", **values)
            )
        )
        worse = own.filter(pl.col("change") == "worse")
        if worse.height:
            names = Text(
                "、".join(dict.fromkeys(worse["zh"].to_list())),
                ", ".join(dict.fromkeys(worse["en"].to_list())),
            )
            blocks.append(Paragraph(say("standard_worse", list=names)))
        if framework == "ESS5":
            blocks += _open(made, facts)
        blocks.append(
            Folded(say("topic.standard", name=name_of("framework", framework)), (_standards(own, facts),))
        )
    return blocks


def _standards(own: pl.DataFrame, facts: Mapping[str, Any]) -> PageTable:
    columns = (
        PageColumn(head("requirement")),
        PageColumn(head("evidence")),
        PageColumn(head("basis")),
        PageColumn(head("earlier"), "number"),
        PageColumn(head("value"), "number"),
        PageColumn(head("base"), "count"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Text(f"{r['number']} {r['zh']}", f"{r['number']} {r['en']}"),
            Text(
                f"{r['figure_zh']}（{name_of('unit', r['unit'] or '').zh}）",
                f"{r['figure_en']} ({name_of('unit', r['unit'] or '').en})",
            ),
            _basis(r),
            _figure(r["baseline"]),
            say("not_computed") if r["value"] is None else _figure(r["value"]),
            _base(r),
        )
        for r in own.iter_rows(named=True)
    )
    return PageTable(
        say("topic.standard", name=name_of("framework", own["framework"][0])),
        columns,
        rows,
        mark=_mark(facts),
        note=say("standard_note"),
    )


def _open(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Entitlements still open: how many households by kind, and what could not be checked."""
    audit = _frame(made, "completion_audit")
    lacking = facts.get("audit_lacking", {})
    blocks: list[Block] = []
    if audit.width and facts.get("entitled") is not None:
        households = audit["household_id"].n_unique() if audit.height else 0
        kinds = [
            Text(f"{name.zh} {n:,}", f"{name.en} {n:,}")
            for kind, n in audit.group_by("open").len().sort("open").iter_rows()
            for name in (name_of("open", kind),)
        ]
        key = "audit_open" if households else "audit_none"
        entitled, undecided = facts["entitled"], facts.get("undecided", 0)
        listed_in = facts.get("listed", entitled + undecided)
        counts = {"entitled": entitled, "undecided": undecided, "whole": entitled + undecided}
        counts |= {"listed": listed_in, "out": listed_in - entitled - undecided}
        said = {k: f"{n:,}" for k, n in counts.items()}
        joining = facts.get("co_moving", 0)
        co = say("audit_co", co=f"{joining:,}") if joining else Text("", "")
        blocks.append(Paragraph(say(key, households=households, list=listed(kinds), co=co, **said)))
    if lacking:
        pairs = [(name_of("open", c), need_name(t)) for c, t in lacking.items()]
        parts = [Text(f"{n.zh}（缺{t.zh}）", f"{n.en} ({t.en})") for n, t in pairs]
        blocks.append(Paragraph(say("audit_lacking", list=listed(parts)), "note"))
    return blocks
