"""JSON of an answer → the list of its records → lines of a file, with every number as the server wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from opscli.errors import DataUnusable
from opscli.outcome import printable
from opscli.phrases import listed, say
from opscli.sources.web.requests import Answer, Ask, too_large

if TYPE_CHECKING:
    from jsonpath import JSONPath

_COST = {b"{": 300, b"[": 100, b",": 110}
"""Bytes of memory that a value of JSON takes once it is read, by the character that comes before it, roughly."""
_MOST_MEMORY = 160 << 20
_PLAIN_FLOAT = re.compile(r"-?(0|[1-9]\d{0,12})\.\d{0,2}[1-9]")
"""Decimals that come out of a double as they went in."""
_LONGEST_INTEGER = 18
"""Digits; longer ones do not fit into 64 bits everywhere."""
NO_CONTENT = 204
_DEEPEST_CANDIDATE = 4
_MOST_CANDIDATES = 8


class Written(float):
    """A number that no machine number keeps as it was written, such as 1.10 or 20 digits; it compares as a float."""

    __slots__ = ("text",)
    text: str


@dataclass(slots=True)
class Records:
    """Where the records stand in each document: as stated, or where the first page had them."""

    stated: str = ""
    _key: str = field(default="")
    _path: JSONPath | None = None

    def of(self, document: Any, ask: Ask) -> Sequence[Any]:
        """The records of one page. Raises DataUnusable, with the candidates, where they are not to be found."""
        if self.stated:
            self._path = self._path or compiled(self.stated)
            return _selected(self._path, self.stated, document, ask)
        if isinstance(document, list):
            return document
        if not isinstance(document, dict):
            _not_found(document, ask)
        if self._key in document:
            return _as_list(document[self._key], document, ask)
        lists = {key: value for key, value in document.items() if isinstance(value, list)}
        filled = [key for key, value in lists.items() if value and all(isinstance(item, dict) for item in value)]
        if len(filled) == 1:
            self._key = filled[0]
            return lists[self._key]
        if filled or not lists or any(lists.values()):
            _not_found(document, ask)
        return ()


def compiled(path: str) -> JSONPath:
    """A JSONPath (RFC 9535). Raises ValueError with the reason."""
    import jsonpath

    try:
        found = jsonpath.compile(path, strict=True)
    except jsonpath.JSONPathError as error:
        raise ValueError(str(error.message)) from error  # its own text fails on some of its errors
    except RecursionError as error:
        raise ValueError(type(error).__name__) from error
    if not isinstance(found, jsonpath.JSONPath):
        raise ValueError(path)  # noqa: TRY004  a text of the wrong kind
    return found


def value_at(path: JSONPath, document: Any) -> Any:
    """The first value of a path, a long number as its text; None where there is none."""
    found = _nodes(path, document)
    value = found[0] if found else None
    return value.text if isinstance(value, Written) else value


def parse(answer: Answer, ask: Ask) -> Any:
    """The document of an answer. Raises DataUnusable where it is none, or larger in memory than a page may be."""
    body = answer.body
    if answer.status == NO_CONTENT:
        return []
    if sum(body.count(sign) * cost for sign, cost in _COST.items()) > _MOST_MEMORY:
        raise too_large(ask)
    kind = printable(answer.headers.get("content-type", "?"), 80)
    try:
        return json.loads(body, parse_float=_float, parse_int=_integer, parse_constant=no_constant)
    except RecursionError as error:
        raise too_deep(ask) from error
    except ValueError as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else getattr(error, "start", 0)
        what = say("sources.http_no_json", what=ask.what, page=ask.page, at=at, kind=kind)
        raise DataUnusable(what, remedy=say("sources.http_no_json_how")) from error


def decoder(objects: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None) -> json.JSONDecoder:
    """A decoder that keeps every number as it is written, and takes nothing that is no JSON; `objects` makes those."""
    return json.JSONDecoder(
        parse_float=_float, parse_int=_integer, parse_constant=no_constant, object_pairs_hook=objects
    )


def selected(path: str, document: Any) -> Sequence[Any]:
    """What a path selects of a document; of a single list its elements. Raises ValueError, and RecursionError."""
    found = _nodes(compiled(path), document)
    return list(found[0]) if len(found) == 1 and isinstance(found[0], list) else found


def too_deep(ask: Ask) -> DataUnusable:
    """The refusal of lists within lists within lists."""
    what = say("sources.http_too_deep", what=ask.what, page=ask.page)
    return DataUnusable(what, remedy=say("sources.http_no_json_how"))


def lines(records: Sequence[Any]) -> Iterator[bytes]:
    """One line of JSON a record. Raises RecursionError for one that is nested too deep."""
    for record in records:
        plain = _plain(record)
        try:
            line = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:  # half of a surrogate pair: the line is rejected where it is read
            line = json.dumps(plain, separators=(",", ":")).encode()
        yield line + b"\n"


def field_of(record: Any, name: str) -> Any:
    """A value of a record by its key, else by a path of keys with dots; None where there is none."""
    if not isinstance(record, Mapping):
        return None
    found: Any = record
    if name in record:
        found = record[name]
    else:
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return found.text if isinstance(found, Written) else found


def _float(text: str) -> float | Written:
    return float(text) if _PLAIN_FLOAT.fullmatch(text) else _written(text)


def _integer(text: str) -> int | Written:
    return int(text) if len(text) <= _LONGEST_INTEGER else _written(text)


def _written(text: str) -> Written:
    number = Written(text)
    number.text = text
    return number


def no_constant(name: str) -> NoReturn:
    """Raises ValueError: NaN and Infinity are no JSON."""
    raise ValueError(name)


def _plain(value: Any) -> Any:
    """The value with odd numbers as texts."""
    if isinstance(value, dict):
        return {key: _plain(item) if isinstance(item, _NESTED) else item for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) if isinstance(item, _NESTED) else item for item in value]
    return value.text if isinstance(value, Written) else value


_NESTED = (dict, list, Written)


def _nodes(path: JSONPath, document: Any) -> list[Any]:
    import jsonpath

    try:
        return list(path.findall(document))
    except jsonpath.JSONPathError as error:  # in strict mode what can go wrong here is the depth of the document
        raise RecursionError from error


def _selected(path: JSONPath, stated: str, document: Any, ask: Ask) -> Sequence[Any]:
    found = _nodes(path, document)
    if path.singular_query():
        if not found:
            _not_found(document, ask, stated)
        return _as_list(found[0], document, ask, stated)
    if len(found) == 1 and isinstance(found[0], list):
        return list(found[0])
    return list(found)


def _as_list(value: Any, document: Any, ask: Ask, stated: str = "") -> Sequence[Any]:
    """A list as it is; null is an empty page."""
    if isinstance(value, list):
        return value
    if value is not None:
        _not_found(document, ask, stated)
    return ()


def _not_found(document: Any, ask: Ask, stated: str = "") -> NoReturn:
    found = [f"records: {path}" for path in _candidates(document, "$", 0)][:_MOST_CANDIDATES]
    key = "sources.http_records_not_there" if stated else "sources.http_no_records"
    what = say(key, what=ask.what, page=ask.page, records=stated)
    remedy = say("sources.http_no_records_how", found=listed(found)) if found else say("sources.http_no_lists_how")
    raise DataUnusable(what, remedy=remedy)


def _candidates(node: Any, path: str, depth: int) -> Iterator[str]:
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        yield path
    elif isinstance(node, dict) and depth < _DEEPEST_CANDIDATE:
        for key, value in node.items():
            plain = re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII)
            step = f".{key}" if plain else f"[{json.dumps(printable(key, 40))}]"
            yield from _candidates(value, path + step, depth + 1)
