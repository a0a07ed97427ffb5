"""Health from version 1 to 2: who is judged is always a condition, and the time without login a duration.

Version 1 took a bare word in `high_value` for a tag and anything else for a condition, so that a truth-value trait
could not be named; and `no_login_days` counted days where every other length of time has its unit.
"""

from __future__ import annotations

import re
from typing import Any

_TAG = re.compile(r"[a-z][a-z0-9_]*")


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """`alert.high_value` is called `audience` and is a condition; `alert.no_login_days: 30` is `no_login: 30d`."""
    return {key: _alert(value) if key == "alert" else value for key, value in data.items()}


def _alert(alert: dict[str, Any]) -> dict[str, Any]:
    return dict(_key(key, value) for key, value in alert.items())


def _key(key: str, value: Any) -> tuple[str, Any]:
    if key == "high_value":
        return "audience", f"has_tag('{value}')" if _TAG.fullmatch(value) else value
    if key == "no_login_days":
        return "no_login", f"{int(value)}d"
    return key, value
