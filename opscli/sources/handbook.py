"""What a source says in the handbook: what is read, and what it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.kinds import load_kind
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.sources.source import SourceSpec


def source(spec: SourceSpec, book: Book) -> Entry:
    """A source in words."""
    data = spec.document.data
    where = [(say("handbook.only_rows"), book.words(spec.where))] if spec.where is not None else []
    return Entry(
        reads=(load_kind("opscli.sources", spec.type).place(spec.settings),),
        does=(say("handbook.becomes", entity=spec.entity),),
        rules=tuple(where),
        limits=tuple(
            say(f"handbook.limit_{key}", value=data[key]) for key in ("max_rejects", "max_delta") if key in data
        ),
        uses=(("entity", spec.entity),),
    )
