"""Clean tables, made from a seed, and how they are written as CSV."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

Row = tuple[str, ...]
_SEED = 77003
_WORDS = [
    "please",
    "deliver",
    "before",
    "noon;",
    "the",
    "bell",
    "does",
    "not",
    "work,",
    "so",
    "knock.",
    "Leave",
    "it",
    "with",
    "the",
    "neighbour,",
    "or",
    "behind",
    "the",
    "shed.",
    "It",
    "was",
    "chipped",
    "(left",
    "rim)",
    "and",
    "came",
    "back",
    "once.",
    "Thanks",
    "for",
    "the",
    "quick",
    "answer:",
    "all",
    "good",
    "now,",
    "only",
    "the",
    "invoice",
    "is",
    "late",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A clean table."""

    name: str
    header: Row
    rows: tuple[Row, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Rows that get a defect of their own: first ones, last one, one over several lines, and some between."""
        count = len(self.rows)
        long = [place for place, row in enumerate(self.rows) if any("\n" in cell for cell in row)]
        quoted = [place for place, row in enumerate(self.rows) if any("," in cell for cell in row)]
        spread = (0, 1, count // 3, count // 2, count - 9, count - 1)
        return tuple(sorted({*spread, *long[1:2], *quoted[3:4]}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a table is written."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    """What stands before a quote inside quotes: the quote itself when empty."""
    end: str = "\n"
    always: bool = False
    """Quotes around every cell."""

    def but(self, **changes: str | bool) -> Style:
        """The same with other marks."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def cell(self, text: str) -> str:
        """A cell, quoted where it must be."""
        special = any(mark in text for mark in (self.delimiter, self.quote, "\n", "\r")) or (
            self.escape == "\\" and "\\" in text
        )
        if not (self.always or special):
            return text
        inner = text.replace("\\", "\\\\") if self.escape == "\\" else text
        return f"{self.quote}{inner.replace(self.quote, (self.escape or self.quote) + self.quote)}{self.quote}"

    def row(self, cells: Sequence[str]) -> str:
        """A row without its line end."""
        return self.delimiter.join(map(self.cell, cells))


PLAIN = Style()


def tables() -> tuple[Table, Table, Table]:
    """Orders of a shop, its customers, and its stock."""
    chance = random.Random(_SEED)  # noqa: S311  texts, not secrets
    return _orders(chance), _customers(chance), _stock(chance)


def _orders(chance: random.Random) -> Table:
    people = ("Ahmed, Sara", "Berg, Ola", 'Quinn, "Mo"', "Lopes, Rui", "O'Neill, Kit", "Wu, Fang", "Mertens, Jo")
    goods = ("Teapot", "Chair, folding", "Lamp", "Rug 2 m", 'Screen 24" wide', "Desk", "Cup, blue", "Vase")
    rows = []
    for number in range(120):
        when = f"2026-{chance.randint(1, 9):02d}-{chance.randint(1, 28):02d} {chance.randint(7, 21):02d}:{chance.randint(0, 59):02d}:{chance.randint(0, 59):02d}"
        note = ""
        if chance.random() < 0.6:
            note = " ".join(chance.choice(_WORDS) for _ in range(chance.randint(2, 12)))
            note += "\nsecond line, and more" if chance.random() < 0.15 else ""
        rows.append(
            (
                f"SO-{20417 + number}", when, chance.choice(people), chance.choice(goods), str(chance.randint(1, 30)),
                f"{chance.uniform(1, 900):.2f}", chance.choice(("yes", "no")), note,
                f"WELCOME{chance.randint(5, 20)}" if chance.random() < 0.2 else "",
            )
        )  # fmt: skip
    header = ("order_no", "ordered_at", "customer", "article", "pieces", "price", "paid", "note", "coupon")
    return Table(name="orders", header=header, rows=tuple(rows))


def _customers(chance: random.Random) -> Table:
    first = ("Ida", "Noor", "Jean-Luc", "Tomás", "Mei", "Oscar", "Ana", "Viktor", "Chloé", "Sam")
    last = ("Young", "D'Angelo", "Kowalski", "Müller", "de Vries", "Tan", "Ferreira", "Ito", "Novák")
    streets = ("Mill Lane", "High Street", "Rue de l'Eau", "Hauptstraße", "Kerkweg", "Via Roma")
    cities = (("Leeds", "GB"), ("Lyon", "FR"), ("Ulm", "DE"), ("Delft", "NL"), ("Parma", "IT"), ("Porto", "PT"))
    rows = []
    for _ in range(90):
        name, family = chance.choice(first), chance.choice(last)
        city, country = chance.choice(cities)
        mail = f"{name}{chance.randint(1, 999)}@mail.example".lower() if chance.random() < 0.7 else ""
        street = f"{chance.choice(streets)} {chance.randint(1, 180)}" + (", rear" if chance.random() < 0.1 else "")
        remark = " ".join(chance.choice(_WORDS) for _ in range(chance.randint(1, 8))) if chance.random() < 0.5 else ""
        tags = chance.choice(("", "", "", "vip", "trade, vip", "press"))
        rows.append((f"{name} {family}", street, city, country, mail, remark, tags))
    header = ("name", "street", "city", "country", "mail", "remark", "tags")
    return Table(name="customers", header=header, rows=tuple(rows))


def _stock(chance: random.Random) -> Table:
    colours = ("red", "blue", "green", "black", "oak, light", "white")
    rows = [
        (f"K{3000 + n}-{chance.choice('ABC')}", str(chance.randint(0, 250)), chance.choice(colours)) for n in range(80)
    ]
    return Table(name="stock", header=("sku", "pieces", "colour"), rows=tuple(rows))
