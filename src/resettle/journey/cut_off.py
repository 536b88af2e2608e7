"""The day after which nobody is added stands twice: in the programme's file and, where rules ask for it, in the pack."""

from __future__ import annotations

from datetime import date

from resettle.journey.programme import FILE, Programme
from resettle.policy import Pack
from resettle.problems import Problem

CUT_OFF = "cutoff"
"""The parameter by which a pack's rules tell who came too late."""


def rules_cut_off(pack: Pack, day: date, scope: str) -> date | None:
    """The cut-off date the rules go by on a day; ``None`` where no rule of the pack asks for one."""
    parameter = pack.parameters.get(CUT_OFF)
    setting = parameter.setting(day, scope) if parameter is not None else None
    return setting.value if setting is not None and isinstance(setting.value, date) else None


def cut_off_differs(programme: Programme, pack: Pack) -> list[Problem]:
    """Say where the programme names another day than the one its households are judged by.

    The rules keep the pack's day, which has a source; the programme's is only printed and indexed.
    """
    ruled = rules_cut_off(pack, programme.as_of, programme.scope)
    if ruled is None or programme.cut_off in (None, ruled):
        return []
    told = {"pack": pack.id, "ruled": ruled.isoformat()}
    return [
        Problem(
            "journey.cut_off_differs",
            "error",
            file=FILE,
            column="cut_off",
            value=str(programme.cut_off),
            values=told,
        )
    ]
