"""How the messages of one channel really travel: its own module, a redirection, or, in a plan, nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from opscli.config.secrets import is_reference, resolve
from opscli.delivery.channel import TYPES, ChannelSpec
from opscli.delivery.message import Message
from opscli.delivery.receipt import Place, Receipt
from opscli.errors import ConfigInvalid
from opscli.kinds import load_kind
from opscli.phrases import say
from opscli.stage import Context

_RECORDED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A channel with the module that carries it; `module` is None in a plan, where sending is only written down.

    A plan's `settings` may be a list (the context's option `recorder`), which then keeps the messages.
    """

    spec: ChannelSpec
    type: str
    module: Any
    settings: Any
    redirect_to: str | None = None

    @property
    def batch(self) -> int:
        """Messages that may be under way at once."""
        return int(self.module.BATCH) if self.module else _RECORDED

    @property
    def decidable(self) -> bool:
        """Whether what a killed process left can be looked up."""
        return self.module is not None and self.batch > 1

    def open(self, place: Place) -> Any:
        """A session; raises ServiceUnavailable when the service cannot be reached."""
        return self.module.open_channel(self.settings, place) if self.module else self

    def send(self, session: Any, message: Message, body: bytes) -> Receipt:
        """Hand one message over."""
        if self.module is None:
            if self.settings is not None:
                self.settings.append(message)
            return Receipt.sent()
        receipt: Receipt = self.module.send(session, message, body)
        return receipt

    def lookup(self, session: Any, key: str, body_hash: str) -> str | None:
        """`sent`, `absent` or None; see `receipt.Channel`."""
        found: str | None = self.module.lookup(session, key, body_hash)
        return found

    def settle(self, session: Any) -> None:
        """Make what was handed over durable."""
        if self.module is not None:
            self.module.settle(session)

    def close(self, session: Any) -> None:
        """End the session."""
        if self.module is not None:
            self.module.close(session)


def choose(ctx: Context, spec: ChannelSpec) -> Transport:
    """The transport of a channel in this environment.

    Where the environment is not live, people are not reached: mail goes to `redirect_to`, or into files without one.
    Raises ConfigInvalid (78) for a live people-facing channel in CI whose state is a local file that the next job does
    not see.
    """
    if ctx.dry:
        return Transport(spec=spec, type="recorder", module=None, settings=ctx.options.get("recorder"))
    module = load_kind(TYPES, spec.type)
    own = Transport(spec=spec, type=spec.type, module=module, settings=None)
    if module.PEOPLE_FACING and not ctx.project.live:
        if ctx.project.redirect_to is None:
            return _into_files(own)
        own = replace(own, redirect_to=ctx.project.redirect_to)
    if module.PEOPLE_FACING:
        _refuse_forgetful_ci(ctx, spec)
    settings = {
        key: resolve(value, ctx.project.root) if is_reference(value) else value for key, value in spec.settings.items()
    }
    return replace(own, settings=module.parse(settings))


def _into_files(own: Transport) -> Transport:
    module = load_kind(TYPES, "file")
    return replace(own, type="file", module=module, settings=module.parse({}))


def _refuse_forgetful_ci(ctx: Context, spec: ChannelSpec) -> None:
    if os.environ.get("CI") == "true" and ctx.state.engine.url.get_backend_name() == "sqlite":
        issue = spec.document.issue(
            (),
            say("delivery.no_ci", channel=spec.name),
            why=say("delivery.no_ci_why"),
            how=say("delivery.no_ci_how"),
        )
        raise ConfigInvalid([issue])
