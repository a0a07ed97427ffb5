"""Whether an unfinished run may go on: with the configuration that it began with, unless somebody says otherwise."""

from __future__ import annotations

from opscli.errors import ConfigInvalid, DataUnusable, OpscliError
from opscli.phrases import say
from opscli.runner import stored
from opscli.runner.configurations import Configuration, documents_of
from opscli.runner.difference import difference
from opscli.runner.ledger import Run
from opscli.stage import Project
from opscli.state.store import State

_SHOWN = 8
"""Changes that are told; `config diff` has all."""


class ConfigMoved(OpscliError):  # noqa: N818  named by what happened, as the exception tree is
    """The files are others than those that the run began with."""

    exit_code = ConfigInvalid.exit_code


def require_same_config(project: Project, state: State, earlier: Run) -> None:
    """Raises ConfigMoved (78) with what changed in words: half a run by one rule, half by another, helps nobody.

    Files that were only written otherwise are no change.
    """
    if earlier.config_version == project.version:
        return
    changes = _changes(project, state, earlier)
    if changes is not None and not changes:
        return
    raise ConfigMoved(
        say("resume.moved", run=earlier.run_id, version=earlier.config_version[:12]),
        remedy=say("resume.moved_how", job=earlier.job, run=earlier.run_id),
        details=changes or (),
    )


def _changes(project: Project, state: State, earlier: Run) -> list[str] | None:
    """What differs in meaning, in words; None when the configuration that it began with cannot be read."""
    try:
        documents = documents_of(state, earlier.config_version)
    except DataUnusable:
        return None
    began = Configuration(title="", version=earlier.config_version, documents=documents)
    present = Configuration(title="", version=project.version, documents=stored.comparable(project.documents))
    told = difference(began, present).told
    shown = [say("diff.placed", sentence=item.sentence, place=item.place) for item in told[:_SHOWN]]
    return shown + ([say("resume.more", count=len(told) - _SHOWN)] if len(told) > _SHOWN else [])
