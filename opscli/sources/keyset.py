"""Rows of a foreign table page by page, each page from where the last one ended: never by counting rows off.

A page is a short transaction of its own. What changes between two pages moves, at most, behind the place that was
reached, and is met there; nothing is lost, and what comes twice is the same row in a newer state.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources.databases import Reader
from opscli.sources.relations import Relation

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    Condition = ColumnElement[bool]

_ROW_VALUES = ("postgresql", "sqlite")
"""Databases whose indexes serve `(a, b) > (1, 2)`."""
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyset:
    """How a relation is read: rows begin with the columns `wanted`, then come those of `order`, which give the place.

    `begin` is the first value of the first column of `order`, None = from the start.
    """

    reader: Reader
    relation: Relation
    wanted: tuple[str, ...]
    order: tuple[str, ...]
    page_size: int
    begin: Any = None

    def pages(self) -> Generator[Rows]:
        """Every row that has a place, in order; a page is empty only where there is no row at all."""
        where = self._since()
        reached: tuple[Any, ...] = ()
        while True:
            found = self._page(where)
            rows, further = found[: self.page_size], found[self.page_size :]
            if not further:
                yield rows
                return
            last = self._place(rows[-1])
            if last == reached:
                raise DataUnusable(
                    say("sources.sql_no_order", columns=listed(self.order)), remedy=say("sources.sql_no_order_how")
                )
            reached = last
            if self.relation.unique or not _may_tie(last, self._place(further[0])):
                yield rows
            else:
                yield [row for row in rows if self._place(row) != last]
                yield from self._stream(self._at(last))
            where = self._behind(last)

    def unplaced(self) -> Generator[Rows]:
        """Rows without a place, because a column of the order is empty; with `begin`, only those behind it."""
        from sqlalchemy import and_, or_

        gaps = [name for name in self.order if name in self.relation.nullable]
        if self.begin is not None:
            gaps = [name for name in gaps if name != self.order[0]]
        if not gaps:
            return
        empty = or_(*(self.relation.column(name).is_(None) for name in gaps))
        begun = [] if self.begin is None else [self.relation.column(self.order[0]) >= _bound(self.begin)]
        yield from self._stream(and_(*begun, empty))

    def sample(self) -> Any:
        """Some value of the first column of the order, None when there is none."""
        column = self.relation.column(self.order[0])
        with self.reader.transaction() as connection:
            return connection.execute(self.relation.select(self.order[:1]).where(column.is_not(None)).limit(1)).scalar()

    def everything(self) -> Generator[Rows]:
        """Every row by one query."""
        yield from self._stream(None)

    def _page(self, where: Condition | None) -> list[Sequence[Any]]:
        """One row more than a page has tells whether there is another page, and whether a tie crosses its end."""
        from sqlalchemy import and_

        columns = [self.relation.column(name) for name in self.order]
        placed = [self.relation.column(name).is_not(None) for name in self.order if name in self.relation.nullable]
        conditions = [*placed, *([] if where is None else [where])]
        query = self.relation.select((*self.wanted, *self.order)).order_by(*columns).limit(self.page_size + 1)
        with self.reader.transaction() as connection:
            return [tuple(row) for row in connection.execute(query.where(and_(True, *conditions))).all()]

    def _stream(self, where: Condition | None) -> Generator[Rows]:
        query = self.relation.select((*self.wanted, *self.order))
        if where is not None:
            query = query.where(where)
        with self.reader.transaction() as connection:
            result = connection.execute(query, execution_options={"yield_per": self.page_size})
            for rows in result.partitions():
                self.reader.go_on()
                yield [tuple(row) for row in rows]
                self.reader.go_on()

    def _since(self) -> Condition | None:
        if self.begin is None:
            return None
        begun: Condition = self.relation.column(self.order[0]) >= _bound(self.begin)
        return begun

    def _behind(self, place: tuple[Any, ...]) -> Condition:
        from sqlalchemy import and_, or_, tuple_

        columns = [self.relation.column(name) for name in self.order]
        if len(columns) == 1:
            behind: Condition = columns[0] > _bound(place[0])
            return behind
        if self.reader.backend in _ROW_VALUES:
            return tuple_(*columns) > tuple_(*map(_bound, place))
        steps = [
            and_(*(columns[before] == _bound(place[before]) for before in range(step)), columns[step] > _bound(value))
            for step, value in enumerate(place)
        ]
        return and_(columns[0] >= _bound(place[0]), or_(*steps))  # the first condition lets an index be used

    def _at(self, place: tuple[Any, ...]) -> Condition:
        from sqlalchemy import and_

        return and_(
            *(self.relation.column(name) == _bound(value) for name, value in zip(self.order, place, strict=True))
        )

    def _place(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(row[len(self.wanted) :])


def _bound(value: Any) -> Any:
    """A bound value without a type of its own: the database takes it for that of the column beside it."""
    from sqlalchemy import bindparam
    from sqlalchemy.types import NullType

    return bindparam(None, value, type_=NullType(), unique=True)


def _may_tie(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    """Whether a database may take two places for the same: many collations see no case, accent or space at the end."""
    return [_folded(value) for value in first] == [_folded(value) for value in second]


def _folded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", value) if not unicodedata.combining(letter))
    return plain.casefold().rstrip()
