"""Random well-typed conditions, as people could write them: every operator and function of the language."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.engines.conditions.world import CAMPAIGNS, COLUMNS, MESSAGES, TAGS, VALUES

NUMBERS = (
    "0", "1", "-1", "2", "3", "10", "100", "5000", "0.5", "-0.5", "2.5", "0.1", "0.3", "19.99", "0.285", "0.000000001",
    "-0.000000001", "0.0001", "2147483647", "2147483648", "-2147483648", "999999999999999999", "-999999999999999999",
    "99999999999999.9999", "0.00000000000000001", "123456789012345678", "9007199254740993", "1.00000", "007", "-0.0", "0.0",
)  # fmt: skip
TIMES = (
    "2026-03-29", "2026-03-29T01:30", "2026-03-29T02:00:00", "2026-10-25T01:30:00", "2024-02-29", "2026-05-01",
    "2026-04-30T23:30:00Z", "2026-04-01T00:00:00+02:00", "1999-12-31T23:59:59.999999Z", "2000-02-29", "9999-12-31",
    "2026-04-30T23:30:00.000001Z", "1900-02-28", "2026-W18-5", "20260501",
)  # fmt: skip
DAYS = ("2026-03-29", "2024-02-29", "2000-02-29", "2026-05-01", "2026-04-30", "1900-02-28", "9999-12-31")
PATTERNS = (
    "", "%", "_", "a%", "%b", "a_b", "%a%", "_%", "__", "a\\_b", "a\\%", "\\%", "日_", "%ß%", "i%", "STRASSE",
    "%ΣΟΣ", "%σοσ",  # noqa: RUF001  Greek on purpose
    "stra_e", "%''%", "é", "É", "_\u0301", "😀", "_____", "%_%_%", "ﬁ%", "FI%", "ǅ", "%[a]%", "^a", "a.b",
)  # fmt: skip
DURATIONS = ("1d", "7d", "30d", "31d", "24h", "23h", "90min", "1s", "52w", "3650d", "0d")
SALTS = ("spring", "a", "it''s", "日本\\")
SIGNS = ("=", "<>", "!=", "<", "<=", ">", ">=")
MAX_DEPTH = 6
PAST_SHARE = 0.06
"""Conditions that may ask the past: each such question is a subquery, and costs as much as a hundred comparisons."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Writes random text of a type; `depth` is how many levels may still follow; `past` allows functions over the past."""

    chance: random.Random
    past: bool = False

    def random_condition(self) -> str:
        """A condition of any depth up to MAX_DEPTH."""
        past = self.chance.random() < PAST_SHARE
        return Grammar(self.chance, past).condition(self.chance.randint(1, MAX_DEPTH))

    def random_number(self) -> str:
        """A calculation of any depth up to MAX_DEPTH."""
        return self.number(self.chance.randint(1, MAX_DEPTH))

    def condition(self, depth: int) -> str:
        """A text that gives true, false or unknown."""
        pick = self.chance.random()
        if depth > 1 and pick < 0.42:
            return self._joined(depth - 1)
        if depth > 1 and pick < 0.5:
            state = self.chance.choice(["is true", "is false", "is not true", "is not false", "is null", "is not null"])
            return f"({self.condition(depth - 1)}) {state}"
        return self.chance.choice(self._leaves())(depth - 1)

    def number(self, depth: int) -> str:
        """A text that gives a number."""
        if depth <= 0 or self.chance.random() < 0.3:
            return self.chance.choice(
                [self._column("integer"), self._column("money"), self._column("float"), self._literal()]
            )
        below = depth - 1
        return self._one_of([
            lambda: f"({self.number(below)} {self.chance.choice('+-*/')} {self.number(below)})",
            lambda: f"{self._factor(below)} {self.chance.choice('+-*/')} {self._factor(below)}",
            lambda: f"-({self.number(below)})",
            lambda: f"abs({self.number(below)})",
            lambda: f"floor({self.number(below)})",
            lambda: f"round({self.number(below)}{self.chance.choice(['', ', 0', ', 1', ', 2', ', 4', ', 8'])})",
            lambda: f"coalesce({', '.join(self.number(below) for _ in range(self.chance.randint(2, 3)))})",
            lambda: f"length({self.text(below)})",
            lambda: f"days_since({self.time(below)})",
            lambda: f"bucket('{self.chance.choice(SALTS)}', {self.chance.choice([1, 2, 7, 100, 1000000])})",
        ])  # fmt: skip

    def text(self, depth: int) -> str:
        """A text that gives a text."""
        if depth <= 0 or self.chance.random() < 0.4:
            return self._column("text") if self.chance.random() < 0.7 else self._text_literal()
        below = depth - 1
        return self._one_of([
            lambda: f"lower({self.text(below)})",
            lambda: f"upper({self.text(below)})",
            lambda: f"coalesce({self._column('text')}, {self.text(below)})",
        ])  # fmt: skip

    def time(self, depth: int) -> str:
        """A text that gives a time: an instant or a day."""
        if depth <= 0 or self.chance.random() < 0.6:
            return self.chance.choice([self._column("timestamp"), self._column("date")])
        return self._one_of([
            lambda: f"coalesce({self.time(depth - 1)}, {self.time(depth - 1)})",
            lambda: f"coalesce({self._column('timestamp')}, '{self.chance.choice(TIMES)}')",
            lambda: f"tag_since({self._tag()})" if self.past else self._column("date"),
        ])  # fmt: skip

    def _one_of(self, makers: list[Callable[[], str]]) -> str:
        return self.chance.choice(makers)()

    def _joined(self, depth: int) -> str:
        if self.chance.random() < 0.2:
            return f"not ({self.condition(depth)})"
        parts = [f"({self.condition(depth)})" for _ in range(self.chance.randint(2, 3))]
        return self.chance.choice([" and ", " or "]).join(parts)

    def _leaves(self) -> list[Callable[[int], str]]:
        plain: list[Callable[[int], str]] = [
            self._compared,
            self._compared,
            self._between,
            self._in,
            self._like,
            self._state,
            self._flag,
            self._time_check,
        ]
        return [*plain, self._past, self._past] if self.past else plain

    def _pair(self, depth: int) -> tuple[str, str, str, str]:
        """Three comparable texts and how a plain value of the kind is made: its kind."""
        kind = self.chance.choice(["number", "number", "number", "text", "time"])
        if kind == "number":
            return kind, self.number(depth), self.number(depth), self.number(depth)
        if kind == "text":
            return kind, self.text(depth), self.text(depth), self.text(depth)
        first = self.time(depth)
        others = [
            self.time(depth) if self.chance.random() < 0.5 else f"'{self.chance.choice(TIMES)}'" for _ in range(2)
        ]
        return kind, first, others[0], others[1]

    def _compared(self, depth: int) -> str:
        if self.chance.random() < 0.1:
            return f"({self.condition(depth)}) {self.chance.choice(['=', '<>'])} ({self.condition(depth)})"
        _, left, right, _ = self._pair(depth)
        left, right = (left, right) if self.chance.random() < 0.8 or right.startswith("'") else (right, left)
        return f"{left} {self.chance.choice(SIGNS)} {right}"

    def _between(self, depth: int) -> str:
        _, item, low, high = self._pair(depth)
        return f"{item} {self.chance.choice(['', 'not '])}between {low} and {high}"

    def _in(self, depth: int) -> str:
        kind, item, _, _ = self._pair(depth)
        makers: dict[str, Callable[[], str]] = {
            "number": self._literal, "text": self._text_literal, "time": lambda: f"'{self.chance.choice(TIMES)}'",
        }  # fmt: skip
        items = ", ".join(makers[kind]() for _ in range(self.chance.randint(1, 4)))
        return f"{item} {self.chance.choice(['', 'not '])}in ({items})"

    def _like(self, depth: int) -> str:
        word = self.chance.choice(["like", "not like", "ilike", "not ilike"])
        return f"{self.text(depth)} {word} '{self.chance.choice(PATTERNS)}'"

    def _state(self, depth: int) -> str:
        item = self.chance.choice([self.number, self.text, self.time])(depth)
        return f"{item} {self.chance.choice(['is null', 'is not null'])}"

    def _flag(self, _depth: int) -> str:
        return self.chance.choice(
            ["b", "c", "true", "b = true", "coalesce(b, c)", "coalesce(c, false)", "b in (true, false)"]
        )

    def _past(self, _depth: int) -> str:
        span = self.chance.choice(["", f", '{self.chance.choice(DURATIONS)}'"])
        return self.chance.choice([
            f"has_tag({self._tag()})", f"had_tag({self._tag()}{span})",
            f"received('{self.chance.choice(MESSAGES)}'{span})", f"clicked('{self.chance.choice(MESSAGES)}'{span})",
            f"in_campaign('{self.chance.choice(CAMPAIGNS)}')",
        ])  # fmt: skip

    def _time_check(self, depth: int) -> str:
        offset = self.chance.choice(["", ", '-3d'", ", '+1d'", ", '2w'", ", '0d'"])
        return self.chance.choice([
            f"within({self.time(depth)}, '{self.chance.choice(DURATIONS)}')", f"anniversary({self.time(depth)}{offset})",
            f"{self._column('date')} {self.chance.choice(SIGNS)} '{self.chance.choice(DAYS)}'",
        ])  # fmt: skip

    def _factor(self, depth: int) -> str:
        return self.chance.choice(
            [self._column("integer"), self._column("money"), self._column("float"), f"({self.number(depth)})"]
        )

    def _column(self, kind: str) -> str:
        return self.chance.choice([name for name, type_ in COLUMNS.items() if type_ == kind])

    def _literal(self) -> str:
        return self.chance.choice(NUMBERS)

    def _text_literal(self) -> str:
        return "'" + str(self.chance.choice(VALUES["text"])).replace("'", "''") + "'"

    def _tag(self) -> str:
        return "'" + self.chance.choice(TAGS).replace("'", "''") + "'"
