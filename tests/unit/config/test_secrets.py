from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from opscli.config.hidden import forget, hide, register
from opscli.config.secrets import Secret, SecretMissing, dotenv_warnings, read_dotenv, redacted, resolve
from opscli.errors import ConfigInvalid

VALUE = "hunter2-canary"


@pytest.fixture(autouse=True)
def _nothing_read_before() -> Iterator[None]:
    yield
    forget()


def test_each_reference_leads_to_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", VALUE)
    (tmp_path / "password").write_text(VALUE + "\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"# secrets\nexport OTHER='{VALUE}'\n", encoding="utf-8")
    for reference in (
        {"env": "SHOP_PASSWORD"},
        {"env": "OTHER"},
        {"file": "password"},
        {"cmd": [sys.executable, "-c", f"print('{VALUE}')"]},
    ):
        assert resolve(reference, tmp_path).reveal() == VALUE, reference


def test_the_environment_wins_over_the_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SHOP_PASSWORD=old\n", encoding="utf-8")
    monkeypatch.setenv("SHOP_PASSWORD", VALUE)
    assert resolve({"env": "SHOP_PASSWORD"}, tmp_path).reveal() == VALUE


@pytest.mark.parametrize(
    ("reference", "remedy"),
    [
        ({"env": "NOT_SET_ANYWHERE"}, "export NOT_SET_ANYWHERE=…"),
        ({"file": "absent"}, "write the secret into absent"),
        ({"cmd": [sys.executable, "-c", f"print('{VALUE}'); raise SystemExit(1)"]}, "run it by hand"),
    ],
)
def test_a_missing_secret_says_how_to_set_it(tmp_path: Path, reference: dict[str, object], remedy: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        resolve(reference, tmp_path)
    assert caught.value.exit_code == 78
    assert caught.value.remedy.startswith(remedy)
    assert VALUE not in str(caught.value)


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(VALUE)
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret:>20}", repr([secret]), f"{secret!r}"):
        assert VALUE not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_output_shows_where_a_secret_is_kept_and_not_what_it_is() -> None:
    data = {"password": {"env": "SMTP"}, "id_key": VALUE, "steps": [{"key": {"cmd": ["pass", "show"]}}]}
    assert redacted(data) == {"password": "*** (env SMTP)", "id_key": "***", "steps": [{"key": "*** (cmd pass)"}]}


def test_what_was_read_is_hidden_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(VALUE + "\n", encoding="utf-8")
    line = f"login with {VALUE} failed, {VALUE}!"
    assert hide(line) == line
    resolve({"file": "password"}, tmp_path)
    assert hide(line) == "login with *** failed, ***!"


@pytest.mark.parametrize("value", ['quote " and \\ backslash', "Zürich'客户", "100% sure+yes/no", "tab\there and more"])
def test_a_secret_is_hidden_in_every_form_in_which_it_may_be_printed(value: str) -> None:
    register(value)
    for shown in (value, json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value), f"<{value}>"):
        assert value not in hide(shown)
        assert "***" in hide(shown)
        assert len(hide(shown)) <= len("'***'")


def test_the_password_of_an_address_is_hidden_alone_too() -> None:
    register("postgresql://ops:s3cr%40t-word@db.example.com/ops")
    assert hide("auth failed for ops with s3cr@t-word or s3cr%40t-word") == "auth failed for ops with *** or ***"
    assert hide("db.example.com") == "db.example.com"


def test_lines_of_a_private_key_are_hidden_alone_too() -> None:
    register("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----\n")
    assert hide("bad line: MIIEvQIBADANBgkq") == "bad line: ***"


def test_what_is_plain_or_shorter_than_four_letters_is_not_hidden(tmp_path: Path) -> None:
    resolve("sqlite:///state.db", tmp_path)
    register("abc")
    assert hide("sqlite:///state.db abc") == "sqlite:///state.db abc"


def test_of_two_secrets_the_longer_is_hidden_whole() -> None:
    register("word")
    register("word-and-more")
    assert hide("word-and-more word") == "*** ***"


def git(root: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True)


def test_a_dotenv_that_git_would_take_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=b\n", encoding="utf-8")
    path.chmod(0o600)
    assert dotenv_warnings(tmp_path) == (), "no repository, nothing to be taken into"
    git(tmp_path, "init", "-q")
    assert [warning.what for warning in dotenv_warnings(tmp_path)] == ["git does not ignore .env"]
    (tmp_path / ".gitignore").write_text(".env\n", encoding="utf-8")
    assert dotenv_warnings(tmp_path) == ()
    git(tmp_path, "add", "--force", ".env")
    assert [warning.what for warning in dotenv_warnings(tmp_path)] == ["git does not ignore .env"], "it is tracked"


def test_a_dotenv_that_is_no_text_is_a_problem_of_the_config(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(ConfigInvalid) as caught:
        read_dotenv(tmp_path)
    assert caught.value.details[0].startswith(".env:1:1: .env cannot be read: it is not UTF-8")
    assert caught.value.__cause__ is None
