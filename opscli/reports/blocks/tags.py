"""`{tags: DIMENSION}`: how many customers have each tag of a dimension at as_of."""

from __future__ import annotations

from collections.abc import Iterable

from opscli.charts.plot import Bar, Plot
from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.reports.model import Block, Column
from opscli.reports.numbers import Printer
from opscli.reports.report import Item, Room
from opscli.reports.words import segment, titled
from opscli.stage import Catalog

ABOUT = "dimension"


def check(item: Item, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """An unknown dimension, where there are any: without tags files the block is empty."""
    known = catalog.names("dimension")
    if known and item.subject not in known:
        how = did_you_mean(item.subject, known, otherwise=say("reports.dimensions_are", names=listed(known)))
        yield document.issue(item.place, say("reports.unknown_dimension", dimension=item.subject), how=how)


def build(item: Item, room: Room) -> Block | str:
    """Tags by number of customers."""
    locale, now = room.locale, literal(room.desk.as_of)
    found = room.desk.session.rows(
        "SELECT tag, COUNT(DISTINCT customer_id) FROM tag_history\n"
        f"WHERE dimension = ? AND entered_at <= {now} AND left_at > {now} GROUP BY tag ORDER BY 2 DESC, 1",
        (item.subject,),
    )
    counts = [(str(tag), int(count)) for tag, count in found]
    total = sum(count for _, count in counts)
    parts = listed((f"{segment(tag, locale)} {count:,}" for tag, count in counts), locale)
    name = segment(item.subject, locale)
    sentence = (
        say("page.tags", locale=locale, total=f"{total:,}", name=name, parts=parts)
        if total
        else say("page.tags_nothing", locale=locale, name=name)
    )
    bars = tuple(Bar(label=segment(tag, locale), value=float(n), note=f"{n / total:.1%}") for tag, n in counts)
    return Block(
        name=f"tags_{item.subject}",
        kind="tags",
        title=titled(item.label, locale) or say("page.tags_title", locale=locale, name=name),
        sentence=sentence,
        columns=(
            Column("tag", say("page.tag", locale=locale)),
            Column("customers", say("page.customers", locale=locale), "count"),
            Column("share", say("page.share", locale=locale), "percent"),
        ),
        rows=tuple((tag, count, count / total) for tag, count in counts),
        plot=Plot(kind=item.chart or "bars", sentence=sentence, bars=bars, show=Printer("count").full)
        if bars
        else None,
    )
