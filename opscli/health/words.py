"""The text of an alert's task, in English and Chinese, as SQL: reasons with their numbers, for all at once.

No text names the customer: a task list may be read by many, and who may see names asks for them by the customer's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from opscli.rules.sql import literal

_MINUS = "\N{MINUS SIGN}"

TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title login": "No login for {days} days",
        "title drop": "Interactions {minus}{fall} %",
        "title both": "No login for {days} days, interactions {minus}{fall} %",
        "login": "No login for {days} days (last {last})",
        "drop": "interactions {now} in 30 days after {before} in the 30 before ({minus}{fall} %)",
        "both": "; ",
        "health": "Health {score} of 100 ({band}, {trend}).",
        "no health": "Health unknown.",
    },
    "zh": {
        "title login": "{days}天未登录",
        "title drop": "互动下降{fall}%",
        "title both": "{days}天未登录，互动下降{fall}%",  # noqa: RUF001  full-width punctuation is how Chinese is written
        "login": "已{days}天未登录（上次登录{last}）",  # noqa: RUF001  as above
        "drop": "近30天互动{now}次，前30天{before}次（{minus}{fall}%）",  # noqa: RUF001  as above
        "both": "；",  # noqa: RUF001  as above
        "health": "健康分{score}（满分100，{band}，{trend}）。",  # noqa: RUF001  as above
        "no health": "健康分未知。",
    },
}


def say(name: str, locale: str, values: Mapping[str, str]) -> str:
    """SQL of a template's text; `values` are text SQL by the names in braces."""
    templates = TEMPLATES.get(locale, TEMPLATES["en"])
    known = {"minus": literal(_MINUS), **values}
    pieces = re.split(r"\{(\w+)\}", templates[name])
    parts = [known[piece] if odd % 2 else literal(piece) for odd, piece in enumerate(pieces) if piece]
    return f"({' || '.join(parts)})"
