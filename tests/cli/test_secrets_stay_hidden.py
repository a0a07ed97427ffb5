"""A canary in each of the four places where a secret may be kept must never be seen: not in output, not in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calling import opscli

CANARIES = {reader: f"canary+{reader}/Zü'9" for reader in ("env", "file", "keyring", "cmd")}
"""Each has characters that JSON, Python or an address writes in another form."""
PROJECT = """
kind: project
version: 1
name: shop
timezone: Europe/London
environments: {prod: {live: true, id_key: {cmd: ["@PYTHON@", secret.py]}}, remote: {state: {env: STATE_URL}}}
"""
CHANNEL = """
kind: channel
version: 1
type: email
host: 127.0.0.1
port: 9
security: none
user: ops
password: @REFERENCE@
timeout: 5
from: "Shop <hello@shop.example>"
unsubscribe: {mailto: off@shop.example}
"""
SOURCE = (
    "kind: source\nversion: 1\npath: customers.csv\nentity: customers\nmap: {id: id, email: email, country: country}\n"
)
CAMPAIGN = "kind: campaign\nversion: 1\ntopic: offers\naudience: \"country = 'GB'\"\nat: 2026-05-01 09:00\nsend: {template: may, channel: by_@READER@}\n"
REFERENCES = {
    "env": "{env: SMTP_PASSWORD}",
    "file": "{file: smtp.txt}",
    "keyring": "{keyring: smtp/ops}",
    "cmd": '{cmd: ["@PYTHON@", secret.py]}',
}
KEYRING = "def get_password(service, user):\n    return {value!r} if (service, user) == ('smtp', 'ops') else None\n"
"""Stands in for the keyring package, which asks the desktop for what it keeps."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live shop that writes to one customer over four channels, whose mail server does not answer."""
    folder = tmp_path_factory.mktemp("shop")
    files = {
        "configs/project.yaml": PROJECT,
        "configs/identity.yaml": "kind: identity\nversion: 1\nmatch: standard\n",
        "configs/sources/customers.yaml": SOURCE,
        "configs/topics/offers.yaml": "kind: topic\nversion: 1\npolicy: opt_out\n",
        "configs/templates/may/subject.txt": "Hello",
        "configs/templates/may/body.txt": "Hello. {{ unsubscribe_url }}",
        "customers.csv": "id,email,country\n1,ada@shop.example,GB\n",
        "jobs/nightly.yaml": "kind: job\nversion: 1\nsteps: [import, dedupe, profiles, tags, campaigns, send]\n",
        "smtp.txt": CANARIES["file"],
        "secret.py": f"import sys\nsys.stdout.buffer.write({CANARIES['cmd'].encode()!r})\n",
        "modules/keyring.py": KEYRING.format(value=CANARIES["keyring"]),
    }
    for reader, reference in REFERENCES.items():
        files[f"configs/channels/by_{reader}.yaml"] = CHANNEL.replace("@REFERENCE@", reference)
        files[f"configs/campaigns/by_{reader}.yaml"] = CAMPAIGN.replace("@READER@", reader)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@PYTHON@", sys.executable), encoding="utf-8")
    return folder


def call(root: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(root),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root / "modules"), os.environ.get("PYTHONPATH", "")])),
        "PYTHONUTF8": "1",
        "SMTP_PASSWORD": CANARIES["env"],
        "STATE_URL": f"postgresql://ops:{CANARIES['env']}@127.0.0.1:9/ops",
        "OPSCLI_TESTING": "1",
        "OPSCLI_CLOCK": "2026-05-01T09:30:00Z",
        "OPSCLI_TRACEBACK": "1",
        **more,
    }
    return opscli(root, *argv, env=environment)


def assert_unseen(root: Path, done: subprocess.CompletedProcess[str]) -> None:
    """No canary in the output or in any file that the program wrote, in whatever form."""
    for canary in CANARIES.values():
        forms = {canary, json.dumps(canary)[1:-1], repr(canary)[1:-1]}
        for form in forms:
            assert form not in done.stdout
            assert form not in done.stderr
            for path in (root / ".opscli").rglob("*"):
                assert not path.is_file() or form.encode() not in path.read_bytes(), path


def test_what_is_shown_says_only_where_a_secret_is_kept(root: Path) -> None:
    for argv in (("config", "show", "--env", "prod"), ("config", "show", "channel", "by_file"), ("config", "check")):
        done = call(root, *argv)
        assert done.returncode == 0, done.stderr
        assert_unseen(root, done)
    assert "*** (file smtp.txt)" in call(root, "config", "show", "channel", "by_file").stdout


def test_a_run_whose_mail_server_does_not_answer_shows_none(root: Path) -> None:
    done = call(root, "run", "nightly", "--env", "prod", "--verbose", "--approve")
    assert "127.0.0.1" in done.stderr, "the channels were opened with their passwords"
    assert done.returncode not in (0, 70)
    assert_unseen(root, done)


def test_a_run_that_dies_in_the_middle_shows_none(root: Path) -> None:
    done = call(
        root, "run", "nightly", "--env", "prod", "--verbose", "--force", "--approve", OPSCLI_FAULT="send.swept:eio"
    )
    assert done.returncode == 74, done.stderr
    assert_unseen(root, done)


@pytest.mark.parametrize("url", ["postgresql://ops:{}@127.0.0.1:9/ops", "nonsense {} nonsense", "{}://a/b"])
def test_a_state_that_cannot_be_reached_shows_none_of_its_address(root: Path, url: str) -> None:
    done = call(root, "status", "--env", "remote", "--verbose", STATE_URL=url.format(CANARIES["env"]))
    assert done.returncode != 0
    assert_unseen(root, done)


def test_a_traceback_that_quotes_a_secret_is_told_with_stars(root: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from opscli.cli import failures\n"
        "from opscli.cli.choices import CHOICES, reset\n"
        "from opscli.cli.streams import prepare\n"
        "from opscli.config.secrets import resolve\n"
        "reset()\n"
        "CHOICES.verbose = True\n"
        "prepare()\n"
        "value = resolve({'file': 'smtp.txt'}, Path()).reveal()\n"
        "print('printed', value, [value], 'abc')\n"
        "try:\n"
        "    raise RuntimeError(f'could not log in with {value!r}')\n"
        "except RuntimeError as error:\n"
        "    failures.report_failure(error)\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert "printed *** [" in done.stdout
    assert "abc" in done.stdout
    assert "could not log in with" in done.stderr
    assert_unseen(root, done)
