"""Source type `http`: a REST service, asked page by page for all its rows or for those that are new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Found, Gathered
from opscli.sources.web import checks
from opscli.sources.web.credentials import plain_params, read_credentials
from opscli.sources.web.documents import Records
from opscli.sources.web.guard import open_transport
from opscli.sources.web.increments import Increment, increment
from opscli.sources.web.pages import Pager, laid_into
from opscli.sources.web.requests import Ask, label_of
from opscli.sources.web.service import Service, origin_of, parsed
from opscli.sources.web.settings import HttpSettings, read
from opscli.sources.web.waiting import Outside, Pace

settings = read


def check(spec: HttpSettings, document: Document) -> Iterable[Issue]:
    """Settings that contradict each other, secrets in plain text, paths that are none, addresses that are refused."""
    return checks.issues(spec, document)


def place(spec: HttpSettings) -> str:
    """The address without its query."""
    return label_of(spec.url)


def gather(spec: HttpSettings, asked: Asked, outside: Outside | None = None) -> Gathered:
    """The rows that are new since the cursor's mark, all of them without a cursor, as one file of JSON lines.

    A page counts when it has arrived as a whole. Raises ServiceUnavailable, NotPermitted, DataUnusable, UsageError.
    """
    label, path = label_of(spec.url), asked.workbench / "rows.jsonl"
    walk = increment(spec.since, asked)
    with _opened(spec, asked.root, outside or Outside()) as service:
        pager = _pager(spec, service, walk)
        rows = _write(path, pager, walk, asked)
    whole = walk.begin is None and not _is_cut(rows, asked) and not _is_short(pager)
    if not rows and not whole:
        return Gathered(marks=walk.marks(), skipped=1)
    found = Found(path=path, label=label, size=path.stat().st_size, format=FileFormat(type="jsonl", encoding="utf-8"))
    cut = _is_cut(rows, asked)
    short = (
        [say("sources.http_fewer", what=label, said=pager.announced, count=pager.fetched)] if _is_short(pager) else []
    )
    return Gathered(
        files=(found,),
        marks={} if cut else walk.marks(),
        complete=whole,
        unsifted=spec.since is None,
        notes=(*pager.notes, *([] if cut else short)),
    )


def _write(path: Path, pager: Pager, walk: Increment, asked: Asked) -> int:
    """Copy page after page into the file, no more rows than are wanted; how many."""
    rows = 0
    with path.open("wb") as file:
        for page in pager.pages():
            walk.note(page.records, page.ask)
            room = len(page.records) if asked.limit is None else asked.limit - rows
            taken = min(len(page.records), room)
            file.write(page.lines if taken == len(page.records) else _first_lines(page.lines, taken))
            rows += taken
            asked.progress.advance(page.ask.what, rows, pager.announced)
            if asked.limit is not None and rows >= asked.limit:
                break
    return rows


def _first_lines(lines: bytes, count: int) -> bytes:
    return b"".join(lines.splitlines(keepends=True)[:count])


def _is_cut(rows: int, asked: Asked) -> bool:
    """Whether there may be more rows than were wanted."""
    return asked.limit is not None and rows >= asked.limit


def _is_short(pager: Pager) -> bool:
    """Whether fewer rows came than the service says there are: some moved to a page that was read before."""
    return pager.announced is not None and pager.fetched < pager.announced


def _pager(spec: HttpSettings, service: Service, walk: Increment) -> Pager:
    body = laid_into(spec.body or {}, walk.in_body()) if spec.method == "POST" else None
    first = Ask(
        what=label_of(spec.url),
        url=spec.url,
        method=spec.method,
        params={**plain_params(spec.params), **walk.in_query()},
        headers={"Content-Type": "application/json"} if body is not None else {},
        content=None if body is None else json.dumps(body).encode(),
    )
    return Pager(service=service, style=spec.pagination, records=Records(spec.records), first=first, body=body)


@contextmanager
def _opened(spec: HttpSettings, root: Path, outside: Outside) -> Iterator[Service]:
    ca_file = root / spec.ca_file if spec.ca_file else None
    credentials = read_credentials(spec, root, outside)
    with open_transport(outside, allowed=spec.allow_hosts, ca_file=ca_file) as transport:
        yield Service(
            transport=transport,
            credentials=credentials,
            origin=origin_of(parsed(spec.url, Ask(what=label_of(spec.url), url=spec.url))),
            outside=outside,
            pace=Pace(outside, spec.rate_limit),
            timeout=spec.timeout,
            retries=spec.retries,
        )
