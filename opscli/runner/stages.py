"""Which stage a step name means. Words for people left, rooms right (spec: the names of job steps)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from opscli.errors import UsageError
from opscli.phrases import listed, say
from opscli.stage import Context, Stage

STAGES = {
    "import": "sources",
    "dedupe": "identity",
    "activity": "activity",
    "profiles": "profiles",
    "tags": "tags",
    "campaigns": "campaigns",
    "health": "health",
    "send": "delivery",
    "report": "reports",
}

FOUNDATIONS = ("sources", "identity", "profiles", "tags")
"""When a guard stops one of these, later steps would work on a half-made picture, so the job stops. Any other stage
that is stopped (a campaign over its recipient limit) leaves the rest of the job to go on."""


def load_stage(step: str) -> Stage:
    """The job module behind a step name."""
    try:
        room = STAGES[step]
    except KeyError:
        raise UsageError(
            say("runner.no_step", step=step), remedy=say("runner.steps_are", names=listed(STAGES))
        ) from None
    return cast("Stage", importlib.import_module(f"opscli.{room}.job"))


def claims_of(stage: Stage, ctx: Context) -> tuple[str, ...]:
    """What only one run may work on at a time besides tables, such as the sources of an import; mostly nothing."""
    claims: Callable[[Context], tuple[str, ...]] | None = getattr(stage, "claims", None)
    return claims(ctx) if claims else ()
