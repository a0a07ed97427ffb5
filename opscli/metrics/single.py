"""What the types that are one aggregate share: `of: orders.amount` with an optional `where`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opscli.config.document import Document
from opscli.metrics.measure import issues
from opscli.outcome import Issue
from opscli.rules.aggregate import Aggregate
from opscli.stage import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One aggregate."""

    of: Aggregate


def check(settings: Single, document: Document, catalog: Catalog) -> Iterable[Issue]:
    """Unknown names, a wrong type, a condition that does not parse."""
    return issues(settings.of, ("of",), document, catalog)


def entities(settings: Single) -> tuple[str, ...]:
    """The entity that is counted."""
    return (settings.of.entity,)
