"""From one page to the next, and when there is none: by a link, a page number, an offset or a token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.web.documents import NO_CONTENT, Records, compiled, lines, parse, too_deep, value_at
from opscli.sources.web.requests import Answer, Ask
from opscli.sources.web.service import Declined, Service, moved_to
from opscli.sources.web.settings import Pagination

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, whole: its records, and the same as lines of a file."""

    ask: Ask
    records: tuple[Any, ...]
    lines: bytes


@dataclass(slots=True, kw_only=True)
class Pager:
    """Walks the pages of one load. `first` is the request without paging; `body` the JSON that it carries, if any."""

    service: Service
    style: Pagination
    records: Records
    first: Ask
    body: Mapping[str, Any] | None = None
    fetched: int = 0
    """Rows so far."""
    announced: int | None = None
    """Rows that there are, as the service says."""
    notes: list[str] = field(default_factory=list)
    _digests: set[bytes] = field(default_factory=set)
    _full_seen: bool = False

    def pages(self) -> Iterator[Page]:
        """Every page in its order. Raises DataUnusable when the service goes in a circle or never ends."""
        ask: Ask | None = self._numbered(1, self.style.start)
        while ask is not None:
            if ask.page > self.style.max_pages:
                what = say("sources.http_max_pages", what=ask.what, count=self.style.max_pages)
                raise DataUnusable(what, remedy=say("sources.http_max_pages_how"))
            answer = self._answer(ask)
            if answer is None:
                return
            document = parse(answer, ask)
            page = _page(Records() if answer.status == NO_CONTENT else self.records, document, ask)
            if self._is_repeated(page):
                return
            yield page
            self.fetched += len(page.records)
            self._full_seen = self._full_seen or len(page.records) >= self.style.size
            ask = self._next(ask, answer, document, len(page.records))

    def _answer(self, ask: Ask) -> Answer | None:
        """The answer; None where a numbered page lies behind the last one and the service says so by a 404."""
        try:
            return self.service.fetch(ask)
        except Declined as error:
            if error.status == _NOT_FOUND and ask.page > 1 and self.style.style in ("page", "offset"):
                return None
            raise

    def _is_repeated(self, page: Page) -> bool:
        """Whether the last page came once more; a service that ignores the number is an error."""
        if self.style.style not in ("page", "offset") or not page.records:
            return False
        digest = blake2b(page.lines, digest_size=16).digest()
        if digest not in self._digests:
            self._digests = {digest}
            return False
        if len(page.records) < self.style.size:
            return True
        what = say("sources.http_same_page", what=page.ask.what, page=page.ask.page, param=self.style.param)
        raise DataUnusable(what, remedy=say("sources.http_same_page_how"))

    def _next(self, ask: Ask, answer: Answer, document: Any, count: int) -> Ask | None:
        number = ask.page + 1
        if self.style.style == "link":
            return self._linked(number, ask, answer, document)
        if self.style.style == "cursor":
            return self._with_token(number, document)
        if self.style.style == "none" or self._is_last(ask, document, count):
            return None
        return self._numbered(number, self.style.start + (self.fetched if self._is_offset else ask.page))

    @property
    def _is_offset(self) -> bool:
        return self.style.style == "offset"

    def _is_last(self, ask: Ask, document: Any, count: int) -> bool:
        """An empty page is; a short one where full ones came before, since a service may give fewer than asked for."""
        if count == 0:
            return True
        if self.style.total:
            self.announced = self._number(self.style.total, document, ask)
            return self.fetched >= self.announced
        if self.style.pages:
            return ask.page >= self._number(self.style.pages, document, ask)
        return self._full_seen and count < self.style.size

    def _number(self, path: str, document: Any, ask: Ask) -> int:
        value = value_at(compiled(path), document)
        try:
            return int(str(value))
        except ValueError as error:
            what = say("sources.http_no_total", what=ask.what, page=ask.page, path=path)
            raise DataUnusable(what, remedy=say("sources.http_no_total_how")) from error

    def _linked(self, number: int, ask: Ask, answer: Answer, document: Any) -> Ask | None:
        target = value_at(compiled(self.style.next), document) if self.style.next else answer.links.get("next")
        if not target:
            self._note_end(number)
            return None
        url = moved_to(ask, _as_secure(str(target), answer.url), answer.url)
        self._refuse_circle(str(url), number)
        return replace(self.first, url=str(url), params={}, page=number)

    def _with_token(self, number: int, document: Any) -> Ask | None:
        token = value_at(compiled(self.style.next), document)
        if token is None or token is False or token == "":
            self._note_end(number)
            return None
        self._refuse_circle(json.dumps(token), number)
        return self._numbered(number, token)

    def _note_end(self, number: int) -> None:
        """A first page that is full and leads nowhere may be a path with a slip of the pen."""
        if number == 2 and self.style.size and self.fetched >= self.style.size:  # noqa: PLR2004  behind the first
            where = self.style.next or "Link"
            self.notes.append(say("sources.http_only_page", what=self.first.what, count=self.fetched, where=where))

    def _refuse_circle(self, token: str, number: int) -> None:
        """Every place to go on at comes once."""
        digest = blake2b(token.encode("utf-8", "replace"), digest_size=16).digest()
        if digest in self._digests:
            what = say("sources.http_circle", what=self.first.what, page=number - 1)
            raise DataUnusable(what, remedy=say("sources.http_circle_how"))
        self._digests.add(digest)

    def _numbered(self, number: int, value: Any) -> Ask:
        """The request of a page by its paging parameters; the first one by token goes without."""
        style, added = self.style, {}
        if style.style in ("page", "offset") or (style.style == "cursor" and number > 1):
            added[style.param] = value
        if style.size_param and style.size:
            added[style.size_param] = style.size
        ask = replace(self.first, page=number)
        if style.in_body:
            return replace(ask, content=json.dumps(laid_into(self.body or {}, added)).encode())
        return replace(ask, params={**ask.params, **{name: _text(value) for name, value in added.items()}})


def laid_into(body: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON body with more values; a name with dots stands for a place within objects."""
    whole: dict[str, Any] = json.loads(json.dumps(body))
    for name, value in added.items():
        at = whole
        *parents, key = name.split(".")
        for parent in parents:
            if not isinstance(at.get(parent), dict):
                at[parent] = {}
            at = at[parent]
        at[key] = value
    return whole


def _page(records: Records, document: Any, ask: Ask) -> Page:
    try:
        found = tuple(records.of(document, ask))
        return Page(ask=ask, records=found, lines=b"".join(lines(found)))
    except RecursionError as error:
        raise too_deep(ask) from error


def _text(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)


def _as_secure(target: str, base: str) -> str:
    """Behind a proxy that ends TLS many services write http: links to themselves; those are meant as https."""
    before = urlsplit(base)
    plain = f"http://{before.netloc}"
    if before.scheme == "https" and (target == plain or target.startswith((f"{plain}/", f"{plain}?"))):
        return f"https{target.removeprefix('http')}"
    return target
