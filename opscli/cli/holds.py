"""What may be held: everything, a campaign, a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.errors import UsageError
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.stage import Context


def checked_scope(ctx: Context, scope: str) -> str:
    """The scope, when it names something that exists. Raises UsageError."""
    kind, _, name = scope.partition(":")
    if scope == "all":
        return scope
    if kind not in ("campaign", "channel") or name not in ctx.project.specs.get(kind, {}):
        known = ["all", *(f"{k}:{n}" for k in ("campaign", "channel") for n in ctx.project.specs.get(k, {}))]
        raise UsageError(say("cli.cannot_hold", scope=scope), remedy=say("cli.one_of", names=listed(known)))
    return scope
