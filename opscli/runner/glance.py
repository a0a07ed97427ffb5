"""See that a run is done already without reading the whole configuration again.

Cron asks more often than there is work. After the configuration was found good, the documents that decide "which
slot, which state" are kept in `.opscli/glance.json` under a seal: path, size and mtime of every config file and of
the program's own schemas. While the seal holds nothing can have changed; otherwise, and for anything that must run,
all is read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from opscli import __version__
from opscli.clock import open_clock
from opscli.config import project as project_kind
from opscli.config.document import Document
from opscli.config.load import DEFAULT_ENVIRONMENT
from opscli.config.secrets import resolve, variable
from opscli.kinds import config_kinds
from opscli.runner import job as job_kind
from opscli.runner import ledger
from opscli.runner.execute import Request, RunResult, noop, times
from opscli.runner.slots import read_instant
from opscli.stage import Project
from opscli.state.store import open_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which run is asked about."""

    job: str
    slot: str | None
    params: Mapping[str, Any]
    environment: str | None


def remember(project: Project) -> None:
    """Keep what `done_already` needs; a folder that cannot be written costs only the shortcut."""
    path = _path(project.root)
    kept = [_plain(item) for item in project.documents if item.kind in ("project", "job")]
    body = json.dumps({"seal": _seal(project.root), "documents": kept}, default=str)
    if path.parent.is_dir() and not (path.exists() and path.read_text(encoding="utf-8") == body):
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(body, encoding="utf-8")
        draft.replace(path)


def done_already(root: Path, question: Question) -> RunResult | None:
    """The run's result when the ledger has it as done; None when it must be looked at properly."""
    documents = _recall(root)
    job = next((item for item in documents if (item.kind, item.name) == ("job", question.job)), None)
    main = next((item for item in documents if item.kind == "project"), None)
    if job is None or main is None:
        return None
    spec = project_kind.parse(main)
    here = spec.settings(question.environment or variable("OPSCLI_ENV", root) or DEFAULT_ENVIRONMENT)
    now = open_clock(here.clock).now()
    slot = _slot(question.slot, spec.timezone)
    request = Request(job=job_kind.parse(job), now=now, slot=slot, params=question.params)
    due, _ = times(spec.timezone, request)
    url = resolve(here.state, root).reveal()
    if url.startswith("sqlite:") and not (root / url.partition(":///")[2]).exists():
        return None
    state = open_state(url, root=root)
    try:
        run = ledger.find(state, ledger.RunKey(job=question.job, slot=due, params=question.params))
    finally:
        state.close()
    return noop(run) if run is not None and run.status in ledger.DONE else None


def _slot(text: str | None, zone: str) -> datetime | None:
    return read_instant(text, zone, "--slot") if text else None


def _path(root: Path) -> Path:
    return root / ".opscli" / "glance.json"


def _plain(document: Document) -> dict[str, Any]:
    return {"kind": document.kind, "version": document.version, "name": document.name, "file": document.file,
            "data": document.data}  # fmt: skip


def _recall(root: Path) -> list[Document]:
    """The remembered documents while the seal holds, else none."""
    try:
        kept = json.loads(_path(root).read_text(encoding="utf-8"))
        if kept["seal"] != _seal(root):
            return []
        return [Document(marks={}, **item) for item in kept["documents"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _seal(root: Path) -> str:
    """Hash of what the configuration is made of, by path, size and mtime."""
    digest = hashlib.sha256(__version__.encode())
    for path in _inputs(root):
        stat = path.stat()
        digest.update(f"\0{path}\0{stat.st_size}\0{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    for folder in (root / "configs", root / "jobs"):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())
    yield from (path for path in (root / ".env",) if path.exists())
    yield from sorted(config_kinds().values())
