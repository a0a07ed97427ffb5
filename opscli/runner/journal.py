"""The log of a run: one JSON line per event, ids and counts only, always in English, in `.opscli/logs/<run>.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opscli.clock import iso, wall_now
from opscli.config.hidden import hide
from opscli.phrases import in_english
from opscli.stage import Project


class Journal:
    """Appends events of one run; each line is complete or absent."""

    def __init__(self, project: Project, run_id: str) -> None:
        self.path = path_of(project, run_id)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._run_id = run_id

    def write(self, event: str, **facts: Any) -> None:
        """Append one event."""
        english = {name: in_english(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        line = {"at": iso(wall_now()), "run": self._run_id, "event": event, **english}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(hide(json.dumps(line, ensure_ascii=False, default=str)) + "\n")


def path_of(project: Project, run_id: str) -> Path:
    """Where the log of a run is."""
    return project.root / ".opscli" / "logs" / f"{run_id}.jsonl"


def read(project: Project, run_id: str) -> Iterator[dict[str, Any]]:
    """The events of a run, oldest first; a torn last line (the process died) is left out."""
    path = path_of(project, run_id)
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue
