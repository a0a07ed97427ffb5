"""Write docs/config/<kind>.md from the schemas and docs/commands/<command>.md from the command tree.

python docs/generate.py           write the pages
python docs/generate.py --check   exit 1 and name the pages that are not what would be written
"""

# ruff: noqa: INP001  a script beside the pages that it writes, no package

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from opscli.cli.choices import SHARED
from opscli.cli.group import load
from opscli.cli.table import COMMANDS
from opscli.config.meaning import about
from opscli.config.reference import place_of, reference
from opscli.config.schemas import assemble
from opscli.kinds import config_kinds
from opscli.phrases import use

FOLDER = Path(__file__).parent
GENERATED = ("config", "commands")
_SHARED_NAMES = {name for option in SHARED for name in option.names} | {"--help"}


def pages() -> dict[Path, str]:
    """Every generated page: its path under docs/ and its text. The pages are English, whoever writes them."""
    use("en")
    found = {Path("config", f"{kind}.md"): reference(kind) for kind in config_kinds()}
    found[Path("config", "README.md")] = config_index()
    found |= {Path("commands", f"{name}.md"): command_page(name, load(name)) for name in COMMANDS}
    found[Path("commands", "README.md")] = command_index()
    return found


def config_index() -> str:
    """One line per kind."""
    lines = ["# Config files, by kind", "", "| kind | lies in | what it is |", "| --- | --- | --- |"]
    kinds = sorted(config_kinds())
    lines += (f"| [{kind}]({kind}.md) | `{place_of(kind)}` | {about(assemble(kind))} |" for kind in kinds)
    return "\n".join(lines) + "\n"


def command_index() -> str:
    """One line per command, and the options that all of them have."""
    lines = ["# Commands", "", "| command | what it does |", "| --- | --- |"]
    lines += [f"| [opscli {name}]({name}.md) | {entry.help} |" for name, entry in COMMANDS.items()]
    lines += ["", "Every command has these options:", "", "| option | meaning |", "| --- | --- |"]
    lines += [f"| `{', '.join(option.names)}` | {option.help} |" for option in SHARED]
    return "\n".join(lines) + "\n"


def command_page(name: str, command: Any) -> str:
    """The page of a verb, or of a noun with all its commands."""
    lines = [f"# opscli {name}", "", *_described(command)]
    children: Mapping[str, Any] = getattr(command, "commands", {})
    if not children:
        return "\n".join([*lines, *_usage(f"opscli {name}", command)]) + "\n"
    if command.invoke_without_command:  # such as dedupe and test, which run by themselves
        lines += [*_usage(f"opscli {name}", command), ""]
    for word, child in children.items():
        lines += [f"## opscli {name} {word}", "", *_described(child), *_usage(f"opscli {name} {word}", child), ""]
    return "\n".join(lines).rstrip() + "\n"


def _described(command: Any) -> list[str]:
    # Docstrings are written for readers of the code, so single backquotes and line breaks stay as they are.
    text = re.sub(r"\n(?!\n)", " ", (command.help or "").strip())
    return [text, ""] if text else []


def _usage(call: str, command: Any) -> list[str]:
    """The call, and a table of what it takes."""
    own = [item for item in command.params if not _SHARED_NAMES.intersection(item.opts)]
    arguments = " ".join(_placeholder(item) for item in own if item.param_type_name == "argument")
    lines = ["```", f"{call} {arguments}".rstrip() + " [OPTIONS]", "```"]
    if own:
        lines += ["", "| takes | meaning | when left out |", "| --- | --- | --- |"]
        lines += [_row(item) for item in own]
    return lines


def _placeholder(item: Any) -> str:
    word = str(item.name).upper() + ("..." if item.nargs == -1 else "")
    return word if item.required else f"[{word}]"


def _row(item: Any) -> str:
    argument = item.param_type_name == "argument"
    name = _placeholder(item) if argument else ", ".join((*item.opts, *item.secondary_opts))
    default = "" if item.default in (None, "", False, ()) or callable(item.default) else f"`{item.default}`"
    return f"| `{name}` | {(item.help or '').replace('|', '/')} | {'must be given' if item.required else default} |"


def stale(found: Mapping[Path, str]) -> Iterator[Path]:
    """Pages that are missing, differ, or belong to nothing any more."""
    for path, text in found.items():
        file = FOLDER / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            yield path
    for folder in GENERATED:
        yield from (
            path.relative_to(FOLDER)
            for path in sorted((FOLDER / folder).glob("*.md"))
            if path.relative_to(FOLDER) not in found
        )


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    found = pages()
    changed = list(stale(found))
    if "--check" in arguments:
        sys.stderr.writelines(f"docs/{path} is not fresh: make docs\n" for path in changed)
        return 1 if changed else 0
    for path in changed:
        file = FOLDER / path
        if path in found:
            file.parent.mkdir(exist_ok=True)
            file.write_text(found[path], encoding="utf-8")
        else:
            file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
