"""A difference as a sentence: what it is about, what changed there, from what to what."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscli.config.change import Change, Crumb
from opscli.config.guide import guide
from opscli.config.hidden import MASK
from opscli.config.sameness import MISSING
from opscli.config.secrets import PLAIN_KEYS, redacted
from opscli.phrases import current, listed, say
from opscli.phrases.spacing import spaced
from opscli.runner.conditions import Conditions
from opscli.runner.lines import changed_lines, count

"""Chinese characters, and the marks that need no space beside them."""
_NO_CONTENT = ("name", "id", "label", "owner", "purpose", "runbook")
"""Keys of an item that do not say what it is."""
_LONGEST = 120
"""Longer values are told by their beginning."""
_LEAD = 24
"""Characters that two long values have in common and that are shown before what differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """How changes are told: how conditions of each side are read, and where a change stands."""

    before: Conditions
    after: Conditions
    lines: Callable[[Change], str]

    def sentence(self, change: Change) -> str:
        """The whole difference, without its place."""
        subject, what = subject_of(change)
        told = {
            "added": self._added,
            "removed": lambda item, who, _: say("diff.removed", subject=who, about=self._about(item, item.before)),
            "renamed": self._renamed,
            "reordered": self._reordered,
            "moved": self._moved,
            "changed": self._changed,
        }[change.operation]
        return spaced(told(change, subject, what))

    def place(self, change: Change) -> str:
        """`file:line`."""
        return self.lines(change)

    def used_by(self, users: tuple[str, ...]) -> str:
        """Through what the change decides who is written to."""
        return say("diff.used_by", users=listed(users))

    def rules(self, change: Change) -> tuple[str, str] | None:
        """The condition before and after in canonical form, where one changed."""
        if change.form != "condition" or change.operation != "changed":
            return None
        sides = ((self.before, change.before), (self.after, change.after))
        first, second = ("" if value is MISSING else side.canonical(value) for side, value in sides)
        return first, second

    @staticmethod
    def plain(change: Change) -> tuple[Any, Any]:
        """Both values as data, without secrets; None = not there."""
        first, second = (None if item is MISSING else _shown(change, item) for item in (change.before, change.after))
        return first, second

    def _added(self, change: Change, subject: str, _what: str) -> str:
        if change.following:
            about = self._about(change, change.after)
            return say("diff.added_before", subject=subject, about=about, following=change.following)
        return say("diff.added", subject=subject, about=self._about(change, change.after))

    def _renamed(self, change: Change, subject: str, _what: str) -> str:
        words = say("diff.renamed", subject=subject, old=change.before)
        return words + (say("diff.renamed_unsaid") if change.assumed else "")

    def _moved(self, change: Change, subject: str, _what: str) -> str:
        return say("diff.moved", subject=subject, what=kind_word(change.kind), old=change.before, new=change.after)

    def _reordered(self, change: Change, subject: str, what: str) -> str:
        moved = [
            say("diff.moved_before", name=name, next=after) if after else say("diff.moved_last", name=name)
            for name, after in moves(change.before, change.after)
        ]
        words = say("diff.reordered", subject=subject, what=what, moved=listed(moved))
        reason = (change.reason or {}).get(current(), "")
        return words + (say("diff.because", reason=reason) if reason else "")

    def _changed(self, change: Change, subject: str, what: str) -> str:
        before, after = self._value(change, change.before, self.before), self._value(change, change.after, self.after)
        if before == after:  # said in the same words, written otherwise
            before, after = self.rules(change) or (before, after)
        if before == after and MASK in before:
            return say("diff.secret_changed", subject=subject, what=what, shown=before.strip('"“”'))
        if before == after:  # their beginnings, or the language that is spoken, are the same
            before, after = _apart(change.before, change.after)
        if change.before is MISSING:
            return say("diff.set", subject=subject, what=what, after=after)
        if change.after is MISSING:
            return say("diff.unset", subject=subject, what=what, before=before)
        if lines := changed_lines(change):
            return say("diff.text", subject=subject, what=what, count=count(lines))
        before += say("diff.default") * change.by_default[0]
        after += say("diff.default") * change.by_default[1]
        return say("diff.changed", subject=subject, what=what, before=before, after=after)

    def _about(self, change: Change, item: Any) -> str:
        """What an item that came or went says: its condition in words, else its content in short."""
        side = self.after if change.operation == "added" else self.before
        if not change.trail:
            purpose = item.get("purpose") if isinstance(item, Mapping) else None
            return say("diff.about", what=purpose) if purpose else ""
        here = _guide_of(change)
        if not isinstance(item, Mapping):
            return say("diff.about", what=_compact(_shown(change, item))) if item != change.trail[-1].name else ""
        rest = {
            key: side.words(value) if here.child(str(key), item).form == "condition" else value
            for key, value in item.items()
            if key not in _NO_CONTENT
        }
        if len(rest) == 1 and here.child(str(next(iter(rest))), item).form == "condition":
            return say("diff.about_rule", rule=next(iter(rest.values())))
        text = _compact(_shown(change, rest))
        return say("diff.about", what=text) if rest and text != change.trail[-1].name else ""

    def _value(self, change: Change, value: Any, side: Conditions) -> str:
        if change.form == "condition" and value is not MISSING:
            return say("diff.quoted", text=side.words(value))
        if value is MISSING or value is None:
            return say("diff.nothing")
        if change.form == "label" and isinstance(value, Mapping):
            value = value.get(current(), value)
        if isinstance(value, str) and change.form not in ("duration", "share"):
            return say("diff.quoted", text=_short(value if not _is_secret(change) else MASK))
        return _compact(_shown(change, value))


def moves(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """The fewest items that moved, each with the one before which it stands now ("" = the last)."""
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in after[block.b : block.b + block.size]}
    return [(name, next(iter(after[place + 1 :]), "")) for place, name in enumerate(after) if name not in stayed]


def subject_of(change: Change) -> tuple[str, str]:
    """What a change is about (`campaign winback, step offer`), and the key in it that changed (`send.template`)."""
    parts: list[str] = [] if change.container and any(crumb.name for crumb in change.trail) else [_document(change)]
    keys: list[Crumb] = []
    for crumb in change.trail:
        if crumb.name:
            keys = keys[:-1] if _labelled(crumb) else keys
            prefix = f"{_keys(keys)} " if keys else ""
            parts.append(prefix + _named(crumb))
            keys = []
        else:
            keys.append(crumb)
    return listed(parts), _keys(keys)


def subject_word(change: Change) -> str:
    """The kind of thing that changed, as people count it: tag, campaign."""
    if change.container:
        named = next((crumb for crumb in change.trail if crumb.name and _labelled(crumb)), None)
        if named is not None:
            return _label(named.labels, named.key)
    return kind_word(change.kind)


def kind_word(kind: str) -> str:
    """What people call a kind."""
    return _label(guide(kind).labels, kind)


def _document(change: Change) -> str:
    return say("diff.named", what=kind_word(change.kind), name=change.document)


def _named(crumb: Crumb) -> str:
    return say("diff.named", what=_label(crumb.labels, ""), name=crumb.name).strip()


def _keys(keys: list[Crumb]) -> str:
    """The label of the last key that has one, and the keys below it; without any the keys with dots."""
    labelled = max((place for place, crumb in enumerate(keys) if _labelled(crumb)), default=-1)
    below = ".".join(crumb.key for crumb in keys[labelled + 1 :])
    if labelled < 0:
        return below
    label = _label(keys[labelled].labels, keys[labelled].key)
    return say("diff.key_below", label=label, key=below) if below else label


def _labelled(crumb: Crumb) -> bool:
    return bool(crumb.labels)


def _label(labels: Mapping[str, str] | None, otherwise: str) -> str:
    return (labels or {}).get(current(), otherwise)


def _guide_of(change: Change) -> Any:
    """The schema's guide of an item that came or went."""
    here, data = guide(change.kind), change.after if change.operation == "added" else change.before
    for crumb in change.trail:
        here = here.item([data]) if crumb.name and not here.is_map else here.child(crumb.name or crumb.key, {})
    return here


def _is_secret(change: Change) -> bool:
    return bool(change.trail) and change.trail[-1].key in PLAIN_KEYS


def _shown(change: Change, value: Any) -> Any:
    return MASK if _is_secret(change) and isinstance(value, str) else redacted(value)


def _compact(value: Any) -> str:
    """Data as one line of YAML's short form."""
    if isinstance(value, Mapping):
        return _short("{" + ", ".join(f"{key}: {_compact(item)}" for key, item in value.items()) + "}")
    if isinstance(value, list | tuple):
        return _short("[" + ", ".join(map(_compact, value)) + "]")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _short(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _apart(before: Any, after: Any) -> tuple[str, str]:
    """Two values from shortly before the place where they begin to differ."""
    texts = [" ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
             for value in (before, after)]  # fmt: skip
    same = next((at for at, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), 0)
    start = max(0, same - _LEAD)
    first, second = (say("diff.quoted", text=_short("…" * bool(start) + text[start:])) for text in texts)
    return first, second


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
