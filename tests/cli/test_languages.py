"""A project with `locale: zh` is spoken to in Chinese, and its tables stay aligned; programs get the same codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from opscli.charts.width import width
from tests import calling

CASES = Path(__file__).parents[1] / "golden" / "reports"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def opscli(root: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return calling.opscli(root, *words, env=outside(env))


def outside(env: dict[str, str] | None) -> dict[str, str]:
    """The variables around us without a language of their own, and the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return {**kept, **(env or {})}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in Chinese, imported and deduplicated, with a tag."""
    root = tmp_path_factory.mktemp("shop")
    (case,) = CASES.glob("a_funnel_*")
    shutil.copytree(case / "config", root / "configs", ignore=shutil.ignore_patterns("job.yaml"))
    shutil.copytree(case / "input", root / "data")
    (root / "jobs").mkdir()
    shutil.copy(case / "config" / "job.yaml", root / "jobs" / "all.yaml")
    project = root / "configs" / "project.yaml"
    text = re.sub(r"^locale:.*\n", "", project.read_text(encoding="utf-8"), flags=re.MULTILINE)
    project.write_text(f"{text}locale: zh\n", encoding="utf-8")
    tags = (
        "kind: tags\nversion: 1\ndimension: value\ntags:\n- {name: first, label: {en: First, zh: 首批}, when: 'TRUE'}\n"
    )
    (root / "configs" / "tags").mkdir(exist_ok=True)
    (root / "configs" / "tags" / "value.yaml").write_text(tags, encoding="utf-8")
    done = opscli(root, "run", "all")
    assert done.returncode == 0, done.stderr
    return root


def columns_of(line: str, heads: list[str]) -> list[int]:
    """Terminal column at which each text begins."""
    return [width(line[: line.index(head)]) for head in heads]


def test_status_and_metrics_are_told_in_chinese(shop: Path) -> None:
    status = opscli(shop, "status").stdout
    assert "配置版本" in status
    assert "计划时间" in status
    assert "漏斗" not in opscli(shop, "kpi", "list").stderr


def test_columns_stay_under_each_other_where_characters_are_two_wide(shop: Path) -> None:
    head, *rows = opscli(shop, "tag", "list").stdout.splitlines()
    begin = columns_of(head, ["label", "members"])[1]
    assert rows, head
    for row in rows:
        assert "首批" in row
        assert width(row[: row.rindex(re.split(r"\s{2,}", row)[3])]) == begin


def test_a_report_speaks_the_project_on_paper_and_the_caller_on_the_terminal(shop: Path) -> None:
    (name,) = [row["report"] for row in json.loads(opscli(shop, "report", "list", "--json").stdout)["data"]]
    chinese = opscli(shop, "report", "show", name).stdout
    english = opscli(shop, "report", "show", name, env={"OPSCLI_LOCALE": "en"}).stdout
    assert CHINESE.search(chinese)
    assert all(width(line) <= 100 for line in chinese.splitlines())
    assert not CHINESE.search(english)
    assert opscli(shop, "report", "render", name, "--out", "page.html").returncode == 0
    page = (shop / "page.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "数据截至" in page


def test_problems_of_any_file_are_told_in_the_projects_language(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop / "configs", tmp_path / "configs")
    shutil.copytree(shop / "jobs", tmp_path / "jobs")
    (tmp_path / "configs" / "entities.yaml").write_text("kind: entitty\nversion: 1\n", encoding="utf-8")
    done = opscli(tmp_path, "config", "check")
    assert done.returncode == 78
    assert '未知的种类 "entitty"' in done.stderr
    assert "配置有 1 个问题" in done.stderr
    assert "opscli config check" in done.stderr


def test_words_of_the_call_that_are_off_are_told_in_chinese_too(shop: Path) -> None:
    done = opscli(shop, "tag", "show")
    assert done.returncode == 2
    assert "缺少 TAG" in done.stderr
    assert "被 Ctrl-C 中止" in opscli(shop, "exit-codes").stdout
    assert "没有标签" in opscli(shop, "tag", "show", "nobody").stderr


def test_programs_get_the_same_keys_and_codes_in_every_language(shop: Path) -> None:
    for words in (("status", "--json"), ("tag", "list", "--json"), ("kpi", "query", "pipeline", "--json")):
        chinese = json.loads(opscli(shop, *words).stdout)
        english = json.loads(opscli(shop, *words, env={"OPSCLI_LOCALE": "en"}).stdout)
        chinese.pop("warnings")
        english.pop("warnings")
        if words[0] != "tag":  # a tag's label is the user's own text in both languages
            assert chinese == english
        assert chinese.keys() == english.keys()


def test_logs_are_english_whatever_is_spoken(shop: Path) -> None:
    logs = "".join(path.read_text(encoding="utf-8") for path in (shop / ".opscli" / "logs").glob("*.jsonl"))
    told = [line["summary"] for line in map(json.loads, logs.splitlines()) if line.get("summary")]
    assert told
    assert not [text for text in told if CHINESE.search(text)]


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C"}, {"LANG": "POSIX"}])
def test_cron_gets_utf_8_without_a_locale(shop: Path, locale: dict[str, str]) -> None:
    done = calling.afresh(shop, "status", env=outside(locale))
    assert done.returncode == 0, done.stderr
    assert "配置版本" in done.stdout


def test_a_terminal_that_has_no_chinese_gets_escapes(shop: Path) -> None:
    done = calling.afresh(shop, "status", env=outside({"PYTHONIOENCODING": "latin-1"}))
    assert done.returncode == 0, done.stderr
    assert "\\u914d" in done.stdout


def test_the_environment_chooses_and_a_mistyped_language_is_refused(shop: Path, tmp_path: Path) -> None:
    assert "config version" in opscli(shop, "status", env={"OPSCLI_LOCALE": "en_GB.UTF-8"}).stdout
    assert "这里没有项目" in opscli(tmp_path, "status", env={"OPSCLI_LOCALE": "zh"}).stderr
    wrong = opscli(shop, "status", env={"OPSCLI_LOCALE": "fr"})
    assert (wrong.returncode, "languages are en, zh" in wrong.stderr) == (2, True)
