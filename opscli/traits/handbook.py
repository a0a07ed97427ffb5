"""What a file of traits says in the handbook: which facts it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscli.config.handbook import Book, Entry
from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.traits.model import TraitSpec


def traits(spec: TraitSpec, book: Book) -> Entry:
    """A file of traits in words."""
    entities = dict.fromkeys(trait.aggregate.entity for trait in spec.traits if trait.aggregate is not None)
    names = listed(book.name(trait.name) for trait in spec.traits)
    return Entry(reads=tuple(entities), does=(say("handbook.facts", count=len(spec.traits), names=names),))
