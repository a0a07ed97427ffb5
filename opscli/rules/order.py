"""Definitions that lean on each other: inputs first, and circles named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet


def ordered(needs: Mapping[str, AbstractSet[str]]) -> tuple[str, ...]:
    """Names with those that they need before them, else by name; circles and what needs them come last."""
    waiting = {name: needed & set(needs) for name, needed in needs.items()}
    found: list[str] = []
    while ready := sorted(name for name, needed in waiting.items() if needed <= set(found)):
        found += ready
        waiting = {name: needed for name, needed in waiting.items() if name not in ready}
    return (*found, *sorted(waiting))


def circle(start: str, edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """A shortest path from `start` back to itself, or ()."""
    paths: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    for path in paths:  # grows while it is walked: breadth first
        for used in sorted(edges.get(path[-1], ())):
            if used == start:
                return (*path, start)
            if used not in seen:
                seen.add(used)
                paths.append((*path, used))
    return ()


def edges_of(names: Iterable[str]) -> dict[str, set[str]]:
    """Edges from catalog entries named `user used`."""
    edges: dict[str, set[str]] = {}
    for name in names:
        user, _, used = name.partition(" ")
        edges.setdefault(user, set()).add(used)
    return edges
