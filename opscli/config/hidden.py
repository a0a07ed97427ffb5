"""The values of secrets that this process has read: whatever is printed, logged or recorded passes through `hide`.

A secret is kept from messages by its type; this is the second line, for what foreign code says about it: a driver that
quotes the address it could not reach, a server that echoes a login, a traceback.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote, urlsplit

MASK = "***"
_SHORTEST = 4
"""Characters; shorter values are parts of ordinary words and numbers, and hiding them would tear every line apart."""
_LINE = 12
"""Characters of a line in a secret of many lines, such as a private key, that may be quoted alone."""
_forms: set[str] = set()
_pattern: list[re.Pattern[str]] = []


def register(value: str) -> None:
    """Hide this value from now on, in the forms in which it may be printed; of an address its password too."""
    parts = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= _LINE), *_passwords(value)}
    for part in parts:
        if len(part) >= _SHORTEST:
            in_json, in_python = json.dumps(part)[1:-1], repr(part)[1:-1]
            _forms.update({part, in_json, json.dumps(part, ensure_ascii=False)[1:-1], in_python, quote(part, safe="")})
    if _forms:
        longest_first = sorted(_forms, key=lambda form: (-len(form), form))
        _pattern[:] = [re.compile("|".join(map(re.escape, longest_first)))]


def hide(text: str) -> str:
    """The text with `***` in place of every secret that was read."""
    for pattern in _pattern:
        text = pattern.sub(MASK, text)
    return text


def forget() -> None:
    """Start anew, as a process does."""
    _forms.clear()
    _pattern.clear()


def _passwords(value: str) -> set[str]:
    """The password inside an address such as `postgresql://ops:…@host/db`."""
    try:
        password = urlsplit(value).password if "://" in value else None
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()
