"""`{freshness: true}`: how old the newest load of each source is at as_of."""

from __future__ import annotations

from collections.abc import Iterable

from opscli.config.document import Document
from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.reports.model import Block, Column
from opscli.reports.report import Item, Room
from opscli.reports.words import age, titled
from opscli.stage import Catalog

ABOUT = ""


def check(_item: Item, _document: Document, _catalog: Catalog) -> Iterable[Issue]:
    """Nothing to check."""
    return ()


def build(item: Item, room: Room) -> Block | str:
    """Sources from the oldest load to the newest; the numbers are the newest load's."""
    desk, locale = room.desk, room.locale
    found = desk.session.rows(
        "SELECT source, entity, loaded_at, rows_read, rejected FROM (\n"
        "  SELECT source, entity, loaded_at, rows_read, rejected,\n"
        "  ROW_NUMBER() OVER (PARTITION BY source ORDER BY load_seq DESC) AS place FROM loads\n"
        f"  WHERE loaded_at <= {literal(desk.known_at)}) newest WHERE place = 1 ORDER BY loaded_at, source"
    )
    rows = tuple(
        (source, entity, at, age(desk.as_of - at, locale), read, rejected)
        for source, entity, at, read, rejected in found
    )
    sentence = say("page.freshness_nothing", locale=locale)
    if rows:
        sentence = say("page.freshness", locale=locale, count=len(rows), source=rows[0][0], age=rows[0][3])
    return Block(
        name="freshness",
        kind="freshness",
        title=titled(item.label, locale) or say("page.freshness_title", locale=locale),
        sentence=sentence,
        columns=(
            Column("source", say("page.source", locale=locale)),
            Column("entity", say("page.entity", locale=locale)),
            Column("loaded_at", say("page.loaded_at", locale=locale), "time"),
            Column("age", say("page.age", locale=locale)),
            Column("rows_read", say("page.read", locale=locale), "count"),
            Column("rejected", say("page.rejected", locale=locale), "count"),
        ),
        rows=rows,
    )
