"""What a job's steps may be given in `with:`, and the sources, campaigns and reports that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opscli.config.document import Document, Place
from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.stage import Catalog

if TYPE_CHECKING:
    from opscli.runner.job import StepSpec

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "import": {"only": "source", "changed": "", "full": ""},
    "campaigns": {"only": "campaign"},
    "health": {"only": "health"},
    "send": {"limit": ""},
    "report": {"report": "report"},
}
"""Step → option → the category that its value names, "" for a plain value. A step that is not here takes none."""


def option_issues(step: StepSpec, place: Place, document: Document, catalog: Catalog) -> Iterator[Issue]:
    """Options that the step does not take, and names that nothing has."""
    known = OPTIONS.get(step.uses, {})
    stated: Any = document.data["steps"][place[-1]]
    within = (*place, "with") if isinstance(stated, Mapping) and "with" in stated else place
    for option, value in step.options.items():
        where = (*within, option)
        if option not in known:
            none = say("runner.no_options", step=step.uses)
            how = did_you_mean(
                option, known, otherwise=say("runner.options_are", names=listed(known)) if known else none
            )
            yield document.issue(where, say("runner.unknown_option", option=option, step=step.uses), how=how)
        elif known[option]:
            yield from _named(value, where, known[option], document, catalog)
    if step.uses == "report" and "report" not in step.options:
        yield document.issue(place, say("runner.which_report"), how=say("runner.which_report_how"))


def _named(value: Any, where: Place, category: str, document: Document, catalog: Catalog) -> Iterator[Issue]:
    names = catalog.names(category)
    many = isinstance(value, list)
    for index, name in enumerate(value if many else [value]):
        if str(name) not in names:
            how = did_you_mean(str(name), names) or say("runner.none_known")
            what = say(f"runner.unknown_{category}", name=name)
            yield document.issue((*where, index) if many else where, what, how=how)
