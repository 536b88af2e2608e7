"""Writes random rules inside the grammar, so that the laws are held over rules nobody thought of."""

from __future__ import annotations

import random

BOOLEANS = ("has_vehicle", "has_kin", "is_destitute", "agreement_signed")
NUMBERS = ("member_count", "registered_member_count", "amount_minor")
FLAGS = ("has_job", "is_present", "is_student")


class Writer:
    """Writes one rule after another; later rules may read earlier ones."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.truths: list[str] = list(BOOLEANS)
        self.numbers: list[str] = list(NUMBERS)
        self.used: set[str] = set()

    def name(self, names: list[str]) -> str:
        found = self.rng.choice(names)
        self.used.add(found)
        return found

    def gathered(self) -> str:
        self.used.add("person")
        flag, other = self.rng.sample(FLAGS, 2)
        where = self.rng.choice(("", f", where=person.{other}"))
        return self.rng.choice(
            (f"count(person.{flag}{where})", f"total(person.share{where})", "count(person)")
        )

    def truth(self, depth: int) -> str:
        pick = self.rng.randrange(8) if depth else 0
        if pick <= 1:
            return self.name(self.truths)
        if pick == 2:
            return f"not ({self.truth(depth - 1)})"
        if pick in (3, 4):
            word = self.rng.choice((" and ", " or "))
            return f"(({self.truth(depth - 1)}){word}({self.truth(depth - 1)}))"
        if pick == 5:
            self.used.add("person")
            fn = self.rng.choice(("any_of", "all_of"))
            return f"{fn}(person.has_job{self.rng.choice(('', ', where=person.is_present'))})"
        if pick == 6:
            return f"({self.number(depth - 1)}) in {{0, 1, 2, {self.rng.randrange(9)}}}"
        op = self.rng.choice(("<", "<=", ">", ">=", "==", "!="))
        return f"(({self.number(depth - 1)}) {op} ({self.number(depth - 1)}))"

    def number(self, depth: int) -> str:
        pick = self.rng.randrange(8) if depth else self.rng.randrange(2)
        if pick == 0:
            return self.name(self.numbers)
        if pick == 1:
            return str(self.rng.choice((0, 1, 2, 5, 30)))
        if pick == 2:
            return self.gathered()
        if pick == 3:
            return f"(({self.number(depth - 1)}) {self.rng.choice('+-')} ({self.number(depth - 1)}))"
        if pick == 4:
            return f"{self.rng.choice(('min', 'max'))}({self.number(depth - 1)}, {self.number(depth - 1)})"
        if pick == 5:
            return f"(({self.number(depth - 1)}) * {self.rng.choice((0, 2, 3, -1))})"
        if pick == 6:
            return (
                f"(({self.number(depth - 1)}) if ({self.truth(depth - 1)}) else ({self.number(depth - 1)}))"
            )
        return f"{self.rng.choice(('divide_down', 'divide_half_up'))}(max(0, {self.number(depth - 1)}), 3)"

    def rule(self, serial: int) -> str:
        self.used = set()
        kind = self.rng.choice(("truth", "number", "chain"))
        if kind == "chain":
            arms = [
                f"    {'el' if i else ''}if {self.truth(2)}:\n        return {self.number(1)}"
                for i in range(self.rng.randrange(1, 6))
            ]
            body = "\n".join([*arms, f"    else:\n        return {self.number(1)}"])
        else:
            body = f"    return {self.truth(3) if kind == 'truth' else self.number(3)}"
        name = f"r{serial}"
        text = f'@rule(source="assumption: drawn")\ndef {name}({", ".join(sorted(self.used))}):\n{body}\n'
        (self.truths if kind == "truth" else self.numbers).append(name)
        return text


def write_rules(seed: int, number: int) -> str:
    """A rule file of so many random rules."""
    writer = Writer(seed)
    return "\n\n".join(writer.rule(i) for i in range(number))
