"""Files of an earlier version: checked against that version's frozen schema, then upgraded step by step.

A step is the module `<kind>_v<N>.py` beside `<kind>.v<N>.schema.json`; its `upgrade(data)` is a pure function that
gives the data in version N+1. The folder listing is the registry. The positions of the original file are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from opscli.config.document import Document, Place
from opscli.config.reader import KEY
from opscli.config.schemas import version_of
from opscli.kinds import load_upgrade
from opscli.outcome import Issue
from opscli.phrases import say

UPGRADE = "opscli config upgrade --write"


def upgraded(document: Document) -> Document:
    """The document in the current version of its kind; itself when it is. Its data must be legal in its own version."""
    stated = document.version
    while document.version < version_of(document.kind):
        data = step(document.kind, document.version, document.data)
        marks = _moved(document, data)
        files = _moved_files(document, data) if document.files else {}
        document = replace(document, data=data, marks=marks, files=files, version=document.version + 1)
    return replace(document, upgraded_from=stated) if document.version != stated else document


def step(kind: str, version: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of one version in the next; what was handed in stays as it was."""
    changed: dict[str, Any] = load_upgrade(kind, version).upgrade(deepcopy(dict(data)))
    return {**changed, "version": version + 1}


def outdated(documents: Iterable[Document]) -> Iterator[Issue]:
    """A note per file that is still written in an earlier version: it works, and one command brings it up to date."""
    for document in documents:
        if document.upgraded_from is not None and not document.preset:
            what = say(
                "config.older_version", kind=document.kind, version=document.upgraded_from, current=document.version
            )
            how = say("config.upgrade_by", command=f"{UPGRADE} {document.file}")
            yield document.issue(("version",), what, why=say("config.older_still_read"), how=how)


def paired(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Index before and after of each key or item: of both when it stayed or got another name in its place."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        common = min(end - start, new_end - new_start)
        yield from ((start + offset, new_start + offset) for offset in range(common))
        yield from ((index, None) for index in range(start + common, end))
        yield from ((None, index) for index in range(new_start + common, new_end))


def _moved(document: Document, data: Mapping[str, Any]) -> dict[Place, tuple[int, int]]:
    """Positions for the upgraded data: each node has that of the node that it was made from."""
    known = document.marks
    return {new: known[old] for new, old in _origins(document.data, data, (), ()) if old in known}


def _moved_files(document: Document, data: Mapping[str, Any]) -> dict[Place, str]:
    """The same of the files that nodes come from."""
    known = document.files
    return {new: known[old] for new, old in _origins(document.data, data, (), ()) if old in known}


def _origins(before: Any, after: Any, old: Place, new: Place) -> Iterator[tuple[Place, Place]]:
    """Pairs of (place in the upgraded data, place in the file)."""
    yield new, old
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old_keys, new_keys = list(before), list(after)
        for was, now in paired(old_keys, new_keys):
            if was is not None and now is not None:
                old_key, new_key = old_keys[was], new_keys[now]
                yield (*new, new_key, KEY), (*old, old_key, KEY)
                yield from _origins(before[old_key], after[new_key], (*old, old_key), (*new, new_key))
    elif isinstance(before, list) and isinstance(after, list):
        for index, (was, now) in enumerate(zip(before, after, strict=False)):
            yield from _origins(was, now, (*old, index), (*new, index))
