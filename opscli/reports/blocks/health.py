"""`{health: MODEL}`: how many customers are in each band, by the newest scores at as_of."""

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

ABOUT = "health"

_TONES = {
    "healthy": "good", "good": "good", "green": "good",
    "watch": "warn", "neutral": "warn", "yellow": "warn",
    "at_risk": "bad", "critical": "bad", "red": "bad",
    "unknown": "muted",
}  # fmt: skip


def check(item: Item, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """The model is named in a health document; which bands it has is its own business."""
    if catalog.names("health") and catalog.get("health", item.subject) is None:
        known = say("reports.models_are", names=listed(catalog.names("health")))
        how = did_you_mean(item.subject, catalog.names("health"), otherwise=known)
        yield document.issue(item.place, say("reports.unknown_model", model=item.subject), how=how)


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
    parts = listed((f"{segment(band, locale)} {count:,} ({count / total:.0%})" for band, count in bands), locale)
    time = f"{desk.as_of:%Y-%m-%d %H:%M}"
    sentence = (
        say("page.health", locale=locale, total=f"{total:,}", time=time, parts=parts)
        if total
        else say("page.health_nothing", locale=locale)
    )
    bars = tuple(Bar(label=segment(b, locale), value=float(n), tone=_TONES.get(b, "accent")) for b, n in bands)
    return Block(
        name=f"health_{item.subject}",
        kind="health",
        title=titled(item.label, locale) or say("page.health_title", locale=locale, name=item.subject),
        sentence=sentence,
        columns=(
            Column("band", say("page.band", locale=locale)),
            Column("customers", say("page.customers", locale=locale), "count"),
            Column("share", say("page.share", locale=locale), "percent"),
        ),
        rows=tuple((segment(band, locale), count, count / total) for band, count in bands),
        plot=Plot(kind=item.chart or "parts", sentence=sentence, bars=bars, show=Printer("count").full)
        if bars
        else None,
    )
