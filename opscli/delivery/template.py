"""Config kind `template`: the texts of a message, checked for the values they read before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opscli.config.document import Document
from opscli.config.validate import did_you_mean
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.stage import Catalog, Provided

if TYPE_CHECKING:
    from opscli.delivery.templates import Parts

PART_FILES = {"subject": "subject.txt", "html": "body.html", "text": "body.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSpec:
    """The parts as written; `parts` gives them to the renderer."""

    name: str
    subject: str
    html: str | None = None
    text: str | None = None
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document

    @property
    def parts(self) -> Parts:
        """The texts, ready to compile."""
        from opscli.delivery.templates import Parts

        return Parts(subject=self.subject.strip(), html=self.html, text=self.text)


def parse(document: Document) -> TemplateSpec:
    """The spec of a schema-valid template document."""
    data = document.data
    return TemplateSpec(
        name=document.name,
        subject=data["subject"],
        html=data.get("html"),
        text=data.get("text"),
        document=document,
        **{key: str(data.get(key, "")) for key in ("owner", "purpose", "runbook")},
    )


def provides(spec: TemplateSpec) -> Iterator[Provided]:
    """The template."""
    yield Provided(category="template", name=spec.name, file=spec.document.file, line=spec.document.mark(())[0])


def check(spec: TemplateSpec, catalog: Catalog) -> Iterable[Issue]:
    """Broken syntax, and values that nobody provides."""
    from jinja2 import TemplateError
    from jinja2.exceptions import TemplateSyntaxError

    from opscli.delivery.templates import GIVEN, variables

    try:
        found = variables(spec.parts)
    except TemplateSyntaxError as error:
        yield Issue(
            file=f"{spec.document.file}/{PART_FILES[error.name]}" if error.name else spec.document.file,
            line=error.lineno,
            column=1,
            what=say("delivery.template_broken", error=error.message),
        )
        return
    except TemplateError as error:
        yield spec.document.issue((), say("delivery.template_unreadable", error=error))
        return
    entity = catalog.entities.get("customers")
    fields = (
        [f"customer.{name}" for name in (*(column.name for column in entity.columns), "customer_id")] if entity else []
    )
    known = {*fields, *(f"traits.{name}" for name in catalog.types("trait")), *GIVEN}
    for variable in found:
        if variable.name not in known:
            yield Issue(
                file=f"{spec.document.file}/{PART_FILES[variable.part]}",
                line=variable.line,
                column=1,
                what=say("delivery.template_unknown", variable=variable.name),
                why=say("delivery.template_unknown_why"),
                how=did_you_mean(variable.name, sorted(known), otherwise=""),
            )
