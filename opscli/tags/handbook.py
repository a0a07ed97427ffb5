"""What a file of tags says in the handbook: each tag with its rule, in the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.tags.tags import TagSpec


def tags(spec: TagSpec, book: Book) -> Entry:
    """A dimension in words."""
    guard = spec.document.data.get("max_delta")
    return Entry(
        does=(say("handbook.exclusive" if spec.exclusive else "handbook.not_exclusive"),),
        rules=tuple(
            (
                book.name(tag.name),
                book.words(tag.when) + (say("handbook.why", purpose=tag.purpose) if tag.purpose else ""),
            )
            for tag in spec.tags
        ),
        limits=(say("handbook.limit_max_delta", value=guard),) if guard is not None else (),
    )
