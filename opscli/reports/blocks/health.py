"""`{health: MODEL}`: how many customers are in each band, by the newest scores at as_of."""

from __future__ import annotations

from collections.abc import Iterable

from opscli.charts.plot import Bar, Plot
from opscli.config.document import Document
from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.reports.model import Block, Column
from opscli.reports.numbers import Printer
from opscli.reports.report import Item, Room
from opscli.reports.words import named, titled, word
from opscli.stage import Catalog

_TONES = {
    "healthy": "good", "good": "good", "green": "good",
    "watch": "warn", "neutral": "warn", "yellow": "warn",
    "at_risk": "bad", "critical": "bad", "red": "bad",
    "unknown": "muted",
}  # fmt: skip


def check(item: Item, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """The model is named in a health document; which bands it has is its own business."""
    if catalog.names("health") and catalog.get("health", item.subject) is None:
        how = f"health models are {', '.join(catalog.names('health'))}"
        yield document.issue(item.place, f'unknown health model "{item.subject}"', how=how)


def build(item: Item, room: Room) -> Block | str:
    """Bands from the highest mean score to the lowest; unknown last."""
    desk, locale = room.desk, room.locale
    newest = (
        "SELECT band, score FROM (\n"
        "  SELECT band, score, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY as_of DESC) AS place\n"
        f"  FROM health_scores WHERE model = ? AND as_of <= {literal(desk.as_of)}) newest WHERE place = 1"
    )
    found = desk.session.rows(
        f"SELECT band, COUNT(*), AVG(score) FROM ({newest}) scored GROUP BY band "
        "ORDER BY CASE WHEN band = 'unknown' THEN 1 ELSE 0 END, AVG(score) DESC, band",
        (item.subject,),
    )
    total = sum(int(row[1]) for row in found)
    bands = [(str(band), int(count)) for band, count, _ in found]
    parts = ", ".join(f"{named(band, locale)} {count:,} ({count / total:.0%})" for band, count in bands)
    time = f"{desk.as_of:%Y-%m-%d %H:%M}"
    sentence = (
        word("health", locale, total=f"{total:,}", time=time, parts=parts) if total else word("health_nothing", locale)
    )
    bars = tuple(Bar(label=named(b, locale), value=float(n), tone=_TONES.get(b, "accent")) for b, n in bands)
    return Block(
        name=f"health_{item.subject}",
        kind="health",
        title=titled(item.label, locale) or word("health_title", locale, name=item.subject),
        sentence=sentence,
        columns=(
            Column("band", word("band", locale)),
            Column("customers", word("customers", locale), "count"),
            Column("share", word("share", locale), "percent"),
        ),
        rows=tuple((named(band, locale), count, count / total) for band, count in bands),
        plot=Plot(kind=item.chart or "parts", sentence=sentence, bars=bars, show=Printer("count").full)
        if bars
        else None,
    )
