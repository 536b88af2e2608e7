"""Aggregates over child rows in SQL: grouped once per child table and level, joined to the parent.

No rows is not zero: a sum is known only where the list is finished and no row is unknown.
"""

from __future__ import annotations

from resettle.policy.dialects import Dialect
from resettle.policy.layers import Layer, Text
from resettle.policy.sure import Sure
from resettle.policy.tree import Gather, Name


class GatherMixin:
    """The part of the compiler that knows aggregates."""

    d: Dialect
    loose: set[tuple[str, str]]
    sure: Sure
    levels: dict[tuple[str, str], int]
    gathers: dict[tuple[object, ...], int]

    def column(self, table: str, name: str) -> Text:
        raise AssertionError("the compiler provides it")

    def layer(self, table: str, level: int) -> Layer:
        raise AssertionError("the compiler provides it")

    def gathered(self, table: str, child: str, suffix: str, inner: Text) -> Text:
        """A grouped column of a child table, joined to the parent one level above it."""
        level = inner.level + 1
        key = (table, child, inner.text)
        number = self.gathers.setdefault(key, len(self.gathers))
        name = f"_{child}{number}{suffix}"
        if (table, name) not in self.levels:
            aggregates = self.layer(table, level).joins.setdefault(child, [])
            aggregates.append(f"{inner.text} AS {self.d.name_of(name)}")
            self.levels[table, name] = level
        return Text(self.d.name_of(name), self.levels[table, name])

    def _own(self, name: Name, suffix: str = "") -> Text:
        return self.column(name.table, name.name + suffix)

    def _amount(self, node: Gather) -> Text:
        """What a row adds, NULL where it is not known; a row that adds nothing either way adds 0."""
        x = Text("1", 0) if node.item is None else self._own(node.item)
        if node.where is None:
            return x
        if self.sure.holds(node.item) and self.sure.holds(node.where):
            return Text.of("CASE WHEN {0} THEN {1} ELSE 0 END", self._own(node.where), x)
        return Text.of(
            "CASE WHEN NOT ({0}) OR {1} = 0 THEN 0 WHEN {0} THEN {1} END", self._own(node.where), x
        )

    def _end(self, node: Gather, upper: bool) -> Text:
        """The lowest (highest) a row can add."""
        x = self._amount(Gather(node.type, node.fn, node.table, node.item, None, node.rows))
        low, high = (node.item.type.low, node.item.type.high) if node.item is not None else (1, 1)
        own = str(high if upper else low)
        suffix = "__hi" if upper else "__lo"
        key = None if node.item is None else (node.item.table, node.item.name)
        if node.item is not None and key in self.loose and key not in self.sure.rules:
            end = Text.of(f"COALESCE({{0}}, {{1}}, {own})", x, self._own(node.item, suffix))
        else:
            end = Text.of(f"COALESCE({{0}}, {own})", x)
        if node.where is None:
            return end
        sign = ">" if upper else "<"
        return Text.of(
            f"CASE WHEN {{0}} THEN {{1}} WHEN NOT ({{0}}) THEN 0 WHEN {{1}} {sign} 0 THEN {{1}} ELSE 0 END",
            self._own(node.where),
            end,
        )

    def _sum(self, inner: Text) -> Text:
        return Text.of(f"CAST(SUM({{0}}) AS {self.d.bigint})", inner)

    def _listed(self, node: Gather, table: str) -> Text:
        return self.column(table, f"{node.table}_listed")

    def _rows(self, node: Gather, table: str) -> Text:
        return self.gathered(table, node.table, "n", Text("COUNT(*)", self._level(node)))

    def _level(self, node: Gather) -> int:
        return max((self._own(n).level for n in (node.item, node.where) if n is not None), default=0)

    def gather_value(self, node: Gather, table: str) -> Text:
        """The aggregate, NULL where an unfinished list or an unknown row leaves it open."""
        listed, child = self._listed(node, table), node.table
        if node.fn in ("any_of", "all_of"):
            return self._quantified(node, table)
        if self.sure.holds(node):
            return self._sum_of_known(node, table)
        n = self._rows(node, table)
        if node.fn == "only":
            return self._only(node, table)
        if self._is_tally(node):
            yes, no = self._tally(node, table)
            form = "CASE WHEN {0} AND COALESCE({1}, 0) + COALESCE({2}, 0) = COALESCE({3}, 0) THEN COALESCE({1}, 0) END"
            return Text.of(form, listed, yes, no, n)
        x = self._amount(node)
        k = self.gathered(table, child, "k", Text.of("COUNT({0})", x))
        s = self.gathered(table, child, "s", self._sum(x))
        return Text.of(
            "CASE WHEN {0} AND COALESCE({1}, 0) = COALESCE({2}, 0) THEN COALESCE({3}, 0) END", listed, k, n, s
        )

    def _sum_of_known(self, node: Gather, table: str) -> Text:
        """A count or total where every list is finished and no row is unknown: one aggregate says all."""
        if self._is_tally(node):
            return Text.of("COALESCE({0}, 0)", self._tally(node, table, "t")[0])
        if node.item is None and node.where is None:
            return Text.of("COALESCE({0}, 0)", self._rows(node, table))
        return Text.of(
            "COALESCE({0}, 0)", self.gathered(table, node.table, "s", self._sum(self._amount(node)))
        )

    def gather_bounds(self, node: Gather, table: str) -> tuple[Text, Text]:
        """Lowest and highest value of a count or total; open where rows may be missing."""
        listed = self._listed(node, table)
        if self._is_tally(node):
            yes, no = self._tally(node, table)
            n = self._rows(node, table)
            high = Text.of("CASE WHEN {0} THEN COALESCE({1}, 0) - COALESCE({2}, 0) END", listed, n, no)
            return Text.of("COALESCE({0}, 0)", yes), high
        item_low, item_high = (node.item.type.low, node.item.type.high) if node.item else (1, 1)
        found = []
        for upper, closed in ((False, item_low >= 0), (True, item_high <= 0)):
            end = self.gathered(table, node.table, "u" if upper else "l", self._sum(self._end(node, upper)))
            form = "COALESCE({0}, 0)" if closed else "CASE WHEN {1} THEN COALESCE({0}, 0) END"
            found.append(Text.of(form, end, listed))
        return found[0], found[1]

    @staticmethod
    def _is_tally(node: Gather) -> bool:
        """A count of rows by a yes or no: two plain counts say all, and cost far less than sums."""
        return node.fn == "count" and not (node.item is None and node.where is None)

    def _tally(self, node: Gather, table: str, marks: str = "tf") -> list[Text]:
        """Rows that surely count (``t``), and rows that surely do not (``f``); the others are open."""
        named = [self._own(n) for n in (node.where, node.item) if n is not None]
        every = " AND ".join(f"({{{i}}})" for i in range(len(named)))
        none = " OR ".join(f"NOT ({{{i}}})" for i in range(len(named)))
        forms = {"t": every, "f": none}
        return [
            self.gathered(
                table, node.table, mark, Text.of(f"COUNT(CASE WHEN {forms[mark]} THEN 1 END)", *named)
            )
            for mark in marks
        ]

    def _quantified(self, node: Gather, table: str) -> Text:
        assert node.item is not None
        item = self._own(node.item)
        if node.where is not None:
            flag = self._own(node.where)
            form = "(({0}) AND ({1}))" if node.fn == "any_of" else "(({0}) OR NOT ({1}))"
            item = Text.of(form, item, flag)
        strong = node.fn == "any_of"
        test = "{0}" if strong else "NOT ({0})"
        hit = self.gathered(table, node.table, "h", Text.of(f"COUNT(CASE WHEN {test} THEN 1 END)", item))
        if self.sure.holds(node):
            return Text.of(f"(COALESCE({{0}}, 0) {'>' if strong else '='} 0)", hit)
        k = self.gathered(table, node.table, "k", Text.of("COUNT({0})", item))
        n, listed = self._rows(node, table), self._listed(node, table)
        yes, no = ("TRUE", "FALSE") if strong else ("FALSE", "TRUE")
        return Text.of(
            f"CASE WHEN {{0}} > 0 THEN {yes} "
            f"WHEN {{1}} AND COALESCE({{2}}, 0) = COALESCE({{3}}, 0) THEN {no} END",
            hit,
            listed,
            k,
            n,
        )

    def _only(self, node: Gather, table: str) -> Text:
        """The value of the one row that matches; unknown unless exactly one surely does."""
        assert node.item is not None and node.where is not None
        flag, item = self._own(node.where), self._own(node.item)
        is_flag = node.type.kind == "boolean"
        if is_flag:
            item = Text.of("CASE WHEN {0} THEN 1 WHEN NOT ({0}) THEN 0 END", item)
        k = self.gathered(table, node.table, "k", Text.of("COUNT({0})", flag))
        hit = self.gathered(table, node.table, "h", Text.of("COUNT(CASE WHEN {0} THEN 1 END)", flag))
        x = self.gathered(table, node.table, "x", Text.of("MIN(CASE WHEN {0} THEN {1} END)", flag, item))
        found = Text.of("({0} = 1)", x) if is_flag else x
        n, listed = self._rows(node, table), self._listed(node, table)
        return Text.of("CASE WHEN {0} AND {1} = 1 AND {2} = {3} THEN {4} END", listed, hit, k, n, found)

    def gather_rests(self, node: Gather, name: Name | None, table: str) -> Text:
        """Whether any child row's value rests on a stand-in."""
        assert name is not None
        mark = self.column(name.table, f"{name.name}__provisional")
        hit = self.gathered(table, node.table, "p", Text.of("COUNT(CASE WHEN {0} THEN 1 END)", mark))
        return Text.of("(COALESCE({0}, 0) > 0)", hit)
