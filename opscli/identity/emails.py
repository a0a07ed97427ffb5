"""An e-mail address in three readings: what is mailed, what is compared, and whether it names one person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from opscli.identity.words import GMAIL_DOMAINS, PLACEHOLDER_LOCALS, ROLE_LOCALS

Standing = Literal["key", "shared", "junk"]
"""May the value join records (`key`), belong to a team (`shared`), or is it no real value (`junk`)?"""

_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Email:
    """`mail` is what is mailed; `match` is what is compared (no plus-tag; no dots at Gmail)."""

    mail: str
    match: str
    standing: Standing


def normalise(raw: str) -> Email | None:
    """The address in `raw`, or None when it holds none.

    Unicode forms and case are unified (mail providers do not tell `Ann@` from `ann@`), domains are in their ASCII form.
    """
    text = _plain(raw)
    if not text.isascii():
        text = _with_ascii_domain(text)
    if _ADDRESS.fullmatch(text) is None:
        return None
    local, _, domain = text.rpartition("@")
    person = local.split("+", 1)[0] or local
    if domain in GMAIL_DOMAINS:
        person, domain_key = person.replace(".", "") or person, "gmail.com"
    else:
        domain_key = domain
    return Email(mail=text, match=f"{person}@{domain_key}", standing=_standing(person))


def _plain(raw: str) -> str:
    """Compatibility forms unified, invisible characters and `mailto:` gone, lower case; stable under repetition."""
    text = raw
    while True:
        folded = unicodedata.normalize("NFKC", text).lower().strip().removeprefix("mailto:").rstrip(".")
        folded = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf").strip()
        if folded == text:
            return text
        text = folded


def _with_ascii_domain(text: str) -> str:
    local, at, domain = text.rpartition("@")
    try:
        return local + at + domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return text  # no legal domain: the pattern refuses it


def _standing(person: str) -> Standing:
    word = re.sub(r"[._\-]", "", person)
    if word in PLACEHOLDER_LOCALS:
        return "junk"
    return "shared" if word in ROLE_LOCALS else "key"
