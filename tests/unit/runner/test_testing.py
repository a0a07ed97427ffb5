"""Tests of the configuration: what is a good file, what happens in a case over time, what a failure says."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opscli.config.load import read_beside
from opscli.errors import ConfigInvalid, UsageError
from opscli.ids import bucket
from opscli.outcome import Issue
from opscli.runner import simulate, testing, throwaway
from opscli.runner import test as kind
from opscli.runner.compile import check_project
from opscli.runner.draft import skeleton, write
from opscli.runner.simulate import Simulator, Verdict, simulator, steps_for
from opscli.runner.stores import Stores
from opscli.runner.testing import Wanted, check_all, check_tests, choose, project_for_tests
from opscli.runner.world import agree, shown

HEAD = "kind: test\nversion: 1\nas_of: 2026-05-01\n"
FILES = {
    "project.yaml": "kind: project\nversion: 1\nname: shop\ntimezone: Europe/London\nholdout: 5%\n",
    "traits/facts.yaml": (
        "kind: traits\nversion: 1\ntraits:\n  revenue: {sum: orders.amount, within: 365d}\n"
        "  orders_30d: {count: orders, within: 30d}\n  last_order_at: {max: orders.ordered_at}\n"
    ),
    "tags/value.yaml": (
        "kind: tags\nversion: 1\ndimension: value\nexclusive: true\n"
        'tags:\n  - {name: high, when: "revenue >= 100"}\n  - {name: low, when: "revenue > 0"}\n'
    ),
    "tags/habit.yaml": (
        'kind: tags\nversion: 1\ndimension: habit\ntags: [{name: buyer, when: "orders_30d > 0"}, '
        "{name: asked, when: \"country = 'GB'\"}]\n"
    ),
    "channels/mail.yaml": (
        "kind: channel\nversion: 1\ntype: email\nhost: smtp.example.com\nuser: {env: NO_SUCH}\npassword: {env: NO_SUCH}\n"
        'from: "Shop <hello@example.com>"\npostal_address: "1 High Street"\nunsubscribe: {mailto: off@example.com}\n'
        'quiet_hours: {from: "22:00", until: "08:00"}\n'
    ),
    "topics/offers.yaml": "kind: topic\nversion: 1\npolicy: opt_out\n",
    "templates/hello/subject.txt": "Hello {{ customer.first_name }}",
    "templates/hello/body.html": "<p>You spent {{ traits.revenue }}.</p><a href='{{ unsubscribe_url }}'>off</a>",
    "campaigns/nurture.yaml": (
        "kind: campaign\nversion: 1\ntopic: offers\ntrigger: {tag_entered: asked}\nexit_when: \"has_tag('high')\"\n"
        "steps:\n  - {id: first, send: {channel: mail, template: hello}}\n  - {id: pause, wait: {for: 3d}}\n"
        "  - {id: second, send: {channel: mail, template: hello}}\n  - {id: rest, wait: {for: 7d}}\n"
        "  - {id: third, send: {channel: mail, template: hello}}\n"
    ),
    "metrics/revenue.yaml": (
        "kind: metric\nversion: 1\nname: revenue\ntype: sum\nof: orders.amount\n"
        "time: {column: orders.ordered_at, grain: month}\ndimensions: [channel]\n"
    ),
}
ANN = "given:\n  customers: [{id: a, first_name: Ann, email: ann@example.com, country: GB}]\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def written(root: Path) -> Callable[[str], Path]:
    """Write the only test file."""

    def write_file(text: str) -> Path:
        (root / "configs" / "x.test.yaml").write_text(text, encoding="utf-8")
        return root

    return write_file


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Founded once; a simulator empties them before each case."""
    with throwaway.opened(tmp_path_factory.mktemp("stores")) as opened:
        yield opened


@pytest.fixture
def result(written: Callable[[str], Path], stores: Stores) -> Callable[[str], Verdict]:
    """Run the only case of a file."""

    def run(text: str) -> Verdict:
        place = written(text)
        checked, specs = check_tests(place, None)
        return Simulator(project_for_tests(checked, place), place, stores).run(specs[0].all_cases()[0])

    return run


def problems(root: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        check_tests(root, None)
    found = [item for item in caught.value.issues if isinstance(item, Issue)]
    return [f"{item.line}:{item.column} {item.what} / {item.how}" for item in found]


def test_the_smallest_file_of_the_spec_passes(result: Callable[[str], Verdict]) -> None:
    order = '{order_id: "1", customer_ref: a, amount: 6000, ordered_at: "2026-04-01T00:00:00Z"}'
    verdict = result(f"{HEAD}given: {{customers: [{{id: a}}], orders: [{order}]}}\nexpect: {{tags: {{a: [high]}}}}\n")
    assert verdict.error is None
    assert verdict.failures == ()
    assert verdict.case.id == "configs/x.test.yaml::x"


def test_what_a_rule_cannot_see_may_be_left_out_but_nothing_else(written: Callable[[str], Path]) -> None:
    root = written(
        f"{HEAD}given:\n  customers: [{{id: a}}]\n  orders:\n    - {{customer_ref: a, amuont: 3}}\n"
        "    - {customer_ref: b, amount: 1, ordered_at: yesterday}\n  ordres: []\nexpect: {tags: {a: [hihg]}}\n"
    )
    assert problems(root) == [
        '7:7 missing key "amount" in item 1 of orders / add amount: …',
        '7:25 unknown key "amuont" / did you mean "amount"?',
        '8:22 no customer "b" is given / add it: customers: [{id: b}]',
        '8:48 "yesterday" is no date or time / write 2026-05-04, 2026-05-04T09:00:00Z, or -30d (before as_of)',
        '9:3 unknown key "ordres" / did you mean "orders"?',
        '10:21 there is no tag "hihg" / did you mean "high"?',
    ]


def test_names_times_and_cases_are_checked(written: Callable[[str], Path]) -> None:
    root = written(
        f"{HEAD}given: {{customers: [{{id: a}}]}}\nexpect: {{tags: {{a: []}}}}\ncases:\n"
        "  - {name: one, expect: {campaigns: {nurtre: {a: {enrolled: true}}}, kpis: {revenue: {value: 1, period: May}}}}\n"
        "  - {name: one, expect: {traits: {b: {revenue: 1}}, messages: [{to: a, template: hallo}]}}\n"
        "  - {name: two, given: {suppressions: [a]}}\n"
        "  - {name: three, expect: {tags: {a: []}}, then: [{as_of: 2026-04-30}]}\n"
    )
    what = [line.partition(" ")[2].partition(" / ")[0] for line in problems(root)]
    assert what == [
        '"expect" beside cases belongs to none of them',
        'there is no campaign "nurtre"',
        '"May" is no period',
        'a second case named "one"',
        'no customer "b" is given',
        'there is no template "hallo"',
        "this case expects nothing",
        "a has no address that could be suppressed",
        "this moment is not after the one before it",
    ]


def test_a_test_in_a_file_of_another_name_and_another_kind_in_a_test_file_are_told(root: Path) -> None:
    (root / "configs" / "tags" / "x.test.yaml").write_text(FILES["tags/value.yaml"], encoding="utf-8")
    (root / "configs" / "tags" / "more.yaml").write_text(f"{HEAD}expect: {{tags: {{}}}}\n", encoding="utf-8")
    assert [line.partition(" / ")[2] for line in problems(root)] == [
        "rename it to configs/tags/more.test.yaml",
        "rename it to configs/tags/x.yaml",
    ]


def test_tests_change_neither_the_version_nor_what_a_run_reads(written: Callable[[str], Path]) -> None:
    root = written("kind: test\nversion: 1\nas_of: 2026-05-01\nexpect: {}\n")
    before = check_project(root, None).loaded
    (root / "configs" / "x.test.yaml").unlink()
    assert check_project(root, None).loaded.version == before.version
    assert "test" not in {document.kind for document in before.documents}


def test_a_trait_cannot_be_expected_in_a_form_in_which_it_never_comes_out(written: Callable[[str], Path]) -> None:
    root = written(
        f"{HEAD}given: {{customers: [{{id: a}}]}}\n"
        "expect: {traits: {a: {revenue: '6000', orders_30d: {value: 3, within: 1}, last_order_at: '2026-01-01'}}}\n"
    )
    with pytest.raises(ConfigInvalid) as refused:
        check_tests(root, None)
    (issue,) = refused.value.issues
    assert "revenue is a number" in str(issue)
    assert "without quotes" in str(issue)


def test_good_tests_are_not_read_again_until_something_changes(
    written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = written(f"{HEAD}given: {{customers: [{{id: a}}]}}\nexpect: {{tags: {{a: []}}}}\n")
    (root / ".opscli").mkdir(mode=0o700)
    import time

    time.sleep(0.1)  # a seal is believed once no second edit can hide behind the same time stamps
    check_all(root, None)
    calls: list[Path] = []

    def counted(place: Path) -> Any:
        calls.append(place)
        return read_beside(place)

    monkeypatch.setattr(testing, "read_beside", counted)
    check_all(root, None)
    assert not calls
    assert sorted(path.name for path in (root / ".opscli").iterdir()) == ["checked.json"], "one file, no second note"
    kept = root / ".opscli" / "checked.json"
    kept.write_bytes(kept.read_bytes().replace(b'"tests": true', b'"tests": null'))
    check_all(root, None)
    assert calls, "what somebody wrote into the kept file is not believed"
    calls.clear()
    written(f"{HEAD}given: {{customers: [{{id: a}}]}}\nexpect: {{tags: {{a: [nobody]}}}}\n")
    with pytest.raises(ConfigInvalid):
        check_all(root, None)
    assert calls


def test_only_the_stages_run_that_a_case_looks_at(written: Callable[[str], Path]) -> None:
    root = written(
        f"{HEAD}{ANN}cases:\n  - {{name: t, expect: {{traits: {{a: {{revenue: 0}}}}}}}}\n"
        "  - {name: k, expect: {kpis: {revenue: 0}}}\n  - {name: m, expect: {messages: []}}\n"
        "  - {name: i, expect: {identity: {apart: [[a, a]]}}}\n"
    )
    _, specs = check_tests(root, None)
    assert [steps_for(case) for case in specs[0].all_cases()] == [
        ("profiles",), (), ("activity", "profiles", "tags", "campaigns", "send"), (),
    ]  # fmt: skip


def test_waits_end_when_they_end_and_messages_are_those_of_their_time(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}expect:\n"
        "  messages: [{to: a, step: first, subject: Hello Ann, body: {contains: 'You spent 0'}}]\n"
        "  campaigns: {nurture: {a: {status: active, path: [first, pause], waiting_at: second}}}\n"
        "then:\n  - {after: 71h, expect: {messages: []}}\n"
        "  - after: 2h\n    expect: {messages: [{to: a, campaign: nurture, step: second, channel: mail}]}\n"
        "  - after: 30d\n    expect:\n      messages: [{to: a, step: third}]\n"
        "      campaigns: {nurture: {a: {status: finished, path: [first, pause, second, rest, third]}}}\n"
    )
    assert verdict.error is None
    assert [(failure.what, failure.got) for failure in verdict.failures] == []


def test_conditions_see_messages_that_are_given_and_those_of_moments_before(
    root: Path, result: Callable[[str], Verdict]
) -> None:
    tags = (
        "kind: tags\nversion: 1\ndimension: mail\ntags: [{name: mailed, when: \"received('nurture', '5d')\"}, "
        "{name: first, when: \"received('nurture/first')\"}]\n"
    )
    root.joinpath("configs", "tags", "mail.yaml").write_text(tags, encoding="utf-8")
    given = "  messages: [{to: a, campaign: nurture, step: second, at: -2d}, {to: b, campaign: nurture, at: -6d}]\n"
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN.replace('}]', '}, {id: b}]')}{given}expect: {{tags: {{a: [asked, mailed], b: []}}, messages: [{{to: a}}]}}\n"
        "then: [{after: 1d, expect: {tags: {a: [asked, first, mailed], b: []}}}]\n"
    )
    assert verdict.error is None
    assert [(failure.what, failure.got) for failure in verdict.failures] == []


def test_the_clock_stops_at_every_wait_between_two_moments(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}expect: {{messages: [{{to: a, step: first}}]}}\n"
        "then: [{after: 30d, expect: {messages: [{to: a, step: second}, {to: a, step: third}]}}]\n"
    )
    assert [(failure.what, failure.why) for failure in verdict.failures] == []


def test_what_comes_later_is_seen_later_and_may_end_a_campaign(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}expect: {{tags: {{a: [asked]}}}}\n"
        "then:\n  - after: 1d\n    given: {orders: [{order_id: '1', customer_ref: a, amount: 40, ordered_at: -1h}]}\n"
        "    expect: {tags: {a: [low, buyer, asked]}}\n"
        "  - after: 1d\n    given: {orders: [{order_id: '1', customer_ref: a, amount: 140, ordered_at: -25h}]}\n"
        "    expect: {tags: {a: [high]}, traits: {a: {revenue: 140, last_order_at: 2026-05-02T09:00}}}\n"
        "  - after: 10d\n    expect:\n      messages: []\n      campaigns: {nurture: {a: {status: exited, exit: exit_when}}}\n"
    )
    assert [(failure.what, failure.got, failure.why) for failure in verdict.failures] == []
    assert verdict.error is None


def test_a_mail_of_the_night_goes_out_in_the_morning(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T23:00\n{ANN}expect: {{messages: []}}\n"
        "then:\n  - {as_of: 2026-05-02T07:59, expect: {messages: []}}\n"
        "  - {as_of: 2026-05-02T08:01, expect: {messages: [{to: a, step: first}]}}\n"
    )
    assert verdict.passed


def test_arms_are_dealt_by_the_bucket_only_when_asked_for(written: Callable[[str], Path], stores: Stores) -> None:
    people = ", ".join(
        f"{{id: c{number}, first_name: N, email: c{number}@example.com, country: GB}}" for number in range(60)
    )
    mails = ", ".join(f"{{to: c{number}}}" for number in range(60))
    root = written(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\ngiven: {{customers: [{people}]}}\ncases:\n"
        f"  - {{name: nobody is held out, expect: {{messages: [{mails}]}}}}\n"
        f"  - {{name: as in reality, given: {{holdout: by_bucket}}, expect: {{messages: [{mails}]}}}}\n"
    )
    checked, specs = check_tests(root, None)
    runs = Simulator(project_for_tests(checked, root), root, stores)
    first, second = [runs.run(case) for case in specs[0].all_cases()]
    assert first.passed
    held_out = [number for number in range(60) if bucket("project:holdout", f"c{number}", 10_000) < 500]
    assert [failure.what for failure in second.failures] == [f"c{number} got no such message" for number in held_out]
    assert held_out
    assert "first held_out: holdout" in "".join(second.failures[0].why)


def test_dedupe_runs_where_identity_is_expected(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"{HEAD}given:\n  customers:\n    - {{id: a, first_name: Ann, last_name: Lee, email: ann@example.com, source: crm}}\n"
        "    - {id: b, first_name: Ann, last_name: Lee, email: ANN@example.com, country: GB, source: shop}\n"
        "    - {id: c, first_name: Bob, last_name: Ray, email: bob@example.com}\n"
        "  orders: [{customer_ref: a, amount: 60}, {customer_ref: b, amount: 60}]\n"
        "  consents: {a: denied}\n"
        "expect:\n  identity: {same: [[a, b]], apart: [[a, c]], golden: {a: {country: GB}}}\n"
        "  tags: {a: [high, buyer, asked], c: []}\n  messages: []\n"
    )
    assert [(failure.what, failure.got) for failure in verdict.failures] == []


def test_a_kpi_of_a_period_and_a_member(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"{HEAD}given:\n  customers: [{{id: a}}]\n  orders:\n"
        "    - {customer_ref: a, amount: 10, channel: web, ordered_at: 2026-04-30T23:30}\n"
        "    - {customer_ref: a, amount: 4, channel: store, ordered_at: 2026-03-31T23:59}\n"
        "expect:\n  kpis:\n    revenue:\n      - {value: 10}\n      - {value: 4, period: 2026-03}\n      - {value: 14, period: 2026-Q1}\n"
        "      - {value: 10, by: channel, member: web}\n      - {value: null, by: channel, member: store}\n"
        "      - {value: 10.4, within: 0.5}\n"
    )
    assert [(failure.what, failure.expected, failure.got) for failure in verdict.failures] == [
        ("revenue 2026-03 is not as expected", "14", "4")
    ]
    assert any("rows 1" in line for line in verdict.failures[0].why)


def test_history_is_left_to_the_rules_and_pins_are_not(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"{HEAD}given:\n  customers: [{{id: a}}, {{id: b}}]\n  tags: {{a: [{{tag: high, since: -9d}}]}}\n"
        "  tag_history: {b: [{tag: high, since: -9d}, {tag: low, since: -90d, until: -9d}]}\n"
        "expect: {tags: {a: [high], b: []}}\n"
    )
    assert verdict.passed


def test_no_socket_is_opened_even_for_a_mail_channel(
    result: Callable[[str], Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("a test may not use the network")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setenv("CI", "true")
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}expect: {{messages: [{{to: a, subject: Hello Ann}}]}}\n"
    )
    assert verdict.passed


def test_a_message_that_differs_is_shown_beside_the_one_that_came(result: Callable[[str], Verdict]) -> None:
    verdict = result(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}expect: {{messages: [{{to: a, subject: Hi Ann}}]}}\n"
    )
    (failure,) = verdict.failures
    assert (failure.what, failure.expected, failure.got) == (
        "the message to a differs in subject", "subject: Hi Ann", "subject: Hello Ann"
    )  # fmt: skip


def test_what_a_stage_refuses_is_an_error_of_the_case(
    result: Callable[[str], Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "steps_for", lambda _: ("tags",))
    verdict = result(f"{HEAD}{ANN}expect: {{tags: {{a: []}}}}\n")
    assert verdict.error is not None
    assert not verdict.passed


@pytest.fixture
def three(root: Path) -> tuple[Path, tuple[kind.Tests, ...]]:
    for name in ("tags/value", "tags/habit", "campaigns/nurture"):
        (root / "configs" / f"{name}.test.yaml").write_text(
            f"{HEAD}{ANN}expect: {{tags: {{a: [asked]}}}}\n", encoding="utf-8"
        )
    return root, check_tests(root, None)[1]


@pytest.mark.parametrize(
    ("paths", "text", "names"),
    [
        ([], "", ["nurture", "habit", "value"]),
        (["configs/tags"], "", ["habit", "value"]),
        (["configs/tags/value.test.yaml::value", "configs/campaigns/nurture.test.yaml"], "", ["nurture", "value"]),
        ([], "tags not value", ["habit"]),
        ([], "value or NURT", ["nurture", "value"]),
    ],
)
def test_cases_are_chosen_by_place_and_words(
    three: tuple[Path, tuple[kind.Tests, ...]], paths: list[str], text: str, names: list[str]
) -> None:
    root, specs = three
    assert [case.name for case in choose(specs, Wanted(paths=paths, text=text), root)] == names


@pytest.mark.parametrize("wanted", [Wanted(paths=["configs/tag"]), Wanted(text="nobody"), Wanted(paths=["x::y"])])
def test_a_place_or_word_that_no_test_has_is_a_mistake_of_the_call(
    three: tuple[Path, tuple[kind.Tests, ...]], wanted: Wanted
) -> None:
    with pytest.raises(UsageError):
        choose(three[1], wanted, three[0])


@pytest.mark.parametrize(
    ("expected", "got", "within", "same"),
    [
        (6000, 6000.0000001, None, True),
        (6000, 6001, None, False),
        (6000, 6001, 2, True),
        (0, 0.0001, None, False),
        (None, None, None, True),
        (None, 0, None, False),
        (1, True, None, False),
        (True, True, None, True),
        ("2026-05-01", datetime(2026, 4, 30, 23), None, True),  # noqa: DTZ001  naive UTC; London is an hour ahead
        ("soon", datetime(2026, 5, 1), None, False),  # noqa: DTZ001  as above
        (5, "five", None, False),
        ("GB", "GB", None, True),
    ],
)
def test_when_two_values_are_the_same(expected: Any, got: Any, within: float | None, same: bool) -> None:
    assert agree(expected, got, zone="Europe/London", within=within) is same


def test_values_are_shown_as_they_stand_in_a_file() -> None:
    assert [shown(value) for value in (None, True, 3.0, 2.5, "x")] == ["null", "true", "3", "2.5", "x"]


def test_the_skeleton_is_a_test_that_passes(root: Path) -> None:
    path = write(root, "tags/begin", skeleton(datetime(2026, 5, 2)), force=False)  # noqa: DTZ001  naive UTC
    assert path == root / "configs" / "tags" / "begin.test.yaml"
    checked, specs = check_tests(root, None)
    with simulator(project_for_tests(checked, root)) as runs:
        assert [runs.run(case).passed for case in specs[0].all_cases()] == [True]
    with pytest.raises(UsageError, match="is there already"):
        write(root, "configs/tags/begin.test.yaml", "", force=False)
    with pytest.raises(UsageError, match="no name"):
        write(root, "../outside", "", force=True)


def test_a_simulator_leaves_nothing_of_one_case_to_the_next(written: Callable[[str], Path], stores: Stores) -> None:
    root = written(
        f"kind: test\nversion: 1\nas_of: 2026-05-01T10:00\n{ANN}cases:\n"
        "  - {name: one, expect: {messages: [{to: a}]}}\n  - {name: two, expect: {messages: [{to: a}]}}\n"
    )
    checked, specs = check_tests(root, None)
    runs = Simulator(project_for_tests(checked, root), root, stores)
    assert [runs.run(case).failures for case in specs[0].all_cases()] == [(), ()]
