"""A corrected reject file read again (`import --retry FILE`): its raw texts, as their input files were written.

Beside every reject file lies `<source>.layout.json`, which tells how the raw texts of each input file are written.
They are put into files of that form, read like any other, and rejects then name the reject file's own lines.
"""

from __future__ import annotations

import csv
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import listed, say
from opscli.sources import rejects
from opscli.sources.formats.encoding import as_utf8
from opscli.sources.formats.rows import AUTO, REJECTS, FileFormat
from opscli.sources.gathering import Asked, Found, Gathered

_LINES = "scratch.import_lines"
_LONGEST_CELL = 1 << 24
_DELIMITERS = (",", ";", "\t")
"""What spreadsheets write between cells."""
Layout = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row of a reject file: the line it stands on there, and where it came from."""

    line: int
    source: str
    file: str
    file_line: int
    raw: str


@dataclass(slots=True, kw_only=True)
class Lines:
    """Where the lines of the files in the workbench stand in the reject file `label`, and how each is written."""

    label: str
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    layouts: list[tuple[int, Layout]] = field(default_factory=list)

    def note(self, file: str, line: int, origin: int) -> None:
        """Line `line` of `file` is line `origin` of the reject file."""
        self.files.append(file)
        self.lines.append(line)
        self.origins.append(origin)

    def translate(self, session: Session, source: str) -> None:
        """Make the staged rejects name the lines of the reject file."""
        import pyarrow as pa

        session.create(_LINES, {"file": "text", "line_no": "integer", "origin": "integer"})
        session.insert_arrow(_LINES, pa.table({"file": self.files, "line_no": self.lines, "origin": self.origins}))
        # A text that broke into several records keeps the line on which it began.
        session.execute(
            f"UPDATE {REJECTS} AS r SET file = ?, line_no = coalesce((SELECT max(l.origin) FROM {_LINES} AS l "
            "WHERE l.file = r.file AND l.line_no <= r.line_no), r.line_no) WHERE source = ?",
            (self.label, source),
        )
        session.execute(f"DROP TABLE {_LINES}")


def source_of(path: Path, workbench: Path) -> str:
    """The source that a reject file is of. Raises DataUnusable for any other file."""
    names = sorted({reject.source for reject in _read(path, workbench)})
    if len(names) != 1:
        raise DataUnusable(
            say("sources.retry_sources", path=path, count=len(names)), remedy=say("sources.retry_sources_how")
        )
    return names[0]


def gather(path: Path, asked: Asked) -> tuple[Gathered, Lines]:
    """The raw texts as files, one for each way in which they are written. Raises DataUnusable where it is unknown."""
    found = list(_read(path, asked.workbench))
    layouts = _layouts(path, asked.source)
    label = path.relative_to(asked.root).as_posix() if path.is_relative_to(asked.root) else path.as_posix()
    lines = Lines(label=label)
    groups: dict[str, tuple[Layout, list[Reject]]] = {}
    for reject in found:
        layout = _layout_of(reject, layouts, path)
        groups.setdefault(json.dumps(layout, sort_keys=True), (layout, []))[1].append(reject)
        if not lines.layouts or lines.layouts[-1][1] != layout:
            lines.layouts.append((reject.line, layout))
    files = [
        _written(layout, members, asked.workbench / f"retry-{number}", lines)
        for number, (layout, members) in enumerate(groups.values(), start=1)
    ]
    return Gathered(files=tuple(files)), lines


def _read(path: Path, workbench: Path) -> Iterator[Reject]:
    """Rows of a reject file that have a text; whoever empties one gives that row up."""
    if not path.is_file():
        raise DataUnusable(say("sources.retry_missing", path=path), remedy=say("sources.retry_missing_how"))
    csv.field_size_limit(_LONGEST_CELL)
    with as_utf8(path, AUTO, workbench).path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
        if sorted(names) != sorted(rejects.HEADER):
            expected = listed(rejects.HEADER)
            raise DataUnusable(
                say("sources.retry_columns", path=path), remedy=say("sources.retry_columns_how", columns=expected)
            )
        reader, line = csv.reader(file, delimiter=delimiter), 2
        for cells in reader:
            row = dict(zip(names, map(rejects.unharmed, cells), strict=False))
            if row.get("raw", "").strip():
                yield Reject(
                    line=line,
                    source=row["source"],
                    file=row["file"],
                    file_line=int(row["line"]) if row["line"].isdecimal() else 0,
                    raw=row["raw"],
                )
            line = reader.line_num + 2


def _layouts(path: Path, source: str) -> Mapping[str, Sequence[Layout]]:
    """What lies beside a reject file. A copy under another name finds that of its source."""
    for place in (rejects.layout_of(path), path.with_name(f"{source}{rejects.LAYOUT}")):
        if place.is_file():
            try:
                files: Mapping[str, Sequence[Layout]] = json.loads(place.read_text(encoding="utf-8"))["files"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataUnusable(
                    say("sources.retry_bad_layout", path=place), remedy=say("sources.retry_no_layout_how")
                ) from error
            return files
    name = f"{source}{rejects.LAYOUT}"
    raise DataUnusable(say("sources.retry_no_layout", path=path, name=name), remedy=say("sources.retry_no_layout_how"))


def _layout_of(reject: Reject, layouts: Mapping[str, Sequence[Layout]], path: Path) -> Layout:
    """How a row's text is written: the last stretch of its file that begins at or before its line."""
    stretches = layouts.get(reject.file)
    if not stretches:
        raise DataUnusable(
            say("sources.retry_no_file", path=path, line=reject.line, file=reject.file),
            remedy=say("sources.retry_no_layout_how"),
        )
    place = bisect_right([int(stretch["from_line"]) for stretch in stretches], reject.file_line)
    return {name: value for name, value in stretches[max(place - 1, 0)].items() if name != "from_line"}


def _written(layout: Layout, members: Sequence[Reject], base: Path, lines: Lines) -> Found:
    """The texts of one layout as a file of that form."""
    texts = [reject.raw for reject in members]
    stated = {"decimal": str(layout.get("decimal", AUTO)), "encoding": "utf-8"}
    if layout.get("type") == "csv":
        path, head = base.with_suffix(".csv"), _header(layout)
        stated |= {name: str(layout[name]) for name in ("delimiter", "quote", "escape") if name in layout}
        stated |= {"type": "csv", "header": "true", "skip": "0"}
    else:
        path, head = base.with_suffix(".jsonl"), ""
        stated |= {"type": "jsonl"}
        texts = [" ".join(text.splitlines()) for text in texts]
    label = f"{lines.label} ({base.name})"
    line = 1 + head.count("\n")
    for reject, text in zip(members, texts, strict=True):
        lines.note(label, line, reject.line)
        line += text.count("\n") + 1
    path.write_text(head + "".join(f"{text}\n" for text in texts), encoding="utf-8", newline="")
    return Found(path=path, label=label, size=path.stat().st_size, format=FileFormat(**stated))


def _header(layout: Layout) -> str:
    delimiter, quote = str(layout.get("delimiter", ",")), str(layout.get("quote", '"'))
    names = [str(name) for name in layout["header"]]
    special = (delimiter, quote, "\n", "\r")
    quoted = [
        f"{quote}{name.replace(quote, quote * 2)}{quote}" if any(mark in name for mark in special) else name
        for name in names
    ]
    return delimiter.join(quoted) + "\n"
