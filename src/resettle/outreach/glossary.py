"""The terms of the glossary, so that a text can be held against them; ``terms.csv`` is made from GLOSSARY.md.

``python -m resettle.outreach.glossary GLOSSARY.md`` makes it anew; a test holds both equal.
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from importlib import resources
from pathlib import Path

from resettle.words import Language

TERMS = "terms.csv"


def terms_in(glossary: str) -> list[tuple[str, str]]:
    """English and Chinese cells of the glossary's table, as they stand there.

    >>> terms_in("| English | 中文 | What |\\n|---|---|---|\\n| household | 户 | people |")
    [('household', '户')]
    """
    rows = [line.strip("| ").split("|") for line in glossary.splitlines() if line.startswith("|")]
    return [(row[0].strip(), row[1].strip()) for row in rows[2:]]


def as_csv(pairs: list[tuple[str, str]]) -> str:
    """The package's copy of the terms."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("en", "zh"), *pairs])
    return text.getvalue()


@cache
def glossary(language: Language) -> frozenset[str]:
    """Every term of the glossary in a language, several in one cell apart.

    >>> "宅基地" in glossary("zh"), "setup" in glossary("en")
    (True, False)
    """
    text = (resources.files("resettle.outreach") / TERMS).read_text(encoding="utf-8")
    cells = [row[language] for row in csv.DictReader(io.StringIO(text))]
    parts = [part.strip() for cell in cells for part in re.split(r"[、,（）()]", cell)]
    return frozenset(p for p in [*cells, *parts] if p)


def main(path: Path) -> None:
    """Make the package's copy from the glossary."""
    target = Path(__file__).with_name(TERMS)
    target.write_text(as_csv(terms_in(path.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    import sys

    main(Path(sys.argv[1]))
