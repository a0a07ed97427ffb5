"""Read words of consent from a file, and find out whose they are."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from opscli.clock import parse_instant
from opscli.delivery.addresses import normalised_sql
from opscli.delivery.message import normalise_address
from opscli.engine.warehouse import Session
from opscli.errors import ConfigInvalid, DataUnusable
from opscli.outcome import Issue
from opscli.phrases import listed, say

STATUSES = ("granted", "denied", "pending")


def read_words(file: Path, source: str, now: datetime, zone: str) -> list[dict[str, Any]]:
    """Rows of a CSV (UTF-8) with email and status; every bad row is shown at once, with its line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnusable(
            say("delivery.no_reading", file=file, error=error), remedy=say("delivery.no_reading_how")
        ) from error
    words, issues = [], []
    for line, row in enumerate(rows, start=2):
        try:
            words.append(_word(row, source, now, zone))
        except ValueError as error:
            issues.append(Issue(file=str(file), line=line, column=1, what=str(error)))
    if issues:
        raise ConfigInvalid(issues, remedy=say("delivery.lines_how"))
    return words


def _word(row: Mapping[str, str | None], source: str, now: datetime, zone: str) -> dict[str, Any]:
    email, status = (row.get("email") or "").strip(), (row.get("status") or "").strip().lower()
    if not email:
        raise ValueError(say("delivery.no_email"))
    if status not in STATUSES:
        raise ValueError(say("delivery.no_status", status=status, names=listed(STATUSES)))
    at = (row.get("at") or "").strip()
    return {
        "email": normalise_address(email),
        "channel": (row.get("channel") or "").strip() or "all",
        "topic": (row.get("topic") or "").strip() or "all",
        "status": status,
        "source": source,
        "evidence": (row.get("evidence") or "").strip(),
        "occurred_at": parse_instant(at, zone) if at else now,
    }


def with_customers(session: Session, words: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Words with the customer who has the address, and the addresses that nobody has."""
    import pyarrow as pa

    session.create("scratch.consent_words", {"email": "text"})
    session.insert_arrow(
        "scratch.consent_words", pa.table({"email": pa.array([w["email"] for w in words], pa.string())})
    )
    rows = session.rows(
        "SELECT w.email, MIN(c.customer_id) FROM scratch.consent_words AS w "
        f"JOIN customers AS c ON {normalised_sql('c.email')} = w.email GROUP BY w.email"
    )
    owners = {str(email): str(customer) for email, customer in rows}
    known = [
        {**{key: value for key, value in word.items() if key != "email"}, "customer_id": owners[word["email"]]}
        for word in words
        if word["email"] in owners
    ]
    return known, sorted({word["email"] for word in words} - set(owners))
