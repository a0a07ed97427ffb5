"""The configuration of a run as the ledger keeps it: every document with the lines of its values, once per version.

Comments and formatting are no part of it, as they are no part of the version: nothing that somebody wrote beside the
configuration is stored. Secrets are references; the one key that may stand in plain text is kept as a hash.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.reader import KEY
from opscli.config.schemas import versions_of
from opscli.config.secrets import PLAIN_KEYS
from opscli.config.versions import upgraded
from opscli.ids import fingerprint
from opscli.kinds import config_kinds

_PACKED = "z1:"
"""Marks text that is packed; without it the text is JSON as the first releases wrote it."""
_HASHED = "#"


def pack(documents: Iterable[Document]) -> str:
    """The documents as text of letters and digits, about a tenth of their JSON."""
    kept = [
        {
            "kind": item.kind,
            "version": item.version,
            "name": item.name,
            "file": item.file,
            "data": _hashed(item.data),
            "lines": [[*place, line] for place, (line, _) in _own_marks(item).items() if KEY not in place],
        }
        for item in documents
    ]
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str)
    return _PACKED + base64.b85encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpack(content: str) -> tuple[Document, ...]:
    """The documents of a stored configuration in the present form of their kinds; values stand in column 1."""
    packed = content.startswith(_PACKED)
    text = zlib.decompress(base64.b85decode(content[len(_PACKED) :])) if packed else content
    return tuple(_present(_document(item)) for item in json.loads(text))


def comparable(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Documents of files as a stored configuration has them, so that both can be compared."""
    return tuple(
        Document(
            kind=item.kind,
            version=item.version,
            name=item.name,
            file=item.file,
            data=_hashed(item.data),
            marks=_own_marks(item),
        )
        for item in documents
    )


def _own_marks(document: Document) -> Mapping[Place, tuple[int, int]]:
    """Positions in the document's own file; what it took from a preset stands where it says that it does."""
    if not document.files:
        return document.marks
    return {place: mark for place, mark in document.marks.items() if place not in document.files}


def _present(document: Document) -> Document:
    """The document in the present version of its kind; one that this program does not know stays as it is."""
    known = document.kind in config_kinds() and document.version in versions_of(document.kind)
    return upgraded(document) if known else document


def _document(item: Mapping[str, Any]) -> Document:
    marks: dict[Place, tuple[int, int]] = {tuple(line[:-1]): (line[-1], 1) for line in item.get("lines", ())}
    data = item["data"]
    return Document(
        kind=item["kind"],
        version=item.get("version", data.get("version", 1)),
        name=item.get("name", data.get("name", "")),
        file=item["file"],
        data=data,
        marks=marks,
    )


def _hashed(value: Any) -> Any:
    """The data with plain texts of secret keys as hashes: whether they changed can be seen, what they are cannot."""
    if isinstance(value, Mapping):
        return {
            key: _hash(item) if key in PLAIN_KEYS and isinstance(item, str) else _hashed(item)
            for key, item in value.items()
        }
    return [_hashed(item) for item in value] if isinstance(value, list | tuple) else value


def _hash(text: str) -> str:
    return text if text.startswith(_HASHED) else _HASHED + fingerprint(["secret key", text])[:16]
