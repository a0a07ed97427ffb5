"""Mail over one SMTP connection of yagmail: connect, log in once, then MAIL, RCPT and DATA by ourselves.

`Client.send` is never used: it re-sends after a lost reply, so a server gets two or three copies. What the connection
raises is caught as OSError, of which every error of SMTP is one; `smtp_code` tells a reply from a broken line.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opscli.config.secrets import Secret
from opscli.delivery.message import Message, address_of
from opscli.delivery.receipt import Place, Receipt
from opscli.errors import ServiceUnavailable, UsageError
from opscli.phrases import say

BATCH = 1
"""The outbox records each message before its first byte: nobody can ask a mail server what it has got."""
PEOPLE_FACING = True

_PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
_OK = 250
_OK_FORWARDED = 251
_CLOSING = 421
_PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """A mail server; the password shows itself only to the login."""

    host: str
    port: int
    security: str
    user: str | None
    password: Secret | None
    timeout: int


@dataclass(slots=True)
class Session:
    """A connection that is logged in."""

    client: Any
    settings: EmailSettings


def parse(settings: Mapping[str, Any]) -> EmailSettings:
    """Settings with defaults. Raises UsageError when mail would travel unencrypted to another machine."""
    security = settings.get("security", "starttls")
    host = settings["host"]
    if security == "none" and not _is_this_machine(host):
        raise UsageError(
            say("delivery.unencrypted", host=host),
            remedy=say("delivery.unencrypted_how"),
        )
    return EmailSettings(
        host=host,
        port=settings.get("port", _PORTS[security]),
        security=security,
        user=_plain(settings.get("user")),
        password=settings.get("password"),
        timeout=settings.get("timeout", 60),
    )


def _plain(value: Secret | str | None) -> str | None:
    return value.reveal() if isinstance(value, Secret) else value


def open_channel(settings: EmailSettings, place: Place) -> Session:
    """Connect, encrypt and log in; raises ServiceUnavailable when any of it fails: nothing was sent."""
    del place
    client = _client(settings)
    try:
        client.login()
        client.smtp.ehlo_or_helo_if_needed()
    except OSError as error:
        if client.smtp is not None:
            client.smtp.close()
        client.is_closed = True
        raise ServiceUnavailable(
            say("delivery.no_mail_server", host=settings.host, port=settings.port, error=_words(error)),
            remedy=say("delivery.no_mail_server_how"),
        ) from error
    return Session(client, settings)


def send(session: Session, message: Message, body: bytes) -> Receipt:
    """Hand one message over; what the server or the line answers becomes the receipt."""
    smtp = session.client.smtp
    try:
        options = [f"size={len(body)}"] if smtp.has_extn("size") else []
        code, text = smtp.mail(address_of(message.sender), options)
        if code == _OK:
            code, text = smtp.rcpt(message.recipient)
        if code not in {_OK, _OK_FORWARDED}:
            return _refused(session, code, text)
    except OSError as error:
        return Receipt(state="deferred", reason="connection_lost", code=_code(error), reconnect=True)
    return _data(session, body)


def _data(session: Session, body: bytes) -> Receipt:
    """The phase after which a lost line leaves the fate of the message unknown."""
    try:
        code, text = session.client.smtp.data(body)
    except OSError as error:
        refused = getattr(error, "smtp_code", None)
        if (
            isinstance(refused, int) and refused > 0
        ):  # the DATA command itself was refused; no byte of the body went out
            return _refused(session, refused, getattr(error, "smtp_error", b""))
        return Receipt(state="unknown", reason="connection_lost_after_body", reconnect=True)
    if code != _OK:
        return _refused(session, code, text)
    return Receipt.sent(code=str(code))


def lookup(session: Session, key: str, body_hash: str) -> str | None:
    """A mail server cannot be asked."""
    del session, key, body_hash
    return None


def settle(session: Session) -> None:
    """The server's 250 is its promise already."""
    del session


def close(session: Session) -> None:
    """QUIT; a line that is broken already is closed without a word."""
    try:
        session.client.close()
    except OSError:
        session.client.smtp.close()


def _client(settings: EmailSettings) -> Any:
    import yagmail

    context = ssl.create_default_context()
    options: dict[str, Any] = {"timeout": settings.timeout}
    if settings.security == "ssl":
        options["context"] = context
    # A dict as user keeps a login name that is no address as it is; text without @ would become a gmail address.
    login = settings.user or "nobody"
    client = yagmail.Client(
        user={login: login},
        password=settings.password.reveal() if settings.password else None,
        host=settings.host,
        port=settings.port,
        smtp_ssl=settings.security == "ssl",
        smtp_starttls={"context": context} if settings.security == "starttls" else False,
        smtp_skip_login=settings.user is None,
        soft_email_validation=False,
        **options,
    )
    client.set_logging(None)
    return client


def _refused(session: Session, code: int, text: bytes | str) -> Receipt:
    """Classify a reply: by enhanced code, then by reply code. The session is made ready for the next message."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found = _ENHANCED.match(words)
    enhanced = found.group(0) if found else ""
    gone = code in {_CLOSING, -1}  # -1: the line broke while the reply was read
    if not gone:
        gone = not _reset(session)
    shown = f"{code} {enhanced}".strip()
    if code < _PERMANENT:
        return Receipt(state="deferred", reason="temporary_refusal", code=shown, reconnect=gone)
    subject = (found[2], found[3]) if found else ("", "")
    if subject[0] == "1":
        return Receipt(state="failed", reason="address_refused", code=shown, suppress=True, reconnect=gone)
    if subject == ("2", "2"):
        return Receipt(state="failed", reason="mailbox_full", code=shown, reconnect=gone)
    if subject[0] == "7":
        return Receipt(state="failed", reason="policy_refused", code=shown, reconnect=gone)
    return Receipt(state="failed", reason="refused", code=shown, reconnect=gone)


def _reset(session: Session) -> bool:
    try:
        return int(session.client.smtp.rset()[0]) == _OK
    except OSError:
        return False


def _code(error: OSError) -> str:
    return str(getattr(error, "smtp_code", "") or "")


def _words(error: OSError) -> str:
    """What went wrong without what was sent: an authentication error's text may echo the login."""
    code = _code(error)
    return f"{type(error).__name__}{' ' + code if code else ''}"


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
