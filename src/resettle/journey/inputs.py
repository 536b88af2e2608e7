"""What a run reads: the pack, the rosters through the registry, and the tables that lie beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from resettle.evaluation.contract import GIVEN as INDICATOR_VALUE
from resettle.journey.beside import with_pack_facts
from resettle.journey.manifest import file_hash
from resettle.journey.pack_tables import child_tables, own_columns, read_of_pack, read_regions, strangers
from resettle.journey.programme import FILE, Programme
from resettle.journey.remote import Lying
from resettle.policy import Pack, load_pack
from resettle.problems import Problem, ResettleError
from resettle.registry.stage import RegistryResult, register
from resettle.registry.taught import FILE as TAUGHT
from resettle.store.cells import SIZE_LIMIT, read_cells
from resettle.store.table_files import table_heads
from resettle.store.taught_heads import read_taught
from resettle.store.travel_matrix import is_wide, labels_of, merged, read_wide
from resettle.store.view_columns import VIEWS
from resettle.tables import (
    AUDIT,
    FUND,
    HOUSEHOLD,
    MATCH_LIST,
    PAYMENT,
    PERSON,
    QUOTA,
    SERIES,
    SITE,
    SITE_DWELLING,
    TRAVEL,
    UPTAKE_SURVEY,
    VILLAGE,
    Table,
)
from resettle.tables.grid import Sheet
from resettle.words.broken import broken

FILES: Mapping[str, Table] = {
    "villages.csv": VILLAGE,
    "sites.csv": SITE,
    "dwellings.csv": SITE_DWELLING,
    "travel.csv": TRAVEL,
    "funds.csv": FUND,
    "payments.csv": PAYMENT,
    "series.csv": SERIES,
    "indicators.csv": INDICATOR_VALUE,
    "audit.csv": AUDIT,
    "quota.csv": QUOTA,
    "match_list.csv": MATCH_LIST,
    "uptake_survey.csv": UPTAKE_SURVEY,
}
"""What a programme folder may hold beside its roster."""

PUBLISHED = "published.toml"


@dataclass
class Read:
    """Everything read, with every row accounted for."""

    pack: Pack
    tables: dict[str, pl.DataFrame]
    problems: list[Problem]
    facts: dict[str, Any]
    counts: list[dict[str, Any]]
    hashes: dict[str, str]
    sheets: list[Sheet]
    register: RegistryResult
    settings: dict[str, Any] = field(default_factory=dict)
    child_tables: list[str] = field(default_factory=list)
    heads: dict[str, set[str]] = field(default_factory=dict)
    """By table, the columns that some file of the folder has; what it lacks is not what it leaves empty."""


def pack_or_raise(pack_id: str | Path) -> Pack:
    """A pack without errors.

    Raises:
        ResettleError: with every error of the pack; a rule without a source never runs.
    """
    pack, problems = load_pack(pack_id)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise ResettleError(errors)
    return pack


def pack_of(programme: Programme) -> Pack:
    """The pack a programme names: one that lies in its folder, or an installed one.

    Raises:
        ResettleError: as :func:`pack_or_raise`.
    """
    path = programme.folder / programme.pack
    return pack_or_raise(path if (path / "pack.toml").is_file() else programme.pack)


def _read_rosters(
    programme: Programme, rosters: Sequence[Path], progress: Callable[[str, int, int], None]
) -> tuple[list[Sheet], list[Problem]]:
    """The cells of every roster, in name order."""
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for number, path in enumerate(rosters):
        progress("reading", number, len(rosters) + 1)
        found, faults = read_cells(path, size_limit_of(programme))
        sheets += found
        problems += faults
    return sheets, problems


def read_inputs(
    programme: Programme, progress: Callable[[str, int, int], None], remote: Lying | None = None
) -> Read:
    """Read a programme folder; with a registry in a database, its views in place of the rosters.

    Raises:
        ResettleError: where there is no roster or the pack is faulty.
    """
    pack = pack_of(programme)
    rosters = programme.rosters()
    problems: list[Problem] = []
    if remote is not None:
        problems += [*remote.problems, *(_set_aside(path, remote.name) for path in rosters)]
        rosters = []
    elif not rosters:
        raise ResettleError(Problem("journey.no_roster", "error", file=str(programme.folder)))
    sheets, faults = _read_rosters(programme, rosters, progress)
    problems += faults
    register_result = register_sheets(sheets, pack, programme)
    progress("reading", len(rosters) + 1, len(rosters) + 1)
    problems += register_result.problems
    tables, counts = listed_tables(pack, register_result, remote)
    named = [programme.folder / FILE, *rosters, programme.folder / TAUGHT]
    hashes = {p.name: file_hash(p) for p in named if p.exists()}
    hashes |= dict(remote.hashes) if remote else {}
    children = child_tables(pack)
    heads = {name: set(frame.columns) for name, frame in tables.items()} if remote else {}
    if not remote:
        heads |= {name: set(register_result.cells["field"].to_list()) for name in ("household", "person")}
    for name, table in [*FILES.items(), *((f"{t.name}.csv", t) for t in children)]:
        path = programme.folder / name
        if not path.exists() or (table is TRAVEL and is_wide(path)):  # a matrix is read below
            continue
        hashes[name] = file_hash(path)
        heads[table.name] = table_heads(path, table)
        tables[table.name], faults = read_of_pack(path, table, pack)
        problems += faults
        counts.append(
            {"stage": "outside", "table": table.name, "rows_out": tables[table.name].height, "rows_in": {}}
        )
    problems += _matrices(programme.folder, tables, hashes, heads, counts)
    problems += add_survey(programme, pack, tables, hashes, counts)
    tables["household"], faults = with_pack_facts(programme, pack, tables, hashes, heads["household"])
    problems += [*faults, *strangers(pack, tables, children)]
    if "village" in tables:
        whole = True if "household" in programme.options.get("finished", []) else None
        tables["village"] = tables["village"].with_columns(
            pl.lit(whole, pl.Boolean).alias("household_listed")
        )
    settings = stage_settings(programme, pack, hashes, problems)
    if "site" in tables:
        from resettle.journey.layers import with_layers

        tables["site"], faults = with_layers(programme.folder, tables["site"], settings, hashes)
        problems += faults
    facts = dict(register_result.counts)
    return Read(
        pack,
        tables,
        problems,
        facts,
        counts,
        hashes,
        sheets,
        register_result,
        settings,
        [t.name for t in children if t.name in tables],
        heads,
    )


MATRICES = ("travel.csv", "distance_m.csv", "distance_km.csv", "travel_minutes.csv", "travel_hours.csv")
"""Files that may be a matrix of ways, villages by sites; ``travel.csv`` may be a list of pairs as well."""


def _matrices(
    folder: Path,
    tables: dict[str, pl.DataFrame],
    hashes: dict[str, str],
    heads: dict[str, set[str]],
    counts: list[dict[str, Any]],
) -> list[Problem]:
    """Matrices of ways, added to the list of pairs where there is one; what the list says goes first."""
    paths = [folder / n for n in MATRICES if (folder / n).exists() and is_wide(folder / n)]
    if not paths:
        return []
    villages = labels_of(tables.get("village"), "village_code", "village_name")
    sites = labels_of(tables.get("site"), "site_id", "site_name")
    frames = [tables["travel"]] if "travel" in tables else []
    problems: list[Problem] = []
    for path in paths:
        frame, found = read_wide(path, villages, sites)
        hashes[path.name] = file_hash(path)
        problems += found
        frames.append(frame)
    tables["travel"] = merged(frames)
    heads["travel"] = heads.get("travel", set()) | {
        c for c in tables["travel"].columns if tables["travel"][c].null_count() < tables["travel"].height
    }
    counts[:] = [c for c in counts if c["table"] != "travel"]
    counts.append({"stage": "outside", "table": "travel", "rows_out": tables["travel"].height, "rows_in": {}})
    return problems


def _set_aside(path: Path, engine: str) -> Problem:
    return Problem("remote.roster_set_aside", "warning", file=path.name, value=engine)


def listed_tables(
    pack: Pack, register_result: RegistryResult, remote: Lying | None
) -> tuple[dict[str, pl.DataFrame], list[dict[str, Any]]]:
    """Households, persons and places with the count of their rows: of the rosters, or of the views."""
    own = {t.name: [c.name for c in own_columns(pack, t.name)] for t in (HOUSEHOLD, PERSON)}
    tables = {  # without their working columns
        "household": register_result.household.select(*HOUSEHOLD.names, *own["household"]),
        "person": register_result.person.select(*PERSON.names, *own["person"]),
        "region": register_result.region,
    }
    rows_in = {name: {"roster": register_result.counts["read"]} for name in tables}
    if remote is not None:
        for contract in (HOUSEHOLD, PERSON):
            frame = remote.rows[contract.name].sort(contract.key)
            more = [frame[c] for c in frame.columns if c not in contract.names]  # what only this pack asks
            tables[contract.name] = contract.shape(frame).with_columns(more)
        rows_in |= {name: {VIEWS[name]: frame.height} for name, frame in remote.rows.items()}
    return tables, [
        {"stage": "registry", "table": name, "rows_out": frame.height, "rows_in": rows_in[name]}
        for name, frame in tables.items()
    ]


def add_survey(
    programme: Programme,
    pack: Pack,
    tables: dict[str, pl.DataFrame],
    hashes: dict[str, str],
    counts: list[dict[str, Any]],
) -> list[Problem]:
    """Bring in the sample, the answers and the interviews that lie in the programme's folder."""
    from resettle.journey.survey_files import read_survey  # brings the statistics, which no roster needs

    found, problems, own, rows = read_survey(programme.folder, pack)
    tables |= found
    hashes |= own
    counts += [{"stage": "outside", "table": n, "rows_out": k, "rows_in": {}} for n, k in rows.items()]
    return problems


def size_limit_of(asked: Programme | int | None) -> int:
    """Bytes a workbook may unpack to: as asked, as the programme says (``size_limit_mb``), or the usual limit."""
    if isinstance(asked, Programme):
        said = asked.options.get("size_limit_mb")
        asked = said * 1_000_000 if isinstance(said, int) and not isinstance(said, bool) else None
    return asked or SIZE_LIMIT


def register_sheets(sheets: list[Sheet], pack: Pack, programme: Programme) -> RegistryResult:
    """The rosters through the registry, with the pack's places, aliases and identity grammar."""
    said = [(head, name, 0) for head, name in programme.options.get("mappings", {}).items()]
    settings = {
        "as_of": programme.as_of,
        "key": programme.key(),
        "synthetic": programme.synthetic,
        "mappings": [*said, *read_taught(programme.folder / TAUGHT)],
    }
    return register(sheets, settings, registry_data(pack))


def registry_data(pack: Pack) -> dict[str, Any]:
    """What the registry needs of a pack: its ``registry.toml``, regions, change of county codes, own columns, currency."""
    data: dict[str, Any] = (
        tomllib.loads(pack.read_text("registry.toml")) if "registry.toml" in pack.files() else {}
    )
    place = pack.settings.get("places", {})
    if "regions" in place:
        data["region_table"] = read_regions(pack, place["regions"])
    if "geo/county_crosswalk.csv" in pack.files():
        crosswalk = pl.read_csv(pack.read_text("geo/county_crosswalk.csv").encode(), infer_schema=False)
        data["county_crosswalk"] = dict(crosswalk.select("code_pre2021", "code_2023").iter_rows())
    data["labels"] = pack.labels
    data["currency"] = pack.currency
    data["columns"] = {name: own_columns(pack, name) for name in (HOUSEHOLD.name, PERSON.name)}
    return data


def stage_settings(
    programme: Programme, pack: Pack, hashes: dict[str, str], problems: list[Problem]
) -> dict[str, Any]:
    """What stages are told beside the programme: published figures, and their own sections of the options."""
    settings: dict[str, Any] = dict(pack.settings.get("stages", {}))
    for name, value in programme.options.items():  # a programme changes single choices of a pack's section
        own = settings.get(name)
        merge = isinstance(own, Mapping) and isinstance(value, Mapping)
        settings[name] = {**own, **value} if merge else value  # type: ignore[dict-item]
    from resettle.journey.waves import proof_of  # the projection is loaded for a run, never for a check

    settings["projection_proof"], found = proof_of(
        programme.folder, programme.options, pack, programme.synthetic, hashes
    )
    problems += found
    path = programme.folder / PUBLISHED
    if path.exists():
        hashes[PUBLISHED] = file_hash(path)
        try:
            settings["published"] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(
                Problem("journey.not_toml", "error", file=PUBLISHED, values={"reason": broken(error)[0]})
            )
    return settings
