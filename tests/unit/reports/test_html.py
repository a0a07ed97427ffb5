from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from opscli.reports import job
from opscli.reports.html import as_html

from .conftest import HOSTILE


@pytest.fixture
def page(daily: Any) -> str:
    return as_html(job.plan(daily.context(options={"report": "daily"})).page)


class Seen(HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_nothing_is_loaded_and_only_our_own_script_and_style_may_act(page: str) -> None:
    seen = Seen(page)

    assert not [tag for tag, attrs in seen.tags if "src" in attrs or tag in ("img", "iframe", "link", "object")]
    assert all(str(attrs["href"]).startswith("#") for tag, attrs in seen.tags if "href" in attrs)
    assert not [attrs for _, attrs in seen.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    (policy,) = [str(attrs["content"]) for _, attrs in seen.tags if attrs.get("http-equiv")]
    assert "default-src 'none'" in policy
    for text in (
        *re.findall(r"<style>(.*?)</style>", page, re.DOTALL),
        *re.findall(r"<script>(.*?)</script>", page, re.DOTALL),
    ):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_a_hostile_name_is_text_everywhere(page: str) -> None:
    assert HOSTILE not in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    blocks = {block["name"]: block for block in json.loads(data[1])["blocks"]}
    assert blocks["deals_by_region"]["rows"][0]["member"] == HOSTILE


def test_every_figure_has_a_sentence_and_a_table_behind_its_picture(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)

    assert len(figures) == 10
    for figure in figures:
        caption = re.search(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL)
        assert caption is not None
        assert len(caption[1]) > 10
        if "<svg" in figure:
            assert "<table>" in figure
            assert 'role="img"' in figure


def test_every_tile_leads_to_a_figure(page: str) -> None:
    seen = Seen(page)
    targets = {str(attrs["href"])[1:] for tag, attrs in seen.tags if tag == "a"}

    assert targets
    assert targets <= {str(attrs.get("id")) for tag, attrs in seen.tags if tag == "figure"}


@pytest.mark.browser
def test_a_real_browser_runs_the_page_without_a_complaint_or_a_request(page: str, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed (Debian: chromium)")
    file = tmp_path / "daily.html"
    file.write_text(page, encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
               f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", f"file://{file}"]  # fmt: skip
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)

    assert "CONSOLE" not in found.stderr, "the page wrote to the console: a script error or a blocked request"
    assert 'data-block="revenue" hidden' not in found.stdout, "the script ran and showed its buttons"
    assert found.stdout.count('data-block="revenue"') == 1
