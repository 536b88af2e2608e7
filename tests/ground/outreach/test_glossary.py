"""The package's terms are those of GLOSSARY.md."""

from importlib import resources
from pathlib import Path

from resettle.outreach.glossary import as_csv, glossary, terms_in

GLOSSARY = Path(__file__).parents[3] / "GLOSSARY.md"


def test_the_packages_terms_are_the_glossarys() -> None:
    pairs = terms_in(GLOSSARY.read_text(encoding="utf-8"))
    shipped = (resources.files("resettle.outreach") / "terms.csv").read_text(encoding="utf-8")
    assert shipped == as_csv(pairs), "run: python -m resettle.outreach.glossary GLOSSARY.md"
    assert len(pairs) > 30 and "宅基地" in glossary("zh") and "homestead" in glossary("en")
