"""`{platform: true}`: the steps of the newest finished run that the warehouse knows of, and the rejects so far."""

from __future__ import annotations

from collections.abc import Iterable

from opscli.config.document import Document
from opscli.engine.versions import literal
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.reports.model import Block, Column
from opscli.reports.report import Item, Room
from opscli.reports.words import titled
from opscli.stage import Catalog

ABOUT = ""

_GOOD = ("ok", "leftovers")


def check(_item: Item, _document: Document, _catalog: Catalog) -> Iterable[Issue]:
    """Nothing to check."""
    return ()


def build(item: Item, room: Room) -> Block | str:
    """Of a run only what the activity step first copied: later copies would change a page that is rendered again."""
    desk, locale = room.desk, room.locale
    now = literal(desk.as_of)
    found = desk.session.dicts(
        "SELECT step, status, rows_in, changed, rejected FROM run_steps\n"
        f"WHERE run_id = (SELECT MAX(r.run_id) FROM run_steps r WHERE r.as_of =\n"
        f"    (SELECT MAX(n.as_of) FROM run_steps n WHERE n.as_of <= {now}))\n"
        "  AND load_seq = (SELECT MIN(f.load_seq) FROM run_steps f WHERE f.run_id = run_steps.run_id)\n"
        "ORDER BY started_at, step, attempt"
    )
    rejects = int(desk.session.value(f"SELECT COUNT(*) FROM rejects WHERE rejected_at <= {literal(desk.known_at)}"))
    rows = tuple((row["step"], row["status"], row["rows_in"], row["changed"], row["rejected"]) for row in found)
    sentence = say("page.platform_nothing", locale=locale)
    if rows:
        good = sum(row[1] in _GOOD for row in rows)
        sentence = say("page.platform", locale=locale, ok=good, count=len(rows), rejects=f"{rejects:,}")
    return Block(
        name="platform",
        kind="platform",
        title=titled(item.label, locale) or say("page.platform_title", locale=locale),
        sentence=sentence,
        columns=(
            Column("step", say("page.run_step", locale=locale)),
            Column("status", say("page.status", locale=locale)),
            Column("rows_in", say("page.read", locale=locale), "count"),
            Column("changed", say("page.changed", locale=locale), "count"),
            Column("rejected", say("page.rejected", locale=locale), "count"),
        ),
        rows=rows,
    )
