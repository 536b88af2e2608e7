"""Every source, clause and note of the shipped packs is cited in both languages; nothing else is listed."""

import ast
import tomllib

import pytest

from resettle.policy import load_pack
from resettle.policy.citations import read_citations
from resettle.policy.pack import Pack
from resettle.problems import Problem


def quoted(rule: str) -> list[str]:
    """The source and the clause a reform's rule names."""
    keywords = next(iter(ast.parse(rule).body)).decorator_list[0].keywords  # type: ignore[attr-defined]
    return [k.value.value for k in keywords if k.arg in ("source", "clause")]


def cited_texts(pack: Pack) -> set[str]:
    """Everything of a pack that a page may cite, as it stands there."""
    rules = [text for r in pack.rules for text in (r.source, r.clause, r.note)]
    settings = [
        text
        for p in pack.parameters.values()
        for s in p.settings
        for text in (s.source, s.note)
        if p.settings
    ]
    eased: set[str] = set()
    if "remedies.toml" in pack.files():
        book = tomllib.loads(pack.read_text("remedies.toml"))
        eased = {r.get(k, "") for r in book.get("remedy", ()) for k in ("clause", "clause_document")}
        eased.add(book.get("willingness", {}).get("cost_source", ""))
    reforms = tomllib.loads(pack.read_text("reforms.toml")).get("reform", ())
    tried = {text for r in reforms for text in r.get("sources", {}).values()}
    tried |= {text for r in reforms for rule in r.get("rules", ()) for text in quoted(rule)}
    proved = {proof.source for proof in pack.proofs.values()}
    texts = {*rules, *settings, *eased, *tried, *proved} - {""}
    return {t.partition(":")[2].strip() if t.startswith("assumption") else t for t in texts}


@pytest.mark.parametrize("name", ["cn_luoyang", "peach_spring"])
def test_a_chinese_page_cites_every_source_in_chinese(name: str) -> None:
    pack, problems = load_pack(name)
    assert problems == []
    assert cited_texts(pack) == set(pack.citations["zh"])
    assert all(any("一" <= c <= "鿿" for c in text) for text in pack.citations["zh"].values())


def test_an_assumption_is_said_to_be_one_in_the_readers_language() -> None:
    pack, _ = load_pack("cn_luoyang")
    text = "assumption: full age is eighteen"
    assert pack.cite(text, "zh") == "假设：年满十八周岁为成年"
    assert pack.cite(text, "en") == "assumption: full age is eighteen"


def test_a_text_nobody_translated_stays_as_it_is() -> None:
    pack, _ = load_pack("cn_luoyang")
    assert pack.cite("county notice 12", "zh") == "county notice 12"


@pytest.mark.parametrize(
    ("text", "value"),
    [('[zh]\n"paper line 135" = 5', "paper line 135"), ("zh = 1", "zh"), ("[zh", None)],
)
def test_a_damaged_file_is_named(text: str, value: str | None) -> None:
    read, problems = read_citations(text)
    assert read.get("zh", {}) == {}
    assert [p.code for p in problems] == ["policy.syntax" if value else "policy.not_toml"]
    assert isinstance(problems[0], Problem) and problems[0].file == "citations.toml"
    assert value is None or problems[0].value == value
