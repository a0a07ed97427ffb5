"""Bytes to UTF-8: find or obey the encoding, refuse what does not decode, and say at which byte."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats import charset, mixed
from opscli.sources.formats.mixed import Mended, Words
from opscli.sources.formats.survey import CHUNK_BYTES, WATCHED, Ends, Survey, chunks, survey, wide

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PLAIN = ("utf-8", "ascii")
_BY_CHANCE = 0.3
"""Below this share of words that are UTF-8, a file in an East Asian encoding has them by chance: 毛英 is one in GBK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file as UTF-8 without a byte order mark; `path` is the original where it already was that."""

    path: Path
    encoding: str
    """The encoding in which the original was read."""
    lines: int
    """Physical lines, the last one also without a newline."""
    newline: str
    """The most frequent line end: LF, CRLF or CR."""
    uniform: bool
    """Every line ends in `newline`, and no other CR or LF stands anywhere."""
    why: str = ""
    """What spoke for the encoding, for people."""
    doubt: str = ""
    """The other encoding that it may be; empty where that is clear."""
    has_nul: bool = False
    is_ascii: bool = False
    seen: frozenset[str] = WATCHED
    """Those of WATCHED that may stand in it."""
    marks: tuple[bytes, int] = (b"", 0)
    """A likely delimiter, and how often it stands in it."""
    mended: tuple[Mended, ...] = ()
    """Lines that are not UTF-8 in a file that is: the first thousand, as they were read."""
    mended_count: int = 0


@dataclass(frozen=True, slots=True)
class _Choice:
    """How to read a file: with `legacy`, it is UTF-8 but for some words."""

    encoding: str
    why: str
    legacy: str = ""
    doubt: str = ""


def as_utf8(path: Path, encoding: str, workbench: Path, label: str = "") -> TextFile:
    """The file as UTF-8, rewritten into `workbench` only where it must be; `encoding` may be `auto`.

    Raises DataUnusable naming the offset of the first byte that does not decode, for an unknown encoding, and where
    two encodings read a file differently and equally well. `label` is how people call the file.
    """
    label = label or path.name
    found = survey(path)
    choice = _found_out(path, found, label) if encoding == "auto" else _declared(encoding, found, label)
    if choice.encoding in _PLAIN and not choice.legacy and not found.head.startswith(codecs.BOM_UTF8):
        _refuse(found, choice.encoding, label)
        return _described(path, choice, found.ends)
    target = workbench / f"{path.name}.utf8"
    if choice.legacy:
        reading = mixed.Reading(choice.legacy, found.ends.newline)
        return _described(target, choice, _write(target, reading.texts(chunks(path))), reading)
    if choice.encoding in ("utf-8", "utf-8-sig"):
        _refuse(found, "utf-8", label)
        _copy(path, target, skip=len(codecs.BOM_UTF8) * found.head.startswith(codecs.BOM_UTF8))
        return _described(target, _Choice("utf-8-sig", choice.why), found.ends)
    return _described(target, choice, _write(target, _decoded(path, choice.encoding, label)))


def _declared(encoding: str, found: Survey, label: str) -> _Choice:
    """As the source says; a mark that says otherwise is right, and the file would be read as rubbish."""
    try:
        name = codecs.lookup(encoding).name
        "a".encode(encoding)  # some codecs are none of text
    except (LookupError, UnicodeError) as error:
        raise DataUnusable(
            say("sources.no_encoding", encoding=encoding), remedy=say("sources.no_encoding_how")
        ) from error
    mark = _mark(found)
    family = name.replace("_", "-")
    if mark and not family.startswith(mark.removesuffix("-sig")):
        raise DataUnusable(
            say("sources.other_mark", file=label, encoding=encoding, mark=mark.removesuffix("-sig")),
            remedy=say("sources.other_mark_how", mark=mark.removesuffix("-sig")),
        )
    if name == "utf-8" and mark:
        name = "utf-8-sig"
    return _Choice(name, say("sources.why_declared"))


def _found_out(path: Path, found: Survey, label: str) -> _Choice:
    """By mark, by zero bytes, as UTF-8 when all of it is, else by how its words read."""
    if mark := _mark(found):
        return _Choice(mark, say("sources.why_mark"))
    if pairs := wide(found.head):
        return _Choice(pairs, say("sources.why_zeros"))
    if found.bad is None:
        return _Choice("utf-8", say("sources.why_ascii" if found.is_ascii else "sources.why_utf8"))
    words = mixed.words(chunks(path))
    return _legacy(words, found, label)


def _legacy(words: Words, found: Survey, label: str) -> _Choice:
    """The encoding of a file that is not UTF-8, or of the words in it that are not."""
    foreign, every = charset.guess(tuple(words.foreign)), charset.guess((*words.foreign, *words.utf8))
    share = words.utf8_count / max(words.utf8_count + words.foreign_count, 1)
    by_chance = share < _BY_CHANCE and not (foreign.is_certain and charset.is_latin(foreign.encoding))
    if every.is_certain and (by_chance or not words.utf8_count):
        return _Choice(every.encoding, say("sources.why_words", encoding=every.encoding), doubt=every.doubt)
    if words.utf8_count and not (by_chance and every.rival):
        legacy = foreign.encoding if foreign.is_certain else "cp1252"
        return _Choice("utf-8", say("sources.why_mixed", encoding=legacy), legacy)
    if every.rival:
        raise DataUnusable(
            say("sources.two_encodings", file=label, first=every.encoding, second=every.rival),
            remedy=say("sources.two_encodings_how", first=every.encoding),
        )
    raise _undecodable(label, "utf-8", *(found.bad or (0, "")))


def _mark(found: Survey) -> str:
    return next((name for mark, name in _MARKS if found.head.startswith(mark)), "")


def _refuse(found: Survey, encoding: str, label: str) -> None:
    """Raise DataUnusable when the bytes are not what they are said to be."""
    if encoding == "ascii" and not found.is_ascii:
        raise _undecodable(label, encoding, found.first_high, "ordinal not in range(128)")
    if found.bad is not None:
        raise _undecodable(label, encoding, *found.bad)


def _undecodable(label: str, encoding: str, byte: int, reason: str) -> DataUnusable:
    return DataUnusable(
        say("sources.no_decoding", path=label, encoding=encoding, byte=byte, reason=reason),
        remedy=say("sources.no_decoding_how"),
    )


def _decoded(path: Path, encoding: str, label: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    done, first = 0, True
    for chunk in chain(chunks(path), (b"",)):
        held = len(decoder.getstate()[0])  # bytes of a character that the last chunk cut in two
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise _undecodable(label, encoding, done - held + error.start, error.reason) from error
        done += len(chunk)
        yield text.removeprefix("\ufeff") if first else text
        first = first and not text


def _write(target: Path, texts: Iterable[str]) -> Ends:
    ends = Ends()
    with target.open("wb") as out:
        for text in texts:
            data = text.encode()
            ends.feed(data)
            out.write(data)
    return ends


def _copy(path: Path, target: Path, skip: int) -> None:
    with path.open("rb") as file, target.open("wb") as out:
        file.seek(skip)
        shutil.copyfileobj(file, out, CHUNK_BYTES)


def _described(path: Path, choice: _Choice, ends: Ends, reading: mixed.Reading | None = None) -> TextFile:
    return TextFile(
        path=path,
        encoding=choice.encoding,
        lines=ends.lines,
        newline=ends.newline,
        uniform=ends.uniform,
        why=choice.why,
        doubt=choice.doubt,
        has_nul=ends.has_nul,
        is_ascii=ends.is_ascii,
        seen=frozenset(ends.seen),
        marks=(ends.mark, ends.marks),
        mended=tuple(reading.mended) if reading else (),
        mended_count=reading.count if reading else 0,
    )
