"""Kind `report`: which blocks a page has, what its numbers are compared with, and which files it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from opscli.config.document import Document, Place
from opscli.kinds import kinds_in, load_kind
from opscli.metrics.metric import languages
from opscli.metrics.query import Desk
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.reports.model import Block
from opscli.stage import Catalog, Part, Provided

PACKAGE = "opscli.reports.blocks"
FILES = ("html", "csv", "json", "markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One block as asked for: `kind` is the block's module, `subject` what it shows (a metric, a health model …)."""

    kind: str
    subject: Any
    place: Place
    label: Mapping[str, str] = field(default_factory=dict)
    chart: str | None = None
    by: tuple[str, ...] = ()
    grain: str | None = None
    periods: int | None = None
    tile: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One form of the page; `path` is relative to the project, empty for the terminal."""

    form: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report."""

    name: str
    document: Document
    label: Mapping[str, str]
    layout: tuple[Item, ...]
    compare: tuple[str, ...] = ("previous", "target")
    outputs: tuple[Output, ...] = (Output(form="terminal"),)
    owner: str = ""
    purpose: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a block is made from: the desk that answers, the report that asks and the language it speaks."""

    desk: Desk
    report: Report
    locale: str

    @property
    def currency(self) -> str:
        """The project's currency."""
        return self.desk.project.currency


class BlockKind(Protocol):
    """A module of `reports/blocks/` that has a schema of its own."""

    ABOUT: str
    """Catalog category of the subject; "" = it is about nothing that a document defines."""

    def check(self, item: Item, document: Document, catalog: Catalog) -> Iterable[Issue]:
        """Problems that need the other documents."""
        ...

    def build(self, item: Item, room: Room) -> Block | str:
        """The block, or the sentence that says why it is not set up."""
        ...


def block_kind(name: str) -> BlockKind:
    """The module of a kind of block. Raises KeyError for an unknown one."""
    return cast("BlockKind", load_kind(PACKAGE, name))


def parse(document: Document) -> Report:
    data = document.data
    return Report(
        name=document.name,
        document=document,
        label=languages(data.get("label", {})),
        layout=tuple(_item(item, ("layout", index)) for index, item in enumerate(data["layout"])),
        compare=tuple(data.get("compare", ("previous", "target"))),
        outputs=tuple(_output(item) for item in data.get("outputs", ("terminal",))),
        **{key: data.get(key, "") for key in ("owner", "purpose", "runbook")},
    )


def _item(data: Mapping[str, Any], place: Place) -> Item:
    kind = next(name for name in kinds_in(PACKAGE) if name in data)
    by = data.get("by", ())
    return Item(
        kind=kind,
        subject=data[kind],
        place=(*place, kind),
        label=languages(data.get("label", {})),
        chart=data.get("chart"),
        by=(by,) if isinstance(by, str) else tuple(by),
        grain=data.get("grain"),
        periods=data.get("periods"),
        tile=data.get("tile", True),
    )


def _output(data: Any) -> Output:
    if isinstance(data, str):
        return Output(form=data)
    form, path = next(iter(data.items()))
    return Output(form=form, path=path)


def provides(spec: Report) -> Iterable[Provided]:
    """The report by name."""
    line, _ = spec.document.mark(())
    yield Provided(category="report", name=spec.name, file=spec.document.file, line=line)


def parts(spec: Report) -> Iterable[Part]:
    """Each block, with what it is about."""
    for index, item in enumerate(spec.layout):
        about = block_kind(item.kind).ABOUT
        yield Part(place=("layout", index), uses=frozenset({(about, str(item.subject))} if about else ()))


def check(spec: Report, catalog: Catalog) -> Iterable[Issue]:
    """Each block's own problems, and files outside the project."""
    for item in spec.layout:
        yield from block_kind(item.kind).check(item, spec.document, catalog)
    for index, output in enumerate(spec.outputs):
        if output.path.startswith("/") or ".." in output.path.split("/"):
            place = ("outputs", index, output.form)
            yield spec.document.issue(place, say("reports.output_outside"), how=say("reports.output_outside_how"))
