"""Which configurations there are: those that ran, the files now, another checkout, a revision of git."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from opscli.config import project
from opscli.config.document import Document
from opscli.config.load import PROJECT_FILE, LoadedConfig, chosen_environment, load, read_documents
from opscli.config.project import Settings
from opscli.config.secrets import resolve
from opscli.errors import DataUnusable, UsageError
from opscli.phrases import say
from opscli.runner import git, stored
from opscli.runner.kept import Checked
from opscli.runner.setting_up import set_up
from opscli.state.store import open_state
from opscli.state.tables import config_blobs, runs

if TYPE_CHECKING:
    from opscli.state.store import State

LATEST, FILES, GIT = "latest", "files", "git:"
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One side of a comparison. `only` limits it to the documents of a file or folder, when one was named."""

    title: str
    version: str
    documents: tuple[Document, ...]
    run_id: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stored configuration and the runs that were made with it; times are naive UTC, None = no run has it any more.

    A run whose files changed before it was resumed counts for the configuration that it ended with.
    """

    version: str
    stored_at: datetime
    commit: str | None
    runs: int
    first_run: str | None
    first_slot: datetime | None
    last_run: str | None
    last_slot: datetime | None


@contextmanager
def memory(checked: Checked) -> Iterator[State | None]:
    """The state of the project's environment, or None where no run has founded it yet."""
    with memory_at(checked.loaded.root, checked.settings.settings(checked.loaded.environment)) as state:
        yield state


def settings_alone(root: Path, environment: str | None) -> Settings | None:
    """What the project's own file says while other files have problems; None when that file has some itself."""
    documents, issues, _ = read_documents(root)
    mine = next((item for item in documents if item.kind == "project"), None)
    if mine is None or any(issue.file == mine.file for issue in issues):
        return None
    return project.parse(mine).settings(chosen_environment(environment, root))


@contextmanager
def memory_at(root: Path, settings: Settings) -> Iterator[State | None]:
    """The state that settings name, or None where no run has founded it yet."""
    url = resolve(settings.state, root).reveal()
    if url.startswith("sqlite:") and not (root / url.partition(":///")[2]).exists():
        yield None
        return
    state = open_state(url, root=root)
    try:
        yield state
    finally:
        state.close()


def now(checked: Checked) -> Configuration:
    """The files as they are."""
    return _of_files(checked.loaded, say("diff.files_now"))


def find(checked: Checked, state: State | None, word: str) -> Configuration:
    """The configuration that a word names: latest, files, git:REVISION, a path, a run, the beginning of a version.

    Raises UsageError for anything else, and for a beginning that several versions share.
    """
    if word == FILES:
        return now(checked)
    if word.startswith(GIT):
        return _of_revision(checked, word.removeprefix(GIT))
    if state is not None and (found := _stored(state, word)) is not None:
        return found
    if word != LATEST and (path := Path(word)).exists():
        return _of_path(checked, path)
    if word == LATEST:
        raise UsageError(say("diff.nothing_ran"), remedy=say("diff.nothing_ran_how"))
    raise UsageError(say("diff.unknown_side", word=word), remedy=say("diff.unknown_side_how"))


def history(state: State, limit: int) -> list[Period]:
    """The stored configurations, newest first."""
    by_start = (runs.c.started_at, runs.c.run_id)
    spans = select(
        runs,
        func.row_number().over(partition_by=runs.c.config_version, order_by=by_start).label("nth"),
        func.count().over(partition_by=runs.c.config_version).label("total"),
    ).subquery()
    kept = (config_blobs.c.config_version, config_blobs.c.stored_at, config_blobs.c.git_commit)
    newest = select(*kept).order_by(config_blobs.c.stored_at.desc(), config_blobs.c.config_version).limit(limit)
    edges = select(spans).where((spans.c.nth == 1) | (spans.c.nth == spans.c.total))
    with state.read() as connection:
        blobs = connection.execute(newest).mappings().all()
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in connection.execute(edges.order_by(spans.c.nth)).mappings():
            found.setdefault(str(row["config_version"]), []).append(dict(row))
    return [_period(dict(blob), found.get(str(blob["config_version"]), [])) for blob in blobs]


def documents_of(state: State, version: str) -> tuple[Document, ...]:
    """The documents of a stored version. Raises DataUnusable when it is not there or cannot be read."""
    with state.read() as connection:
        query = select(config_blobs.c.content).where(config_blobs.c.config_version == version)
        content = connection.execute(query).scalar_one_or_none()
    try:
        if content is not None:
            return stored.unpack(str(content))
    except (ValueError, KeyError, TypeError) as error:
        raise DataUnusable(say("diff.unreadable", version=version[:12]), remedy=say("diff.unreadable_how")) from error
    raise DataUnusable(say("diff.unreadable", version=version[:12]), remedy=say("diff.unreadable_how"))


def _period(blob: Mapping[str, Any], edges: list[Mapping[str, Any]]) -> Period:
    first, last = (edges[0], edges[-1]) if edges else ({}, {})
    return Period(
        version=str(blob["config_version"]),
        stored_at=blob["stored_at"],
        commit=blob["git_commit"],
        runs=int(first.get("total", 0)),
        first_run=first.get("run_id"),
        first_slot=first.get("slot"),
        last_run=last.get("run_id"),
        last_slot=last.get("slot"),
    )


def _stored(state: State, word: str) -> Configuration | None:
    """The configuration of a run (its id, or the newest), or the version that begins so."""
    with state.read() as connection:
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id).limit(1)
        row = connection.execute(query if word == LATEST else query.where(runs.c.run_id == word)).mappings().first()
        versions = []
        if row is None and len(word) >= _SHORTEST_PREFIX and word.isalnum():
            begins = config_blobs.c.config_version.startswith(word.lower(), autoescape=True)
            versions = list(connection.execute(select(config_blobs.c.config_version).where(begins)).scalars())
    if len(versions) > 1:
        shown = ", ".join(sorted(version[:16] for version in versions))
        raise UsageError(say("diff.several_versions", word=word), remedy=say("diff.several_versions_how", found=shown))
    if row is None and not versions:
        return None
    version = str(row["config_version"]) if row is not None else str(versions[0])
    run_id = str(row["run_id"]) if row is not None else ""
    title = say("diff.run", run=run_id, version=version[:12]) if run_id else say("diff.version", version=version[:12])
    return Configuration(title=title, version=version, documents=documents_of(state, version), run_id=run_id)


def _of_revision(checked: Checked, revision: str) -> Configuration:
    with tempfile.TemporaryDirectory(prefix="opscli-") as folder:
        git.write_revision(checked.loaded.root, revision, Path(folder))
        return _of_files(_loaded(Path(folder), checked), f"{GIT}{revision}")


def _of_path(checked: Checked, path: Path) -> Configuration:
    """Another checkout of the project, or a file or folder in one: then only what it holds is compared."""
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    for root in (folder, *folder.parents):
        if (root / PROJECT_FILE).is_file():
            there = _of_files(_loaded(root, checked), str(path))
            inside = path.resolve().relative_to(root).as_posix()
            return there if inside in (".", PROJECT_FILE.parent.as_posix()) else _narrowed(there, inside)
    raise UsageError(say("diff.no_project", path=path), remedy=say("diff.no_project_how"))


def _narrowed(whole: Configuration, inside: str) -> Configuration:
    """The side of a file or folder; a file of a folder that is one document stands for that document."""
    held = [item.file for item in whole.documents if f"{item.file}/".startswith(f"{inside}/")]
    around = next((item.file for item in whole.documents if inside.startswith(f"{item.file}/")), "")
    if not held and not around:
        raise UsageError(say("diff.no_config_file", file=inside), remedy=say("diff.unknown_side_how"))
    return replace(whole, only=around or inside)


def _loaded(root: Path, checked: Checked) -> LoadedConfig:
    return checked.loaded if root == checked.loaded.root else set_up(load(root, checked.loaded.environment))[0]


def _of_files(loaded: LoadedConfig, title: str) -> Configuration:
    words = say("diff.files_of", title=title, version=loaded.version[:12])
    return Configuration(title=words, version=loaded.version, documents=stored.comparable(loaded.documents))
