"""The report of a run: chapters as data, drawn as one self-contained HTML file in two languages.

``build_report(chapters, meta)`` draws; ``chapters_of(tables, ...)`` writes the chapters of the main job from
the tables of the stages. A later stage adds a chapter by making a :class:`resettle.tables.pages.Chapter`.
"""

from resettle.report.basis import Basis
from resettle.report.chapters import chapters_of
from resettle.report.page import build_report

__all__ = ["Basis", "build_report", "chapters_of"]
