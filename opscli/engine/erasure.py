"""Remove customers from warehouse tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from opscli.engine.warehouse import Session

_IDS_PER_STATEMENT = 500


def delete_customers(session: Session, tables: Iterable[str], ids: Sequence[str]) -> int:
    """Delete the rows of these customers from tables with a `customer_id`, in a write window; rows removed."""
    removed = 0
    for table in tables:
        for start in range(0, len(ids), _IDS_PER_STATEMENT):
            batch = list(ids[start : start + _IDS_PER_STATEMENT])
            marks = ", ".join("?" for _ in batch)
            removed += session.execute(
                f"DELETE FROM {session.dialect.quote(table)} WHERE customer_id IN ({marks})", batch
            )
    return removed
