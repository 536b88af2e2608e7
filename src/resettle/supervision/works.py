"""Works at different stages, which together are never more than all works: finished, under way, not begun."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from resettle.supervision.reading import Reading
from resettle.supervision.wholes import Breakdown, by_unit, same_sentence, size_of

_STAGES = (
    re.compile(
        r"(?:已|全部)?(?:竣工|建成|完工|交付|投入使用|验收|入住)|\b(?:complet|finish|built|handed over|occupied)",
        re.IGNORECASE,
    ),
    re.compile(r"主体|封顶|装修|扫尾", re.IGNORECASE),
    re.compile(
        r"在建|正在|仍在|加快|基础施工|under construction|being built|in progress|under way", re.IGNORECASE
    ),
    re.compile(r"未开工|未动工|待开工|前期|not (?:yet )?(?:been )?started|not begun", re.IGNORECASE),
)
"""How far works are; a work stands at one stage, so the stages together are never more than all works."""
_OTHER_SCOPE = re.compile(
    r"累计|新增|本月|当月|历年|以来|其中|cumulative|since|this month|of which", re.IGNORECASE
)
WORKS = ("site", "dwelling", "project", "school", "clinic", "structure", "house")


def too_many_stages(prose: Sequence[Reading]) -> list[dict[str, Any]]:
    """``计划12个，已建成8个，在建5个``: works at different stages that are more than all works named before them."""
    rows = []
    for series in by_unit(prose):
        if series[0].unit not in WORKS:
            continue
        for index, total in enumerate(series[:-2]):
            run: list[Reading] = []
            stages: list[int] = []
            for part in series[index + 1 : index + 5]:
                words = re.split(r"[,，;；。]", part.before)[-1] + re.split(r"[,，;；。、]", part.after)[0]
                stage = next((i for i, s in enumerate(_STAGES) if s.search(words)), None)
                near = part.line == total.line and part.sentence - total.sentence <= 1
                if not near or stage is None or stage in stages or _OTHER_SCOPE.search(words):
                    break
                run.append(part)
                stages.append(stage)
            own = re.split(r"[,，;；。]", total.before)[-1] + re.split(r"[,，;；。]", total.after)[0]
            if len(run) > 1 and not any(s.search(own) for s in _STAGES) and not _OTHER_SCOPE.search(own):
                added = sum(size_of(p) for p in run)
                if added > size_of(total) > max(size_of(p) for p in run):
                    rows.append(Breakdown(total, tuple(run), 1, "off").row)
                    break
        rows += _stages_before(series)
    return rows


def _stages_before(series: Sequence[Reading]) -> list[dict[str, Any]]:
    """``76 finished and another 25 under way, out of 90 planned``: the whole named after its stages."""
    rows = []
    for index, total in enumerate(series):
        said = re.search(r"(?:out of|规划的?|计划的?)\s*(?:the |all )?$", total.before)
        parts = [p for p in series[max(0, index - 3) : index] if same_sentence(p, total)]
        own = [next((i for i, s in enumerate(_STAGES) if s.search(_clause(p))), None) for p in parts]
        known = (
            None not in own
            and len(set(own)) == len(own)
            and not any(_OTHER_SCOPE.search(_clause(p)) for p in parts)
        )
        if said and len(parts) > 1 and known and sum(size_of(p) for p in parts) > size_of(total):
            rows.append(Breakdown(total, tuple(parts), 1, "off").row)
    return rows


def _clause(part: Reading) -> str:
    """The words of a number's own clause: those after it if they say more, else those before."""
    after = re.split(r"[,，;；。、]|\band\b", part.after)[0]
    return (
        after if any(s.search(after) for s in _STAGES) else re.split(r"[,，;；。]", part.before)[-1] + after
    )
