"""Cut a condition into words: an allow-list with bounds, before any parser sees it.

The parser gets a stand-in of each word that carries only its number (`"n3"`, `f4`, `'5'`), so that no text of a user
reaches it, no column name collides with an SQL keyword, and each node knows its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from opscli.phrases import say
from opscli.rules.tree import RuleInvalid

MAX_CHARACTERS = 8_000
MAX_WORDS = 600
"""Takes about 30 ms to read; a usual condition has 20."""
MAX_NESTING = 24
"""Open parentheses, and signs or `not` in a row: what makes the parser recurse."""
MAX_LITERAL = 500
MAX_DIGITS = 18
"""What fits BIGINT and DECIMAL(18, …) on every engine."""

KEYWORDS = frozenset({"and", "or", "not", "in", "between", "like", "ilike", "is"})
CONSTANTS = frozenset({"true", "false", "null"})

_WORD = re.compile(
    r"(?P<space>\s+)|(?P<comment>--|/\*)|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>\d+(?:\.\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*){0,3})"
    r"|(?P<parameter>:[^\W\d]\w*)|(?P<sign><>|!=|<=|>=|[=<>+\-*/(),])"
)
_CALLED = re.compile(r"[ \t\r\n]*\(")
_CONTROL = re.compile(r"[^\S\t\n\r ]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `kind` is name, parameter, function, text, number, keyword or sign; `at` its offset in the text."""

    kind: str
    text: str
    at: int

    def stand_in(self, index: int) -> str:
        """What the parser sees instead."""
        forms = {
            "name": f'"n{index}"',
            "parameter": f'"n{index}"',
            "function": f"f{index}",
            "text": f"'{index}'",
            "number": str(index),
        }
        return forms.get(self.kind, self.text)


def scan(text: str) -> tuple[Word, ...]:
    """Words of `text`. Raises RuleInvalid for anything that is not on the list, at its place."""
    if len(text) > MAX_CHARACTERS:
        raise RuleInvalid(
            say("rules.too_long", count=len(text)),
            why=say("rules.at_most", limit=MAX_CHARACTERS),
            how=say("rules.split"),
        )
    words: list[Word] = []
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None or match.lastgroup == "comment":
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            words.append(_classify(match, words, text))
            if len(words) > MAX_WORDS:
                what = say("rules.too_many_words", limit=MAX_WORDS)
                raise RuleInvalid(what, how=say("rules.split"), offset=position)
        elif _CONTROL.search(match[0]):
            raise _unreadable(text, position)
        position = match.end()
    if not words:
        raise RuleInvalid(say("rules.empty"), how=say("rules.write_one"))
    _check_bounds(words)
    return tuple(words)


def _classify(match: re.Match[str], before: list[Word], text: str) -> Word:
    found, at = match[0], match.start()
    if match.lastgroup == "text":
        return Word("text", _literal(found, at), at)
    if match.lastgroup == "number":
        if sum(map(str.isdigit, found)) > MAX_DIGITS or not found.isascii():
            raise RuleInvalid(say("rules.long_number", limit=MAX_DIGITS), how=say("rules.shorten"), offset=at)
        return Word("number", found, at)
    if match.lastgroup == "sign":
        return Word("sign", found, at)
    if match.lastgroup == "parameter":
        return Word("parameter", found[1:], at)
    return _name(match, before, text)


def _name(match: re.Match[str], before: list[Word], text: str) -> Word:
    found, at = match[0], match.start()
    lower = found.lower()
    if lower in KEYWORDS:
        return Word("keyword", lower, at)
    if _CALLED.match(text, match.end()):
        return Word("function", lower, at)
    if lower in CONSTANTS:
        after_is = [word.text for word in before[-2:] if word.kind == "keyword"]
        grammar = after_is[-1:] == ["is"] or after_is == ["is", "not"]
        return Word("keyword" if grammar else "name", lower, at)
    return Word("name", found, at)


def _literal(found: str, at: int) -> str:
    value = found[1:-1].replace("''", "'")
    if len(value) > MAX_LITERAL or re.search(r"[\x00-\x1f\x7f]", value):
        raise RuleInvalid(say("rules.bad_text"), why=say("rules.at_most", limit=MAX_LITERAL), offset=at)
    return value


def _unreadable(text: str, position: int) -> RuleInvalid:
    found = text[position]
    if found == "'":
        return RuleInvalid(say("rules.open_quote"), how=say("rules.quotes"), offset=position)
    if found == '"':
        return RuleInvalid(
            say("rules.double_quotes"), why=say("rules.bare_names"), how=say("rules.quotes"), offset=position
        )
    if text.startswith(("--", "/*"), position):
        return RuleInvalid(
            say("rules.comment"), why=say("rules.no_comments"), how=say("rules.yaml_comment"), offset=position
        )
    return RuleInvalid(
        say("rules.cannot_stand", found=repr(found)),
        why=say("rules.may_hold"),
        how=say("rules.see_page"),
        offset=position,
    )


def _check_bounds(words: list[Word]) -> None:
    depth = run = 0
    before: Word | None = None
    for word in words:
        depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "sign" else 0
        run = run + 1 if word.text in {"not", "-", "+", "is"} and word.kind in {"sign", "keyword"} else 0
        if depth + run > MAX_NESTING or run > 4:  # noqa: PLR2004  "a is not - - 1" is as far as sense goes
            raise too_deep(word.at)
        if (
            word.kind == "sign"
            and word.text == ")"
            and before is not None
            and before.kind == "sign"
            and before.text == ","
        ):
            raise RuleInvalid(say("rules.unreadable", near=","), how=say("rules.remove"), offset=before.at)
        before = word
        if depth < 0:
            raise RuleInvalid(say("rules.unopened"), how=say("rules.remove"), offset=word.at)
    if depth:
        raise RuleInvalid(say("rules.unclosed"), how=say("rules.close"), offset=words[-1].at)


def too_deep(at: int) -> RuleInvalid:
    """The refusal of what is nested beyond MAX_NESTING."""
    return RuleInvalid(
        say("rules.too_deep"), why=say("rules.levels", limit=MAX_NESTING), how=say("rules.split"), offset=at
    )
