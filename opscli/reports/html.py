"""The page as one self-contained HTML file: no request, no foreign code, the same bytes for the same page."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from opscli.charts.svg import draw, sparkline
from opscli.clock import iso
from opscli.phrases import say
from opscli.reports.files import page_data, shown_rows
from opscli.reports.model import Block, Page

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Figure:
    """A block with its picture and its table as text."""

    block: Block
    svg: str
    rows: list[list[str]]


def as_html(page: Page) -> str:
    """The whole document. Everything that comes out of data is escaped; only our own SVG, style and script are not."""
    import jinja2
    from markupsafe import Markup

    css, script = _asset("page.css"), _asset("page.js")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    tiles = [
        (block, Markup(sparkline(block.tile.spark, block.title)))  # noqa: S704  built by charts.svg, which escapes
        for block in page.blocks
        if block.tile is not None
    ]
    figures = [
        Figure(block, Markup(draw(block.plot)) if block.plot else Markup(), shown_rows(block, page))  # noqa: S704  as above
        for block in page.blocks
    ]
    return environment.get_template("page.html").render(
        page=page,
        policy=_policy(css, script),
        css=Markup(css),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        data=Markup(_embedded(page)),  # noqa: S704  JSON whose < > & are escaped
        tiles=tiles,
        figures=figures,
        word=partial(_word, page.locale),
        as_of_utc=iso(page.as_of),
        as_of=page.as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(page.zone)).strftime("%Y-%m-%d %H:%M %Z"),
    )


def _word(locale: str, key: str, **values: str) -> str:
    """A heading of the page."""
    return say(f"page.{key}", locale=locale, **values)


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(css: str, script: str) -> str:
    """Nothing may be loaded; only the style and script of this very file may act, named by their hashes."""
    return (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(page: Page) -> str:
    """The page's data for the script element: no text in it can end the element."""
    text = json.dumps(page_data(page), ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
