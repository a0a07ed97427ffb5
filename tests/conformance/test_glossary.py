"""GLOSSARY.md's first table is the map of kinds, rooms and commands; it is true in both directions."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import opscli
from opscli.cli.table import COMMANDS
from opscli.kinds import PACKAGE_FOLDER, config_kinds, read_schema

ROOT = Path(opscli.__file__).parent.parent
ROW = re.compile(r"^\| (?P<kind>\w+) \(`(?P<folder>[^`]+)`.*?\) \| (?P<room>\w+) \| (?P<commands>.+) \|$", re.MULTILINE)


def rows() -> list[re.Match[str]]:
    text = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    return list(ROW.finditer(text.split("## Words")[0]))


def commands_of(name: str) -> set[str]:
    """A verb is itself; a noun is its commands; `dedupe` is both."""
    module = importlib.import_module(f"opscli.cli.commands.{COMMANDS[name].module}")
    from typer.main import get_command

    command = get_command(module.app)
    children = {f"{name} {child}" for child in getattr(command, "commands", {})}
    return children | ({name} if not children or getattr(command, "invoke_without_command", False) else set())


def test_every_kind_stands_in_the_table_with_its_folder_and_room() -> None:
    assert {row["kind"] for row in rows()} == set(config_kinds())
    for row in rows():
        path = config_kinds()[row["kind"]]
        assert path.parent.relative_to(PACKAGE_FOLDER).as_posix() == row["room"], row["kind"]
        folder = str(read_schema(path)["x-folder"]).removeprefix("../")
        assert row["folder"].rstrip("/") in (folder, f"{row['kind']}.yaml"), row["kind"]


def test_every_command_stands_in_the_table_once() -> None:
    named = [command for row in rows() for command in re.findall(r"`([^`]+)`", row["commands"])]
    assert sorted(named) == sorted(set(named))
    assert set(named) == {command for name in COMMANDS for command in commands_of(name)}
