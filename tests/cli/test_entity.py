"""`entity form` at a real terminal (a pseudo-terminal of 80 columns) and without one; templates and the data dictionary."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from opscli.charts.width import width
from tests import calling

VISITS = """\
kind: entity
version: 1
key: [visit_id]
time: at
schema:
  required: [visit_id, at]
  dependentRequired: {amount: [coin]}
  properties:
    visit_id: {type: string, minLength: 2, description: "Id of the visit, a long sentence that does not fit into a line of eighty columns"}
    at: {type: string, format: date-time}
    state: {enum: [open, paid], default: open}
    amount: {type: number, x-money: coin, multipleOf: 0.01}
    coin: {type: string, pattern: "^[A-Z]{3}$"}
"""
SOURCE = "kind: source\nversion: 1\npath: data/visits.csv\nentity: visits\nmap: {visit_id: id, at: at}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs/entities").mkdir(parents=True)
    (tmp_path / "configs/sources").mkdir()
    (tmp_path / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: shop\ntimezone: Europe/London\n")
    (tmp_path / "configs/entities/visits.yaml").write_text(VISITS)
    (tmp_path / "configs/sources/visits.yaml").write_text(SOURCE)
    return tmp_path


def opscli(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return calling.opscli(root, "entity", *words)


@dataclass
class Terminal:
    """A form that runs on a pseudo-terminal of 80 columns. `seen` is the end of what was waited for last."""

    process: subprocess.Popen[bytes]
    master: int
    output: bytes = b""
    seen: int = 0

    @property
    def screen(self) -> str:
        return self.output.decode(errors="ignore")

    def wait_for(self, text: str, seconds: float = 40) -> None:
        end = time.monotonic() + seconds
        while text not in self.screen[self.seen :]:
            assert time.monotonic() < end, f"{text!r} did not come: {self.screen}"
            self._read()
        self.seen = self.screen.index(text, self.seen) + len(text)

    def answer(self, text: str, then: str) -> None:
        """Type a line once there is a prompt, and wait for what comes of it."""
        self.wait_for("> ")
        os.write(self.master, (text + "\n").encode())
        self.wait_for(then)

    def leave(self, key: bytes) -> int:
        """Press a key at the prompt; the exit code."""
        os.write(self.master, key)
        end = again = time.monotonic() + 40
        while self.process.poll() is None:
            assert time.monotonic() < end, self.screen
            # Python's readline misses a signal between its prompt and its wait for a key, so a person presses again.
            if key == b"\x03" and time.monotonic() > again - 38:
                os.write(self.master, key)
                again += 2
            self._read()
        self._read()
        return self.process.returncode

    def _read(self) -> None:
        if select.select([self.master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # Linux's answer when the other side is closed
                self.output += os.read(self.master, 65_536)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(root: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def form(*words: str, **environment: str) -> Terminal:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "opscli", "entity", "form", *words],
            cwd=root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  so that Ctrl-C reaches it
            env={**os.environ, "TERM": "xterm", "INPUTRC": "/dev/null", "COLUMNS": "", **environment},
        )
        os.close(slave)
        opened.append(Terminal(process, master))
        return opened[-1]

    yield form
    for one in opened:
        one.process.kill()
        one.process.wait()
        os.close(one.master)


def test_a_form_asks_again_until_answers_fit_and_saves_one_row(root: Path, terminal: Open) -> None:
    form = terminal("visits", "-o", "data/new.csv")
    form.answer("", "! visit_id is needed")
    form.answer("v", "! it is too short")
    form.answer("v-1", "at *")
    form.answer("4 May", "! time as 2026-05-04T09:00 (Europe/London)")
    form.answer("2026-05-04T09:00", "1) open  2) paid")
    form.answer("", "amount")
    form.answer("12.345", "! it must be a multiple of 0.01")
    form.answer("12.34", "coin")
    form.answer("", "! coin is needed")  # because there is an amount
    form.answer("eur", "! it must match")
    form.answer("EUR", "a field to change: ")
    os.write(form.master, b"state\n")
    form.answer("2", "a field to change: ")
    assert form.leave(b"y\n") == 0
    assert (root / "data/new.csv").read_text().splitlines() == [
        "visit_id,at,state,amount,coin",
        "v-1,2026-05-04T08:00:00Z,paid,12.34,EUR",
    ]
    assert max(width(line) for line in form.screen.replace("\r", "").split("\n")) <= 80


def test_the_form_speaks_chinese(terminal: Open) -> None:
    form = terminal("visits", OPSCLI_LOCALE="zh")
    form.wait_for("必填 2 个")
    form.answer("v", "太短")
    form.answer("v-1", "时间")
    form.wait_for("> ")
    assert form.leave(b"\x04") == 1
    assert "没有保存任何内容" in form.screen


@pytest.mark.parametrize(("key", "code"), [(b"\x03", 130), (b"\x04", 1)])
def test_leaving_a_form_leaves_nothing_behind(root: Path, terminal: Open, key: bytes, code: int) -> None:
    (root / "data").mkdir()
    form = terminal("visits", "-o", "data/new.jsonl", "--set", "visit_id=v-1")
    form.wait_for("> ")
    assert form.leave(key) == code
    assert list((root / "data").iterdir()) == []


def test_no_is_no(root: Path, terminal: Open) -> None:
    form = terminal("visits", "-o", "new.csv", "--set", "visit_id=v-1", "--set", "at=2026-05-04", "--set", "coin=EUR")
    form.answer("", "amount")
    form.answer("", "a field to change: ")
    assert form.leave(b"n\n") == 1
    assert not (root / "new.csv").exists()


def test_without_a_terminal_every_answer_is_given_beforehand(root: Path) -> None:
    missing = opscli(root, "form", "visits", "--set", "coin=EUR")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "required fields are missing: visit_id, at" in missing.stderr
    wrong = opscli(
        root, "form", "visits", "--set", "visit_id=v", "--set", "coin=eur", "--set", "colour=red", "--no-input"
    )
    assert wrong.returncode == 2
    for told in ("visit_id: it is too short", "coin: it must match", "colour=red: write FIELD=VALUE"):
        assert told in wrong.stderr
    given = ("--set", "visit_id=v-1", "--set", "at=2026-05-04")
    together = opscli(root, "form", "visits", *given, "--set", "amount=1")
    assert together.returncode == 2
    assert "coin is needed" in together.stderr
    good = opscli(root, "form", "visits", *given)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout) == {"visit_id": "v-1", "at": "2026-05-03T23:00:00Z", "state": "open"}


def test_rows_are_appended_under_the_file_s_own_header_and_keys_clash(root: Path) -> None:
    file = root / "visits.csv"
    file.write_bytes("\ufeffat;visit_id;coin;state\r\n2026-01-01;v-1;;open".encode())
    given = ("form", "visits", "-o", "visits.csv", "--set", "at=2026-05-04T09:00:00Z")
    twin = opscli(root, *given, "--set", "visit_id=v-1")
    assert twin.returncode == 65
    assert "visits.csv:2 holds a row with the key v-1 already" in twin.stderr
    other = opscli(root, *given, "--set", "visit_id=v-2", "--set", "amount=1", "--set", "coin=EUR")
    assert other.returncode == 65
    assert "the header of visits.csv does not fit the entity visits: amount" in other.stderr
    assert opscli(root, *given, "--set", "visit_id=v-2", "--set", "coin=EUR").returncode == 0
    assert file.read_bytes() == (
        "\ufeffat;visit_id;coin;state\r\n2026-01-01;v-1;;open\r\n2026-05-04T09:00:00Z;v-2;EUR;open\r\n".encode()
    )
    assert [path.name for path in root.iterdir() if path.name.startswith(".visits")] == []


def test_json_lines_are_appended_and_keys_clash_there_too(root: Path) -> None:
    given = ("form", "visits", "-o", "v.jsonl", "--set", "at=2026-05-04T09:00:00Z", "--set")
    assert opscli(root, *given, "visit_id=v-1").returncode == 0
    assert opscli(root, *given, "visit_id=v-2").returncode == 0
    assert opscli(root, *given, "visit_id=v-1").returncode == 65
    assert [json.loads(line)["visit_id"] for line in (root / "v.jsonl").read_text().splitlines()] == ["v-1", "v-2"]
    assert opscli(root, "form", "visits", "-o", "v.xlsx").returncode == 2


def test_what_a_form_writes_can_be_imported(root: Path) -> None:
    (root / "configs/sources/visits.yaml").write_text("kind: source\nversion: 1\npath: v.csv\nentity: visits\n")
    given = ("--set", 'visit_id==1,"x', "--set", "at=2026-05-04T09:00:00Z", "--set", "amount=0.1", "--set", "coin=EUR")
    assert opscli(root, "form", "visits", "-o", "v.csv", *given).returncode == 0
    loaded = calling.opscli(root, "import", "--json")
    assert (loaded.returncode, json.loads(loaded.stdout)["data"]["sources"][0]["inserted"]) == (0, 1)


def test_templates_are_empty_files_with_every_column(root: Path) -> None:
    assert opscli(root, "template", "visits").stdout == "visit_id,at,state,amount,coin\n"
    empty = json.loads(opscli(root, "template", "visits", "--json").stdout)
    assert empty == {"$required": ["visit_id", "at"], **dict.fromkeys(("visit_id", "at", "state", "amount", "coin"))}
    (row,) = csv.DictReader(opscli(root, "template", "visits", "--example").stdout.splitlines())
    assert (row["coin"], row["state"]) == ("EUR", "open")
    assert opscli(root, "template", "visits", "-o", "t.jsonl", "--example").returncode == 0
    assert json.loads((root / "t.jsonl").read_text())["coin"] == "EUR"
    assert opscli(root, "template", "visits", "-o", "t.jsonl").returncode == 73
    assert opscli(root, "template", "visits", "--format", "markdown").returncode == 2
    assert 'did you mean "visits"?' in opscli(root, "template", "visit").stderr


def test_the_data_dictionary_tells_rules_roles_and_uses(root: Path) -> None:
    rows = {row["column"]: row for row in json.loads(opscli(root, "show", "visits", "--json").stdout)["data"]}
    assert rows["visit_id"]["role"] == "key"
    assert rows["at"]["role"] == "event time"
    assert rows["visit_id"]["used_by"] == "source visits"
    assert rows["amount"]["used_by"] is None
    assert (rows["amount"]["currency"], rows["amount"]["rules"]) == ("coin", "a multiple of 0.01")
    assert rows["coin"]["rules"] == "matches ^[A-Z]{3}$"
    assert (rows["state"]["allowed"], rows["state"]["default"]) == ("open, paid", "open")
