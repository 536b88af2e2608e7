"""How four databases spell the little that differs between them."""

from __future__ import annotations

from dataclasses import dataclass

from resettle.policy.read import nearest
from resettle.problems import Problem, ResettleError


@dataclass(frozen=True)
class Dialect:
    """One database's spelling.

    Attributes:
        quote: the quotation mark of names.
        slot: a date column as 32-slot number; ``{0}`` is the column.
        divide: whole-number division of two numbers that are not negative.
        bigint: the type of a 64-bit whole number.
        materialized: keeps a step from being written into the next (names would multiply).
        true_value: a stored truth value as a condition; ``{0}`` is the column.
    """

    name: str
    quote: str
    slot: str
    divide: str
    bigint: str
    materialized: str
    true_value: str = "{0}"

    def name_of(self, *parts: str) -> str:
        return ".".join(f"{self.quote}{p}{self.quote}" for p in parts)


_SLOT = "((12 * {y} + {m} - 1) * 32 + {d} - 1)"
DIALECTS: dict[str, Dialect] = {
    "duckdb": Dialect(
        "duckdb",
        '"',
        _SLOT.format(y="year({0})", m="month({0})", d="day({0})"),
        "({0}) // ({1})",
        "BIGINT",
        "AS MATERIALIZED",
    ),
    "sqlite": Dialect(
        "sqlite",
        '"',
        _SLOT.format(
            y="CAST(substr({0}, 1, 4) AS INTEGER)",
            m="CAST(substr({0}, 6, 2) AS INTEGER)",
            d="CAST(substr({0}, 9, 2) AS INTEGER)",
        ),
        "({0}) / ({1})",
        "INTEGER",
        "AS MATERIALIZED",
    ),
    "postgresql": Dialect(
        "postgresql",
        '"',
        "CAST("
        + _SLOT.format(y="EXTRACT(YEAR FROM {0})", m="EXTRACT(MONTH FROM {0})", d="EXTRACT(DAY FROM {0})")
        + " AS BIGINT)",
        "({0}) / ({1})",
        "BIGINT",
        "AS MATERIALIZED",
    ),
    "spark": Dialect(
        "spark",
        "`",
        _SLOT.format(y="year({0})", m="month({0})", d="day({0})"),
        "({0}) div ({1})",
        "BIGINT",
        "AS",
    ),
}


def dialect(name: str) -> Dialect:
    """The dialect of that name.

    Raises:
        ResettleError: for one that is not known.
    """
    if name not in DIALECTS:
        raise ResettleError(
            Problem("policy.engine_unknown", "error", value=name, nearest=nearest(name, DIALECTS))
        )
    return DIALECTS[name]
