"""What a file looks like (`source sniff`): how it is written, why that was decided, and what its columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from opscli.engine.memory import MemoryWarehouse
from opscli.phrases import say
from opscli.sources import rejects
from opscli.sources.formats import choice
from opscli.sources.formats.csv import SUFFIXES
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.reader import left_behind
from opscli.sources.formats.records import split
from opscli.sources.formats.rows import FileFormat, ReadRequest
from opscli.sources.formats.shape import Profile, class_of, profile
from opscli.sources.formats.sniff import Sniffed, sniff

_SAMPLE_ROWS = 1000
_EXAMPLES = 3
_NAMED_WORDS = 5
_PATTERNS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was recognised, and why."""

    what: str
    value: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLook:
    """What a column seems to hold; `map` is what a mapping should say of it, where its name does not do."""

    name: str
    looks: str
    kind: str
    empty: float
    examples: tuple[str, ...]
    map: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A whole file. `format` pins what was recognised, in the words of a source's `format:`."""

    file: str
    type: str
    findings: tuple[Finding, ...]
    columns: tuple[ColumnLook, ...]
    format: Mapping[str, str | int | bool]


def look_at(path: Path, stated: FileFormat) -> Look:
    """Read the beginning of a text file, all of any other. Raises DataUnusable when nothing can be made of it."""
    with TemporaryDirectory(prefix="opscli-look-") as folder:
        request = ReadRequest(
            path=path, label=path.name, source="look", table="scratch.look", workbench=Path(folder), format=stated
        )
        plain, kind = choice.identified(request)
        found = _delimited(plain) if kind in SUFFIXES else _other(plain, kind)
        return replace(found, file=str(path))


def _delimited(request: ReadRequest) -> Look:
    text = as_utf8(request.path, request.format.encoding, request.workbench, request.label)
    found = sniff(text.path, text.newline, request.format, request.label)
    layout = found.layout
    first = layout.first - 1
    rows = [split(line.rstrip("\r\n"), layout.shape)[0] for line in found.sample[first:]]
    sound = [cells for cells in rows if len(cells) == layout.width]
    names = layout.names
    columns = tuple(_column(name, [cells[place] for cells in sound]) for place, name in enumerate(names))
    return Look(
        file=request.label,
        type="csv",
        findings=tuple(_findings(text, found)),
        columns=columns,
        format=_pinned(text, found, columns),
    )


def _findings(text: TextFile, found: Sniffed) -> Iterator[Finding]:
    verdict, layout = found.verdict, found.layout
    shape = layout.shape
    yield Finding("encoding", text.encoding, text.why)
    ends = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[text.newline]
    yield Finding("line_ends", ends, say("sources.look_lines", lines=text.lines))
    if shape.width > 1:
        why = say("sources.look_cells", share=f"{verdict.agreement:.0%}", width=shape.width)
        if verdict.runner_up_score:
            score, best = f"{verdict.runner_up_score:.2f}", f"{verdict.score:.2f}"
            why += say("sources.look_runner_up", delimiter=repr(_shown(verdict.runner_up)), score=score, best=best)
        yield Finding("delimiter", _shown(shape.delimiter), why)
    escaped = (
        say("sources.look_doubled") if shape.escape == shape.quote else say("sources.look_escaped", mark=shape.escape)
    )
    yield Finding("quote", shape.quote or "none", escaped)
    count = len(layout.header_lines)
    where = say("sources.look_header", count=count, line=layout.before + 1) if count else say("sources.look_no_header")
    yield Finding("header", where, say("sources.look_before", count=layout.before) if layout.before else "")
    yield Finding("rows", say("sources.look_rows", line=layout.first))
    if layout.names:
        with text.path.open(encoding="utf-8", newline=text.newline) as file:
            for left in left_behind(file, layout):
                yield Finding(left.what, say(f"sources.left_{left.what}", first=left.first, last=left.last))


def _pinned(text: TextFile, found: Sniffed, columns: Sequence[ColumnLook]) -> dict[str, str | int | bool]:
    layout, shape = found.layout, found.layout.shape
    count = len(layout.header_lines)
    pinned: dict[str, str | int | bool] = {"encoding": text.encoding, "delimiter": shape.delimiter}
    escape = "quote" if shape.escape == shape.quote else shape.escape or "none"
    header = count if count > 1 else bool(count)
    pinned |= {"quote": shape.quote or "none", "escape": escape, "header": header, "skip": layout.before}
    kinds = {column.kind for column in columns}
    if kinds & {"decimal_comma", "decimal_point"} and not {"decimal_comma", "decimal_point"} <= kinds:
        pinned["decimal"] = "," if "decimal_comma" in kinds else "."
    return pinned


def _shown(delimiter: str) -> str:
    return {"\t": "tab", " ": "space"}.get(delimiter, delimiter)


def _other(request: ReadRequest, kind: str) -> Look:
    """A file whose format says itself what its columns are."""
    warehouse = MemoryWarehouse(request.workbench / "scratch")
    try:
        with warehouse.read() as session:
            rejects.prepare(session)
            rows = choice.read(request, session)
            quote = session.dialect.quote
            texts = ", ".join(f"CAST({quote(name)} AS VARCHAR) AS {quote(name)}" for name in rows.columns)
            sample = session.dicts(f"SELECT {texts or 1} FROM {rows.relation} LIMIT {_SAMPLE_ROWS}")
            found = [_column(name, [str(row[name] or "") for row in sample]) for name in rows.columns]
    finally:
        warehouse.close()
    notes = (Finding("note", note) for note in rows.notes)
    findings = (Finding("format", kind), Finding("rows", f"{rows.read:,}"), *notes)
    return Look(file=request.label, type=kind, findings=findings, columns=tuple(found), format={})


def _column(name: str, cells: Sequence[str]) -> ColumnLook:
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell]
    known = profile(stripped)
    patterns = _fitting(filled) if known.kind in ("date", "moment") else ()
    looks, kind = _words(known, filled, patterns)
    return ColumnLook(
        name=name,
        looks=looks,
        kind=kind,
        empty=1 - len(filled) / len(cells) if cells else 0.0,
        examples=tuple(dict.fromkeys(filled))[:_EXAMPLES],
        map=f'{{column: {name}, format: "{patterns[0]}"}}' if _needs_format(patterns) else "",
    )


def _needs_format(patterns: Sequence[str]) -> bool:
    """One pattern reads every value, and the mapping would not know it by itself."""
    return len(patterns) == 1 and not patterns[0].startswith(_PATTERNS[0])


def _words(known: Profile, filled: Sequence[str], patterns: Sequence[str]) -> tuple[str, str]:
    """What a column holds, in words and as a key."""
    if not filled:
        return say("sources.look_empty"), "empty"
    if known.kind == "number":
        return _number(filled)
    if known.kind in ("date", "moment"):
        told = " / ".join(patterns) if patterns else say("sources.look_mixed_dates")
        return say(f"sources.look_{known.kind}", pattern=told), known.kind
    if known.kind in ("time", "address", "link"):
        return say(f"sources.look_{known.kind}"), known.kind
    return _text(known)


def _text(known: Profile) -> tuple[str, str]:
    if known.words:
        words = sorted(known.words)
        more = say("sources.look_more", count=len(words) - _NAMED_WORDS) if len(words) > _NAMED_WORDS else ""
        return say("sources.look_words", words=", ".join(words[:_NAMED_WORDS]) + more), "words"
    if known.shape:
        return say("sources.look_shape", shape=known.shape), "shape"
    return say("sources.look_text"), "text"


def _number(filled: Sequence[str]) -> tuple[str, str]:
    comma = sum(_decimal_sign(cell) == "," for cell in filled)
    point = sum(_decimal_sign(cell) == "." for cell in filled)
    if comma and point:
        return say("sources.look_mixed_numbers"), "mixed_numbers"
    if comma or point:
        kind = "decimal_comma" if comma else "decimal_point"
        return say(f"sources.look_{kind}"), kind
    return say("sources.look_whole"), "whole"


def _decimal_sign(cell: str) -> str:
    """The sign that can only be a decimal one; empty where none stands there or it may be a group's."""
    marks = [mark for mark in cell if mark in ".,"]
    if len(marks) > 1:
        if len(set(marks)) == 1:  # 1.234.567: groups, so that the other sign stands before decimals
            return {".": ",", ",": "."}[marks[0]]
        return marks[-1] if marks.count(marks[-1]) == 1 else ""
    if not marks:
        return ""
    if cell.lstrip("+-(€£$¥ ").startswith("0"):
        return marks[0]  # no group begins with a zero
    behind = cell.rpartition(marks[0])[2].rstrip("%)€£$¥ ")
    return "" if len(behind) == 3 else marks[0]  # noqa: PLR2004  a group of three


def _fitting(filled: Sequence[str]) -> tuple[str, ...]:
    """The strptime patterns that read every value."""
    likely = [value for value in filled if class_of(value) in ("date", "moment")]
    found = (f"{day}{clock}" for day in _PATTERNS for clock in _CLOCKS)
    return tuple(pattern for pattern in found if likely and all(_reads(value, pattern) for value in likely))


def _reads(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)  # noqa: DTZ007  only whether it fits
    except ValueError:
        return False
    return True
