"""What a violation says, beyond the golden cases: in both languages, at the key that it is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opscli.config.document import Document
from opscli.config.reader import read_yaml
from opscli.config.validate import validate
from opscli.outcome import Issue
from opscli.phrases import use

CHANNEL = """kind: channel
version: 1
type: email
host: smtp.example.com
from: Shop <hello@example.com>
password: {env: SMTP_PASSWORD}
"""


@pytest.fixture
def chinese() -> Iterator[None]:
    use("zh")
    yield
    use("en")


def issues(text: str, kind: str) -> tuple[Issue, ...]:
    tree, broken = read_yaml(text, f"{kind}.yaml")
    assert tree is not None
    assert not broken
    data = {"name": "x", **tree.data}
    return validate(Document(kind=kind, version=1, name="x", file=f"{kind}.yaml", data=data, marks=tree.marks))


def test_a_key_that_stands_there_without_its_other_half() -> None:
    (issue,) = issues(CHANNEL, "channel")
    assert (issue.line, issue.what) == (6, 'password needs "user" beside it')
    assert issue.why.startswith("login name, as a secret reference")
    assert issues(CHANNEL + "user: shop\n", "channel") == ()


@pytest.mark.usefixtures("chinese")
def test_the_schema_gives_its_reason_in_chinese() -> None:
    (issue,) = issues(CHANNEL.replace("password: {env: SMTP_PASSWORD}", "timeout: long"), "channel")
    assert issue.why == "每次等待服务器应答的秒数"
    (missing,) = issues("kind: topic\nversion: 1\n", "topic")
    assert missing.why.startswith("授权状态未知时如何处理")
