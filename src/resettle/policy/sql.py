"""Compiles a program to portable SQL text: the second of the two readings.

A query is a chain of layers per table (common table expressions): each adds columns that rest on earlier
ones only, so that no text is ever repeated inside itself. Every node is spelt so that unknown stays
unknown on each engine: conditions never send NULL to ``else``, ``min`` and ``max`` are CASE, sums carry
whether their list is finished.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from resettle.policy.dialects import Dialect, dialect
from resettle.policy.gather import GatherMixin
from resettle.policy.layers import Layer, Text
from resettle.policy.pack import Pack
from resettle.policy.program import Program, bind, names_in
from resettle.policy.sure import NOTHING_KNOWN, Complete, Sure
from resettle.policy.tree import (
    Among,
    Arith,
    Choose,
    Compare,
    Const,
    Decided,
    Divide,
    Every,
    Extreme,
    Gather,
    Known,
    LookUp,
    Name,
    Node,
    Not,
    Some,
    Value,
    is_loose,
)
from resettle.problems import Problem, ResettleError

FLAT_FROM = 3
"""Chains of this many conditions (four branches) and more are compiled flat."""

SHORT_TEXT = 60
"""What is longer than this becomes a column of its own before it is repeated."""


class Compiler(GatherMixin):
    """Lays a program out in layers for one dialect."""

    def __init__(self, program: Program, spelling: Dialect, complete: Complete = NOTHING_KNOWN) -> None:
        self.program, self.d, self.sure = program, spelling, Sure(program, complete)
        self.levels: dict[tuple[str, str], int] = {}
        self.base: dict[str, set[str]] = {t: set() for t in program.tables}
        self.layers: dict[str, dict[int, Layer]] = {t: {} for t in program.tables}
        self.loose: set[tuple[str, str]] = set()
        self.provisional = {(s.table, s.name) for s in program.steps if s.provisional}
        self.gathers: dict[tuple[object, ...], int] = {}
        self.serial = 0
        for name, table in program.tables.items():
            self.base[name].add(table.key)
            if table.parent:
                self.base[name].add(table.link)
        for step in program.steps:
            self.add(step.table, step.name, self.sql(step.tree, step.table))
            if step.loose:  # also where it is sure: a choice between it and a number has bounds all the same
                self.loose.add((step.table, step.name))
            if self.sure.holds(step.tree):
                self.sure.rules.add((step.table, step.name))
            elif step.loose:
                low, high = self.bounds(step.tree, step.table)
                self.add(step.table, f"{step.name}__lo", low)
                self.add(step.table, f"{step.name}__hi", high)
            if step.provisional:
                self.add(step.table, f"{step.name}__provisional", self.rests(step.tree, step.table))

    # --- columns ----------------------------------------------------------------------------------
    def layer(self, table: str, level: int) -> Layer:
        return self.layers[table].setdefault(level, Layer())

    def add(self, table: str, name: str, text: Text) -> Text:
        """A new column, one level above what its text rests on."""
        level = text.level + 1
        self.layer(table, level).columns.append((name, text.text))
        self.levels[table, name] = level
        return Text(self.d.name_of(name), level)

    def column(self, table: str, name: str) -> Text:
        """A column of the table itself: computed, or read from the input."""
        if (table, name) not in self.levels:
            self.base[table].add(name)
            self.levels[table, name] = 0
        return Text(self.d.name_of(name), self.levels[table, name])

    def short(self, text: Text, table: str) -> Text:
        """The text itself if it is short, else a column that holds it."""
        if len(text.text) <= SHORT_TEXT:
            return text
        self.serial += 1
        return self.add(table, f"_{self.serial}", text)

    def read(self, name: Name, table: str, suffix: str = "") -> Text:
        """What a name stands for, seen from a row of ``table``."""
        if name.origin == "parameter":
            return Text(self.typed(self.program.values[name.name], name.type.kind), 0)
        column = name.name + suffix
        if not name.parent:
            return self.column(name.table, column)
        hidden = f"{name.table}__{column}"
        if (table, hidden) not in self.levels:
            source = self.column(name.table, column)
            level = source.level + 1
            self.layer(table, level).fetches.setdefault(name.table, []).append((hidden, column))
            self.levels[table, hidden] = level
        return Text(self.d.name_of(hidden), self.levels[table, hidden])

    @staticmethod
    def literal(value: Value) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def typed(self, value: Value, kind: str) -> str:
        """A literal; an unknown carries its type, which stricter engines ask for."""
        if value is not None:
            return self.literal(value)
        types = {"boolean": "BOOLEAN", "text": "VARCHAR(100)"}
        return f"CAST(NULL AS {types.get(kind, self.d.bigint)})"

    # --- expressions ------------------------------------------------------------------------------
    def sql(self, node: Node, table: str) -> Text:
        """The text of a node for a row of a table."""
        match node:
            case Const(value=value):
                return Text(self.typed(value, node.type.kind), 0)
            case Name():
                return self.read(node, table)
            case Not(item=item):
                return Text.of("NOT ({0})", self.sql(item, table))
            case Every(items=items) | Some(items=items):
                word = " AND " if isinstance(node, Every) else " OR "
                parts = [self.sql(i, table) for i in items]
                return Text("(" + word.join(f"({p.text})" for p in parts) + ")", max(p.level for p in parts))
            case Compare():
                return self.compare(node, table)
            case Among(item=item, values=values):
                among = ", ".join(self.literal(v) for v in values)
                return Text.of(f"({{0}} IN ({among}))", self.sql(item, table))
            case Arith(op=op, left=left, right=right):
                return self.arith(op, self.sql(left, table), self.sql(right, table))
            case Extreme(op=op, left=left, right=right):
                ends = self.sql(left, table), self.sql(right, table)
                return self.extreme(op, *ends, table, self.sure.holds(node))
            case Choose():
                return self.choose(node, table)
            case Known(item=item, otherwise=otherwise):
                return Text.of("COALESCE({0}, {1})", self.sql(item, table), self.sql(otherwise, table))
            case Gather():
                return self.gather_value(node, table)
            case LookUp():
                return self.look_up(node, table)
            case Divide(mode=mode, numerator=numerator, divisor=divisor):
                return self.divide(mode, self.sql(numerator, table), self.sql(divisor, table))
            case Decided():
                return self.decided(node, table)
        raise AssertionError(node)

    def arith(self, op: str, left: Text, right: Text) -> Text:
        """In 64 bits, whatever an engine makes of a literal (a 32-bit product of literals overflows)."""
        return Text.of(f"(CAST({{0}} AS {self.d.bigint}) {op} {{1}})", left, right)

    def extreme(self, op: str, left: Text, right: Text, table: str, is_sure: bool = False) -> Text:
        """As CASE: engines differ on what the least of a number and NULL is."""
        sign = "<=" if op == "min" else ">="
        a, b = self.short(left, table), self.short(right, table)
        other = "ELSE {1}" if is_sure else f"WHEN {{1}} {sign[0]} {{0}} THEN {{1}}"
        return Text.of(f"CASE WHEN {{0}} {sign} {{1}} THEN {{0}} {other} END", a, b)

    def divide(self, mode: str, top: Text, bottom: Text) -> Text:
        forms = {
            "half_up": ("2 * {0} + {1}", "2 * {1}"),
            "down": ("{0}", "{1}"),
            "up": ("{0} + {1} - 1", "{1}"),
        }
        top = Text.of(f"CAST({{0}} AS {self.d.bigint})", top)
        return Text.of("(" + self.d.divide.format(*forms[mode]) + ")", top, bottom)

    def look_up(self, node: LookUp, table: str) -> Text:
        key = self.sql(node.key, table)
        pairs = self.program.values[node.parameter]
        if not pairs:
            return Text(self.typed(None, node.type.kind), key.level)
        arms = " ".join(f"WHEN {self.literal(k)} THEN {self.literal(v)}" for k, v in sorted(pairs.items()))
        return Text.of(f"CASE {{0}} {arms.replace('{', '{{').replace('}', '}}')} END", key)

    def decided(self, node: Decided, table: str) -> Text:
        choice = self.read(node.column, table)
        if node.low is None or node.high is None:
            return choice
        low, high = self.sql(node.low, table), self.sql(node.high, table)
        return Text.of("CASE WHEN {0} BETWEEN {1} AND {2} THEN {0} END", choice, low, high)

    def compare(self, node: Compare, table: str) -> Text:
        if not (self.bounded(node.left) or self.bounded(node.right)):
            sign = {"!=": "<>", "==": "="}.get(node.op, node.op)
            return Text.of(f"({{0}} {sign} {{1}})", self.sql(node.left, table), self.sql(node.right, table))
        left = [self.short(t, table) for t in self.bounds(node.left, table)]
        right = [self.short(t, table) for t in self.bounds(node.right, table)]
        op: str = node.op
        if op in (">", ">="):
            left, right, op = right, left, {">": "<", ">=": "<="}[op]
        if op in ("<", "<="):
            back = ">=" if op == "<" else ">"
            return Text.of(
                f"CASE WHEN {{1}} {op} {{2}} THEN TRUE WHEN {{0}} {back} {{3}} THEN FALSE END", *left, *right
            )
        same, apart = ("TRUE", "FALSE") if op == "==" else ("FALSE", "TRUE")
        return Text.of(
            f"CASE WHEN {{1}} < {{2}} OR {{3}} < {{0}} THEN {apart} "
            f"WHEN {{0}} = {{1}} AND {{1}} = {{2}} AND {{2}} = {{3}} THEN {same} END",
            *left,
            *right,
        )

    def choose(self, node: Choose, table: str) -> Text:
        """The first branch that holds; unknown conditions keep branches open, and all open ones must agree."""
        if all(self.sure.holds(c) for c, _ in node.branches):
            return self.plain(node, table)
        parts = [
            (self.short(self.sql(c, table), table), self.short(self.sql(v, table), table))
            for c, v in node.branches
        ]
        rest = self.short(self.sql(node.otherwise, table), table)
        if len(parts) >= FLAT_FROM:
            return self.flat(parts, rest, table)
        for condition, result in reversed(parts):
            rest = self.short(rest, table)
            rest = Text.of(
                "CASE WHEN {0} THEN {1} WHEN NOT ({0}) THEN {2} WHEN {1} = {2} THEN {1} END",
                condition,
                result,
                rest,
            )
        return rest

    def plain(self, node: Choose, table: str) -> Text:
        """Where no condition can be unknown the first that holds decides, as in any CASE."""
        parts = [self.sql(n, table) for branch in node.branches for n in branch]
        arms = " ".join(f"WHEN {{{2 * i}}} THEN {{{2 * i + 1}}}" for i in range(len(node.branches)))
        return Text.of(f"CASE {arms} ELSE {{{len(parts)}}} END", *parts, self.sql(node.otherwise, table))

    def flat(self, parts: list[tuple[Text, Text]], rest: Text, table: str) -> Text:
        """A long chain without nesting: flags "this branch is still possible", then one agreement."""
        conditions, values = [c for c, _ in parts], [*(v for _, v in parts), rest]
        opens = [Text.of("COALESCE({0}, TRUE)", c) for c in conditions]
        arms = " ".join(f"WHEN {{{2 * i}}} THEN {{{2 * i + 1}}}" for i in range(len(parts)))
        flat = [t for pair in zip(opens, values, strict=False) for t in pair]
        first = Text.of(f"CASE {arms} ELSE {{{len(flat)}}} END", *flat, rest)
        self.serial += 1
        first = self.add(table, f"_{self.serial}", first)
        checks: list[Text] = []
        for i, result in enumerate(values):
            barred = [Text.of("COALESCE({0}, FALSE)", c) for c in conditions[:i]]
            own = [Text.of("NOT COALESCE({0}, TRUE)", conditions[i])] if i < len(conditions) else []
            agree = Text.of("{0} = {1}", result, first)
            checks.append(Text.joined(" OR ", [*barred, *own, agree]))
        agreed = Text.joined(" AND ", checks)
        return Text.of("CASE WHEN {0} THEN {1} END", agreed, first)

    def bounded(self, node: Node) -> bool:
        """Whether a number must be carried with its bounds: it has some, and may be unknown."""
        return is_loose(node, self.loose) and not self.sure.holds(node)

    # --- bounds -----------------------------------------------------------------------------------
    def bounds(self, node: Node, table: str) -> tuple[Text, Text]:
        """Lowest and highest value as two texts; NULL is open."""
        if not self.bounded(node):
            text = self.short(self.sql(node, table), table)
            return text, text
        match node:
            case Name():
                return self.read(node, table, "__lo"), self.read(node, table, "__hi")
            case Gather():
                return self.gather_bounds(node, table)
            case Arith(op=op, left=left, right=right):
                (a, b), (c, d) = self.bounds(left, table), self.bounds(right, table)
                if op == "-":
                    c, d = d, c
                return self.arith(op, a, c), self.arith(op, b, d)
            case Extreme(op=op, left=left, right=right):
                (a, b), (c, d) = self.bounds(left, table), self.bounds(right, table)
                low, high = self.extreme(op, a, c, table), self.extreme(op, b, d, table)
                if op == "min":
                    return low, Text.of("COALESCE({0}, {1}, {2})", high, b, d)
                return Text.of("COALESCE({0}, {1}, {2})", low, a, c), high
            case Choose(branches=branches, otherwise=otherwise):
                low, high = self.bounds(otherwise, table)
                for condition, result in reversed(branches):
                    c = self.short(self.sql(condition, table), table)
                    a, b = (self.short(t, table) for t in self.bounds(result, table))
                    low, high = self.short(low, table), self.short(high, table)
                    form = "CASE WHEN {0} THEN {1} WHEN NOT ({0}) THEN {2} ELSE {3} END"
                    low = Text.of(form, c, a, low, self.extreme("min", a, low, table))
                    high = Text.of(form, c, b, high, self.extreme("max", b, high, table))
                return low, high
        raise AssertionError(node)

    def rests(self, tree: Node, table: str) -> Text:
        """Whether any stand-in is under a result."""
        parts: list[Text] = []
        for node in tree.walk():
            if isinstance(node, Known):
                if self.sure.holds(node.item):
                    continue
                parts.append(Text.of("(({0}) IS NULL)", self.sql(node.item, table)))
            elif isinstance(node, Gather):
                parts += [self.gather_rests(node, n, table) for n in (node.item, node.where) if self.marks(n)]
        below = {id(n) for g in tree.walk() if isinstance(g, Gather) for n in g.parts()}
        for name in names_in(tree):
            if self.marks(name) and id(name) not in below:
                parts.append(Text.of("COALESCE({0}, FALSE)", self.read(name, table, "__provisional")))
        return Text.joined(" OR ", parts)

    def marks(self, name: Name | None) -> bool:
        return name is not None and (name.table, name.name) in self.provisional

    # --- the query --------------------------------------------------------------------------------
    def top(self, table: str) -> int:
        return max(self.layers[table], default=0)

    def query(self, table: str, columns: list[str]) -> str:
        """The whole query that returns the key and the named columns of one table."""
        n, key = self.d.name_of, self.program.tables[table].key
        layers = [f"{name} {self.d.materialized} (\n{text}\n)" for name, text in self._layers(table).items()]
        chosen = ", ".join(n(c) for c in [key, *columns])
        rest = f"\nSELECT {chosen}\nFROM {n(f'{table}_{self.top(table)}')}\nORDER BY {n(key)}"
        return "WITH " + ",\n".join(layers) + rest

    def totals(self, table: str, by: str, columns: list[str]) -> str:
        """The query that returns, for each value of a column of the table, how many rows it has and the sums.

        A truth value counts as one or zero; what is unknown is left out of the sum. Layers that only one
        other reads are not set down, so that a database computes what the totals need and no more; where
        several join they are, since planning them written into one another takes longer than the work.
        """
        n = self.d.name_of
        self.base[table].add(by)
        layers = self._layers(table)
        last = n(f"{table}_{self.top(table)}")
        whole = "\n".join([*layers.values(), last])
        is_long = sum(" JOIN " in text for text in layers.values()) > 1
        with_ = [
            f"{name} {self.d.materialized if whole.count(name) > 1 or (is_long and ' JOIN ' in text) else 'AS'} (\n{text}\n)"
            for name, text in layers.items()
        ]
        kinds = {s.name: s.tree.type.kind for s in self.program.steps if s.table == table}
        forms = dict.fromkeys(columns, "SUM({0})")
        for c in columns:
            if kinds[c] == "boolean":
                is_sure = (table, c) in self.sure.rules
                form = "COUNT(CASE WHEN {0} THEN 1 END)"
                forms[c] = form if is_sure else "SUM(CASE WHEN {0} THEN 1 WHEN NOT ({0}) THEN 0 END)"
        summed = [f"{forms[c].format(n(c))} AS {n(c)}" for c in columns]
        chosen = ", ".join([n(by), f"COUNT(*) AS {n('rows')}", *summed])
        return (
            "WITH "
            + ",\n".join(with_)
            + f"\nSELECT {chosen}\nFROM {last}\nGROUP BY {n(by)}\nORDER BY {n(by)}"
        )

    def _layers(self, table: str) -> dict[str, str]:
        """The text of each layer that one table's results rest on, by its name."""
        wanted = self._wanted(table, self.top(table))
        return {
            self.d.name_of(f"{name}_{level}"): self._layer(name, level)
            for level in range(max((lv for _, lv in wanted), default=0) + 1)
            for name in self.program.tables
            if (name, level) in wanted
        }

    def _wanted(self, table: str, level: int) -> set[tuple[str, int]]:
        """The layers a layer rests on, itself among them."""
        found: set[tuple[str, int]] = set()
        open_layers = [(table, level)]
        while open_layers:
            name, at = open_layers.pop()
            if (name, at) in found:
                continue
            found.add((name, at))
            if at:
                layer = self.layers[name][at]
                others = [*layer.joins, *layer.fetches]
                open_layers += [(other, self._below(other, at)) for other in [name, *others]]
        return found

    def _below(self, table: str, level: int) -> int:
        return max((lv for lv in self.layers[table] if lv < level), default=0)

    def _layer(self, table: str, level: int) -> str:
        n = self.d.name_of
        if level == 0:
            return (
                "  SELECT "
                + ", ".join(self._base(table, c) for c in sorted(self.base[table]))
                + f" FROM {n(table)}"
            )
        layer, source = self.layers[table][level], f"{table}_{self._below(table, level)}"
        columns = [f"t.{n('*')}".replace(n("*"), "*"), *(f"{text} AS {n(c)}" for c, text in layer.columns)]
        joins = []
        info = self.program.tables[table]
        for i, (parent, fetched) in enumerate(layer.fetches.items()):
            columns += [f"p{i}.{n(column)} AS {n(hidden)}" for hidden, column in fetched]
            at, key = n(f"{parent}_{self._below(parent, level)}"), n(self.program.tables[parent].key)
            joins.append(f"  LEFT JOIN {at} AS p{i} ON p{i}.{key} = t.{n(info.link)}")
        for i, (child, aggregates) in enumerate(layer.joins.items()):
            link = n(self.program.tables[child].link)
            inner = ", ".join(aggregates)
            columns.append(f"g{i}.*")
            at = n(f"{child}_{self._below(child, level)}")
            part = f"SELECT {link} AS {n(f'_{child}_of_{level}')}, {inner} FROM {at} GROUP BY {link}"
            joins.append(
                f"  LEFT JOIN ({part}) AS g{i} ON g{i}.{n(f'_{child}_of_{level}')} = t.{n(info.key)}"
            )
        return (
            "  SELECT "
            + ",\n    ".join(columns)
            + f"\n  FROM {n(source)} AS t"
            + "".join(f"\n{j}" for j in joins)
        )

    def _base(self, table: str, name: str) -> str:
        """An input column; a date becomes its slot."""
        n = self.d.name_of(name)
        column = self.program.tables[table].column(name)
        if column is not None and column.kind == "date":
            return f"{self.d.slot.format(n)} AS {n}"
        return n


def sql_text(
    pack: Pack,
    table: str,
    as_of: date,
    scope: str | None = None,
    engine: str = "duckdb",
    outputs: list[str] | None = None,
) -> str:
    """The SQL that computes the rules of one table, for one of the dialects.

    Args:
        engine: ``duckdb``, ``sqlite``, ``postgresql`` or ``spark``.

    Raises:
        ResettleError: for an engine that is not known.
    """
    program, _ = bind(pack, as_of, scope)
    program = program.only(outputs)
    columns = [
        s.name for s in program.steps if s.table == table and s.final and (not outputs or s.name in outputs)
    ]
    return Compiler(program, dialect(engine)).query(table, columns)


def totals_text(
    pack: Pack,
    table: str,
    by: str,
    outputs: Sequence[str],
    as_of: date,
    scope: str | None = None,
    engine: str = "duckdb",
    complete: Complete = NOTHING_KNOWN,
) -> str:
    """The SQL that sums numbers and truth values over the rows of a table, for each value of a column.

    Args:
        complete: columns known to be complete in the very rows the text will run over; it is shorter for them.

    Raises:
        ResettleError: for an engine that is not known, or a result the table does not have.
    """
    program, _ = bind(pack, as_of, scope)
    there = {s.name for s in program.steps if s.table == table and s.final}
    absent = [name for name in outputs if name not in there]
    if absent:
        near = get_close_matches(absent[0], there, n=1)
        values = {"rule": table}
        raise ResettleError(
            Problem(
                "policy.unknown_name", "error", value=absent[0], nearest="".join(near) or None, values=values
            )
        )
    return Compiler(program.only(outputs), dialect(engine), complete).totals(table, by, list(outputs))
