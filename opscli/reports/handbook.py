"""What a report says in the handbook: what it shows and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.reports.report import Report


def report(spec: Report, book: Book) -> Entry:
    """A report in words."""
    kpis = tuple(dict.fromkeys(str(item.subject) for item in spec.layout if item.kind == "kpi"))
    others = dict.fromkeys(item.kind for item in spec.layout if item.kind != "kpi")
    blocks = [say("handbook.shows_kpis", count=len(kpis), names=listed(kpis))] if kpis else []
    blocks += [say("handbook.shows_panels", names=listed(others))] if others else []
    return Entry(
        title=book.text(spec.document.data.get("label")),
        does=tuple(blocks),
        to=tuple(output.path or output.form for output in spec.outputs),
        uses=(
            *(("metric", name) for name in kpis),
            *(
                (item.kind, str(item.subject))
                for item in spec.layout
                if isinstance(item.subject, str) and item.kind != "kpi"
            ),
        ),
    )
