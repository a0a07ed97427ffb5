"""Files that lie in the way: none of them is waited for, followed out of the project, or read whole when it is huge."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opscli.config.load import load
from opscli.errors import ConfigInvalid
from opscli.outcome import Issue, printable

Write = Callable[[str, str], Path]
TOPIC = "kind: topic\nversion: 1\npolicy: opt_in\n"
MEASURED = """
import resource, sys, time
from pathlib import Path
from opscli.config.reader import read_yaml
read_yaml("a: 1", "x.yaml")
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
tree, issues = read_yaml(Path(sys.argv[1]).read_text(encoding="utf-8"), "x.yaml")
spent = time.process_time() - started
print(len(issues), spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def problems(root: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        load(root, None)
    return [detail.split("\n")[0] for detail in caught.value.details]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("aliases", bomb(30)),
        ("aliases in one line", "a: &a [x]\nb: [" + ", ".join(["*a"] * 200_000) + "]"),
        ("brackets", "a: " + "[" * 500_000),
        ("braces", "a: " + "{a: " * 200_000),
        ("dashes", "- " * 400_000),
        ("keys", "\n".join(f"k{number}: v" for number in range(90_000))),
        ("anchors", "\n".join(f"k{number}: &a{number} v" for number in range(60_000))),
        ("digits", "a: " + "9" * 900_000),
        ("fraction", "a: 0." + "9" * 900_000 + "e"),
        ("quotes", "a: " + "'" * 900_001),
        ("question marks", "? " * 400_000),
        ("large", "a: " + "x" * 10_000_000),
    ],
)
def test_bombs_are_defused_within_a_second_and_200_megabytes(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True)
    issues, seconds, megabytes = map(float, done.stdout.split())
    assert issues or name in {"digits", "fraction"}, "these two are texts, however long"
    assert seconds < 1
    assert megabytes < 200


def test_a_huge_file_is_not_even_opened(root: Path) -> None:
    path = root / "configs" / "huge.yaml"
    path.touch()
    os.truncate(path, 1 << 40)
    started = time.process_time()
    assert problems(root)[0].startswith("configs/huge.yaml:1:1: the file is too large: 1,099,511,627,776 bytes")
    assert time.process_time() - started < 1


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "configs" / "pipe.yaml")
    assert problems(root) == ["configs/pipe.yaml:1:1: is neither a file nor a link to one"]


def test_drafts_and_locks_of_editors_are_no_config(root: Path, write: Write) -> None:
    write("configs/topics/.news.yaml.swp.yaml", "half a line")
    (root / "configs" / "topics" / ".#news.yaml").symlink_to("someone@host.1234")
    write("configs/.backup/topics/news.yaml", "kind: nothing")
    write("configs/templates/may/subject.txt", "Hello")
    write("configs/templates/may/body.txt", "Hello")
    write("configs/templates/may/.DS_Store", "")
    write("configs/templates/.DS_Store", "")
    assert [item.kind for item in load(root, None).documents] == ["project", "template"]


def test_a_link_inside_the_project_is_read_as_a_file(root: Path, write: Write) -> None:
    write("shared/news.yaml", TOPIC)
    (root / "configs" / "topics").mkdir()
    (root / "configs" / "topics" / "news.yaml").symlink_to("../../shared/news.yaml")
    assert [item.name for item in load(root, None).documents] == ["shop", "news"]


def test_a_file_name_with_a_line_end_stays_on_one_line(root: Path, write: Write) -> None:
    write("configs/topics/a\nb\x1b[31m.yaml", "- x\n")
    assert problems(root) == [r"configs/topics/a\nb\x1b[31m.yaml:1:1: a config file is a block of keys"]


def test_problems_come_in_one_order_by_file_and_place(root: Path, write: Write) -> None:
    for name in ("b", "a", "c"):
        write(f"configs/topics/{name}.yaml", "kind: topic\nversion: 1\npolicy: x\nmore: 1\n")
    found = [detail.split(": ")[0] for detail in problems(root)]
    assert found == [f"configs/topics/{name}.yaml:{place}" for name in "abc" for place in ("3:9", "4:1")]
    assert problems(root) == problems(root)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 客户 é　ü", "plain 客户 é　ü"),
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202eabc", r"\u202eabc"),
        ("\x9b31m", r"\x9b31m"),
        ("x" * 600, "x" * 250 + " … " + "x" * 250),
    ],
)
def test_what_is_printed_steers_no_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
    issue = Issue(file=text, line=1, column=1, what=text, why=text, how=text)
    assert str(issue) == f"{shown}:1:1: {shown}\n  {shown}\n  {shown}"
