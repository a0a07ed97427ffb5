"""The page about conditions: each example reads, and what it says about functions and bounds is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from opscli.rules import build, scan, sugar
from opscli.rules.language import condition, parse
from opscli.rules.operators import FUNCTIONS
from opscli.rules.scope import Scope

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
SCOPE = Scope(
    names={
        "revenue_365d": "money", "region": "text", "orders_90d": "integer", "orders_365d": "integer",
        "last_login_at": "timestamp", "has_email": "boolean", "birthday": "date", "city": "text", "country": "text",
        "postcode": "text", "interaction_change": "float", "avg_order_value": "float",
    },
    params={"least": "integer", "where": "text"},
    known={
        "tag": frozenset({"churned", "at_risk", "high_value"}),
        "campaign": frozenset({"winback"}),
        "message": frozenset({"winback", "winback/offer"}),
    },
)  # fmt: skip
EXAMPLES = [
    *(line for block in re.findall(r"```condition\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()),
    *re.findall(r'opscli rule \w+ "([^"]+)"', PAGE),
    *re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| [a-z].*? \| (`.*`) \|$", PAGE, re.MULTILINE))),
]
WRITTEN = [example for example in EXAMPLES if not re.match(r"a > 1|opscli|the |nodes", example)]


@pytest.mark.parametrize("text", WRITTEN)
def test_an_example_reads(text: str) -> None:
    condition(text, SCOPE)


def test_there_are_examples() -> None:
    assert len(WRITTEN) > 20


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_a_block_reads(block: str) -> None:
    condition(yaml.safe_load(block)["when"], SCOPE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_on_the_page_and_its_own_example_reads(name: str) -> None:
    assert f"`{name}(" in PAGE
    parse(FUNCTIONS[name].example, SCOPE)


@pytest.mark.parametrize(
    "bound",
    [
        f"{scan.MAX_CHARACTERS:,} characters", f"{scan.MAX_WORDS} words", f"{scan.MAX_NESTING} open parentheses",
        f"{scan.MAX_DIGITS} digits", f"{scan.MAX_LITERAL} characters", f"{build.MAX_WILDCARDS} wildcards",
        f"{build.LONGEST.days:,} days", f"{sugar.MAX_TEXTS} texts",
    ],
)  # fmt: skip
def test_the_bounds_are_those_of_the_page(bound: str) -> None:
    assert bound in " ".join(PAGE.split())
