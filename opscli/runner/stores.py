"""Open the warehouse and the state of a project: the real ones, or copies that a plan may write on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from opscli.config.files import private_folder
from opscli.engine import filelock
from opscli.engine.warehouse import Warehouse, open_warehouse
from opscli.errors import CannotCreate
from opscli.phrases import say
from opscli.stage import Project
from opscli.state import store
from opscli.state.store import State

LOCK_WAIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a run works."""

    warehouse: Warehouse
    state: State


def home(project: Project) -> Path:
    """The project's private folder, made when it is missing. Raises CannotCreate (73)."""
    folder = project.root / ".opscli"
    try:
        private_folder(folder)
    except OSError as error:
        raise CannotCreate(say("runner.no_folder", folder=folder, error=error.strerror)) from error
    return folder


def locks_folder(project: Project) -> Path:
    """Where the OS locks of steps, jobs and stores live."""
    return home(project) / "locks"


@contextmanager
def live_state(project: Project) -> Iterator[State]:
    """The real state alone: enough to see that a run is done already."""
    state = store.open_state(project.state_url, root=project.root)
    try:
        yield state
    finally:
        state.close()


@contextmanager
def live(project: Project) -> Iterator[Stores]:
    """The real stores."""
    with live_state(project) as state, with_warehouse(project, state) as stores:
        yield stores


@contextmanager
def with_warehouse(project: Project, state: State) -> Iterator[Stores]:
    """The real warehouse beside an opened state."""
    warehouse = open_warehouse(project.warehouse_url, root=project.root, scratch=home(project) / "scratch")
    try:
        yield Stores(warehouse=warehouse, state=state)
    finally:
        warehouse.close()


@contextmanager
def overlay(project: Project) -> Iterator[Stores]:
    """Copies under one scratch folder that is removed at the end; the real stores are only read."""
    from opscli.engine.overlay import OverlayWarehouse

    parent = home(project) / "scratch"
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotCreate(say("runner.no_scratch", parent=parent, error=error.strerror)) from error
    folder = Path(tempfile.mkdtemp(prefix="plan-", dir=parent))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        state = store.open_copy(project.state_url, root=project.root, folder=folder)
        stack.callback(state.close)
        path = project.root / project.warehouse_url.partition(":///")[2]
        warehouse = OverlayWarehouse(path, folder)
        stack.callback(warehouse.close)
        yield Stores(warehouse=warehouse, state=state)


@contextmanager
def step_locks(project: Project, reads: Sequence[str], writes: Sequence[str]) -> Iterator[None]:
    """Exclusive locks on what a step writes, shared ones on what it reads, in name order (so no two steps deadlock)."""
    with ExitStack() as stack:
        for table in sorted({*reads, *writes}):
            lock = filelock.hold(
                locks_folder(project), f"table-{table}", exclusive=table in writes, wait=LOCK_WAIT_SECONDS
            )
            stack.enter_context(lock)
        yield


@contextmanager
def claimed(project: Project, names: Sequence[str]) -> Iterator[None]:
    """Work on these alone, each by its name: a second run that wants one of them is told so at once (75)."""
    with ExitStack() as stack:
        for name in sorted(names):
            stack.enter_context(filelock.hold(locks_folder(project), name, exclusive=True, wait=0.0))
        yield


@contextmanager
def job_lock(project: Project, job: str) -> Iterator[None]:
    """One run of a job at a time: a second one is told so at once (75)."""
    with filelock.hold(locks_folder(project), f"job-{job}", exclusive=True, wait=0.0):
        yield


def job_is_running(project: Project, job: str) -> bool:
    """Whether some process holds the job's lock now."""
    return not filelock.is_free(locks_folder(project), f"job-{job}")
