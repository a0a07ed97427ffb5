"""A test message through a channel, past the outbox: does the transport work?"""

from __future__ import annotations

from opscli.clock import iso, wall_now
from opscli.delivery.channel import ChannelSpec
from opscli.delivery.message import Message, MessageRefused
from opscli.delivery.receipt import Place, Receipt
from opscli.delivery.transport import choose
from opscli.errors import NotPermitted, ServiceUnavailable, UsageError
from opscli.ids import key_of
from opscli.phrases import listed, say
from opscli.stage import Context


def send_probe(ctx: Context, name: str | None, to: str) -> Receipt:
    """Send one plain message to an address of the operator. Raises what kept it from going out."""
    reason = ctx.state.send_hold()
    if reason:
        raise NotPermitted(say("delivery.nothing_out", reason=reason), remedy="opscli release")
    channels = {spec.name: spec for spec in ctx.project.all("channel", ChannelSpec)}
    chosen = name or (next(iter(channels)) if len(channels) == 1 else "")
    if chosen not in channels:
        raise UsageError(
            say("delivery.which_channel", names=listed(channels)), remedy="opscli mail send-test --channel NAME --to …"
        )
    transport = choose(ctx, channels[chosen])
    moment = wall_now()
    message = Message(
        key=key_of("probe", iso(moment), to),
        sender=channels[chosen].sender,
        recipient=transport.redirect_to or to,
        subject=say("delivery.probe_subject", channel=chosen),
        text=say("delivery.probe_text", moment=iso(moment)),
        html=None,
        date=moment.replace(microsecond=0),
    )
    try:
        body = message.as_bytes()
    except MessageRefused as refusal:
        raise UsageError(str(refusal), remedy=say("delivery.probe_how")) from refusal
    place = Place(root=ctx.project.root)
    opened = transport.open(place)
    try:
        receipt = transport.send(opened, message, body)
        transport.settle(opened)
    finally:
        transport.close(opened)
    if receipt.state != "sent":
        raise ServiceUnavailable(say("delivery.not_taken", reason=receipt.reason, code=receipt.code).rstrip())
    return receipt
