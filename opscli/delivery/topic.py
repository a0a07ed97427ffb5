"""Config kind `topic`: what people agree to receive, and what silence means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.stage import Catalog, Provided


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """`policy` decides for people of whom no consent is known: opt_in no, soft_opt_in with a purchase, opt_out yes."""

    name: str
    policy: str
    label: str
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document


def parse(document: Document) -> TopicSpec:
    """The spec of a schema-valid topic document."""
    data = document.data
    return TopicSpec(
        name=document.name,
        policy=data["policy"],
        label=data.get("label", document.name),
        document=document,
        **{key: str(data.get(key, "")) for key in ("owner", "purpose", "runbook")},
    )


def provides(spec: TopicSpec) -> Iterator[Provided]:
    """The topic."""
    yield Provided(category="topic", name=spec.name, file=spec.document.file, line=spec.document.mark(())[0])


def check(spec: TopicSpec, catalog: Catalog) -> Iterable[Issue]:
    """A topic stands alone."""
    del spec, catalog
    return ()
