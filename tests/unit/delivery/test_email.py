"""The mail channel against a mail server that misbehaves on cue, and the surface of yagmail that it stands on."""

from __future__ import annotations

import ast
import inspect
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yagmail
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy import select

import opscli
from opscli.delivery.channels import email as email_channel
from opscli.errors import ConfigInvalid, ServiceUnavailable, UsageError
from opscli.state.tables import suppressions

if TYPE_CHECKING:
    from tests.unit.delivery.conftest import MailServer, Post


def test_one_connection_carries_many_messages(post: Post, server: MailServer) -> None:
    post.queue("a", "b", "c", channel="mail")
    post.send()
    assert [row[0] for row in post.column("status")] == ["sent"] * 3
    assert (len(server.received), server.connections) == (3, 1)
    assert b"List-Unsubscribe: <mailto:off@shop.example?subject=unsubscribe%20" in server.received[0]
    assert b"List-Unsubscribe-Post" not in server.received[0]


@pytest.mark.parametrize(
    ("script", "status", "reason", "bodies"),
    [
        ({"RCPT": ["550 5.1.1 nobody here"]}, "failed", "address_refused", 0),
        ({"RCPT": ["550 5.7.1 not from you"]}, "failed", "policy_refused", 0),
        ({"RCPT": ["552 5.2.2 full"]}, "failed", "mailbox_full", 0),
        ({"RCPT": ["550 no"]}, "failed", "refused", 0),
        ({"RCPT": ["450 4.2.0 later"]}, "deferred", "temporary_refusal", 0),
        ({"MAIL": ["421 4.3.2 closing"]}, "deferred", "temporary_refusal", 0),
        ({"MAIL": ["drop"]}, "deferred", "connection_lost", 0),
        ({"RCPT": ["drop"]}, "deferred", "connection_lost", 0),
        ({"DATA": ["451 4.3.0 later"]}, "deferred", "temporary_refusal", 0),
        ({"DATA": ["554 5.6.0 no"]}, "failed", "refused", 0),
        ({"BODY": ["554 5.7.1 spam"]}, "failed", "policy_refused", 1),
        ({"BODY": ["451 4.3.0 later"]}, "deferred", "temporary_refusal", 1),
        ({"BODY": ["drop"]}, "unknown", "connection_lost_after_body", 1),
    ],
)
def test_each_phase_has_its_consequence_and_the_next_message_still_goes(
    post: Post, server: MailServer, script: dict[str, list[str]], status: str, reason: str, bodies: int
) -> None:
    server.script = {verb: list(answers) for verb, answers in script.items()}
    post.queue("a", "b", channel="mail")
    outcome = post.send()
    assert post.column("customer_id", "status", "reason") == [("a", status, reason), ("b", "sent", "")]
    assert len(server.received) == bodies + 1
    assert outcome.leftovers == (1 if status == "unknown" else 0)


def test_an_unknown_is_never_sent_again_by_itself(post: Post, server: MailServer) -> None:
    server.script = {"BODY": ["drop"]}
    post.queue("a", channel="mail")
    post.send()
    post.now += timedelta(hours=2)
    post.send()
    assert (len(server.received), post.column("status")) == (1, [("unknown",)])


def test_a_retry_has_the_bytes_of_the_first_attempt(post: Post, server: MailServer) -> None:
    server.script = {"BODY": ["451 4.3.0 later"]}
    post.queue("a", channel="mail")
    post.send()
    post.now += timedelta(minutes=1)
    post.send()
    assert post.column("status", "attempts") == [("sent", 2)]
    assert server.received[0] == server.received[1]


def test_a_retry_after_its_time_fails(post: Post, server: MailServer) -> None:
    server.script = {"RCPT": ["450 4.2.0 later"]}
    post.queue("a", channel="mail", not_after=post.now + timedelta(seconds=30))
    post.send()
    assert post.column("status", "reason") == [("failed", "temporary_refusal, no time left")]


def test_a_dead_address_is_suppressed(post: Post, server: MailServer) -> None:
    server.script = {"RCPT": ["550 5.1.1 nobody here"]}
    post.queue("a", channel="mail")
    post.send()
    with post.state.read() as connection:
        rows = connection.execute(select(suppressions.c.channel, suppressions.c.reason)).all()
    assert [tuple(row) for row in rows] == [("mail", "address_refused")]


def test_a_server_that_is_down_leaves_the_messages_pending(post: Post) -> None:
    post.environment = "prod"
    post.queue("a", channel="mail")
    post.queue("b")
    with pytest.raises(ServiceUnavailable, match="cannot be used"):
        post.send()
    assert post.column("customer_id", "status") == [("a", "claimed"), ("b", "sent")]


def test_a_process_that_died_while_sending_leaves_an_unknown(post: Post, server: MailServer) -> None:
    from sqlalchemy import update

    from opscli.state.tables import outbox as table

    post.queue("a", channel="mail")
    with post.state.begin() as connection:
        connection.execute(update(table).values(status="sending", claimed_by="r:1:email", attempts=1))
    assert post.send().leftovers == 1
    assert (post.column("status", "reason"), server.received) == ([("unknown", "process_died_while_sending")], [])


def test_an_environment_that_is_not_live_reaches_nobody(post: Post, server: MailServer) -> None:
    post.environment = None
    post.queue("a", channel="mail")
    post.send()
    assert (server.received, len(post.mails("outbox"))) == ([], 1)
    post.environment = "dev"
    post.queue("b", channel="mail")
    post.send()
    assert b"\r\nTo: tester@shop.example\r\n" in server.received[0]


def test_ci_with_a_local_state_may_not_send(post: Post, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    post.queue("a", channel="mail")
    with pytest.raises(ConfigInvalid):
        post.send()
    assert server.received == []


def test_mail_to_another_machine_is_encrypted() -> None:
    with pytest.raises(UsageError, match="without encryption"):
        email_channel.parse({"host": "smtp.example.com", "security": "none"})


def test_a_certificate_that_does_not_verify_is_refused(post: Post, server: MailServer, tmp_path: Path) -> None:
    server.script = {"STARTTLS": ["220 go ahead"]}
    settings = email_channel.parse({"host": "127.0.0.1", "port": server.server_address[1], "timeout": 3})
    from opscli.delivery.receipt import Place

    with pytest.raises(ServiceUnavailable):
        email_channel.open_channel(settings, Place(root=tmp_path))
    assert server.received == []


def test_a_real_mail_server_takes_what_we_say(post: Post) -> None:
    class Sink:
        def __init__(self) -> None:
            self.mails: list[tuple[str | None, list[str]]] = []

        async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
            self.mails.append((envelope.mail_from, envelope.rcpt_tos))
            return "250 OK"

    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        text = (post.root / "configs/channels/mail.yaml").read_text()
        post.config("channels/mail.yaml", text.replace("port: 9", f"port: {port}"))
        post.environment = "prod"
        post.queue("a", channel="mail")
        post.send()
    finally:
        controller.stop()
    assert sink.mails == [("hello@shop.example", ["a@x.example"])]


def test_the_surface_of_yagmail_is_the_one_we_use() -> None:
    parameters = inspect.signature(yagmail.Client.__init__).parameters
    wanted = {
        "user",
        "password",
        "host",
        "port",
        "smtp_starttls",
        "smtp_ssl",
        "smtp_skip_login",
        "soft_email_validation",
    }
    assert wanted <= set(parameters)
    client = yagmail.Client(user={"login": "login"}, password="x", host="h", soft_email_validation=False, timeout=1)
    assert (client.user, client.is_closed, client.smtp, client.kwargs) == ("login", None, None, {"timeout": 1})
    for name in ("mail", "rcpt", "data", "rset", "ehlo_or_helo_if_needed", "has_extn", "close"):
        assert callable(getattr(client.connection, name))
    client.set_logging(None)
    client.is_closed = True


def test_no_code_of_ours_calls_send_of_a_client_or_imports_smtplib() -> None:
    for path in Path(opscli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("send", "send_unsent")
            ):
                assert "client" not in ast.unparse(node.func.value), f"{path}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert "smtplib" not in names, f"{path}:{node.lineno}"
