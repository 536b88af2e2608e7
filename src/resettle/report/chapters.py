"""All chapters of the main job, in the order of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resettle.report.basis import Basis
from resettle.report.chapter_checks import assumptions, explained, findings, visit_first
from resettle.report.chapter_foresight import foresight
from resettle.report.chapter_homes import homes
from resettle.report.chapter_money import money
from resettle.report.chapter_obstacles import obstacles
from resettle.report.chapter_options import options
from resettle.report.chapter_people import people
from resettle.report.chapter_places import who_moves
from resettle.report.chapter_progress import progress
from resettle.report.chapter_reforms import reforms
from resettle.report.chapter_sites import sites
from resettle.report.chapter_summary import summary
from resettle.report.chapter_targeting import targeting
from resettle.report.chapter_villages import villages
from resettle.report.sentences import say
from resettle.tables.page_text import is_rounded_apart
from resettle.tables.pages import (
    Block,
    Chapter,
    Figure,
    FigureRow,
    Folded,
    Hidden,
    PageTable,
    Paragraph,
    Text,
)

WRITERS = (
    summary,
    who_moves,
    progress,
    homes,
    sites,
    villages,
    money,
    people,
    foresight,
    obstacles,
    targeting,
    reforms,
    findings,
    explained,
    visit_first,
    assumptions,
)


def chapters_of(basis: Basis, more: Sequence[Chapter] = ()) -> list[Chapter]:
    """The chapters of a run, and those that other stages add, by ``order``.

    A chapter whose tables are not there says so; a chapter given in ``more`` under the same key takes the
    place of the one written here.

    >>> [c.key for c in chapters_of(Basis({})) if not c.is_computed][:3]
    ['summary', 'who', 'progress']
    """
    given = {chapter.key for chapter in more}
    own = [writer(basis) for writer in WRITERS] + options(basis)
    every = sorted([c for c in own if c.key not in given] + list(more), key=lambda c: (c.order, c.key))
    return _with_hidden_explained([_with_rounding_said(chapter) for chapter in every])


def _with_rounding_said(chapter: Chapter) -> Chapter:
    """The chapter with a note under each table whose printed parts do not come to its printed sum."""
    return replace(chapter, blocks=tuple(_rounding_said(block) for block in chapter.blocks))


def _rounding_said(block: Block) -> Block:
    if isinstance(block, PageTable):
        if not is_rounded_apart(block):
            return block
        told = [*([] if block.note is None else [block.note]), say("report.rounded")]
        return replace(block, note=Text("".join(t.zh for t in told), " ".join(t.en for t in told)))
    if isinstance(block, Figure) and block.table is not None:
        table = _rounding_said(block.table)
        return replace(block, table=table) if isinstance(table, PageTable) else block
    if isinstance(block, Folded):
        return replace(block, blocks=tuple(_rounding_said(inner) for inner in block.blocks))  # type: ignore[misc]
    return block


def _hides(block: object) -> bool:
    """Whether a block holds a table with a cell that is not published."""
    if isinstance(block, PageTable):
        return any(isinstance(cell, Hidden) for row in block.rows for cell in row)
    if isinstance(block, Figure):
        return _hides(block.table)
    if isinstance(block, FigureRow):
        return _hides(block.left) or _hides(block.right)
    return isinstance(block, Folded) and any(_hides(inner) for inner in block.blocks)


def _with_hidden_explained(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Before the first table that hides a cell, what a hidden cell means."""
    done: list[Chapter] = []
    told = False
    for chapter in chapters:
        blocks: list[Block] = []
        for block in chapter.blocks:
            if not told and _hides(block):
                blocks.append(Paragraph(say("report.hidden"), "note"))
                told = True
            blocks.append(block)
        done.append(replace(chapter, blocks=tuple(blocks)) if len(blocks) > len(chapter.blocks) else chapter)
    return done
