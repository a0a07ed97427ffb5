"""Messages as bytes: parsed back by the standard library, and refused where they could be injected into."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.delivery.message import Message, MessageRefused, address_of, checked_address

MESSAGE = Message(
    key="ab" * 16,
    sender="Shöp, Ltd <hello@shop.example>",
    recipient="jo@x.example",
    subject="Grüße 你好",
    text="Dear Jo,\n.\nFrom here ünïcode   \n" + "long " * 300,
    html="<p>Dear Jo</p>",
    date=datetime(2026, 5, 4, 9, 0),  # noqa: DTZ001  naive UTC
    headers={"List-Unsubscribe": "<https://shop.example/off/" + "t" * 200 + ">"},
)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_bytes_parse_back_to_what_went_in() -> None:
    mail = message_from_bytes(MESSAGE.as_bytes(), policy=default)
    assert mail["Subject"] == MESSAGE.subject
    assert mail["From"].addresses[0].display_name == "Shöp, Ltd"
    assert mail["Message-ID"] == f"<{MESSAGE.key}@shop.example>"
    assert mail["Date"].datetime.isoformat() == "2026-05-04T09:00:00+00:00"
    assert mail["List-Unsubscribe"] == MESSAGE.headers["List-Unsubscribe"]
    assert mail.get_boundary() == f"=_{MESSAGE.key}"
    assert part(mail, "plain") == MESSAGE.text + "\n"
    assert part(mail, "html") == f"{MESSAGE.html}\n"
    assert not mail.defects


def test_lines_are_short_and_end_in_crlf_and_bytes_are_stable() -> None:
    body = MESSAGE.as_bytes()
    assert body == replace(MESSAGE).as_bytes()
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert max(len(line) for line in body.split(b"\r\n")) <= 998
    assert body.isascii()


@pytest.mark.parametrize("bad", ["\r\nBcc: all@x.example", "\n", "\r", "\x00"])
@pytest.mark.parametrize("field", ["subject", "recipient", "sender", "header"])
def test_header_injection_is_refused(field: str, bad: str) -> None:
    value = {"subject": "Hi", "recipient": "jo@x.example", "sender": "Shop <hello@shop.example>", "header": "x"}[
        field
    ] + bad
    changes: dict[str, Any] = {"headers": {"X-Note": value}} if field == "header" else {field: value}
    hostile = replace(MESSAGE, **changes)
    with pytest.raises(MessageRefused):
        hostile.as_bytes()


@pytest.mark.parametrize(
    "address",
    ["", "jo", "jo@", "@x.example", "jo@x", "jo @x.example", "jo@x..example", "jö@x.example", "a@b.c d", "jo@-x.example",
     "jo@x.example\n", "<jo@x.example>", "j" * 65 + "@x.example", "jo@" + "x" * 250 + ".example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MessageRefused):
        checked_address(address)


@given(text=st.text(max_size=300))
def test_any_text_survives_the_transfer_encoding(text: str) -> None:
    clean = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    mail = message_from_bytes(replace(MESSAGE, text=clean, html=None).as_bytes(), policy=default)
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == (clean if clean.endswith("\n") else clean + "\n")


def test_address_of_takes_the_bare_address() -> None:
    assert address_of('"Shop, Ltd" <hello@shop.example>') == "hello@shop.example"
