"""A report's page on the terminal: tiles, then every block as sentence and chart; in a pipe the same as plain text."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from opscli.charts.terminal import lines, spark
from opscli.charts.width import pad, shorten, width
from opscli.cli.report import console
from opscli.phrases import say
from opscli.phrases.lines import wrapped

if TYPE_CHECKING:
    from opscli.reports.model import Block, Page

_PLAIN_COLUMNS = 100
_NARROWEST = 40
_STYLES = {"good": "green", "met": "green", "bad": "red", "crit": "red", "warn": "yellow", "near": "yellow"}
_MOST_ROWS = 20

Span = tuple[str, str]
"""A piece of text and its style."""


def show_page(page: Page) -> None:
    """Print a page to stdout as wide as the terminal, with colours only there."""
    if sys.stdout.isatty():
        from rich.text import Text

        screen = console()
        for line in page_lines(page, screen.width):
            screen.print(Text.assemble(*(span for span in line)), no_wrap=True, overflow="crop")
        return
    for line in page_lines(page, _PLAIN_COLUMNS):
        sys.stdout.write("".join(text for text, _ in line).rstrip() + "\n")


def page_lines(page: Page, columns: int) -> Iterator[list[Span]]:
    """The page as lines of styled spans, none wider than `columns`."""
    from opscli.clock import iso

    columns = max(columns, _NARROWEST)
    yield [(shorten(page.title, columns), "bold")]
    facts = f"{page.project} · {page.environment} · {iso(page.as_of)} · {page.config_version[:12]}"
    yield [(shorten(facts, columns), "dim")]
    yield []
    yield from _tiles([block for block in page.blocks if block.tile], columns)
    for block in page.blocks:
        yield from _block(block, page, columns)
    for text in page.left_out:
        yield [(shorten(text, columns), "dim")]


def _tiles(blocks: Sequence[Block], columns: int) -> Iterator[list[Span]]:
    """One line a number: label, value, change, target, course; columns that do not fit are left out from the right."""
    if not blocks:
        return
    rows = [_tile_cells(block) for block in blocks]
    widths = [max(width(row[index][0]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        line: list[Span] = []
        used = 0
        for index, ((text, style), room) in enumerate(zip(row, widths, strict=True)):
            if used + room > columns:
                break
            line.append((pad(text, room, right=index == 1), style))
            line.append(("  ", ""))
            used += room + 2
        yield line
    yield []


def _tile_cells(block: Block) -> list[Span]:
    tile = block.tile
    if tile is None:
        return []
    return [
        (shorten(block.title, 28), ""),
        (tile.value, "bold"),
        (tile.delta, _STYLES.get(tile.delta_state, "dim")),
        (tile.period, "dim"),
        (tile.target, _STYLES.get(tile.state, "dim")),
        (spark(tile.spark), "cyan"),
        (tile.margin, "dim"),
    ]


def _block(block: Block, page: Page, columns: int) -> Iterator[list[Span]]:
    yield [(shorten(block.title, columns), "bold"), (f"  {block.owner}" if block.owner else "", "dim")]
    for line in wrapped(block.sentence, columns):
        yield [(line, "")]
    if block.plot is not None:
        for line in lines(block.plot, columns):
            yield [(shorten(line, columns), "cyan")]
    elif block.rows:
        yield from _table(block, page, columns)
    for note in block.notes:
        for line in wrapped(f"· {note}", columns):
            yield [(line, "dim")]
    yield []


def _table(block: Block, page: Page, columns: int) -> Iterator[list[Span]]:
    """Aligned rows; numbers to the right, Chinese characters two columns wide."""
    from opscli.reports.files import shown_rows

    head = [column.title for column in block.columns]
    body = shown_rows(block, page)
    widths = [max(map(width, cells)) for cells in zip(head, *body, strict=True)]
    right = [column.unit not in ("text", "time") for column in block.columns]

    def line(cells: Sequence[str]) -> str:
        padded = [pad(text, room, right=side) for text, room, side in zip(cells, widths, right, strict=True)]
        return shorten("  ".join(padded).rstrip(), columns)

    yield [(line(head), "dim")]
    for cells in body[:_MOST_ROWS]:
        yield [(line(cells), "")]
    if len(body) > _MOST_ROWS:
        yield [(say("cli.more_rows", count=len(body) - _MOST_ROWS), "dim")]


def page_json(page: Page) -> Any:
    """The page as data, for the JSON envelope."""
    from opscli.reports.files import page_data

    return page_data(page)
