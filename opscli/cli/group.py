"""The lazy Typer group: `--help` prints the table, a command's module is imported when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from opscli import __version__
from opscli.cli.choices import CHOICES, FORMATS, SHARED, Shared
from opscli.cli.table import COMMANDS
from opscli.phrases import listed, say

_EPILOG = (
    "Options of every command: --project DIR, --env NAME, --format table|json|jsonl|csv|markdown, --json, --quiet, "
    "--verbose, --no-header, --show-pii, --yes, --no-input."
)


class LazyGroup(TyperGroup):
    """Stands in for every command with its line of help, and loads the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command behind the stand-in."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, (load(name) if name in COMMANDS else command), rest


def build() -> TyperGroup:
    """The group `opscli` with a stand-in for each entry of the table."""
    stand_ins: dict[str, Any] = {
        name: TyperCommand(name, help=entry.help, short_help=entry.help) for name, entry in COMMANDS.items()
    }
    return LazyGroup(
        name="opscli",
        help=f"opscli {__version__}: customer operations as code.",
        epilog=_EPILOG,
        commands=stand_ins,
        no_args_is_help=True,
        rich_markup_mode=None,
        params=[_version_option()],
        context_settings={"help_option_names": ["--help", "-h"]},
    )


def load(name: str) -> Any:
    """Import a command's module and give its leaves the shared options."""
    module = importlib.import_module(f"opscli.cli.commands.{COMMANDS[name].module}")
    app: typer.Typer = module.app
    app.rich_markup_mode = None
    app._add_completion = False  # noqa: SLF001  Typer has no public switch after construction; the root offers completion
    command = get_command(app)
    command.name = name
    _share(command)
    return command


def _share(command: Any) -> None:
    for child in getattr(command, "commands", {}).values():
        child.short_help = " ".join((child.help or "").partition("\n\n")[0].split())  # else it is cut at one line
        _share(child)
    if not getattr(command, "commands", {}) or command.invoke_without_command:  # such as dedupe, which runs by itself
        taken = {spelling for parameter in command.params for spelling in getattr(parameter, "opts", ())}
        command.params.extend(_option(shared) for shared in SHARED if not taken.intersection(shared.names))


def _option(shared: Shared) -> TyperOption:
    def remember(_ctx: Any, _parameter: Any, value: Any) -> Any:
        if value not in (None, False):
            chosen = value if shared.flag is None else shared.flag
            if shared.field == "format" and chosen not in FORMATS:
                raise typer.BadParameter(say("cli.none_of", chosen=chosen, known=listed(FORMATS)))
            setattr(CHOICES, shared.field, chosen)
        return value

    is_flag = shared.flag is not None
    return TyperOption(
        param_decls=[f"shared_{shared.names[0].strip('-').replace('-', '_')}", *shared.names],
        is_flag=is_flag or None,
        type=None if is_flag else str,
        default=False if is_flag else None,
        callback=remember,
        expose_value=False,
        help=shared.help,
        envvar=shared.envvar,
        rich_help_panel="Shared",
    )


def _version_option() -> TyperOption:
    def tell(_ctx: Any, _parameter: Any, value: Any) -> None:
        if value:
            typer.echo(f"opscli {__version__}")
            raise typer.Exit

    return TyperOption(
        param_decls=["version", "--version", "-V"],
        is_flag=True,
        default=False,
        callback=tell,
        expose_value=False,
        is_eager=True,
        help="Show the version.",
    )
