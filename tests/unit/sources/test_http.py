"""HTTP sources in a project: new rows only, whole imports, and what their config may say."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from opscli.config.secrets import SecretMissing
from opscli.errors import ConfigInvalid, DataUnusable, ServiceUnavailable, UsageError
from opscli.kinds import PACKAGE_FOLDER, read_schema
from opscli.outcome import Issue
from opscli.runner.compile import check_project
from opscli.sources.gathering import Cursor, Gathered
from opscli.sources.web.increments import read_point, written
from opscli.sources.web.settings import ApiKey, Auth, Basic, HttpSettings, OAuth2, Pagination, Since
from tests.calling import opscli
from tests.unit.sources.conftest import Bench
from tests.unit.sources.web_service import Fetch, Reply, Request, ids, serving


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    return Fetch(root=tmp_path)


def test_schema_and_settings_have_the_same_words() -> None:
    schema = read_schema(PACKAGE_FOLDER / "sources/http.schema.json")["properties"]
    auth = schema["auth"]["properties"]
    pairs = [
        (schema, HttpSettings), (auth, Auth), (schema["pagination"]["properties"], Pagination),
        (schema["since"]["properties"], Since), (auth["basic"]["properties"], Basic),
        (auth["api_key"]["properties"], ApiKey), (auth["oauth2"]["properties"], OAuth2),
    ]  # fmt: skip
    for properties, type_ in pairs:
        assert set(properties) == {field.name for field in fields(type_)}


class Shop:
    """Orders in the order of their last change, two a page, from `updated_since` on."""

    def __init__(self) -> None:
        self.orders: dict[int, str] = {number: f"2026-05-0{number}T10:00:00Z" for number in (1, 2, 3)}

    def __call__(self, request: Request) -> Reply:
        since = request.query.get("updated_since", "")
        found = sorted((at, number) for number, at in self.orders.items() if at >= since)
        start = int(request.query.get("cursor", 0))
        more = {"next": start + 2} if start + 2 < len(found) else {}
        items = [{"id": number, "meta": {"at": at}} for at, number in found[start : start + 2]]
        return Reply(body={"orders": items, **more})


INCREMENTAL = {"since": {"param": "updated_since"}, "pagination": {"style": "cursor", "next": "$.next"}}
CURSOR = Cursor(column="meta.at")
AT = datetime(2026, 5, 9)  # noqa: DTZ001  naive UTC


def again(found: Gathered, **asked: Any) -> dict[str, Any]:
    return {"cursor": CURSOR, "at": AT, "known": found.marks, **asked}


def test_a_second_load_asks_only_for_what_is_new(fetch: Fetch) -> None:
    shop = Shop()
    with serving(shop) as service:
        one = fetch(service.url, {"cursor": CURSOR, "at": AT}, **INCREMENTAL)
        shop.orders |= {4: "2026-05-04T10:00:00Z", 1: "2026-05-05T10:00:00Z"}
        two = fetch(service.url, again(one), **INCREMENTAL)
        assert ids(two) == [3, 4, 1]
        three = fetch(service.url, again(two), **INCREMENTAL)
    assert (one.complete, two.complete, three.complete) == (True, False, False)
    assert one.marks == {"meta.at": {"value": "2026-05-03T10:00:00Z"}}
    assert [query.get("updated_since") for query in service.queries] == [
        None, None, "2026-05-03T10:00:00Z", "2026-05-03T10:00:00Z", "2026-05-05T10:00:00Z",
    ]  # fmt: skip


def test_a_row_that_is_updated_between_pages_arrives(fetch: Fetch) -> None:
    shop = Shop()

    def answer(request: Request) -> Reply:
        reply = shop(request)
        if len(service.asked) == 1:
            shop.orders[1] = "2026-05-08T10:00:00Z"
        return reply

    with serving(answer) as service:
        one = fetch(service.url, {"cursor": CURSOR, "at": AT}, **INCREMENTAL)
        assert ids(one) == [1, 2, 1]
        # Order 1 went to the end, so order 3 stands where the first page ended; the next load looks back for it.
        two = fetch(service.url, again(one, cursor=Cursor(column="meta.at", lookback=7 * 86_400)), **INCREMENTAL)
    assert sorted({*ids(two)}) == [1, 2, 3]


def test_lookback_since_full_and_limit(fetch: Fetch) -> None:
    known = {"meta.at": {"value": "2026-05-02T10:00:00Z"}}
    with serving(Shop()) as service:
        back = fetch(
            service.url,
            {"cursor": Cursor(column="meta.at", lookback=86_400.0), "at": AT, "known": known},
            **INCREMENTAL,
        )
        earlier = fetch(service.url, {"cursor": CURSOR, "at": AT, "known": known, "since": "2026-05-01"}, **INCREMENTAL)
        later = fetch(service.url, {"cursor": CURSOR, "at": AT, "known": known, "since": "2026-05-03"}, **INCREMENTAL)
        full = fetch(service.url, {"cursor": CURSOR, "at": AT, "known": known, "full": True}, **INCREMENTAL)
        cut = fetch(service.url, {"cursor": CURSOR, "at": AT, "known": known, "limit": 1}, **INCREMENTAL)
        none = fetch(service.url, {"cursor": CURSOR, "at": AT, "known": known, "since": "2027-01-01"}, **INCREMENTAL)
    firsts = [query.get("updated_since") for query in service.queries if "cursor" not in query]
    assert firsts == [
        "2026-05-01T10:00:00Z", "2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z", None, "2026-05-02T10:00:00Z", "2027-01-01T00:00:00Z",
    ]  # fmt: skip
    mark = {"meta.at": {"value": "2026-05-03T10:00:00Z"}}
    assert (back.marks, earlier.marks, full.marks) == (mark, mark, mark)
    assert (back.complete, full.complete, cut.complete) == (False, True, False)
    assert (later.marks, cut.marks) == ({}, {}), "rows between the mark and what was read are still to come"
    assert (none.files, none.marks, none.skipped) == ((), {}, 1)


def test_a_mark_never_moves_backwards_nor_into_the_future(fetch: Fetch) -> None:
    rows = [{"id": 1, "at": "2026-05-01T00:00:00Z"}, {"id": 2, "at": "2199-01-01T00:00:00Z"}, {"id": 3, "at": None}]
    known = {"at": {"value": "2026-05-06T00:00:00Z"}}
    with serving(lambda _: Reply(body=rows)) as service:
        found = fetch(service.url, {"cursor": Cursor(column="at"), "at": AT, "known": known}, since={"param": "s"})
    assert found.marks == known


@pytest.mark.parametrize(
    ("form", "values", "mark", "asked"),
    [
        ("iso", ["2026-05-01T10:00:00.123456789+02:00", "2026-05-01"], "2026-05-01T08:00:00.123456Z", "2026-05-01T08:00:00.123456Z"),
        ("epoch", [1777622400.75, 1777622399], "2026-05-01T08:00:00.750000Z", "1777622400"),
        ("epoch_ms", [1777622400750], "2026-05-01T08:00:00.750000Z", "1777622400750"),
        ("epoch", ["1777622400"], "2026-05-01T08:00:00Z", "1777622400"),
        ("number", [9, 10, "11"], "11", "11"),
        ("number", [98765432109876543210], "98765432109876543210", "98765432109876543210"),
    ],
)  # fmt: skip
def test_instants_and_numbers_travel_as_the_service_wants_them(
    fetch: Fetch, form: str, values: list[Any], mark: str, asked: str
) -> None:
    since, cursor = {"param": "after", "format": form}, {"cursor": Cursor(column="at"), "at": AT}
    with serving(lambda _: Reply(body=[{"id": 1, "at": value} for value in values])) as service:
        one = fetch(service.url, cursor, since=since)
        fetch(service.url, {**cursor, "known": one.marks}, since=since)
    assert (one.marks["at"]["value"], service.queries[1]["after"]) == (mark, asked)


def test_the_parameter_may_stand_in_the_body(fetch: Fetch) -> None:
    since = {"param": "filter.after", "format": "epoch", "in_body": True}
    known = {"at": {"value": "2026-05-01T08:00:00Z"}}
    with serving(lambda _: Reply(body=[])) as service:
        asked = {"cursor": Cursor(column="at"), "at": AT, "known": known}
        fetch(service.url, asked, since=since, method="POST", body={"a.b": 1})
    assert json.loads(service.asked[0].body) == {"a.b": 1, "filter": {"after": 1777622400}}


def test_points_are_read_strictly() -> None:
    assert read_point("20260501", numeric=False) == datetime(2026, 5, 1)  # noqa: DTZ001  naive UTC
    assert read_point(-1, numeric=False) == datetime(1969, 12, 31, 23, 59, 59)  # noqa: DTZ001  naive UTC
    assert written(Decimal("1E+3"), "number") == "1000"
    values: tuple[Any, ...] = ("yesterday", True, "NaN", 10**30, [], "2026-13-01")
    for value in values:
        with pytest.raises(ValueError):
            read_point(value, numeric=False)
    with pytest.raises(ValueError):
        read_point("2026-05-01", numeric=True)


def test_a_cursor_that_no_record_has_or_that_cannot_be_read_is_told(fetch: Fetch) -> None:
    asked = {"cursor": Cursor(column="at"), "at": AT}
    with (
        serving(lambda _: Reply(body=[{"id": 1, "changed": "x"}])) as service,
        pytest.raises(DataUnusable, match="no record has at") as refused,
    ):
        fetch(service.url, asked, since={"param": "s"})
    assert refused.value.remedy == "correct cursor.column; the records have: changed, id"
    with (
        serving(lambda _: Reply(body=[{"at": "last week"}])) as service,
        pytest.raises(DataUnusable, match="at of a record is 'last week'"),
    ):
        fetch(service.url, asked, since={"param": "s"})
    with pytest.raises(UsageError, match="cannot begin at 'monday'"):
        fetch(service.url, {**asked, "since": "monday"}, since={"param": "s"})


ORDERS = """type: http
url: {url}
entity: orders
allow_hosts: [127.0.0.1]
records: $.orders
pagination: {{style: page, size_param: per_page, size: 2}}
map: {{order_id: id, ordered_at: at, amount: total, customer_ref: email}}
"""


def orders(request: Request) -> Reply:
    page = int(request.query.get("page", 1))
    rows = [
        {
            "id": number,
            "at": f"2026-05-0{number}T10:00:00Z",
            "total": number + 0.25,
            "email": f"ann{number}@example.com",
        }
        for number in range(1, 6)
    ]
    return Reply(body={"orders": rows[page * 2 - 2 : page * 2]})


def test_a_whole_import_and_an_unchanged_second_one(bench: Bench) -> None:
    with serving(orders) as service:
        bench.source("shop", ORDERS.format(url=service.url + "?tenant=uk"))
        assert bench.counts() == {"read": 5, "inserted": 5}
        assert bench.counts() == {"read": 5, "unchanged": 5}
        assert [query["tenant"] for query in service.queries] == ["uk"] * 6
    assert bench.rows("SELECT order_id, amount, customer_ref FROM orders ORDER BY order_id")[1] == (
        "2", Decimal("2.2500"), "ann2@example.com",
    )  # fmt: skip


def test_rejects_name_the_address_and_the_line(bench: Bench) -> None:
    def answer(request: Request) -> Reply:
        rows = orders(request).body["orders"]
        return Reply(body={"orders": [rows[0], "?", {**rows[1], "total": "a lot"}] if len(rows) > 1 else rows})

    with serving(answer) as service:
        bench.source("shop", ORDERS.format(url=service.url) + "max_rejects: 60%")
        assert bench.counts() == {"read": 7, "inserted": 3, "rejected": 4}
    found = bench.rows("SELECT file, line_no, column_name, reason FROM rejects ORDER BY line_no")
    assert {row[0] for row in found} == {service.url}
    assert [row[1:] for row in found[:2]] == [(2, "", "not_an_object"), (3, "amount", "not_a_number")]


def test_a_service_that_has_nothing_is_no_error(bench: Bench) -> None:
    with serving(lambda _: Reply(body={"orders": []})) as service:
        bench.source("shop", ORDERS.format(url=service.url))
        assert bench.counts() == {}


def test_new_rows_only_in_a_project(bench: Bench) -> None:
    shop = Shop()
    body = (
        "type: http\nurl: {url}\nentity: orders\nallow_hosts: [127.0.0.1]\ncursor: {{column: meta.at}}\n"
        "since: {{param: updated_since}}\npagination: {{style: cursor, next: $.next}}\n"
        "map: {{order_id: id, ordered_at: meta.at, amount: {{value: 1}}, customer_ref: {{value: a@example.com}}}}\n"
    )
    with serving(shop) as service:
        bench.source("shop", body.format(url=service.url))
        assert bench.counts(at=AT) == {"read": 3, "inserted": 3}
        assert bench.counts(at=AT) == {"read": 1, "unchanged": 1}
        shop.orders[4] = "2026-05-04T10:00:00Z"
        assert bench.counts(at=AT) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert bench.rows("SELECT count(*) FROM orders") == [(4,)]


def test_a_service_that_fails_midway_loads_nothing_and_moves_no_mark(bench: Bench) -> None:
    def answer(request: Request) -> Reply:
        return Reply(status=500) if request.query["page"] == "3" and not mended else orders(request)

    mended: list[bool] = []
    with serving(answer) as service:
        bench.source("shop", ORDERS.format(url=service.url) + "retries: 0")
        with pytest.raises(ServiceUnavailable, match="page 3: the service answers 500"):
            bench.load()
        assert bench.rows("SELECT count(*) FROM loads") == [(0,)]
        mended.append(True)
        assert bench.counts() == {"read": 5, "inserted": 5}


def test_source_list_shows_the_address_without_its_query(bench: Bench) -> None:
    bench.source("shop", ORDERS.format(url="http://127.0.0.1:9/v1/orders?tenant=uk"))
    done = opscli(bench.root, "source", "list", "--json")
    (row,) = json.loads(done.stdout)["data"]
    assert (row["type"], row["from"]) == ("http", "http://127.0.0.1:9/v1/orders")


def test_a_secret_that_is_not_there_is_told_before_anything_is_asked(fetch: Fetch) -> None:
    with serving(lambda _: Reply(body=[])) as service, pytest.raises(SecretMissing, match="NO_SUCH_KEY"):
        fetch(service.url, auth={"bearer": {"env": "NO_SUCH_KEY"}})
    assert service.asked == []


def problems(bench: Bench, body: str) -> list[tuple[int, int, str]]:
    """Line and column in the file, from 1, and what is wrong."""
    bench.source(
        "shop", f"type: http\nentity: orders\nmap: {{order_id: a, ordered_at: b, amount: c, customer_ref: d}}\n{body}"
    )
    try:
        check_project(bench.root)
    except ConfigInvalid as error:
        return [(issue.line, issue.column, issue.what) for issue in error.issues if isinstance(issue, Issue)]
    return []


URL = "url: https://api.example.com/orders\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (URL, []),
        ("url: https://ann:pw@api.example.com/", [(6, 6, "the address holds a user or password")]),
        ("url: https://:80/", [(6, 6, "this is no address of a service")]),
        ("url: https://api.example.com:x/", [(6, 6, "this is no address of a service")]),
        ("url: https://api.example.com/?api_key=abc", [(6, 6, "a secret must not stand in the file")]),
        ("url: http://10.1.2.3/", [(6, 6, "a source may not connect to 10.1.2.3: 10.1.2.3 is no address of the public internet")]),
        ("url: http://10.1.2.3/\nallow_hosts: [10.1.2.3]", []),
        ("url: http://169.254.169.254/\nallow_hosts: [169.254.169.254]",
         [(6, 6, "a source may not connect to 169.254.169.254: 169.254.169.254 is no address of the public internet")]),
        ("url: http://api.example.com/\nauth: {bearer: {env: A}}", [(6, 6, "secrets would travel unencrypted to this address")]),
        ("url: http://erp.internal/\nallow_hosts: [erp.internal]\nauth: {bearer: {env: A}}", []),
        (URL + "headers: {Authorization: Bearer abc}", [(7, 26, "a secret must not stand in the file")]),
        (URL + "headers: {Host: evil.com}", [(7, 17, "the header Host is set by the connection itself")]),
        (URL + "params: {access_token: abc}", [(7, 24, "a secret must not stand in the file")]),
        (URL + "auth: {api_key: {value: {env: A}}}", [(7, 17, "a key goes either into a header or into a parameter")]),
        (URL + "body: {a: 1}", [(7, 7, "a GET has no body, so body has no effect")]),
        (URL + "records: orders[",
         [(7, 10, "'orders[' is no JSONPath: expected 'TOKEN_ROOT', found 'TOKEN_NAME'")]),
        (URL + "pagination: {style: cursor}", [(7, 13, "style cursor needs next: where the token stands in an answer")]),
        (URL + "pagination: {style: none, size: 5}", [(7, 33, "size means nothing with style none")]),
        (URL + "pagination: {style: link, total: $.n}", [(7, 34, "total means nothing with style link")]),
        (URL + "pagination: {style: page, in_body: true}", [(7, 36, "a GET has no body, so pagination.in_body has no effect")]),
        (URL + "pagination: {style: page, size_param: n}", [(7, 39, "size and size_param belong together")]),
        (URL + "since: {param: s}", [(7, 8, "since needs the field of a record that says how far a load came")]),
        (URL + "cursor: {column: at}", [(7, 9, "an HTTP source needs the parameter that asks for rows from the cursor on")]),
        (URL + "cursor: {column: at}\nsince: {param: s}", []),
        (URL + "timeout: 0s", [(7, 10, "timeout must be longer than nothing")]),
        (URL + "auth: {oauth2: {token_url: 'http://x.example.com', client_id: a, client_secret: {env: A}}}",
         [(7, 29, "secrets would travel unencrypted to this address")]),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_told_with_their_place(bench: Bench, body: str, expected: list[Any]) -> None:
    assert problems(bench, body) == expected
