"""Personal data in output: masked unless --show-pii says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from opscli.cli.choices import CHOICES

_HIDDEN = "***"


def masked(rows: Sequence[Mapping[str, Any]], personal: Collection[str]) -> list[dict[str, Any]]:
    """The rows as they may be shown: personal columns keep their first letter, mail addresses also their domain."""
    if CHOICES.show_pii:
        return [dict(row) for row in rows]
    return [{name: mask(value) if name in personal else value for name, value in row.items()} for row in rows]


def mask(value: Any) -> Any:
    """`a***@example.com`, `A***`, `***` for what is no text; None and "" stay."""
    if value is None or value == "":
        return value
    if not isinstance(value, str):
        return _HIDDEN
    local, at, domain = value.partition("@")
    return f"{local[:1]}{_HIDDEN}{at}{domain}"
