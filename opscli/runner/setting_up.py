"""What a preset ships and no source feeds is not set up: it is left out, and everything that leans on it with it.

Only shipped pieces are left out. What a project writes itself and leans on them is a problem with a way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from opscli.config.document import Document
from opscli.config.load import LoadedConfig, fingerprint_of
from opscli.config.presets import extendable, without
from opscli.kinds import load_config_kind
from opscli.outcome import Issue
from opscli.phrases import both, say
from opscli.stage import NOT_SET_UP, Catalog, Part, PresetKind, Provided

SOURCE = "source"
Name = tuple[str, str]
"""Category and name, as in the catalogue."""
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'|“([^”]*)”|「([^」]*)」")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A name that a preset would define; `entities` are those that wait for a source."""

    category: str
    name: str
    entities: tuple[str, ...]
    file: str
    line: int

    @property
    def remedy(self) -> str:
        """What sets it up."""
        return say("runner.not_set_up", entities=both(self.entities))


@dataclass(frozen=True, slots=True)
class _Piece:
    document: Document
    part: Part

    @property
    def shipped(self) -> bool:
        """Whether it comes from a preset, at least in part: with another label it is still the shipped one."""
        start = self.part.place
        return bool(self.document.preset) or any(place[: len(start)] == start for place in self.document.files)


def set_up(loaded: LoadedConfig) -> tuple[LoadedConfig, tuple[LeftOut, ...]]:
    """The configuration without what is not set up, and the names that are missing therefore."""
    pieces = list(_pieces(loaded.documents))
    if not any(piece.shipped for piece in pieces):
        return loaded, ()
    fed = frozenset(str(item.data.get("entity")) for item in loaded.documents if item.kind == SOURCE)
    missing = _missing(pieces, fed)
    gone = [index for index, entities in enumerate(missing) if entities]
    if not gone:
        return loaded, ()
    places: dict[tuple[str, str], list[Part]] = {}
    for index in gone:
        document = pieces[index].document
        places.setdefault((document.kind, document.name), []).append(pieces[index].part)
    documents = tuple(_kept(loaded.documents, places))
    left_out = tuple(_names(pieces, missing))
    return replace(loaded, documents=documents, version=fingerprint_of(documents)), left_out


def entries(left_out: Iterable[LeftOut]) -> Iterator[Provided]:
    """For the catalogue: the type of an entry holds the entities."""
    for item in left_out:
        name, entities = f"{item.category} {item.name}", " ".join(item.entities)
        yield Provided(category=NOT_SET_UP, name=name, type=entities, file=item.file, line=item.line)


def not_set_up(catalog: Catalog, category: str = "") -> tuple[LeftOut, ...]:
    """What was left out, by category and name; of one category, or all that people ask for by name."""
    found = []
    for entry in catalog.entries.get(NOT_SET_UP, {}).values():
        kind, _, name = entry.name.partition(" ")
        if category in ("", kind):
            entities = tuple(entry.type.split())
            found.append(LeftOut(category=kind, name=name, entities=entities, file=entry.file, line=entry.line))
    return tuple(sorted(found, key=lambda item: (item.category, item.name)))


def with_remedies(issues: Iterable[Issue], left_out: Iterable[LeftOut]) -> Iterator[Issue]:
    """Problems that quote a name which was left out say why it is missing, and what sets it up."""
    known = {item.name: item for item in left_out}
    for issue in issues:
        item = next((known[name] for name in quoted(issue.what) if name in known), None)
        if item is None:
            yield issue
            continue
        why = say("runner.ships_it", place=f"{item.file}:{item.line}", name=item.name)
        yield replace(issue, why=why, how=item.remedy)


def quoted(text: str) -> list[str]:
    """What stands in quotation marks in a message."""
    return [max(groups) for groups in _QUOTED.findall(text)]


def _pieces(documents: Iterable[Document]) -> Iterator[_Piece]:
    """Every piece of every document of the kinds that presets ship: own ones define names too."""
    for document in documents:
        if extendable(document.kind):
            module = cast("PresetKind", load_config_kind(document.kind))
            yield from (_Piece(document, part) for part in module.parts(module.parse(document)))


def _missing(pieces: Sequence[_Piece], fed: frozenset[str]) -> list[frozenset[str]]:
    """By piece: the entities without a source that it waits for, itself or through what it leans on."""
    makers: dict[Name, list[int]] = {}
    for index, piece in enumerate(pieces):
        for name in piece.part.defines:
            makers.setdefault(name, []).append(index)
    found = [piece.part.entities - fed if piece.shipped else frozenset[str]() for piece in pieces]
    changed = True
    while changed:
        changed = False
        for index, piece in enumerate(pieces):
            if piece.shipped and not found[index]:
                found[index] = frozenset().union(*(_waiting(makers.get(name, ()), found) for name in piece.part.uses))
                changed = changed or bool(found[index])
    return found


def _waiting(makers: Sequence[int], missing: Sequence[frozenset[str]]) -> frozenset[str]:
    """What a name waits for: nothing while something that defines it is there."""
    if all(missing[index] for index in makers):
        return frozenset().union(*(missing[index] for index in makers))
    return frozenset()


def _kept(documents: Iterable[Document], gone: Mapping[tuple[str, str], Sequence[Part]]) -> Iterator[Document]:
    for document in documents:
        parts = gone.get((document.kind, document.name), ())
        kept = without(document, [part.place for part in parts]) if parts else document
        if kept is not None:
            yield kept


def _names(pieces: Sequence[_Piece], missing: Sequence[frozenset[str]]) -> Iterator[LeftOut]:
    """The names that nothing defines any more."""
    there = {
        name for piece, entities in zip(pieces, missing, strict=True) if not entities for name in piece.part.defines
    }
    told: set[Name] = set()
    for piece, entities in zip(pieces, missing, strict=True):
        for name in piece.part.defines if entities else ():
            if name not in there and name not in told:
                told.add(name)
                line, _ = piece.document.mark(piece.part.place)
                file = piece.document.file_of(piece.part.place)
                yield LeftOut(category=name[0], name=name[1], entities=tuple(sorted(entities)), file=file, line=line)
