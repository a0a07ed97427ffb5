"""Previews of messages as files: one .eml each, and a page that shows them side by side."""

from __future__ import annotations

import html
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

from opscli.errors import CannotCreate
from opscli.phrases import current, say

if TYPE_CHECKING:
    from opscli.campaigns.views import Previewed

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' about:">
<style>body{{font-family:sans-serif;margin:2rem;color:#1d2733}}article{{margin:0 0 2rem}}
iframe{{width:100%;height:24rem;border:1px solid #c8d0d8}}</style></head><body><h1>{title}</h1>{articles}</body></html>
"""
_ARTICLE = (
    '<article><h2>{subject}</h2><p>{customer} · <a href="{file}">{file}</a></p>'
    '<iframe sandbox title="{subject}" srcdoc="{body}"></iframe></article>'
)


def write_previews(folder: Path, campaign: str, made: Sequence[Previewed]) -> Path:
    """Write the files; the path of index.html. What customers wrote is shown escaped, in a frame that runs nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for item in made:
            (folder / f"{item.key}.eml").write_bytes(item.body)
        index = folder / "index.html"
        articles = "".join(_article(item) for item in made)
        page = _PAGE.format(language=current(), title=html.escape(campaign), articles=articles)
        index.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CannotCreate(say("campaigns.no_previews", folder=folder, error=error.strerror)) from error
    return index


def _article(item: Previewed) -> str:
    mail = message_from_bytes(item.body, policy=default)
    part = mail.get_body(("html", "plain"))
    return _ARTICLE.format(
        subject=html.escape(str(mail["Subject"])),
        customer=html.escape(item.customer_id),
        file=html.escape(f"{item.key}.eml"),
        body=html.escape(part.get_content() if part is not None else ""),
    )
