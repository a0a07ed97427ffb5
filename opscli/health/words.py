"""The text of an alert's task, in English and Chinese, as SQL: reasons with their numbers, for all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from opscli.rules.sql import literal

_MINUS = "\N{MINUS SIGN}"

TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Look after {who}: {short}",
        "short login": "no login for {days} days",
        "short drop": "interactions {minus}{fall} %",
        "login": "No login for {days} days (last {last})",
        "drop": "interactions {now} in 30 days after {before} in the 30 before ({minus}{fall} %)",
        "both": "; ",
        "health": "Health {score} of 100 ({band}, {trend}).",
        "no health": "Health unknown.",
    },
    "zh": {
        "title": "请跟进{who}：{short}",  # noqa: RUF001  full-width punctuation is how Chinese is written
        "short login": "{days}天未登录",
        "short drop": "互动下降{fall}%",
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
