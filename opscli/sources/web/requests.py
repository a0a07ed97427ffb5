"""What is asked and what came back: a request without its credentials, and an answer that was read to its end."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from opscli.errors import DataUnusable
from opscli.phrases import say

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 64 << 20
"""Bytes of one answer, unpacked."""
_ANSWER_TIMEOUTS = 10
"""A whole answer may take so many timeouts: a server that sends a byte now and then would hold a load for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, as far as it may be shown; `what` is what people call it, such as a URL without its query."""

    what: str
    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    """Laid over the query of `url`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    page: int = 1
    for_token: bool = False
    """Brings its own credentials; those of the source are none of its business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the service; `url` is where it came from, redirects followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    links: Mapping[str, str] = field(default_factory=dict)
    """Targets of the Link header by their rel."""


class BrokenOff(Exception):  # noqa: N818  named by what happened
    """A body that ended before it was whole, or took too long."""


def label_of(url: str) -> str:
    """A URL as it may be shown: without query, fragment, user and password."""
    parts = urlsplit(urldefrag(url).url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def read_body(response: httpx.Response, ask: Ask, timeout: float, now: Callable[[], float]) -> bytes:
    """The whole body, unpacked. Raises BrokenOff, or DataUnusable when it is too large or packed in another way."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", ""):
        raise DataUnusable(
            say("sources.http_packed", what=ask.what, packing=packing), remedy=say("sources.http_packed_how")
        )
    until = now() + timeout * _ANSWER_TIMEOUTS
    chunks = _in_time(response.iter_raw(), until, now)
    body = bytearray()
    for chunk in _unpacked(chunks) if "gzip" in packing else chunks:
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise too_large(ask)
    return bytes(body)


def too_large(ask: Ask) -> DataUnusable:
    """The refusal of an answer that would fill the memory."""
    what = say("sources.http_too_large", what=ask.what, page=ask.page, limit=LARGEST_ANSWER >> 20)
    return DataUnusable(what, remedy=say("sources.http_too_large_how"))


def _in_time(chunks: Iterable[bytes], until: float, now: Callable[[], float]) -> Iterable[bytes]:
    for chunk in chunks:
        if now() > until:
            raise BrokenOff(say("sources.http_too_slow"))
        yield chunk


def _unpacked(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """Never more than a mebibyte at a time: a small body can stand for a thousand times its size."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not decoder.eof:
                yield decoder.decompress(waiting, 1 << 20)
                waiting = decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as error:
        raise BrokenOff(str(error)) from error
    if not decoder.eof:
        raise BrokenOff(say("sources.http_broken_off"))
