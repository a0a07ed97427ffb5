"""`opscli config schema`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from opscli.cli import report, session
from opscli.phrases import say


def schema(
    kind: Annotated[str, typer.Argument(help="A kind; without one, all of them.")] = "",
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Write both forms of every version, and an index, for editors.")
    ] = False,
    modeline: Annotated[
        bool, typer.Option("--modeline", help="With --write: the first line of each config file names its schema.")
    ] = False,
) -> None:
    """The JSON Schemas of the kinds, for editors and other programs (docs/editors.md)."""
    from opscli.config.meaning import spoken
    from opscli.config.schemas import assemble
    from opscli.errors import UsageError
    from opscli.kinds import config_kinds

    kinds = (known_kind(kind),) if kind else tuple(config_kinds())
    if write:
        _write(kinds, modeline=modeline)
        return
    if modeline:
        raise UsageError(say("config.modeline_alone"), remedy="opscli config schema --write --modeline")
    content = spoken(assemble(kind)) if kind else {word: spoken(assemble(word)) for word in kinds}
    report.show_one(content, json.dumps(content, ensure_ascii=False, indent=2))


def _write(kinds: tuple[str, ...], *, modeline: bool) -> None:
    from opscli.config.export import SCHEMAS, write_schemas

    root = session.root()
    changed = _modelines(kinds) if modeline else ()
    written = [path.relative_to(root).as_posix() for path in write_schemas(root, kinds)]
    report.done(
        say("config.schemas_written", count=len(written), folder=SCHEMAS.as_posix(), changed=len(changed)),
        {"files": written, "modelines": list(changed)},
    )


def _modelines(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Put the first line into the files of these kinds; files with problems are refused, all of them."""
    from opscli.config.load import read_beside, read_documents
    from opscli.config.modeline import put_modelines
    from opscli.errors import ConfigInvalid

    root = session.root()
    documents, problems, _ = read_documents(root)
    beside, more = read_beside(root)
    if issues := sorted({*problems, *more}):
        raise ConfigInvalid(issues)
    return put_modelines(root, [item for item in (*documents, *beside) if item.kind in kinds])


def known_kind(kind: str) -> str:
    """The kind, or a usage error that names the nearest."""
    from opscli.config.validate import did_you_mean
    from opscli.errors import UsageError
    from opscli.kinds import config_kinds

    if kind not in config_kinds():
        raise UsageError(say("config.unknown_kind", kind=kind), remedy=did_you_mean(kind, config_kinds()))
    return kind
