from __future__ import annotations

from opscli.config.document import Document
from opscli.config.schemas import assemble, smallest_example
from opscli.config.validate import validate
from opscli.kinds import kinds_in


def document(kind: str, data: dict[str, object]) -> Document:
    return Document(kind=kind, version=1, name="x", file="x.yaml", data=data, marks={})


def test_each_type_of_a_kind_adds_its_own_keys() -> None:
    channel = {"kind": "channel", "version": 1, "type": "file", "from": "Shop <hello@example.com>"}
    assert not validate(document("channel", {**channel, "folder": "out"}))
    issues = validate(document("channel", {**channel, "host": "smtp.example.com"}))
    assert [issue.what for issue in issues] == ['unknown key "host"']


def test_an_unknown_type_is_one_problem_with_the_known_ones() -> None:
    issues = validate(document("channel", {**smallest_example("channel"), "type": "fil"}))
    assert [(issue.what, issue.how) for issue in issues] == [('type cannot be "fil"', 'did you mean "file"?')]


def test_a_step_is_named_by_its_key() -> None:
    campaign = {key: value for key, value in smallest_example("campaign").items() if key != "send"}
    steps = [{"id": "one", "wait": {"for": "3d"}}]
    assert not validate(document("campaign", {**campaign, "steps": steps}))
    issues = validate(document("campaign", {**campaign, "steps": [{"id": "one", "wiat": {"for": "3d"}}]}))
    assert 'did you mean "wait"?' in [issue.how for issue in issues]


def test_every_type_of_every_package_stands_in_its_kind() -> None:
    channel = assemble("channel")["properties"]["type"]
    assert channel["enum"] == list(kinds_in("opscli.delivery.channels"))
