"""The page as files: CSV, JSON, Markdown; written beside their place and moved there, so no reader sees half a file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from opscli.clock import iso
from opscli.errors import CannotCreate
from opscli.phrases import say
from opscli.reports.model import Block, Page
from opscli.reports.numbers import Printer

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001  full-width twins start formulas too
MANIFEST = "manifest.json"


def csv_files(page: Page) -> dict[str, str]:
    """File name → text: one file a block, and the manifest with row counts and hashes."""
    texts = {f"{block.name}.csv": block_csv(block) for block in page.blocks}
    entries = [
        {
            "file": f"{block.name}.csv",
            "title": block.title,
            "rows": len(block.rows),
            "sha256": hashlib.sha256(texts[f"{block.name}.csv"].encode()).hexdigest(),
        }
        for block in page.blocks
    ]
    manifest = {
        "report": page.name,
        "project": page.project,
        "as_of": iso(page.as_of),
        "config_version": page.config_version,
        "files": entries,
    }
    return {**texts, MANIFEST: json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"}


def block_csv(block: Block) -> str:
    """Header of column names, raw values; a text that a spreadsheet would run as a formula gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.name for column in block.columns])
    writer.writerows([_csv_cell(value) for value in row] for row in block.rows)
    return buffer.getvalue()


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value as JSON and CSV hold it."""
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else value


def page_data(page: Page) -> dict[str, Any]:
    """The whole page as JSON-ready data."""
    return {
        "schema": "opscli.report/1",
        "report": page.name,
        "title": page.title,
        "project": page.project,
        "environment": page.environment,
        "as_of": iso(page.as_of),
        "zone": page.zone,
        "config_version": page.config_version,
        "blocks": [_block_data(block) for block in page.blocks],
        "not_set_up": list(page.left_out),
    }


def _block_data(block: Block) -> dict[str, Any]:
    names = [column.name for column in block.columns]
    return {
        "name": block.name,
        "kind": block.kind,
        "title": block.title,
        "sentence": block.sentence,
        "owner": block.owner,
        "notes": list(block.notes),
        "columns": [{"name": c.name, "title": c.title, "unit": c.unit} for c in block.columns],
        "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in block.rows],
    }


def as_json(page: Page) -> str:
    """The page as one JSON document."""
    return json.dumps(page_data(page), ensure_ascii=False, indent=2) + "\n"


def as_markdown(page: Page) -> str:
    """The page as text: a heading, a sentence and a table a block."""
    head = [f"# {page.title}", "", f"{page.project} · {iso(page.as_of)} · {page.config_version[:12]}", ""]
    for block in page.blocks:
        head += [f"## {block.title}", "", block.sentence, ""]
        head += [f"- {note}" for note in block.notes] + ([""] if block.notes else [])
        head += _markdown_table(block, page)
    head += [f"- {text}" for text in page.left_out]
    return "\n".join(head).rstrip() + "\n"


def _markdown_table(block: Block, page: Page) -> list[str]:
    if not block.rows:
        return []
    lines = ["| " + " | ".join(_cell(column.title) for column in block.columns) + " |"]
    lines.append("|" + "|".join(" --- " if c.unit == "text" else " ---: " for c in block.columns) + "|")
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in shown_rows(block, page)]
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def shown_rows(block: Block, page: Page) -> list[list[str]]:
    """The rows of a block as people read them."""
    printers = [Printer(column.unit, page.currency, locale=page.locale) for column in block.columns]
    return [[printer.full(value) for printer, value in zip(printers, row, strict=True)] for row in block.rows]


def write_text(path: Path, text: str) -> None:
    """Write a file atomically. Raises CannotCreate with the path when the place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)  # mkstemp makes it 0600; a report is made to be read
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotCreate(
            say("reports.not_written", path=path, error=error.strerror or error),
            remedy=say("reports.not_written_how"),
        ) from error


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write every file of a folder, the manifest last: whoever sees the new manifest sees the new files."""
    for name in sorted(texts, key=lambda name: (name == MANIFEST, name)):
        write_text(folder / name, texts[name])
