"""What the compiler writes with: a piece of text with the level it rests on, and one step of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """SQL text and the highest level of the columns in it."""

    text: str
    level: int

    @staticmethod
    def of(form: str, *parts: Text) -> Text:
        """A form with parts filled in.

        >>> Text.of("({0} + {1})", Text("a", 1), Text("b", 2))
        Text(text='(a + b)', level=2)
        """
        return Text(form.format(*(p.text for p in parts)), max((p.level for p in parts), default=0))

    @staticmethod
    def joined(word: str, parts: Sequence[Text]) -> Text:
        """Parts joined by AND or OR, each in brackets; nothing is FALSE."""
        if not parts:
            return Text("FALSE", 0)
        return Text("(" + word.join(f"({p.text})" for p in parts) + ")", max(p.level for p in parts))


@dataclass
class Layer:
    """What one step of the chain adds to a table: columns, and the tables joined in for them."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    joins: dict[str, list[str]] = field(default_factory=dict)
    fetches: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
