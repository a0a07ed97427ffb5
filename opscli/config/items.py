"""Which item of one list or map is which item of another: by name, by what it is about, by stated or evident rename."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAMES = ("name", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The keys (or indexes) of one item on both sides; None = it is not there. `name` is what people call it now."""

    old: Any = None
    new: Any = None
    name: str = ""
    old_name: str = ""
    renamed: bool = False
    assumed: bool = False


def pair_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Pairing, ...]:
    """Named entries: those of the newer side in its order, then those that are gone."""
    gone = [name for name in before if name not in after]
    origins = _renames({name: before[name] for name in gone}, {n: v for n, v in after.items() if n not in before})
    pairs = []
    for name in after:
        old, assumed = origins.get(name, (name if name in before else None, False))
        renamed = old is not None and old != name
        pairs.append(Pairing(old=old, new=name, name=name, old_name=old or "", renamed=renamed, assumed=assumed))
    taken = {old for old, _ in origins.values()}
    return (*pairs, *(Pairing(old=name, name=name, old_name=name) for name in gone if name not in taken))


def pair_items(before: Sequence[Any], after: Sequence[Any]) -> tuple[Pairing, ...]:
    """Items of two lists; what has no name and changed too much to be known again is paired by its position."""
    old, new = _identities(before), _identities(after)
    pairs = list(pair_names(old, new))
    places = {name: index for index, name in enumerate(old)}, {name: index for index, name in enumerate(new)}
    gone = [pair for pair in pairs if pair.new is None and not _named(before[places[0][pair.old]])]
    come = [pair for pair in pairs if pair.old is None and not _named(after[places[1][pair.new]])]
    for first, second in zip(gone, come, strict=False):
        if _alike(before[places[0][first.old]], after[places[1][second.new]]):
            pairs[pairs.index(second)] = Pairing(old=first.old, new=second.new, name=second.name, old_name=first.name)
            pairs.remove(first)
    return tuple(
        Pairing(
            old=None if pair.old is None else places[0][pair.old],
            new=None if pair.new is None else places[1][pair.new],
            name=pair.name,
            old_name=pair.old_name,
            renamed=pair.renamed,
            assumed=pair.assumed,
        )
        for pair in pairs
    )


def _renames(gone: Mapping[str, Any], come: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """New name → (old name, nobody said so): stated by `renamed_from`, else the only one of the same content."""
    found: dict[str, tuple[str, bool]] = {}
    for name, item in come.items():
        stated = item.get("renamed_from") if isinstance(item, Mapping) else None
        if stated in gone:
            found[name] = (str(stated), False)
    left = {name: _content(item) for name, item in gone.items() if name not in {old for old, _ in found.values()}}
    contents = {name: _content(item) for name, item in come.items() if name not in found}
    for name, content in contents.items():
        same = [old for old, other in left.items() if other == content]
        twins = [other for other in contents.values() if other == content]
        if content and len(same) == len(twins) == 1:
            found[name] = (same[0], True)
    return found


def _content(item: Any) -> str:
    """An item without its name, as text; "" for one that is nothing but a name."""
    if not isinstance(item, Mapping):
        return ""
    rest = {key: value for key, value in item.items() if key not in (*_NAMES, "label")}
    return json.dumps(rest, sort_keys=True, default=str) if rest else ""


def _identities(items: Sequence[Any]) -> dict[str, Any]:
    """What each item is called, each once: its name, its first words, or itself."""
    seen: Counter[str] = Counter()
    found = {}
    for item in items:
        name = identity(item)
        seen[name] += 1
        found[f"{name} ({seen[name]})" if seen[name] > 1 else name] = item
    return found


def identity(item: Any) -> str:
    """What an item is called: its name or id, else the first text in it, else itself as text."""
    if not isinstance(item, Mapping):
        return str(item)
    named = [str(item[key]) for key in _NAMES if key in item]
    texts = [value for value in item.values() if isinstance(value, str)]
    keys = ", ".join(str(key) for key in item)
    return (named or texts or [keys])[0]


def _named(item: Any) -> bool:
    return isinstance(item, Mapping) and any(key in item for key in _NAMES)


def _alike(first: Any, second: Any) -> bool:
    """Whether two blocks without names could be one that was edited: they share a value, or have the same keys."""
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        return False
    shared = any(key in second and second[key] == value for key, value in first.items())
    return shared or set(first) == set(second)
