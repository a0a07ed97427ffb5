"""Stores for simulated runs: opened once, emptied before each case, gone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, text

from opscli.engine.memory import MemoryWarehouse
from opscli.runner.stores import Stores
from opscli.state.store import State, open_state
from opscli.state.tables import metadata

STATE_FILE = "state.db"
_KEPT = ("instance",)
"""What a state knows about itself stays."""


@contextmanager
def opened(folder: Path) -> Iterator[Stores]:
    """A warehouse in memory and a state in `folder` that does not wait for the disk."""
    warehouse = MemoryWarehouse(folder)
    state = open_state(f"sqlite:///{STATE_FILE}", root=folder)
    event.listen(state.engine, "connect", _not_for_ever)
    state.engine.dispose()  # its connections so far wait for the disk
    try:
        yield Stores(warehouse=warehouse, state=state)
    finally:
        state.close()
        warehouse.close()


def empty(stores: Stores) -> None:
    """Both stores as after their founding. Opening new ones would cost ten times as much."""
    if not isinstance(stores.warehouse, MemoryWarehouse):
        message = "only a throw-away warehouse may be emptied"
        raise TypeError(message)
    stores.warehouse.empty()
    _empty_state(stores.state)


def _empty_state(state: State) -> None:
    with state.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name not in _KEPT:
                connection.execute(delete(table))
        connection.execute(text("DELETE FROM sqlite_sequence"))  # event ids begin at 1 again


def _not_for_ever(raw: Any, _record: Any) -> None:
    raw.execute("PRAGMA synchronous = OFF").close()
