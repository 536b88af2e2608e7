"""What the siting commands share: the county problems of a folder, names, money, a progress line, a Ctrl-C that keeps."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from resettle.problems import Problem
from resettle.words import Language, tell


class Stop:
    """Ends a search at a moment of the monotonic clock or at the first Ctrl-C, keeping the best found."""

    def __init__(self) -> None:
        self.is_interrupted = False

    def before(self, seconds: float) -> Callable[[], bool]:
        """``True`` once these seconds are over or somebody has interrupted."""
        moment = time.monotonic() + seconds
        return lambda: self.is_interrupted or time.monotonic() > moment

    @contextmanager
    def listening(self, language: Language) -> Iterator[None]:
        """Take the first Ctrl-C as "enough, give me the best so far"; the second one ends everything."""

        def heard(_number: int, _frame: Any) -> None:
            self.is_interrupted = True
            signal.signal(signal.SIGINT, former)
            click.echo("\n" + tell("siting.console.stopping", language), err=True)

        former = signal.signal(signal.SIGINT, heard)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)


@dataclass
class Prepared:
    """A folder read up to the county problems, and how its things are called."""

    counties: list[Any]
    options: Any
    seed: int
    currency: Any
    region_name: Callable[[str], Any]
    own_names: dict[str, str]
    run: Any
    sites: list[Any] = field(default_factory=list)
    excluded: dict[str, str] = field(default_factory=dict)
    moving: Any = None
    problems: list[Problem] = field(default_factory=list)

    def place(self, code: str, language: Language) -> str:
        """A county's, village's or site's name with its number; the number alone where it has no name."""
        named = self.region_name(code)
        name = named.zh if language == "zh" else named.en
        own = self.own_names.get(code)
        if own and (language == "zh" or own.isascii() or name == code):
            name = own
        return code if name == code else f"{name} ({code})"

    def money(self, minor: int | None, language: Language) -> str:
        """Whole currency units, for sums whose small differences matter."""
        from resettle.tables.page_text import grouped

        if minor is None:
            return tell("common.unknown", language)
        unit = self.currency.zh if language == "zh" else " " + self.currency.en
        return f"{grouped(Decimal(minor) / 100)}{unit}"


def prepare(folder: Path, gap: float | None) -> Prepared:
    """Read the folder and run what siting rests on.

    Raises:
        ResettleError: where the folder cannot be read.
    """
    from resettle.journey.programme import load_programme
    from resettle.journey.run import run_programme
    from resettle.journey.traces import currency_text
    from resettle.report.basis import Basis
    from resettle.siting.demand import movers
    from resettle.siting.options import read_options
    from resettle.siting.sites import barred, candidates
    from resettle.siting.stage import counties, travel_problems

    programme, problems = load_programme(folder)
    run = run_programme(programme, wanted=["entitlement"])
    tables = run.tables
    options, more = read_options(run.read.settings)
    if gap is not None:
        options = replace(options, gap_ppm=round(gap * 1_000_000))
    moving, found = movers(tables["household"], tables["entitlement"], tables["village"])
    sites, excluded, refused = candidates(tables["site"], tables["site_dwelling"], options)
    closed = barred(tables["site"], tables["site_dwelling"], excluded, options)
    travel = tables.get("travel")
    own: dict[str, str] = {}
    for table, key, name in (("village", "village_code", "village_name"), ("site", "site_id", "site_name")):
        frame = tables[table]
        if name in frame.columns:
            own |= {r[key]: r[name] for r in frame.select(key, name).iter_rows(named=True) if r[name]}
    basis = Basis(tables=tables, as_of=programme.as_of)
    return Prepared(
        counties(moving, sites, tables["village"], travel, closed),
        options,
        int((programme.settings() | dict(run.read.settings)).get("seed", 1)),
        currency_text(run.pack),
        basis.region_name,
        own,
        run,
        sites,
        excluded,
        moving,
        [*problems, *more, *found, *refused, *travel_problems(travel, tables["village"], tables["site"])],
    )


def watcher(
    ready: Prepared, county: str, language: Language
) -> Callable[[int | None, int, int | None], None]:
    """A progress line with incumbent, bound and gap, on a terminal; a line of its own per county elsewhere."""
    name = ready.place(county, language)
    on_terminal = sys.stderr.isatty()
    click.echo(tell("siting.console.searching", language, county=name), err=True)
    last = [0.0]

    def progress(incumbent: int | None, bound: int, gap: int | None) -> None:
        if not on_terminal or time.monotonic() - last[0] < 0.2:
            return
        last[0] = time.monotonic()
        line = tell(
            "siting.console.progress",
            language,
            incumbent=ready.money(incumbent, language),
            bound=ready.money(bound if bound < 2**62 else None, language),
            gap=percent(gap, language),
        )
        click.echo(f"\r\x1b[K  {line}", nl=False, err=True)

    return progress


def count_line(ready: Prepared, county: str, language: Language | None) -> Callable[[int, int], None]:
    """A progress line that counts searches; nothing where nobody watches."""

    def progress(done: int, whole: int) -> None:
        if not sys.stderr.isatty():
            return
        speaking = language or "en"
        line = tell(
            "siting.options.searching",
            speaking,
            county=ready.place(county, speaking),
            done=done,
            whole=whole,
        )
        click.echo(f"\r\x1b[K  {line}", nl=False, err=True)

    return progress


def close_line() -> None:
    """Wipe the progress line away."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def percent(ppm: int | None, language: Language) -> str:
    """A share in per cent with two decimals."""
    return tell("common.unknown", language) if ppm is None else f"{ppm / 10_000:.2f}%"
