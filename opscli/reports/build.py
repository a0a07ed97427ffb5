"""A report and the warehouse → one page."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from opscli.metrics.query import Desk
from opscli.phrases import language
from opscli.reports.model import Block, Page
from opscli.reports.report import Report, Room, block_kind
from opscli.reports.words import titled


def build_page(report: Report, desk: Desk, locale: str = "") -> Page:
    """Every block in the order of the layout; those that are not set up become a line at the end.

    A page speaks the project's language unless another one is asked for.
    """
    room = Room(desk=desk, report=report, locale=language(locale or desk.project.locale))
    built = [block_kind(item.kind).build(item, room) for item in report.layout]
    project = desk.project
    return Page(
        name=report.name,
        title=titled(report.label, room.locale) or report.name.replace("_", " ").capitalize(),
        project=project.name,
        environment=project.environment,
        as_of=desk.as_of,
        zone=project.zone,
        locale=room.locale,
        currency=project.currency,
        config_version=project.version,
        blocks=_named_apart([block for block in built if isinstance(block, Block)]),
        left_out=tuple(text for text in built if isinstance(text, str)),
    )


def _named_apart(blocks: list[Block]) -> tuple[Block, ...]:
    """Names become file names and anchors, so a second block of one name gets a number."""
    seen: Counter[str] = Counter()
    found = []
    for block in blocks:
        seen[block.name] += 1
        number = seen[block.name]
        found.append(block if number == 1 else replace(block, name=f"{block.name}_{number}"))
    return tuple(found)
