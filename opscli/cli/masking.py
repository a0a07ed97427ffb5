"""Personal data in output: masked unless --show-pii says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opscli.cli.choices import CHOICES


def masked(value: Any) -> Any:
    """`m…@example.com` of an address, the first letter of any other text, `…` of other values; nothing stays so."""
    if CHOICES.show_pii or value is None or value == "":
        return value
    if not isinstance(value, str):
        return "…"
    name, at, domain = value.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else f"{value[:1]}…"


def masked_rows(rows: Iterable[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Rows with these columns masked."""
    return [{key: masked(value) if key in names else value for key, value in row.items()} for row in rows]
