"""Results to stdout in the chosen format: a rich table on a terminal, plain columns in a pipe, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from opscli.cli.choices import CHOICES
from opscli.clock import END_OF_TIME, iso
from opscli.phrases import current, listed, named, say

SCHEMA = "opscli/1"
_NOTHING = "–"  # noqa: RUF001  an en dash is what people write for "no value"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001  full-width twins start formulas too
_HARMLESS = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160)), " ")
"""Control characters: imported text must not steer the terminal of whoever reads it."""
Row = Mapping[str, Any]


def envelope(data: Any, *, code: int = 0, warnings: Sequence[str] = (), error: Mapping[str, Any] | None = None) -> str:
    """The JSON envelope of every command, ending in a newline."""
    body = {
        "schema": SCHEMA,
        "ok": error is None,
        "code": code,
        "data": data,
        "warnings": list(warnings),
        "error": dict(error) if error else None,
    }
    return json.dumps(body, ensure_ascii=False, indent=2, default=json_value) + "\n"


def json_value(value: Any) -> Any:
    """A value that JSON lacks, as text: instants in UTC with Z, money as text so that no digit is lost."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def chosen_format() -> str:
    """`table` unless an option said otherwise."""
    return CHOICES.format or "table"


def show(rows: Sequence[Row], *, columns: Sequence[str] = (), title: str = "", warnings: Sequence[str] = ()) -> None:
    """Print rows in the chosen format. `columns` fixes which and in which order (default: those of the first row)."""
    names = list(columns) or (list(rows[0]) if rows else [])
    kind = chosen_format()
    if kind == "json":
        sys.stdout.write(envelope([dict(row) for row in rows], warnings=warnings))
        return
    if kind == "jsonl":
        sys.stdout.writelines(json.dumps(dict(row), ensure_ascii=False, default=json_value) + "\n" for row in rows)
    elif kind == "csv":
        sys.stdout.write(as_csv(rows, names))
    elif kind == "markdown":
        sys.stdout.write(as_markdown(rows, names))
    else:
        _table(rows, names, title)
    for warning in warnings:
        note(warning)


def show_one(data: Mapping[str, Any], text: str = "") -> None:
    """Print one object: JSON as it is, otherwise `text` or its fields line by line."""
    if chosen_format() in ("json", "jsonl"):
        sys.stdout.write(envelope(dict(data)))
    elif text:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in fields({name: cell(value) for name, value in data.items()}))


def fields(texts: Mapping[str, str | int]) -> list[str]:
    """Name and text side by side, one a line, aligned also where a character is two columns wide."""
    from opscli.charts.width import pad, width

    heads = {name: named(name) if current() != "en" else name for name in texts}
    room = max(map(width, heads.values()), default=0)
    return [f"{pad(heads[name], room)}  {text}" for name, text in texts.items()]


def done(text: str, data: Mapping[str, Any] | None = None, *, warnings: Sequence[str] = ()) -> None:
    """Say that something was done: JSON when asked for, a line on a terminal, silence in cron but for warnings."""
    if chosen_format() in ("json", "jsonl"):
        sys.stdout.write(envelope(dict(data or {}), warnings=warnings))
        return
    for warning in warnings:
        note(warning)
    if sys.stdout.isatty() and not CHOICES.quiet:
        sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A remark on stderr, not under --quiet."""
    if not CHOICES.quiet:
        sys.stderr.write(text + "\n")


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None or (isinstance(value, datetime) and value.year == END_OF_TIME.year):  # the open end of a version
        return _NOTHING
    if isinstance(value, bool):
        return named("yes" if value else "no")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal | float):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    compound = isinstance(value, Mapping | list | tuple)
    text = json.dumps(value, ensure_ascii=False, default=json_value) if compound else str(value)
    return text.translate(_HARMLESS)


def as_csv(rows: Sequence[Row], names: Sequence[str]) -> str:
    """CSV text; cells that a spreadsheet would run as a formula get a leading apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if CHOICES.header:
        writer.writerow(names)
    writer.writerows([_csv_cell(row.get(name)) for name in names] for row in rows)
    return buffer.getvalue()


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    text = value if isinstance(value, int | float | Decimal) else str(json_value(value))
    return "'" + text if isinstance(text, str) and text.startswith(_FORMULA) else text


def as_markdown(rows: Sequence[Row], names: Sequence[str]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_markdown_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _markdown_cell(value: Any) -> str:
    return cell(value).replace("|", "\\|").replace("\n", "<br>")


def console(*, stderr: bool = False) -> Any:
    """A rich console: colours only on a terminal, 100 columns in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 100, highlight=False, soft_wrap=not stream.isatty())


def _table(rows: Sequence[Row], names: Sequence[str], title: str) -> None:
    if not sys.stdout.isatty():
        _plain(rows, names)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from opscli.cli.fit import fitting, measured

    screen = console()
    cells = {name: [cell(row.get(name)) for row in rows] for name in names}
    heads = {name: named(name) for name in names}
    columns = {
        name: measured(name, ["" if text == _NOTHING else text for text in cells[name]], heads[name]) for name in names
    }
    shown = fitting(list(columns.values()), screen.width)
    table = Table(
        title=title or None, box=box.SIMPLE_HEAD, show_header=CHOICES.header, title_justify="left", pad_edge=False
    )
    for name in shown:
        number = all(isinstance(row.get(name), int | float | Decimal | None) for row in rows) and bool(rows)
        side: Any = "right" if number else "left"
        table.add_column(heads[name], justify=side, overflow="fold", min_width=columns[name].least)
    for line in zip(*(cells[name] for name in shown), strict=True):
        table.add_row(*map(Text, line))
    screen.print(table)
    if left_out := [heads[name] for name in names if name not in shown and columns[name].width]:
        screen.print(Text(say("cli.no_room_for", columns=listed(left_out)), style="dim"))


def _plain(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Aligned columns without colours or boxes, for pipes and cron mails."""
    from opscli.charts.width import pad, width

    cells = [list(names)] if CHOICES.header else []
    cells += [[cell(row.get(name)).replace("\n", " ") for name in names] for row in rows]
    widths = [max((width(line[index]) for line in cells), default=0) for index in range(len(names))]
    for line in cells:
        sys.stdout.write("  ".join(map(pad, line, widths)).rstrip() + "\n")
