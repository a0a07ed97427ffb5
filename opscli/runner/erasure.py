"""Erase customers from every stage, in the order in which each stage still finds what is theirs."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import cast

from sqlalchemy import select

from opscli.runner.stages import STAGES
from opscli.runner.stores import step_locks
from opscli.stage import Context, Stage
from opscli.state import bulk
from opscli.state.tables import customer_aliases

LAST = ("sources", "identity")
"""Imported rows are found by identity's links, and everybody by its aliases: these two go last, in this order."""


def erase(ids: Sequence[str], ctx: Context) -> dict[str, int]:
    """Remove customers, also under their former ids, from the tables of every stage; rows removed by room.

    Doing it again, as after a kill, goes on where it stopped: links and aliases, which find the rest, go last.
    """
    every = _with_former(ids, ctx)
    rooms = [room for room in STAGES.values() if room not in LAST]
    return {room: _erase_from(room, every, ctx) for room in (*rooms, *LAST)}


def _erase_from(room: str, ids: Sequence[str], ctx: Context) -> int:
    stage = cast("Stage", importlib.import_module(f"opscli.{room}.job"))
    with step_locks(ctx.project, stage.READS, stage.WRITES):
        return stage.erase(ids, ctx)


def _with_former(ids: Sequence[str], ctx: Context) -> list[str]:
    """The ids and those that were merged into them."""
    a = customer_aliases.c
    with ctx.state.read() as connection:
        former = [
            str(alias)
            for chunk in bulk.chunks(ids)
            for alias in connection.execute(select(a.alias).where(a.customer_id.in_(chunk))).scalars()
        ]
    return sorted({*ids, *former})
