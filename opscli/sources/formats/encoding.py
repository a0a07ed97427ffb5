"""Bytes to UTF-8: find or obey the encoding, refuse what does not decode, and say at which byte."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opscli.errors import DataUnusable
from opscli.phrases import say

_CHUNK_BYTES = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FALLBACKS = ("cp1252", "latin-1")
"""Tried in this order when a file is not UTF-8; cp1252 leaves five bytes undefined, Latin-1 none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file as UTF-8 without a byte order mark; `path` is the original where it already was that."""

    path: Path
    encoding: str
    """The encoding in which the original was read."""
    lines: int
    """Physical lines, the last one also without a newline."""
    newline: str
    uniform: bool
    """Every line ends in `newline`, and no other CR or LF stands anywhere."""


def as_utf8(path: Path, encoding: str, workbench: Path) -> TextFile:
    """The file as UTF-8, rewritten into `workbench` only where it must be; `encoding` may be `auto`.

    Raises DataUnusable naming the offset of the first byte that does not decode, and for an unknown encoding.
    """
    chosen = detect(path) if encoding == "auto" else _known(encoding)
    if chosen in ("utf-8", "ascii") and path.suffix != ".gz" and not _has_mark(path):
        _refuse_undecodable(path, chosen)
        return _described(path, chosen)
    if chosen == "utf-8":
        chosen = "utf-8-sig"
    target = workbench / f"{path.name}.utf8"
    with target.open("w", encoding="utf-8", newline="") as out:
        out.writelines(_decoded(path, chosen))
    return _described(target, chosen)


def detect(path: Path) -> str:
    """A byte order mark decides; else UTF-8 when the whole file is that, else the first fallback that decodes it."""
    head = next(_chunks(path), b"")
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    for name in ("utf-8", *_FALLBACKS):
        try:
            for _ in _decode_chunks(path, name):
                pass
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise DataUnusable(
            say("sources.no_encoding", encoding=encoding),
            remedy=say("sources.no_encoding_how"),
        ) from error


def _has_mark(path: Path) -> bool:
    return next(_chunks(path), b"").startswith(codecs.BOM_UTF8)


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unpacked when it is gzip."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except (gzip.BadGzipFile, EOFError) as error:
        raise DataUnusable(
            say("sources.bad_gzip", path=path, error=error), remedy=say("sources.export_again")
        ) from error


def _decode_chunks(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    for chunk in _chunks(path):
        held = len(decoder.getstate()[0])  # bytes of a character that the last chunk cut in two
        try:
            yield decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise UnicodeDecodeError(
                encoding, error.object, done - held + error.start, done - held + error.end, error.reason
            ) from error
        done += len(chunk)
    yield decoder.decode(b"", final=True)


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    try:
        yield from _decode_chunks(path, encoding)
    except UnicodeDecodeError as error:
        raise DataUnusable(
            say("sources.no_decoding", path=path, encoding=encoding, byte=error.start, reason=error.reason),
            remedy=say("sources.no_decoding_how"),
        ) from error


def _refuse_undecodable(path: Path, encoding: str) -> None:
    for _ in _decoded(path, encoding):
        pass


def _described(path: Path, encoding: str) -> TextFile:
    """Count lines; the newline is a lone CR only where the file has no LF at all."""
    feeds = returns = pairs = 0
    last = b""
    for chunk in _chunks(path):
        feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        pairs += chunk.count(b"\r\n") + (last.endswith(b"\r") and chunk.startswith(b"\n"))
        last = chunk
    newline = "\r" if returns and not feeds else "\r\n" if pairs and pairs == feeds else "\n"
    ends = returns if newline == "\r" else feeds
    open_end = bool(last) and not last.endswith(newline[-1].encode())
    uniform = returns == (pairs if newline == "\r\n" else returns if newline == "\r" else 0)
    return TextFile(path=path, encoding=encoding, lines=ends + open_end, newline=newline, uniform=uniform)
