"""Each way in which services hand over pages, and how each of them can fail to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opscli.errors import DataUnusable
from tests.unit.sources.web_service import Fetch, Reply, Request, ids, rows, serving

ROWS = [{"id": number} for number in range(1, 8)]
ALL = list(range(1, 8))


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    return Fetch(root=tmp_path)


def part(start: int, size: int = 3) -> list[dict[str, int]]:
    return ROWS[start : start + size]


def test_one_answer_holds_all(fetch: Fetch) -> None:
    with serving(lambda _: Reply(body=ROWS)) as service:
        found = fetch(service.url + "?status=any&token=x")
    assert (ids(found), found.complete, found.marks, found.notes) == (ALL, True, {}, ())
    assert [file.label for file in found.files] == [service.url]


def test_the_link_header_leads_on_and_what_was_asked_first_is_not_repeated(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        start = int(request.query.get("after", 0))
        more = {"Link": f'</v1/orders?after={start + 3}>; rel="next", </v1/orders>; rel="first"'} if start < 6 else {}
        return Reply(body=part(start), headers=more)

    with serving(answer) as service:
        found = fetch(service.url, params={"state": "open"}, pagination={"style": "link"})
    assert ids(found) == ALL
    assert service.queries == [{"state": "open"}, {"after": "3"}, {"after": "6"}]


def test_a_link_in_the_answer_leads_on(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        start = int(request.query.get("after", 0))
        following = f"?after={start + 3}" if start < 6 else None
        return Reply(body={"data": {"items": part(start)}, "paging": {"next": following}})

    with serving(answer) as service:
        found = fetch(service.url, records="$.data.items", pagination={"style": "link", "next": "$.paging.next"})
    assert ids(found) == ALL


def numbered(request: Request) -> Reply:
    return Reply(body={"orders": part((int(request.query["page"]) - 1) * 3)})


def test_numbered_pages_end_with_an_empty_one(fetch: Fetch) -> None:
    with serving(numbered) as service:
        assert ids(fetch(service.url, pagination={"style": "page"})) == ALL
    assert [query["page"] for query in service.queries] == ["1", "2", "3", "4"]


def test_a_short_page_is_the_last_after_full_ones(fetch: Fetch) -> None:
    with serving(numbered) as service:
        found = fetch(service.url, pagination={"style": "page", "size_param": "per_page", "size": 3})
    assert ids(found) == ALL
    assert service.queries == [{"page": str(page), "per_page": "3"} for page in (1, 2, 3)]


def test_a_service_that_gives_fewer_rows_than_asked_for_is_read_to_its_end(fetch: Fetch) -> None:
    with serving(numbered) as service:
        assert ids(fetch(service.url, pagination={"style": "page", "size_param": "n", "size": 500})) == ALL
    assert len(service.asked) == 4


def test_a_page_behind_the_last_may_be_a_404(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        return numbered(request) if request.query["page"] < "4" else Reply(status=404, body={"detail": "Invalid page."})

    with serving(answer) as service:
        assert ids(fetch(service.url, pagination={"style": "page"})) == ALL


def test_a_first_page_that_is_a_404_is_none(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(status=404, body={"detail": "gone"})) as service,
        pytest.raises(DataUnusable, match=r"page 1: the service answers 404: .*gone"),
    ):
        fetch(service.url, pagination={"style": "page"})


def test_the_number_of_pages_ends_them(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        page = int(request.query["p"])
        return Reply(body={"orders": part(page * 3), "meta": {"pages": 3}})

    with serving(answer) as service:
        found = fetch(service.url, pagination={"style": "page", "param": "p", "start": 0, "pages": "$.meta.pages"})
    assert (ids(found), len(service.asked)) == (ALL, 3)


def test_offsets_go_by_the_rows_that_came(fetch: Fetch) -> None:
    with serving(lambda request: Reply(body=part(int(request.query["offset"]), 2))) as service:
        assert ids(fetch(service.url, pagination={"style": "offset"})) == ALL
    assert [query["offset"] for query in service.queries] == ["0", "2", "4", "6", "7"]
    assert {query["limit"] for query in service.queries} == {"100"}


def test_the_total_ends_offsets(fetch: Fetch) -> None:
    with serving(lambda request: Reply(body={"total": "7", "rows": part(int(request.query["offset"]))})) as service:
        found = fetch(service.url, pagination={"style": "offset", "total": "$.total"})
    assert (ids(found), found.complete, len(service.asked)) == (ALL, True, 3)


def test_fewer_rows_than_the_total_are_told_and_do_not_count_as_all(fetch: Fetch) -> None:
    with serving(lambda request: Reply(body={"total": 9, "rows": part(int(request.query["offset"]))})) as service:
        found = fetch(service.url, pagination={"style": "offset", "total": "$.total"})
    assert (ids(found), found.complete) == (ALL, False)
    assert "says 9 rows and gave 7" in found.notes[0]


def test_a_total_that_is_not_there_is_an_error(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(body={"rows": ROWS})) as service,
        pytest.raises(DataUnusable, match=r"page 1: there is no number at \$\.total"),
    ):
        fetch(service.url, pagination={"style": "offset", "total": "$.total"})


def test_no_content_is_an_empty_page(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        start = int(request.query["offset"])
        return Reply(body={"rows": part(start), "total": 8}) if start < 7 else Reply(status=204, body=b"")

    with serving(answer) as service:
        found = fetch(service.url, records="$.rows", pagination={"style": "offset", "total": "$.total"})
    assert (ids(found), found.complete) == (ALL, False)
    with serving(lambda _: Reply(body=b"")) as service, pytest.raises(DataUnusable, match="is no JSON"):
        fetch(service.url)


def tokened(request: Request) -> Reply:
    start = int(request.query.get("cursor", "t0").removeprefix("t"))
    return Reply(body={"orders": part(start), "next": f"t{start + 3}" if start < 6 else ""})


def test_a_token_leads_on_also_over_an_empty_page(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        if request.query.get("cursor") == "t3" and len(service.asked) == 2:
            return Reply(body={"orders": [], "next": "t3b"})
        return (
            tokened(request) if request.query.get("cursor") != "t3b" else Reply(body={"orders": part(3), "next": "t6"})
        )

    with serving(answer) as service:
        found = fetch(service.url, params={"state": "open"}, pagination={"style": "cursor", "next": "$.next"})
    assert ids(found) == ALL
    assert service.queries == [
        {"state": "open", **({"cursor": token} if token else {})} for token in ("", "t3", "t3b", "t6")
    ]


def test_the_last_row_may_be_the_token(fetch: Fetch) -> None:
    with serving(lambda request: Reply(body={"data": part(int(request.query.get("starting_after", 0)))})) as service:
        found = fetch(service.url, pagination={"style": "cursor", "param": "starting_after", "next": "$.data[-1].id"})
    assert ids(found) == ALL


def test_paging_may_stand_in_the_body(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        start = json.loads(request.body).get("variables", {}).get("after", 0)
        return Reply(body={"items": part(start), "end": start + 3 if start < 6 else None})

    pagination = {"style": "cursor", "param": "variables.after", "next": "$.end", "in_body": True}
    with serving(answer) as service:
        found = fetch(service.url, method="POST", body={"query": "orders"}, pagination=pagination)
    assert ids(found) == ALL
    sent = [json.loads(request.body) for request in service.asked]
    assert sent == [{"query": "orders"}, *({"query": "orders", "variables": {"after": n}} for n in (3, 6))]
    assert {request.headers["content-type"] for request in service.asked} == {"application/json"}


@pytest.mark.parametrize("tokens", [["a"], ["a", "b", "c"]])
def test_a_circle_of_tokens_is_refused(fetch: Fetch, tokens: list[str]) -> None:
    def answer(request: Request) -> Reply:
        return Reply(body={"orders": ROWS, "next": tokens[len(service.asked) % len(tokens)]})

    with serving(answer) as service, pytest.raises(DataUnusable, match="to a page that was read before"):
        fetch(service.url, pagination={"style": "cursor", "next": "$.next"})
    assert len(service.asked) == len(tokens) + 1


def test_a_circle_of_links_is_refused(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(body=ROWS, headers={"Link": '</v1/orders?p=2>; rel="next"'})) as service,
        pytest.raises(DataUnusable, match="from page 2 to a page that was read before"),
    ):
        fetch(service.url, pagination={"style": "link"})


def test_a_service_that_ignores_the_page_number_is_told(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(body=ROWS)) as service,
        pytest.raises(DataUnusable, match="page 2 is the page before once more"),
    ):
        fetch(service.url, pagination={"style": "page"})


def test_pages_without_end_are_an_error(fetch: Fetch) -> None:
    with (
        serving(lambda request: Reply(body=[{"id": request.query["page"]}])) as service,
        pytest.raises(DataUnusable, match="more than 4 pages"),
    ):
        fetch(service.url, pagination={"style": "page", "max_pages": 4})
    assert len(service.asked) == 4


def test_a_full_first_page_that_leads_nowhere_is_told(fetch: Fetch) -> None:
    style = {"style": "cursor", "next": "$.nxet", "size_param": "limit", "size": 3}
    with serving(lambda _: Reply(body={"orders": part(0), "next": "t3"})) as service:
        found = fetch(service.url, pagination=style)
    assert "nothing at $.nxet leads on" in found.notes[0]


def test_a_limit_stops_early_and_keeps_no_mark(fetch: Fetch) -> None:
    with serving(numbered) as service:
        found = fetch(service.url, {"limit": 5}, pagination={"style": "page"})
    assert (ids(found), found.complete, found.marks, len(service.asked)) == ([1, 2, 3, 4, 5], False, {}, 2)


@pytest.mark.parametrize(
    ("document", "records", "expected"),
    [
        ([{"id": 1}], "", [{"id": 1}]),
        ({"orders": [{"id": 1}], "tags": ["a"], "total": 1}, "", [{"id": 1}]),
        ({"orders": [], "total": 0}, "", []),
        ({"a": {"b": [{"id": 1}]}}, "$.a.b", [{"id": 1}]),
        ({"a": {"b": None}}, "$.a.b", []),
        ({"edges": [{"node": {"id": 1}}, {"node": {"id": 2}}]}, "$.edges[*].node", [{"id": 1}, {"id": 2}]),
        (b'{"rows": [{"id": 1, "n": 7.10}, {"id": 2, "n": 2.50}]}', "$.rows[?@.n > 5]", [{"id": 1, "n": "7.10"}]),
        ({"edges": []}, "$.edges[*].node", []),
    ],
)  # fmt: skip
def test_records_stand_where_it_says_or_where_they_can_only_be(
    fetch: Fetch, document: Any, records: str, expected: list[Any]
) -> None:
    with serving(lambda _: Reply(body=document)) as service:
        assert rows(fetch(service.url, records=records)) == expected


@pytest.mark.parametrize(
    ("document", "records", "remedy"),
    [
        ({"a": [{"x": 1}], "b": [{"y": 1}]}, "", "state one of: records: $.a, records: $.b"),
        ({"data": {"my list": [{"x": 1}]}}, "", 'state one of: records: $.data["my list"]'),
        ({"message": "hello"}, "", "the answer holds no list of objects"),
        ({"orders": [{"x": 1}]}, "$.order", "state one of: records: $.orders"),
        ("text", "", "the answer holds no list of objects"),
    ],
)
def test_records_that_are_not_clear_are_asked_for(fetch: Fetch, document: Any, records: str, remedy: str) -> None:
    with serving(lambda _: Reply(body=document)) as service, pytest.raises(DataUnusable) as refused:
        fetch(service.url, records=records)
    assert remedy in refused.value.remedy


def test_numbers_stay_as_the_service_wrote_them(fetch: Fetch) -> None:
    body = (
        b'[{"a": 1.10, "b": 12345678901234567890.123456, "c": 1e5, "d": -0.25, "e": 98765432109876543210, "f": [1.0]}]'
    )
    with serving(lambda _: Reply(body=body)) as service:
        found = rows(fetch(service.url))
    assert found == [
        {
            "a": "1.10",
            "b": "12345678901234567890.123456",
            "c": "1e5",
            "d": -0.25,
            "e": "98765432109876543210",
            "f": ["1.0"],
        }
    ]
