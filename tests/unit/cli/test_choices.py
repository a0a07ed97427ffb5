"""Shared options may stand before the command or behind it."""

from __future__ import annotations

import pytest

from opscli.cli.choices import moved_behind


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("--env prod status", "status --env prod"),
        ("--env=prod --json tag list", "tag list --env=prod --json"),
        ("-q run nightly -- --odd", "run nightly -q -- --odd"),
        ("run nightly --env prod", "run nightly --env prod"),
        ("--help", "--help"),
        ("--json --help", "--json --help"),
        ("--env", "--env"),
        ("--unknown status", "--unknown status"),
        ("", ""),
    ],
)
def test_options_before_the_command_are_read_behind_it(given: str, read: str) -> None:
    assert moved_behind(given.split()) == read.split()
