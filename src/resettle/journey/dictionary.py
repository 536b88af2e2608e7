"""Writes the reference: every table and column from the contracts, every command from its own help.

``python -m resettle.journey.dictionary`` rewrites ``docs/reference/tables.md`` and ``commands.md``; a test
holds the committed files against what this module makes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import resettle
from resettle.journey.stages import STAGES
from resettle.journey.visits import SCHEMA as VISIT_SCHEMA
from resettle.policy import Pack, load_pack
from resettle.store.folder import write_text
from resettle.tables import Column, Stage, Table

PACKS = ("cn_luoyang", "peach_spring")
ROOMS = (
    "tables",
    "registry",
    "targeting",
    "projection",
    "entitlement",
    "remedies",
    "siting",
    "funds",
    "evaluation",
    "supervision",
)
"""Rooms whose modules may hold contracted tables."""

HEADS = ("Column 列", "English", "中文", "Type", "Unit", "Values or range", "May be missing", "Note")
MADE_HERE = "This file is generated from the contracts; edit those, then run `make docs`."


def contracted() -> list[Table]:
    """Every contracted table of the house, by name: what comes from outside, then what stages write.

    >>> [t.name for t in contracted() if t.writer == "registry"]
    ['household', 'person', 'region']
    """
    found: dict[str, Table] = {}
    for room in ROOMS:
        package = importlib.import_module(f"{resettle.__name__}.{room}")
        names = [package.__name__]
        names += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
        for name in sorted(names):
            for value in vars(importlib.import_module(name)).values():
                for table in value if isinstance(value, tuple) else (value,):
                    if isinstance(table, Table):
                        found.setdefault(table.name, table)
    return [found[name] for name in sorted(found)]


def all_stages() -> tuple[Stage, ...]:
    """The stages of a run."""
    return STAGES


def readers(table: str, stages: Iterable[Stage]) -> list[str]:
    """Stages that read a table; one that can do without it is marked."""
    found = []
    for stage in stages:
        for name in stage.requires:
            if name.rstrip("?") == table:
                found.append(stage.name + (" (if there is one)" if name.endswith("?") else ""))
    return sorted(found)


def bounds(column: Column) -> str:
    """The allowed values or the declared range of a column.

    >>> bounds(Column("floor", "integer", low=-5, high=200))
    'from -5 to 200'
    >>> bounds(Column("wave", "text", allowed=("baseline", "year_1")))
    '`baseline`, `year_1`'
    """
    if column.allowed:
        return ", ".join(f"`{value}`" for value in column.allowed)
    low = "" if column.low is None else f"from {column.low:,}"
    high = "" if column.high is None else f"to {column.high:,}"
    return f"{low} {high}".strip()


def row(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def columns_table(columns: Sequence[Column], key: Sequence[str] = ()) -> list[str]:
    """The columns of a table as Markdown; a key is never missing."""
    lines = [row(HEADS), row(["---"] * len(HEADS))]
    for column in columns:
        is_needed = column.required or column.name in key
        lines.append(
            row(
                [
                    f"`{column.name}`" + (" 🔑" if column.name in key else ""),
                    column.en,
                    column.zh,
                    column.kind,
                    column.unit,
                    bounds(column),
                    "no" if is_needed else "yes",
                    column.note,
                ]
            )
        )
    return lines


def table_section(table: Table, stages: Sequence[Stage]) -> list[str]:
    """One table: names, key, writer, readers, columns."""
    read_by = ", ".join(readers(table.name, stages)) or "reports and commands"
    key = ", ".join(f"`{name}`" for name in table.key) or "none"
    lines = [f"### {table.name}", "", f"{table.en} · {table.zh}", ""]
    lines += [f"Key: {key}. Written by: **{table.writer}**. Read by: {read_by}."]
    if table.open_ended:
        lines += ["", "Columns of a pack or a form may follow the contracted ones."]
    return [*lines, "", *columns_table(table.columns, table.key), ""]


def pack_section(pack: Pack, base: set[str]) -> list[str]:
    """What a pack adds: columns of the common tables, and inventories of its own."""
    known = {table.name: set(table.names) for table in contracted()}
    lines = [f"### Pack {pack.id}", "", f"{pack.en} · {pack.zh}", ""]
    for name, entry in sorted(pack.tables.items()):
        own = [c for c in entry.table.columns if c.name not in known.get(name, set())]
        if name in base and own:
            lines += [f"Columns added to `{name}`:", "", *columns_table(own), ""]
        elif name not in base:
            head = f"#### {pack.id}: {name}"
            about = f"{entry.table.en} · {entry.table.zh}. Key: `{entry.key}`."
            about += f" Belongs to: `{entry.parent}`, at most {entry.max_rows} rows each."
            lines += [head, "", about, "", *columns_table(entry.table.columns, entry.table.key), ""]
    return lines


def visit_section() -> list[str]:
    """The list of households to visit; it is put together at the end of a run and feeds nothing."""
    columns = ", ".join(f"`{name}`" for name in VISIT_SCHEMA)
    return [
        "### visit",
        "",
        "households to visit first, and why · 先走访的户",
        "",
        f"Written by: **journey**, after all stages. One row per household and reason: {columns}.",
        "",
    ]


def tables_text() -> str:
    """The text of ``docs/reference/tables.md``."""
    stages = all_stages()
    tables = contracted()
    lines = ["# Tables 数据字典", "", f"<!-- {MADE_HERE} -->", ""]
    lines += [
        "Money is in minor units (分), area in dm2 (0.01 m²), a share in ppm (parts per million). A missing",
        "value is unknown: neither yes nor no, never zero. 🔑 marks the key. A table has one writer.",
        "",
    ]
    order = ["outside", "registry", *(s.name for s in stages)]
    order += sorted({t.writer for t in tables} - set(order))
    for writer in order:
        mine = [t for t in tables if t.writer == writer]
        if mine:
            title = "What you bring" if writer == "outside" else f"Written by {writer}"
            lines += [f"## {title}", ""]
            for table in mine:
                lines += table_section(table, stages)
    lines += ["## Written by journey", "", *visit_section(), "## What packs add", ""]
    base = {table.name for table in tables}
    for pack_id in PACKS:
        lines += pack_section(load_pack(pack_id)[0], base)
    return "\n".join(lines).rstrip() + "\n"


def commands_text() -> str:
    """The text of ``docs/reference/commands.md``: the help of each command, at 80 columns."""
    import click

    cli = importlib.import_module("resettle.cli").cli
    lines = [
        "# Commands 命令",
        "",
        "<!-- This file is generated from the help texts; run `make docs`. -->",
        "",
    ]
    lines += [
        "Exit codes: 0 done, 1 problems that need a person, 2 wrong use, 130 interrupted.",
        "",
    ]

    def describe(command: click.Command, name: str, parent: click.Context | None, level: int) -> None:
        context = click.Context(
            command,
            info_name=name,
            parent=parent,
            terminal_width=80,
            max_content_width=80,
            help_option_names=cli.context_settings["help_option_names"],
        )
        lines.extend(["#" * level + " " + context.command_path, "", "```text"])
        lines.extend(line.rstrip() for line in command.get_help(context).splitlines())
        lines.extend(["```", ""])
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                if found is not None and not found.hidden:
                    describe(found, child, context, level + 1)

    describe(cli, "resettle", None, 2)
    return "\n".join(lines).rstrip() + "\n"


def written() -> dict[str, str]:
    """Path below ``docs/reference`` to text."""
    return {"tables.md": tables_text(), "commands.md": commands_text()}


if __name__ == "__main__":
    for file_name, text in written().items():
        write_text(Path(__file__).parents[3] / "docs" / "reference" / file_name, text)
