"""The form of a value in which equal meaning is equal: spans in seconds, shares as numbers, defaults written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opscli.clock import parse_duration
from opscli.config.guide import Guide

MISSING = "\0missing"
"""Stands for the value of a key that is not there and has no default."""
Canonical = Callable[[Any], Any]
"""A condition in the form in which equal ones are equal; `config/` itself knows no conditions."""


def normal(here: Guide, value: Any, canonical: Canonical) -> Any:
    """The value in that form; `here` says what kind of value it is."""
    if value is None or value is MISSING:
        return value
    if here.form == "condition":
        return canonical(value)
    if here.form in _SPELLINGS:
        return _SPELLINGS[here.form](value)
    if isinstance(value, Mapping):
        return _mapping(here, value, canonical)
    if is_list(value):
        items = [normal(here.item(value), item, canonical) for item in value]
        return sorted(items, key=repr) if here.order(value, {}) is None and here.node.get("uniqueItems") else items
    return float(value) if isinstance(value, float) else value


def is_list(value: Any) -> bool:
    """Whether data is a list, as files or the ledger have it."""
    return isinstance(value, list | tuple)


def _mapping(here: Guide, value: Mapping[str, Any], canonical: Canonical) -> dict[str, Any]:
    found = {}
    for key in (*here.keys(value), *value):
        child = here.child(key, value)
        stated = value.get(key, child.default)
        if stated is not None or key in value:
            found[key] = normal(child, stated, canonical)
    return found


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


_SPELLINGS: Mapping[str, Callable[[Any], Any]] = {"duration": _span, "share": _share}
