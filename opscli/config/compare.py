"""What differs in meaning between two sets of documents: each difference with its place, before and after.

The walk follows the kinds' schemas. Formatting, comments, the order of keys, a default written out, `24h` for `1d`
are no differences. Items of lists are matched by name, the others by what they are about; a rename is one difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from opscli.clock import parse_duration
from opscli.config.document import Document, Place
from opscli.config.guide import Guide, guide
from opscli.config.items import Pairing, pair_items, pair_names

Operation = Literal["added", "removed", "changed", "renamed", "reordered"]
MISSING = "\0missing"
"""Stands for the value of a key that is not there and has no default."""
_SILENT = ("kind", "version", "name", "renamed_from")
_ITEM_NAMES = ("name", "id", "renamed_from")


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of the way to a difference: a key, or (with `name`) an item of a list or map. `labels` by language."""

    key: str
    name: str = ""
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. The places are in the older and the newer document; None = it is not there.

    `reordered` has the names in their orders as before and after; `renamed` the names. `reason` says why an order
    matters, by language. `assumed` = nobody stated the rename, but the content is the same.
    """

    operation: Operation
    kind: str
    document: str
    trail: tuple[Crumb, ...] = ()
    form: str = ""
    before: Any = MISSING
    after: Any = MISSING
    by_default: tuple[bool, bool] = (False, False)
    old: tuple[str, Place] | None = None
    new: tuple[str, Place] | None = None
    reach: bool = False
    reason: Mapping[str, str] | None = None
    following: str = ""
    assumed: bool = False
    container: bool = False


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


Canonical = Callable[[Any], Any]
"""A condition in the form in which equal ones are equal; `config/` itself knows no conditions."""


def compare(before: Iterable[Document], after: Iterable[Document], canonical: Canonical) -> tuple[Change, ...]:
    """Every difference, by kind and name of the document, then in the order of the file."""
    old = {(item.kind, item.name): item for item in before}
    new = {(item.kind, item.name): item for item in after}
    changes: list[Change] = []
    for kind in sorted({kind for kind, _ in (*old, *new)}):
        olds = {name: item.data for (word, name), item in old.items() if word == kind}
        news = {name: item.data for (word, name), item in new.items() if word == kind}
        for pair in pair_names(olds, news):
            first = old[kind, pair.old] if pair.old is not None else None
            second = new[kind, pair.new] if pair.new is not None else None
            changes += _documents(first, second, pair, _Walk(canonical))
    return tuple(changes)


def _documents(before: Document | None, after: Document | None, pair: Pairing, walk: _Walk) -> Iterator[Change]:
    """A document against its successor; a file that came or went is its items where it is only their container."""
    present = after or before
    if present is None:
        return
    start = guide(present.kind)
    container = bool(start.node.get("x-container"))
    empty = replace(present, data=_outline(present.data) if container else {})
    at = _At(before=before or empty, after=after or empty)
    if before is not None and after is not None and pair.renamed:
        yield walk.change(at, "renamed", start, before=pair.old, after=pair.new, assumed=pair.assumed)
    if container or (before is not None and after is not None):
        yield from walk.mapping(start, at)
    elif after is not None:
        yield walk.change(at, "added", start, after=after.data)
    else:
        yield walk.change(at, "removed", start, before=present.data)


def _outline(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys without their items."""
    return {key: type(value)() if isinstance(value, dict | list) else value for key, value in data.items()}


@dataclass(frozen=True, slots=True)
class _Walk:
    """Down two documents at once."""

    canonical: Canonical

    def node(self, here: Guide, at: _At, before: Any, after: Any) -> Iterator[Change]:
        """The differences at and below one place."""
        if self.normal(here, before) == self.normal(here, after):
            return
        whole = bool(here.form) and here.form != "url_or_secret"
        if not whole and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.mapping(here, at)
        elif not whole and _is_list(before) and _is_list(after):
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
        elif self.normal(child, first) == self.normal(child, second):
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

    def normal(self, here: Guide, value: Any) -> Any:
        """The value in the form in which equal meaning is equal: spans in seconds, shares as numbers, defaults in."""
        if value is None or value is MISSING:
            return value
        if here.form in _SPELLINGS:
            return self.canonical(value) if here.form == "condition" else _SPELLINGS[here.form](value)
        if isinstance(value, Mapping):
            return self._normal_mapping(here, value)
        if _is_list(value):
            items = [self.normal(here.item(value), item) for item in value]
            return sorted(items, key=repr) if here.order(value, {}) is None and here.node.get("uniqueItems") else items
        return float(value) if isinstance(value, float) else value

    def _normal_mapping(self, here: Guide, value: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key in (*here.keys(value), *value):
            child = here.child(key, value)
            stated = value.get(key, child.default)
            if stated is not None or key in value:
                found[key] = self.normal(child, stated)
        return found

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
    elif _is_list(data):
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
            found = found[part] if _is_list(found) and isinstance(part, int) and part < len(found) else {}
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _span(value: Any) -> Any:
    """`24h` and `1d` are one length of time."""
    return parse_duration(value) if isinstance(value, str) else value


def _share(value: Any) -> Any:
    """`5%` and 0.05 are one share."""
    text = str(value).strip()
    try:
        return round(float(text.rstrip("% ")) / (100 if text.endswith("%") else 1), 12)
    except ValueError:
        return value


_SPELLINGS: Mapping[str, Callable[[Any], Any]] = {"duration": _span, "share": _share, "condition": str}
