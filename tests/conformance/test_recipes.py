"""docs/testing.md is copied and pasted: its files make a project whose tests do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import opscli
from opscli.cli.testing import told
from opscli.runner.simulate import Verdict, simulator
from opscli.runner.testing import check_tests, project_for_tests

PAGE = (Path(opscli.__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```yaml\n# (?P<path>configs/\S+)\n(?P<text>.*?)```", re.DOTALL)
BESIDE = {
    "project.yaml": "kind: project\nversion: 1\nname: shop\n",
    "topics/offers.yaml": "kind: topic\nversion: 1\npolicy: opt_in\n",
    "channels/mail.yaml": (
        'kind: channel\nversion: 1\ntype: file\nfrom: "Shop <hello@shop.example>"\n'
        "unsubscribe: {mailto: off@shop.example}\ncap: {max: 1, within: 24h}\n"
    ),
    "templates/thanks/subject.txt": "Thank you, {{ customer.first_name }}\n",
    "templates/thanks/body.html": "<p>Dear {{ customer.first_name }}, thank you.</p>",
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    root = tmp_path_factory.mktemp("page")
    pasted = {match["path"]: match["text"] for match in BLOCK.finditer(PAGE)}
    for path, text in {**{f"configs/{name}": text for name, text in BESIDE.items()}, **pasted}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    checked, specs = check_tests(root, None)
    with simulator(project_for_tests(checked, root)) as runs:
        found = [runs.run(case) for spec in specs for case in spec.all_cases()]
    return {verdict.case.id: verdict for verdict in found}


def test_every_example_passes_but_the_one_that_shows_a_failure(verdicts: dict[str, Verdict]) -> None:
    assert len(verdicts) == 7
    assert [name for name, verdict in verdicts.items() if not verdict.passed] == ["configs/tags/wrong.test.yaml::wrong"]


def test_the_failure_that_is_shown_is_the_one_that_is_printed(verdicts: dict[str, Verdict]) -> None:
    text = "\n".join(told(verdicts["configs/tags/wrong.test.yaml::wrong"]))
    assert f"```text\n{text}\n```" in PAGE
