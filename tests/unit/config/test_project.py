from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from opscli.config.load import load
from opscli.config.project import ProjectSpec, check, parse, parse_share
from opscli.errors import UsageError

Write = Callable[[str, str], Path]
HEAD = "kind: project\nversion: 1\nname: shop\n"


def spec_of(root: Path, write: Write, more: str) -> ProjectSpec:
    write("configs/project.yaml", HEAD + more)
    return parse(load(root, None).project)


def test_an_environment_is_not_live_unless_it_says_so(root: Path, write: Write) -> None:
    spec = spec_of(root, write, "environments: {dev: {redirect_to: me@example.com}, prod: {live: true}}\n")
    assert [spec.settings(name).live for name in ("default", "dev", "prod")] == [False, False, True]
    assert spec.settings("dev").redirect_to == "me@example.com"


def test_an_environment_states_only_what_differs(root: Path, write: Write) -> None:
    more = "limits: {max_recipients: 10, max_delta: 20%}\nenvironments: {dev: {limits: {max_recipients: 3}}}\n"
    here = spec_of(root, write, more).settings("dev").limits
    assert (here.max_recipients, here.max_delta) == (3, 0.2)


def test_an_unknown_environment_names_the_nearest(root: Path, write: Write) -> None:
    spec = spec_of(root, write, "environments: {prod: {live: true}}\n")
    with pytest.raises(UsageError) as caught:
        spec.settings("prd")
    assert caught.value.remedy == 'did you mean "prod"?'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("timezone: Europe/Londn\n", '4:11: unknown time zone "Europe/Londn"'),
        ("environments: {default: {live: true}}\n", "4:32: default cannot be live"),
        ("state: 'postgresql://ops:secret@host/db'\n", "4:9: the address of the state holds a password"),
        ("clock: yesterday\n", "4:8: 'yesterday' is no ISO 8601"),
    ],
)
def test_settings_that_cannot_hold_are_problems(root: Path, write: Write, more: str, expected: str) -> None:
    issues = list(check(spec_of(root, write, more), None))
    assert len(issues) == 1
    assert f"configs/project.yaml:{expected}" in str(issues[0])
    assert "secret" not in str(issues[0])


@pytest.mark.parametrize(("written", "share"), [("5%", 0.05), (0.05, 0.05), ("0%", 0.0), (1, 1.0), ("12.5 %", 0.125)])
def test_a_share_is_a_percentage_or_a_fraction(written: object, share: float) -> None:
    assert parse_share(written) == pytest.approx(share)


def test_a_share_above_the_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        parse_share("120%")
