"""The formats of texts: each as a function, and where one RE2 pattern says it all as that pattern, for SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import FormatChecker

_OFFSET = r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_TIME = rf"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?{_OFFSET}"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LOOSE = r"@\x00-\x20\x7f\x{A0}\x{2000}-\x{200B}\x{3000}"
"""What neither part of an address holds: controls and spaces, also the wide ones that are pasted along."""
_LONGEST_HOSTNAME = 253


@dataclass(frozen=True, slots=True)
class Format:
    """`holds` says whether a text is of this format; `pattern` says the same to RE2, empty where it cannot."""

    holds: Callable[[str], bool]
    pattern: str = ""


def _email(text: str) -> bool:
    name, at, domain = text.partition("@")
    return bool(name and at and domain) and not any(_is_loose(letter) for letter in name + domain)


def _is_loose(letter: str) -> bool:
    return letter in "@\x7f\u00a0\u3000" or letter <= " " or "\u2000" <= letter <= "\u200b"


def _uri(text: str) -> bool:
    """RFC 3986 in its characters: a scheme, a colon, visible ASCII without quotes and brackets, whole escapes."""
    scheme, colon, rest = text.partition(":")
    if not (colon and scheme.isascii() and scheme[:1].isalpha() and all(c.isalnum() or c in "+.-" for c in scheme)):
        return False
    escapes = rest.split("%")[1:]
    whole = all(re.fullmatch("[0-9A-Fa-f]{2}", escape[:2]) for escape in escapes)
    return whole and all("!" <= letter <= "~" and letter not in '"<>\\^`{|}' for letter in rest)


def _uuid(text: str) -> bool:
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        letter in "0123456789abcdefABCDEF" for letter in "".join(parts)
    )


def _ipv4(text: str) -> bool:
    import ipaddress

    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def _ipv6(text: str) -> bool:
    import ipaddress

    try:
        return not ipaddress.IPv6Address(text).scope_id
    except ValueError:
        return False


def _hostname(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_HOSTNAME and all(_LABEL.fullmatch(label) for label in text.split("."))


def _date(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _time(text: str) -> bool:
    return re.fullmatch(_TIME, text) is not None


def _date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _date(text[:10]) and _time(text[11:])


FORMATS = {
    "date-time": Format(_date_time),
    "date": Format(_date),
    "time": Format(_time, f"^{_TIME}$"),
    "email": Format(_email, f"^[^{_LOOSE}]+@[^{_LOOSE}]+$"),
    "uri": Format(_uri, r"^[A-Za-z][A-Za-z0-9+.-]*:([!#$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})*$"),
    "uuid": Format(_uuid, "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"),
    "ipv4": Format(_ipv4, rf"^{_OCTET}([.]{_OCTET}){{3}}$"),
    "ipv6": Format(_ipv6),
    "hostname": Format(_hostname),
}
"""Format → what it means for a text. A column of format date or date-time is no text: it is read as such before."""


@cache
def format_checker() -> FormatChecker:
    """The formats as `jsonschema` asks for them; what is no text is of every format."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, rule in FORMATS.items():
        checker.checks(name)(lambda value, holds=rule.holds: not isinstance(value, str) or holds(value))
    return checker
