"""What happens when a service is busy, broken, closed to us, or not what it was thought to be."""

from __future__ import annotations

import gzip
import logging
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from opscli.config import hidden
from opscli.errors import DataUnusable, NotPermitted, ServiceUnavailable
from opscli.sources.web.waiting import Outside, Pace, backoff
from tests.unit.sources.web_service import Answering, Fetch, Reply, Request, ids, serving

ROWS = [{"id": 1}, {"id": 2}]
KEY = "s3cret-key-of-the-shop"


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    monkeypatch.setenv("SHOP_KEY", KEY)
    return Fetch(root=tmp_path)


def first(*replies: Reply) -> Answering:
    """These replies, then the rows."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if waiting else Reply(body=ROWS)


BUSY = {"Retry-After": "7"}
DATED = {"Retry-After": "Mon, 04 May 2026 09:00:20 GMT", "Date": "Mon, 04 May 2026 09:00:05 GMT"}
LONG_AGO = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}


@pytest.mark.parametrize(
    ("reply", "waits"),
    [
        (Reply(status=429, headers=BUSY), [7.0]),
        (Reply(status=429, headers=DATED), [15.0]),
        (Reply(status=503, headers=LONG_AGO), [0.0]),
        (Reply(status=503, headers={"Retry-After": "0"}), [0.0]),
        (Reply(status=429, headers={"Retry-After": "soon"}), [1.0]),
        (Reply(status=500), [1.0]),
        (Reply(body=ROWS, cut=5), [1.0]),
        (Reply(body=gzip.compress(b"[]")[:-4], headers={"Content-Encoding": "gzip"}), [1.0]),
    ],
)
def test_what_may_pass_is_asked_again(fetch: Fetch, reply: Reply, waits: list[float]) -> None:
    with serving(first(reply)) as service:
        assert ids(fetch(service.url)) == [1, 2]
    assert fetch.waits == waits


def test_a_wait_beyond_patience_ends_the_load_at_once(fetch: Fetch) -> None:
    with (
        serving(first(Reply(status=429, headers={"Retry-After": "7200"}))) as service,
        pytest.raises(ServiceUnavailable, match="page 1: the service answers 429 and asks to wait 2 hours"),
    ):
        fetch(service.url)
    assert (fetch.waits, len(service.asked)) == ([], 1)


def test_failures_without_end_are_told_with_page_and_status(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        return Reply(body=ROWS) if request.query["page"] == "1" else Reply(status=502)

    with serving(answer) as service, pytest.raises(ServiceUnavailable) as failed:
        fetch(service.url, pagination={"style": "page"}, retries=3)
    assert failed.value.what == f"{service.url}, page 2: the service answers 502; asked 4 times"
    assert failed.value.temporary
    assert (failed.value.exit_code, fetch.waits) == (69, [1.0, 2.0, 4.0])


def test_a_page_that_broke_off_is_fetched_again_as_a_whole(fetch: Fetch) -> None:
    pages = {1: [{"id": 1}, {"id": 2}], 2: [{"id": 3}, {"id": 4}], 3: []}

    def answer(request: Request) -> Reply:
        return Reply(body=pages[int(request.query["page"])], cut=12 if len(service.asked) in (2, 3) else None)

    with serving(answer) as service:
        assert ids(fetch(service.url, pagination={"style": "page"})) == [1, 2, 3, 4]
    assert [query["page"] for query in service.queries] == ["1", "2", "2", "2", "3"]


def test_a_port_where_nobody_listens_is_no_answer(fetch: Fetch) -> None:
    with serving(first()) as service:
        pass
    with pytest.raises(ServiceUnavailable, match=r"no whole answer came .*refused.*; asked 2 times"):
        fetch(service.url, retries=1)


def test_a_silent_service_is_not_waited_for(fetch: Fetch) -> None:
    done = threading.Event()

    def answer(_: Request) -> Reply:
        done.wait(5)
        return Reply(body=ROWS)

    with serving(answer) as service, pytest.raises(ServiceUnavailable, match=r"timed out\); asked 1 times"):
        fetch(service.url, retries=0, timeout="1s")
    done.set()


def test_requests_keep_their_pace() -> None:
    clock, waits = [100.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    pace = Pace(Outside(sleep=sleep, now=lambda: clock[0]), 0.2)
    for busy in (0.0, 0.05, 1.0, 0.0):
        clock[0] += busy
        pace.wait()
    assert waits == pytest.approx([0.15, 0.2])
    assert [backoff(attempt) for attempt in (0, 1, 5, 6, 5000)] == [1.0, 2.0, 32.0, 60.0, 60.0]


def test_a_rate_limit_spreads_the_pages(fetch: Fetch) -> None:
    with serving(lambda request: Reply(body=ROWS if request.query["page"] < "2" else [])) as service:
        fetch(service.url, pagination={"style": "page"}, rate_limit="30 per minute")
    assert fetch.waits == [2.0]


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_not_permitted_is_not_asked_again(fetch: Fetch, status: int) -> None:
    with serving(lambda _: Reply(status=status)) as service, pytest.raises(NotPermitted, match=f"status {status}"):
        fetch(service.url)
    assert len(service.asked) == 1


def test_what_a_service_says_is_quoted_safely(fetch: Fetch) -> None:
    said = f"no \x1b[31mfield\u202e 'x' for {KEY}".encode() + b"\xff" + b"." * 500
    with serving(lambda _: Reply(status=422, body=said)) as service, pytest.raises(DataUnusable) as refused:
        fetch(service.url, auth={"bearer": {"env": "SHOP_KEY"}})
    told = refused.value.what
    assert "page 1: the service answers 422: no \\x1b[31mfield\\u202e 'x' for ***" in told
    assert len(told) < len(service.url) + 250


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html><body>Sign in</body></html>", "is no JSON (character 0, content type text/html)"),
        (b'[{"id": 1}, {"id": NaN}]', "is no JSON (character 0"),
        (b'[{"id": 1}, {"id": }]', "is no JSON (character 19"),
        (b'["\xff"]', "is no JSON (character 2"),
        (b"[" * 50_000 + b"]" * 50_000, "is nested too deep"),
        (b'[{"a":' * 600 + b"1" + b"}]" * 600, "is nested too deep"),
        (b"[" * 2_000_000, "is larger than a page may be"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "is larger than a page may be"),
    ],
)
def test_wrong_content_is_refused_quickly(fetch: Fetch, body: bytes, told: str) -> None:
    reply = Reply(body=body, headers={"Content-Type": "text/html"})
    start = time.perf_counter()
    with serving(lambda _: reply) as service, pytest.raises(DataUnusable) as refused:
        fetch(service.url)
    assert time.perf_counter() - start < 1
    assert f"page 1: the answer {told}" in refused.value.what


@pytest.mark.parametrize("packed", [True, False])
def test_a_huge_answer_is_refused_before_it_fills_the_memory(fetch: Fetch, packed: bool) -> None:
    body = b"[" + b" " * (80 << 20) + b"]"
    reply = Reply(body=zipped(body), headers={"Content-Encoding": "gzip"}) if packed else Reply(body=body)
    with serving(lambda _: reply) as service:
        tracemalloc.start()
        with pytest.raises(DataUnusable, match="is larger than a page may be"):
            fetch(service.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 200 << 20


def zipped(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


def test_a_packed_answer_is_unpacked_and_another_packing_refused(fetch: Fetch) -> None:
    with serving(lambda _: Reply(body=zipped(b'[{"id": 5}]'), headers={"Content-Encoding": "gzip"})) as service:
        assert ids(fetch(service.url)) == [5]
    with (
        serving(lambda _: Reply(body=b"x", headers={"Content-Encoding": "gzip, gzip"})) as service,
        pytest.raises(DataUnusable, match="packing gzip, gzip"),
    ):
        fetch(service.url)


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        (
            {"auth": {"bearer": {"env": "SHOP_KEY"}}},
            lambda request: request.headers["authorization"] == f"Bearer {KEY}",
        ),
        (
            {"auth": {"basic": {"user": "ann", "password": {"env": "SHOP_KEY"}}}},
            lambda request: request.headers["authorization"] == "Basic YW5uOnMzY3JldC1rZXktb2YtdGhlLXNob3A=",
        ),
        (
            {"auth": {"api_key": {"header": "X-API-Key", "value": {"env": "SHOP_KEY"}}}},
            lambda request: request.headers["x-api-key"] == KEY,
        ),
        (
            {"auth": {"api_key": {"param": "key", "value": {"env": "SHOP_KEY"}}}},
            lambda request: request.query["key"] == KEY,
        ),
        ({"params": {"tok": {"env": "SHOP_KEY"}}}, lambda request: request.query["tok"] == KEY),
        ({"headers": {"X-Shop": {"env": "SHOP_KEY"}}}, lambda request: request.headers["x-shop"] == KEY),
    ],
)
def test_credentials_go_with_every_page_and_are_shown_nowhere(
    fetch: Fetch, settings: dict[str, Any], seen: Callable[[Request], bool], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pages = [Reply(body=ROWS, headers={"Link": '</v1/orders?p=2>; rel="next"'}), Reply(body=ROWS)]
    with serving(lambda _: pages[len(service.asked) - 1]) as service:
        found = fetch(service.url, pagination={"style": "link"}, **settings)
    assert len(service.asked) == 2
    assert all(map(seen, service.asked))
    assert KEY not in caplog.text + repr(found)
    with serving(lambda _: Reply(status=400, body=b"?")) as service, pytest.raises(DataUnusable) as refused:
        fetch(service.url, **settings)
    assert KEY not in f"{refused.value!r} {refused.value.what} {refused.value.remedy}"


def test_a_secret_that_would_break_the_header_is_not_quoted(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "abc\r\nHost: evil")
    with (
        serving(first()) as service,
        pytest.raises(DataUnusable, match="header Authorization has characters") as refused,
    ):
        fetch(service.url, auth={"bearer": {"env": "SHOP_KEY"}})
    assert (service.asked, "evil" in str(refused.value)) == ([], False)


class TokenService:
    """Gives out tokens and takes the newest only."""

    def __init__(self, **grant: Any) -> None:
        self.given: list[Request] = []
        self.grant = grant
        self.revoked: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        if request.path == "/token":
            self.given.append(request)
            return Reply(body={"access_token": f"token-{len(self.given)}", "token_type": "Bearer", **self.grant})
        token = request.headers["authorization"].removeprefix("Bearer ")
        if token in self.revoked or token != f"token-{len(self.given)}":
            return Reply(status=401)
        page = int(request.query["page"])
        return Reply(body=[{"id": page}] if page < 4 else [])


def oauth2(url: str, **more: Any) -> dict[str, Any]:
    token_url = url.replace("/v1/orders", "/token")
    return {"oauth2": {"token_url": token_url, "client_id": "a b", "client_secret": {"env": "SHOP_KEY"}, **more}}


def test_a_token_is_fetched_once_and_used_for_all_pages(fetch: Fetch) -> None:
    tokens = TokenService(expires_in=3600)
    with serving(tokens) as service:
        assert ids(fetch(service.url, auth=oauth2(service.url, scope="r w"), pagination={"style": "page"})) == [1, 2, 3]
    (request,) = tokens.given
    assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["r w"]}
    assert request.headers["authorization"] == "Basic YStiOnMzY3JldC1rZXktb2YtdGhlLXNob3A="
    assert hidden.hide("token-1") == "***"


def test_a_client_may_name_itself_in_the_form(fetch: Fetch) -> None:
    tokens = TokenService()
    with serving(tokens) as service:
        fetch(service.url, auth=oauth2(service.url, in_body=True), pagination={"style": "page"})
    form = parse_qs(tokens.given[0].body.decode())
    assert (form["client_id"], form["client_secret"], "authorization" in tokens.given[0].headers) == (
        ["a b"],
        [KEY],
        False,
    )


def test_a_token_that_is_refused_is_fetched_again_once(fetch: Fetch) -> None:
    tokens = TokenService(expires_in=3600)

    def answer(request: Request) -> Reply:
        if request.query.get("page") == "2":
            tokens.revoked.add("token-1")
        return tokens(request)

    with serving(answer) as service:
        assert ids(fetch(service.url, auth=oauth2(service.url), pagination={"style": "page"})) == [1, 2, 3]
    assert len(tokens.given) == 2
    tokens.revoked = {f"token-{number}" for number in range(9)}
    with serving(tokens) as service, pytest.raises(NotPermitted, match="status 401"):
        fetch(service.url, auth=oauth2(service.url), pagination={"style": "page"})
    assert len(tokens.given) == 4


def test_a_token_is_replaced_before_it_ends(fetch: Fetch) -> None:
    tokens = TokenService(expires_in=90)
    with serving(tokens) as service:
        found = fetch(service.url, auth=oauth2(service.url), pagination={"style": "page"}, rate_limit="2 per minute")
    assert (ids(found), fetch.waits, len(tokens.given)) == ([1, 2, 3], [30.0] * 5, 2)


@pytest.mark.parametrize("body", [{"error": "no"}, [], {"access_token": "a\nb"}, {"access_token": 7}, b"<html>"])
def test_an_answer_without_a_token_is_told(fetch: Fetch, body: Any) -> None:
    with (
        serving(lambda _: Reply(body=body)) as service,
        pytest.raises(DataUnusable, match="/token gave no usable token"),
    ):
        fetch(service.url, auth=oauth2(service.url))
