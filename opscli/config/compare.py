"""What differs in meaning between two sets of documents: each difference with its place, before and after.

The walk follows the kinds' schemas. Formatting, comments, the order of keys, a default written out, `24h` for `1d`
are no differences. Items of lists are matched by name, the others by what they are about; a rename is one difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opscli.config.change import Change, Crumb, Operation
from opscli.config.document import Document, Place
from opscli.config.guide import Guide, guide
from opscli.config.items import Pairing, pair_items, pair_names
from opscli.config.sameness import MISSING, Canonical, is_list, normal
from opscli.config.secrets import is_reference

_SILENT = ("kind", "version", "name", "renamed_from")
_ITEM_NAMES = ("name", "id", "renamed_from")


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """Where the walk stands: both documents, the two places and the way there."""

    before: Document
    after: Document
    old: Place = ()
    new: Place = ()
    trail: tuple[Crumb, ...] = ()
    reach: bool = False

    def below(self, old: str | int, new: str | int, crumb: Crumb, reach: bool) -> _At:
        return replace(
            self,
            old=(*self.old, old),
            new=(*self.new, new),
            trail=(*self.trail, crumb),
            reach=self.reach or reach,
        )


def compare(before: Iterable[Document], after: Iterable[Document], canonical: Canonical) -> tuple[Change, ...]:
    """Every difference, by kind and name of the document, then in the order of the file."""
    old = {(item.kind, item.name): item for item in before}
    new = {(item.kind, item.name): item for item in after}
    changes: list[Change] = []
    walk = _Walk(canonical)
    for kind in sorted({kind for kind, _ in (*old, *new)}):
        olds = {name: item.data for (word, name), item in old.items() if word == kind}
        news = {name: item.data for (word, name), item in new.items() if word == kind}
        own: list[Change] = []
        for pair in _only_one(kind, olds, news) or pair_names(olds, news):
            first = old[kind, pair.old] if pair.old is not None else None
            second = new[kind, pair.new] if pair.new is not None else None
            own += _documents(first, second, pair, walk)
        changes += _settled(
            own, {name: old[kind, name] for name in olds}, {name: new[kind, name] for name in news}, walk
        )
    return tuple(changes)


def _only_one(kind: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Pairing, ...]:
    """The one document of a kind of which a project has one, whatever it is called; else nothing."""
    if guide(kind).node.get("x-folder") != "." or not len(olds) == len(news) == 1:
        return ()
    (before,), (after,) = olds, news
    return (Pairing(old=before, new=after, name=after, old_name=before, renamed=before != after),)


def _settled(
    changes: Sequence[Change], olds: Mapping[str, Document], news: Mapping[str, Document], walk: _Walk
) -> Iterator[Change]:
    """The changes; an item that went from one file and came in another one of its kind has only moved.

    Where items stand alone a move says nothing; tags share what their dimension says.
    """
    gone = {item.trail[-1].name: item for item in changes if _is_item(item, "removed")}
    come = {item.trail[-1].name: item for item in changes if _is_item(item, "added")}
    for change in changes:
        name = change.trail[-1].name if change.trail else ""
        if change not in (gone.get(name), come.get(name)) or name not in gone or name not in come:
            yield change
        elif change.operation == "added" and change.old is None and change.new is not None:
            left = gone[name]
            before, after = olds[left.document], news[change.document]
            old_place = left.old[1] if left.old is not None else ()
            at = _At(before=before, after=after, old=old_place, new=change.new[1], trail=change.trail)
            here = guide(change.kind).child(change.trail[0].key, after.data)
            if not _is_shelf(guide(change.kind)):
                yield walk.change(at, "moved", here, before=left.document, after=change.document)
            child = here.child(name, {}) if here.is_map else here.item([change.after])
            yield from walk.node(child, at, left.before, change.after)


def _is_item(change: Change, operation: Operation) -> bool:
    """Whether an item with a name of its own in the project came or went."""
    key_and_name = len(change.trail) == 2 and bool(change.trail[1].name)  # noqa: PLR2004  `tags`, and the tag
    return change.container and change.operation == operation and key_and_name


def _documents(before: Document | None, after: Document | None, pair: Pairing, walk: _Walk) -> Iterator[Change]:
    """A document against its successor; a file that came or went is its items where it is only their container."""
    present = after or before
    if present is None:
        return
    start = guide(present.kind)
    container = bool(start.node.get("x-container"))
    empty = replace(present, data=_outline(present.data) if container else {})
    at = _At(before=before or empty, after=after or empty)
    if before is not None and after is not None and pair.renamed and not _is_shelf(start):
        yield walk.change(at, "renamed", start, before=pair.old, after=pair.new, assumed=pair.assumed)
    if container or (before is not None and after is not None):
        yield from walk.mapping(start, at)
    elif after is not None:
        yield walk.change(at, "added", start, after=after.data)
    else:
        yield walk.change(at, "removed", start, before=present.data)


def _is_shelf(start: Guide) -> bool:
    """Whether a kind's files only hold items that stand alone (traits): then nothing hangs on the file's name."""
    return bool(start.node.get("x-container")) and any(start.child(key, {}).is_map for key in start.keys({}))


def _outline(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys without their items."""
    return {key: type(value)() if isinstance(value, dict | list) else value for key, value in data.items()}


@dataclass(frozen=True, slots=True)
class _Walk:
    """Down two documents at once."""

    canonical: Canonical

    def same(self, here: Guide, before: Any, after: Any) -> bool:
        """Whether two values mean the same."""
        return bool(normal(here, before, self.canonical) == normal(here, after, self.canonical))

    def node(self, here: Guide, at: _At, before: Any, after: Any) -> Iterator[Change]:
        """The differences at and below one place."""
        if self.same(here, before, after):
            return
        pointed = is_reference(before) or is_reference(after)
        whole = pointed or (bool(here.form) and here.form != "url_or_secret")
        if not whole and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.mapping(here, at)
        elif not whole and is_list(before) and is_list(after):
            yield from self.sequence(here, at, before, after)
        else:
            yield self.change(at, "changed", here, before=before, after=after)

    def mapping(self, here: Guide, at: _At) -> Iterator[Change]:
        """Key by key; where the keys are names, as items."""
        before, after = _value(at.before, at.old), _value(at.after, at.new)
        if here.is_map:
            for pair in pair_names(before, after):
                yield from self._item(here, at, pair)
            return
        silent = _SILENT if not at.trail else _ITEM_NAMES if at.trail[-1].name else ()
        for key in dict.fromkeys((*here.keys(after), *here.keys(before), *before, *after)):
            if key in silent:
                continue
            child = here.child(key, after if key in after else before)
            below = at.below(key, key, Crumb(key, labels=child.labels), child.reach)
            yield from self._key(child, below, before, after)

    def _key(self, child: Guide, at: _At, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        """One key that at least one side has, or that has a default on both."""
        key = at.trail[-1].key
        stated = key in before, key in after
        if not any(stated):
            return
        missing = MISSING if child.default is None else child.default
        first, second = before.get(key, missing), after.get(key, missing)
        if all(stated) or MISSING not in (first, second):
            found = self.node(child, at, first, second)
        elif self.same(child, first, second):
            return
        else:
            found = iter((self.change(at, "changed", child, before=first, after=second),))
        for change in found:
            yield replace(change, by_default=(not stated[0], not stated[1])) if not all(stated) else change

    def sequence(self, here: Guide, at: _At, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
        """Item by item, and then their order."""
        pairs = pair_items(before, after)
        around = _value(at.after, at.new[:-1])
        reason = here.order(after, around if isinstance(around, Mapping) else {})
        for pair in pairs:
            following = _following(pairs, pair) if reason is not None else ""
            yield from self._item(here, at, pair, following)
        old = [pair.name for pair in sorted(pairs, key=_old_index) if None not in (pair.old, pair.new)]
        new = [pair.name for pair in sorted(pairs, key=_new_index) if None not in (pair.old, pair.new)]
        if old != new and reason is not None:
            yield self.change(at, "reordered", here, before=old, after=new, reason=reason)

    def _item(self, here: Guide, at: _At, pair: Pairing, following: str = "") -> Iterator[Change]:
        """An item that came, went, got another name, or changed."""
        data = _value(at.after, at.new) if pair.new is not None else _value(at.before, at.old)
        key = pair.new if pair.new is not None else pair.old
        item = data[key]
        child = here.child(str(key), data) if isinstance(data, Mapping) else here.item(data)
        crumb = Crumb(at.trail[-1].key if at.trail else "", pair.name, child.labels)
        old, new = pair.old if pair.old is not None else -1, pair.new if pair.new is not None else -1
        below = at.below(old, new, crumb, child.reach)
        if pair.old is None:
            yield self.change(below, "added", child, after=item, following=following)
        elif pair.new is None:
            yield self.change(below, "removed", child, before=item)
        else:
            if pair.renamed:
                yield self.change(below, "renamed", child, before=pair.old_name, after=pair.name, assumed=pair.assumed)
            yield from self.node(child, below, _value(at.before, at.old)[pair.old], item)

    def change(self, at: _At, operation: Operation, here: Guide, **given: Any) -> Change:
        """A difference at the place where the walk stands; what was there before or comes after is in `given`."""
        content = [given[side] for side in ("before", "after") if isinstance(given.get(side), Mapping)]
        whole = operation in ("added", "removed", "changed")
        reach = at.reach or here.reach or (whole and any(_reaches(here, item) for item in content))
        return Change(
            operation=operation,
            kind=at.after.kind,
            document=at.after.name,
            trail=at.trail,
            form=here.form,
            old=None if operation == "added" else (at.before.file, at.old),
            new=None if operation == "removed" else (at.after.file, at.new),
            reach=reach,
            container=bool(guide(at.after.kind).node.get("x-container")),
            **given,
        )


def _reaches(here: Guide, data: Any) -> bool:
    """Whether data that came or went says who is written to."""
    if isinstance(data, Mapping):
        children = [(here.child(key, data), value) for key, value in data.items()]
    elif is_list(data):
        children = [(here.item(data), value) for value in data]
    else:
        return False
    return any(child.reach or _reaches(child, value) for child, value in children)


def _following(pairs: Sequence[Pairing], pair: Pairing) -> str:
    """Name of the item that stands behind a new one."""
    if pair.old is not None or pair.new is None:
        return ""
    behind = [other for other in pairs if other.new is not None and _new_index(other) == int(pair.new) + 1]
    return behind[0].name if behind else ""


def _old_index(pair: Pairing) -> int:
    return int(pair.old) if pair.old is not None else -1


def _new_index(pair: Pairing) -> int:
    return int(pair.new) if pair.new is not None else -1


def _value(document: Document, place: Place) -> Any:
    found: Any = document.data
    for part in place:
        if isinstance(found, Mapping):
            found = found.get(part, {})
        else:
            found = found[part] if is_list(found) and isinstance(part, int) and part < len(found) else {}
    return found
