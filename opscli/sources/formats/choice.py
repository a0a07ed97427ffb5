"""Which format reads a file: the one that the source states, else the one of its ending, unless its content says other.

Shops export tables of HTML and tab-separated texts as .xls, and people save workbooks as .csv: what such a file really
is decides, with a note.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import cast

from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats import csv, jsonl, parquet, xlsx
from opscli.sources.formats import json as json_documents
from opscli.sources.formats.rows import AUTO, Format, ReadRequest, Rows
from opscli.sources.formats.survey import as_ascii
from opscli.sources.formats.unpack import ENDINGS, document_kind, packing, unpacked

_FORMATS: tuple[ModuleType, ...] = (csv, jsonl, json_documents, parquet, xlsx)
_HEAD_BYTES = 1 << 16
_HOPELESS = (
    "pdf", "doc", "docx", "odt", "rtf", "ppt", "pptx", "xlsb", "mdb", "accdb", "msg", "eml", "jpg", "png", "gif",
    "exe", "rar", "7z", "tar", "tgz", "bz2", "xz",
)  # fmt: skip
_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<(?:html|head|body|table|meta|style|div)[\s>])", re.IGNORECASE)
_STRANGE = {
    b"%PDF-": "PDF",
    b"{\\rtf": "RTF",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"<?xml": "XML",
    b"SQLite format 3": "SQLite",
}
_TAR, _TAR_AT = b"ustar", 257
_PARQUET = b"PAR1"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARRAY = re.compile(rb"\s*\[\s*[{\]]")


def read(request: ReadRequest, session: Session) -> Rows:
    """Read a file in whatever format it is, unpacked before. Raises DataUnusable when that cannot be."""
    plain, kind = identified(request)
    named = _ending(plain.path.name)
    rows = _by_ending(kind).read(plain, session)
    if request.format.type != AUTO or not is_known(named) or _by_ending(kind) is _by_ending(named):
        return rows
    return replace(rows, notes=(say("sources.is_really", file=request.label, kind=kind, ending=named), *rows.notes))


def identified(request: ReadRequest) -> tuple[ReadRequest, str]:
    """The request for the plain file, and the ending that stands for what it is."""
    plain = unpacked(request)
    if plain.format.type != AUTO:
        return plain, plain.format.type
    return plain, recognised(plain.path, _ending(plain.path.name), plain.label)


def recognised(path: Path, named: str, label: str) -> str:
    """The ending that stands for what a plain file is: by its content where that is clear, else as it is `named`.

    Raises DataUnusable when it is something that holds no rows.
    """
    head = _head(path)
    _refuse_strange(path, head, named, label)
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_OLD_OFFICE) or packing(path) == ".zip":
        return "xlsx"
    text = as_ascii(head)
    if _HTML.match(text):
        raise DataUnusable(say("sources.is_html", file=label), remedy=say("sources.is_html_how"))
    told = _json_kind(text, whole=len(head) < _HEAD_BYTES)
    if named in jsonl.SUFFIXES:
        return "json" if _ARRAY.match(text) or text.split(b"\n", 1)[0].strip() == b"{" else named
    if named in json_documents.SUFFIXES:
        return told or named
    if not is_known(named) or named in xlsx.SUFFIXES:
        return told or "csv"
    return named


def is_known(ending: str) -> bool:
    """Whether a format goes by this ending."""
    return any(ending in module.SUFFIXES for module in _FORMATS)


def is_hopeless(name: str) -> bool:
    """Whether a file of this name is surely none that holds rows."""
    return _ending(name) in _HOPELESS


def endings() -> str:
    """Every known ending, for people."""
    return ", ".join(f".{suffix}" for module in _FORMATS for suffix in module.SUFFIXES)


def _by_ending(ending: str) -> Format:
    return next(cast("Format", module) for module in _FORMATS if ending in module.SUFFIXES)


def _ending(name: str) -> str:
    path = PurePosixPath(name.lower())
    return (PurePosixPath(path.stem) if path.suffix in ENDINGS else path).suffix.removeprefix(".")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _refuse_strange(path: Path, head: bytes, named: str, label: str) -> None:
    """Raise DataUnusable for what holds no rows, whatever it is called."""
    kind = next((kind for magic, kind in _STRANGE.items() if as_ascii(head).lstrip().startswith(magic)), "")
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        kind = "tar"
    if packing(path) == ".zip" and (document := document_kind(path, label)) not in ("xl", "ods"):
        kind = document or "zip"
    if kind or named in _HOPELESS:
        raise DataUnusable(
            say("sources.holds_no_rows", file=label, kind=kind or f".{named}"),
            remedy=say("sources.formats_are", endings=endings()),
        )


def _json_kind(text: bytes, *, whole: bool) -> str:
    """`json` or `jsonl` for a text that begins like one, else empty."""
    if _ARRAY.match(text):
        return "json"
    if not text.lstrip().startswith(b"{"):
        return ""
    line, newline, rest = text.lstrip().partition(b"\n")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        # One line that is longer than what was looked at may be either; a document is read as both would be.
        return "json" if newline or whole or b"}\n{" not in text else "jsonl"
    if not isinstance(found, dict):
        return "json"
    is_record = not any(isinstance(value, (list, dict)) for value in found.values())
    return "jsonl" if is_record or rest.strip() or not whole else "json"
