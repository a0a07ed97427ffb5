"""`opscli config`: the commands stand in the modules beside this one, `check` here."""

from __future__ import annotations

import time
from collections import Counter

import typer

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.cli.commands import (
    config_diff,
    config_explain,
    config_handbook,
    config_schema,
    config_show,
    config_upgrade,
)
from opscli.phrases import say

app = typer.Typer(help="The configuration: check, show, compare, explain.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Check every file of the project; all problems at once, each with its place and the way out."""
    from opscli.cli.waiting import counted
    from opscli.config.secrets import dotenv_warnings
    from opscli.config.versions import outdated
    from opscli.runner.testing import check_all

    started = time.monotonic()
    checked = check_all(session.root(), CHOICES.environment)
    warnings = [str(item) for item in (*dotenv_warnings(checked.loaded.root), *outdated(checked.loaded.documents))]
    seconds = round(time.monotonic() - started, 2)
    kinds = Counter(document.kind for document in checked.loaded.documents)
    count, version = kinds.total(), checked.loaded.version
    data = {
        "files": len(checked.loaded.texts),
        "documents": count,
        "kinds": dict(sorted(kinds.items())),
        "version": version,
        "environment": checked.loaded.environment,
        "seconds": seconds,
    }
    facts, sentence = counted(checked.catalog)
    data["not_set_up"] = facts
    if sentence:
        report.note(sentence)
    shown = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    told = f"{say('show.ok', count=count, seconds=seconds, version=version[:12])}\n{shown}"
    report.done(told, data, warnings=warnings)


app.command()(config_show.show)
app.command()(config_diff.diff)
app.command()(config_diff.history)
app.command()(config_handbook.handbook)
app.command()(config_upgrade.upgrade)
app.command()(config_schema.schema)
app.command()(config_explain.explain)
