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


@app.command(epilog="Examples:  opscli config check  |  opscli config check --env prod --json")
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


app.command(epilog="Examples:  opscli config show  |  opscli config show --env prod  |  opscli config show tags value")(
    config_show.show
)
app.command(
    epilog="Examples:  opscli config diff  |  opscli config diff git:main --format markdown  |  "
    "opscli config diff latest files --detailed-exitcode"
)(config_diff.diff)
app.command(epilog="Examples:  opscli config history  |  opscli config history --json")(config_diff.history)
app.command(epilog="Examples:  opscli config handbook  |  opscli config handbook --locale zh --output handbook.md")(
    config_handbook.handbook
)
app.command(
    epilog="Examples:  opscli config upgrade  |  opscli config upgrade --check  |  opscli config upgrade --write"
)(config_upgrade.upgrade)
app.command(epilog="Examples:  opscli config schema tags  |  opscli config schema --write --modeline")(
    config_schema.schema
)
app.command(epilog="Examples:  opscli config explain campaign  |  opscli config explain campaign.reentry")(
    config_explain.explain
)
