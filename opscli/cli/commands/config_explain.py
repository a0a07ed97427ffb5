"""`opscli config explain`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opscli.cli import report
from opscli.cli.commands.config_schema import known_kind
from opscli.phrases import say
from opscli.phrases.lines import wrapped

if TYPE_CHECKING:
    from opscli.config.reference import Key

_NESTING = re.compile(r"\[\]|\.<name>")
"""Items of lists and names that people give are no part of what somebody types."""
_NEAR = 0.8
"""How like a kind a word must be to be a mistyped kind, not the name of a key."""
_SHOWN = 4
"""Proposals in a refusal."""


def explain(
    what: Annotated[
        str,
        typer.Argument(metavar="KIND[.KEY]", help="A kind, such as tags, or a key in it, such as campaign.reentry."),
    ],
) -> None:
    """The reference of a kind: its smallest file and every key; or one key with what stands below it."""
    from opscli.config.reference import place_of, reference
    from opscli.kinds import config_kinds

    kind, _, path = what.partition(".")
    mistyped = kind not in config_kinds() and get_close_matches(kind, config_kinds(), n=1, cutoff=_NEAR)
    if kind not in config_kinds() and not mistyped and (places := list(_places(kind if not path else what))):
        _refuse(what, places)
    keys = [(key, branch) for key, branch in _keys(known_kind(kind)) if not path or _is_at(key.path, path)]
    if path and not keys:
        _refuse(what, _near(kind, path))
    rows = [_row(key, branch) for key, branch in keys]
    if path:
        text = "\n".join(_told(key, branch, kind) for key, branch in keys)
    elif sys.stdout.isatty() and report.chosen_format() == "table":
        text = "\n".join(_laid_out(kind, keys))
    else:
        text = reference(kind)
    if report.chosen_format() in ("csv", "jsonl"):
        report.show(rows)
    else:
        report.show_one({"kind": kind, "place": place_of(kind), "keys": rows}, text)


def _keys(kind: str) -> Iterator[tuple[Key, str]]:
    """Every key of a kind, and of its types with the type's name."""
    from opscli.config.reference import keys_of
    from opscli.config.schemas import assemble

    schema = assemble(kind)
    yield from ((key, "") for key in keys_of(schema, schema))
    for part in schema.get("allOf", ()):
        chosen = part.get("if", {}).get("properties", {})
        if len(chosen) == 1 and "then" in part:
            ((word, node),) = chosen.items()
            yield from ((key, f"{word}: {node.get('const')}") for key in keys_of(part["then"], schema))


def _is_at(path: str, asked: str) -> bool:
    """Whether a key is the one that was asked for, or stands below it."""
    plain, asked = _NESTING.sub("", path), _NESTING.sub("", asked)
    return plain == asked or plain.startswith(f"{asked}.")


def _row(key: Key, branch: str) -> dict[str, Any]:
    found = {"key": key.path, "form": key.form, "required": key.required, "default": key.default}
    return {**found, "meaning": key.description, **({"with": branch} if branch else {})}


def _told(key: Key, branch: str, kind: str) -> str:
    """A key as a paragraph."""
    lines = [f"{kind}.{key.path}" + (f"  ({branch})" if branch else "")]
    lines += [f"  {key.description}"] if key.description else []
    lines.append("  " + say("show.form", form=key.form.replace("`", "")))
    if key.required:
        lines.append("  " + say("show.required"))
    if _default(key):
        lines.append("  " + say("show.when_left_out", default=_default(key)))
    if sys.stdout.isatty():
        lines = [part for line in lines for part in wrapped(line, report.console().width, "  ")]
    return "\n".join(lines) + "\n"


def _default(key: Key) -> str:
    """What holds when the key is left out, as one would write it; an empty text says nothing to people."""
    return key.default.strip('"')


def _laid_out(kind: str, keys: list[tuple[Key, str]]) -> Iterator[str]:
    """The reference for a terminal, as wide as it is: the keys in a column, beside each its form and meaning."""
    from opscli.charts.width import width
    from opscli.config.meaning import about
    from opscli.config.reference import as_yaml, place_of
    from opscli.config.schemas import assemble, smallest_example

    columns = report.console().width
    yield from (kind, *wrapped(about(assemble(kind)), columns), say("config.lies_in", place=place_of(kind)), "")
    yield say("config.smallest_file")
    yield from (f"  {line}" for line in as_yaml(smallest_example(kind)).splitlines())
    room = min(max((width(key.path) for key, _ in keys), default=0) + 4, columns // 3)
    for branch, group in groupby(keys, key=itemgetter(1)):
        yield from ("", branch or say("config.head_key"))
        for key, _ in group:
            yield from _entry(key, room, columns)


def _entry(key: Key, room: int, columns: int) -> Iterator[str]:
    """A key and its form; under it, indented, what it means. A star marks keys that must stand there."""
    from opscli.charts.width import pad, width

    form = key.form.replace("`", "")
    if _default(key):
        form = say("handbook.and_then").join([form, say("show.when_left_out", default=_default(key))])
    name = f"{'*' if key.required else ' '} {key.path}"
    if width(name) + 1 > room:  # too long for the column: a line of its own
        yield name
        name = ""
    yield from wrapped(pad(name, room) + form, columns, " " * room)
    yield from wrapped(" " * room + key.description.replace("`", ""), columns, " " * room)


def _places(word: str) -> Iterator[str]:
    """Kinds that have a key of that name, as one would ask for it."""
    from opscli.kinds import config_kinds

    last = word.rsplit(".", maxsplit=1)[-1]
    for kind in config_kinds():
        paths = dict.fromkeys(_NESTING.sub("", key.path) for key, _ in _keys(kind))
        yield from (f"{kind}.{path}" for path in paths if path.rsplit(".", maxsplit=1)[-1] == last)


def _near(kind: str, path: str) -> list[str]:
    """Keys of a kind whose path, or whose last word, is like the one that was asked for."""
    paths = list(dict.fromkeys(_NESTING.sub("", key.path) for key, _ in _keys(kind)))
    same = [item for item in paths if item.rsplit(".", maxsplit=1)[-1] == path.rsplit(".", maxsplit=1)[-1]]
    return [f"{kind}.{item}" for item in same or get_close_matches(path, paths, n=3)]


def _refuse(what: str, places: list[str]) -> None:
    from opscli.errors import UsageError

    commands = "; ".join(f"opscli config explain {place}" for place in places[:_SHOWN])
    raise UsageError(
        say("show.no_key", what=what), remedy=commands or say("show.all_keys", kind=what.partition(".")[0])
    )
