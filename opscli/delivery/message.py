"""One message as bytes: headers refused when they could be injected, identity derived from the outbox key."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from opscli.phrases import say

_POLICY = SMTP.clone(max_line_length=998)
"""The shorter default turns List-Unsubscribe URLs into encoded words, which receivers do not decode."""

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_UNSAFE = re.compile(r"[\r\n\x00]")
_LONGEST_ADDRESS = 254


class MessageRefused(ValueError):  # noqa: N818  named by what happened, like the reasons in the outbox
    """A value that may not go into a message; `reason` is the code that the outbox records."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel sends. `date` is naive UTC and fixed at the first attempt, so that retries are byte-identical."""

    key: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str | None
    date: datetime
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        """The whole message with CRLF line ends; equal fields give equal bytes.

        Static headers are built once per sender, the rest is spliced: an EmailMessage per mail costs 20 times as much.
        Raises MessageRefused for an unusable address or a header with CR, LF or NUL.
        """
        domain = address_of(self.sender).rpartition("@")[2]
        lines = [
            _static_headers(self.sender),
            _header("To", checked_address(self.recipient)),
            _header("Subject", self.subject),
            _header("Date", format_datetime(self.date.replace(tzinfo=UTC))),
            _header("Message-ID", f"<{self.key}@{domain}>"),
            *(_header(name, value) for name, value in self.headers.items()),
        ]
        return b"".join(lines) + self._body()

    def _body(self) -> bytes:
        text = _part("plain", self.text)
        if self.html is None:
            return text
        boundary = f"=_{self.key}".encode()
        return b"".join(
            (
                b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n',
                b"--" + boundary + b"\r\n" + text + b"\r\n",
                b"--" + boundary + b"\r\n" + _part("html", self.html) + b"\r\n",
                b"--" + boundary + b"--\r\n",
            )
        )


def normalise_address(address: str) -> str:
    """The form by which two addresses are one: trimmed, lower case."""
    return address.strip().lower()


def checked_address(address: str) -> str:
    """The address when mail can be sent to it; raises MessageRefused otherwise (also for CR, LF, NUL, non-ASCII)."""
    if len(address) > _LONGEST_ADDRESS or _ADDRESS.fullmatch(address) is None:
        raise MessageRefused("address_invalid", say("delivery.no_address"))
    return address


def address_of(mailbox: str) -> str:
    """The bare address of `Name <address>`; raises MessageRefused when there is none."""
    return checked_address(_split(mailbox)[1])


def _split(mailbox: str) -> tuple[str, str]:
    """Display name and address; a comma in the name needs no quotes here, as people write it without."""
    if _UNSAFE.search(mailbox):
        raise MessageRefused("header_refused", say("delivery.mailbox_breaks"))
    name, bracket, rest = mailbox.strip().rpartition("<")
    if not bracket:
        return "", rest
    return name.strip().strip('"'), rest.removesuffix(">")


def _header(name: str, value: str) -> bytes:
    if _UNSAFE.search(value) or _UNSAFE.search(name):
        raise MessageRefused("header_refused", say("delivery.header_breaks", name=name))
    if value.isascii():
        return f"{name}: {value}\r\n".encode("ascii")
    encoded = Header(value, "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}\r\n".encode("ascii")


@lru_cache(maxsize=64)
def _static_headers(sender: str) -> bytes:
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=_split(sender)[0], addr_spec=address_of(sender))
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(b"\r\n")


def _part(subtype: str, content: str) -> bytes:
    """One text part as quoted-printable: 7-bit safe, lines short enough for every relay."""
    unix = content.replace("\r\n", "\n").replace("\r", "\n")
    if not unix.endswith("\n"):
        unix += "\n"
    encoded = binascii.b2a_qp(unix.encode("utf-8"), istext=True).replace(b"=\r\n", b"=\n").replace(b"\n", b"\r\n")
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'.encode()
        + encoded
    )
