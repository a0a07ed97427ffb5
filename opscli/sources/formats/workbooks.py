"""A workbook that is a zip file: is it safe to hand to a native reader, and what that reader will not tell.

What comes out is counted, not what the file says of itself; sheets are read as XML, and far-away cells refused.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats import sheet_xml
from opscli.sources.formats.archives import Growth, open_member, open_zip, pieces
from opscli.sources.formats.rows import ReadRequest
from opscli.sources.formats.sheet_xml import Cells, Malformed

_MOST_BYTES = 2 << 30
_MOST_CELLS = 60_000_000
_SPARE_PLACES = 1_000_000
_EMPTY_SHARE = 1000
"""A sheet may have so many empty places for each filled one, beyond a million."""
_ANY_SIZE = 1 << 60
_BOOK, _DOCUMENT = "xl/workbook.xml", "content.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]+[.]xml")


def look_through(request: ReadRequest) -> Mapping[str, Cells]:
    """The cells of each sheet by its name; nothing for a file of the old, binary kind.

    Raises DataUnusable for what is no workbook, would take too much memory, or holds what no workbook does.
    """
    if not zipfile.is_zipfile(request.path):
        return {}
    try:
        with open_zip(request.path, request.label) as (archive, raw):
            return _looked_through(_Parts(archive, raw, request.label))
    except (Malformed, KeyError) as error:
        raise unreadable(request.label, error) from error


def unreadable(label: str, error: object) -> DataUnusable:
    """The refusal of a workbook that is none, or is damaged."""
    told = str(error).partition("\n")[0]
    return DataUnusable(say("sources.bad_workbook", file=label, error=told), remedy=say("sources.export_again"))


class _Parts:
    """The files of a zip file, each by its whole name and as long as it really is."""

    def __init__(self, archive: zipfile.ZipFile, raw: IO[bytes], label: str) -> None:
        self._archive, self._raw = archive, raw
        self.label = label
        self.members = {_plain(member.filename): member for member in archive.infolist()}
        if len(self.members) < len(archive.infolist()):
            raise Malformed("two parts of one name")
        self.unseen = set(self.members)

    @contextmanager
    def open(self, name: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a part. Raises DataUnusable when they are too many, and KeyError."""
        member = copy.copy(self.members[_plain(name)])
        member.file_size = _ANY_SIZE  # else only so many bytes are looked at as the file says there are
        self.unseen.discard(_plain(name))
        growth = Growth(self.label, lambda: self._raw.tell() - member.header_offset, _MOST_BYTES)
        with open_member(self._archive, member, self.label) as stream:
            yield pieces(stream, growth)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _looked_through(parts: _Parts) -> dict[str, Cells]:
    found: dict[str, Cells] = {}
    if _DOCUMENT in parts.members:
        with parts.open(_DOCUMENT) as data:
            found = sheet_xml.spreadsheet(data)
    else:
        for name, part in _sheets(parts).items():
            with parts.open(part) as data:
                found[name] = sheet_xml.worksheet(data)
        for part in [part for part in sorted(parts.unseen) if _SHEET.fullmatch(part)]:
            with parts.open(part) as data:
                _refuse_sparse(sheet_xml.worksheet(data), part, parts.label)
    for name, cells in found.items():
        _refuse_sparse(cells, name, parts.label)
    for part in sorted(parts.unseen):
        with parts.open(part) as data:
            for _ in data:
                pass
    return found


def _sheets(parts: _Parts) -> dict[str, str]:
    """Parts of the worksheets, by the names that people see."""
    books = _related(parts, "_rels/.rels", "officeDocument")
    book = PurePosixPath(next(iter(books.values()), _BOOK))
    targets = _related(parts, str(book.parent / "_rels" / f"{book.name}.rels"), "worksheet")
    named: dict[str, str] = {}

    def sheet(name: str, attributes: Mapping[str, str]) -> None:
        if sheet_xml.local(name) == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            named[attributes.get("name", "")] = ids[0] if ids else ""

    made = sheet_xml.parser()
    made.StartElementHandler = sheet
    with parts.open(str(book)) as data:
        sheet_xml.parse(made, data)
    return {name: targets[place] for name, place in named.items() if place in targets}


def _related(parts: _Parts, listing: str, kind: str) -> dict[str, str]:
    """Parts of a kind that a part refers to, by their ids."""
    beside = PurePosixPath(listing).parent.parent
    found: dict[str, str] = {}

    def relation(name: str, attributes: Mapping[str, str]) -> None:
        if sheet_xml.local(name) == "Relationship" and attributes.get("Type", "").endswith(f"/{kind}"):
            found[attributes.get("Id", "")] = _resolved(beside, attributes.get("Target", ""))

    made = sheet_xml.parser()
    made.StartElementHandler = relation
    with parts.open(listing) as data:
        sheet_xml.parse(made, data)
    return found


def _resolved(beside: PurePosixPath, target: str) -> str:
    """A target is beside the part that names it, or begins with a slash."""
    path = PurePosixPath(target) if target.startswith("/") else beside / target
    steps: list[str] = []
    for step in path.parts:
        if step == ".." and steps:
            steps.pop()
        elif step not in ("/", "."):
            steps.append(step)
    return "/".join(steps)


def _refuse_sparse(cells: Cells, sheet: str, label: str) -> None:
    """A sheet with a single cell in its last corner would be a table of billions of empty ones."""
    places = cells.width * cells.height
    if places > _MOST_CELLS or places > _SPARE_PLACES + _EMPTY_SHARE * cells.count:
        told = say(
            "sources.sheet_sparse", file=label, sheet=sheet, count=cells.count, row=cells.height, column=cells.width
        )
        raise DataUnusable(told, remedy=say("sources.sheet_sparse_how"))
