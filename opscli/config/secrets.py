"""Secrets: references in config, values only at use, and a type that never shows what it holds."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscli.config.hidden import MASK, register
from opscli.errors import ConfigInvalid, OpscliError
from opscli.outcome import Issue
from opscli.phrases import say

PLAIN_KEYS = ("id_key",)
"""Keys whose plain text is shown to nobody, although a file may hold it."""
_SECONDS = 30
_DOTENV = ".env"
_NOT_IGNORED = 1
"""What `git check-ignore` answers for a file that is tracked, or would be."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret value. `reveal()` where it is handed over; printing, logging and formatting show `***`."""

    value: str

    def reveal(self) -> str:
        """The value itself."""
        return self.value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


class SecretMissing(OpscliError):  # noqa: N818  named by what happened, as the exception tree is
    """A reference that leads nowhere: config of this machine is incomplete."""

    exit_code = ConfigInvalid.exit_code


def is_reference(value: object) -> bool:
    """Whether a config value is a secret reference."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _READERS


def resolve(value: str | Mapping[str, object], root: Path) -> Secret:
    """The secret that a reference leads to; a plain text is taken as it is (a URL without password).

    What a reference leads to is hidden in all output of this process from here on. Paths are relative to the project.
    Raises SecretMissing with the way to set it.
    """
    if isinstance(value, str):
        return Secret(value)
    ((how, where),) = value.items()
    found = _READERS[how](where, root)
    register(found)
    return Secret(found)


def redacted(value: Any) -> Any:
    """Plain data for output: secret references say only where they point, and how a number was written is forgotten."""
    if is_reference(value):
        ((how, where),) = value.items()
        return f"{MASK} ({how} {where if isinstance(where, str) else where[0]})"
    if isinstance(value, Mapping):
        return {
            str(key): MASK if key in PLAIN_KEYS and isinstance(item, str) else redacted(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return float(value) if isinstance(value, float) else value


def variable(name: str, root: Path) -> str | None:
    """An environment variable, or its line in `.env` beside configs/; None when neither states a value."""
    return os.environ.get(name) or read_dotenv(root).get(name) or None


def read_dotenv(root: Path) -> dict[str, str]:
    """`KEY=value` lines of `.env`, with `#` comments, optional quotes and `export`; empty without the file.

    Raises ConfigInvalid when it is there and cannot be read.
    """
    path = root / _DOTENV
    found = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else ()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else say("config.dotenv_no_utf_8")
        raise ConfigInvalid([_dotenv_issue("unreadable", reason=reason)]) from None
    for line in lines:
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            found[key.strip()] = _unquoted(value.strip())
    return found


def dotenv_warnings(root: Path) -> tuple[Issue, ...]:
    """Warnings when others on this machine may read `.env`, or git would take it into the project's history."""
    path = root / _DOTENV
    if not path.is_file():
        return ()
    open_to_others = bool(path.stat().st_mode & 0o077)
    found = [_dotenv_issue("open")] if open_to_others else []
    return (*found, _dotenv_issue("in_git")) if _git_would_take(path) else tuple(found)


def _dotenv_issue(key: str, **values: Any) -> Issue:
    what, why, how = (say(f"config.dotenv_{key}{part}", **values) for part in ("", "_why", "_how"))
    return Issue(file=_DOTENV, line=1, column=1, what=what, why=why, how=how)


def _git_would_take(path: Path) -> bool:
    """Whether a repository around the file tracks it, or would when everything is added."""
    if not any((folder / ".git").exists() for folder in path.resolve().parents):
        return False
    try:
        words = ("git", "check-ignore", "--quiet", path.name)
        answer = subprocess.run(words, cwd=path.parent, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603  fixed words
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == _NOT_IGNORED


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _from_env(name: object, root: Path) -> str:
    value = variable(str(name), root)
    if not value:
        raise SecretMissing(say("config.variable_unset", name=name), remedy=say("config.variable_unset_how", name=name))
    return value


def _from_file(name: object, root: Path) -> str:
    try:
        return (root / str(name)).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = say("config.secret_file", name=name, error=error.strerror)
        raise SecretMissing(message, remedy=say("config.secret_file_how", name=name)) from error


def _from_keyring(name: object, _root: Path) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise SecretMissing(say("config.no_keyring"), remedy="pip install keyring") from error
    service, _, user = str(name).partition("/")
    value: str | None = keyring.get_password(service, user)
    if not value:
        raise SecretMissing(say("config.keyring_lacks", name=name), remedy=f"keyring set {service} {user}")
    return value


def _from_command(command: object, root: Path) -> str:
    words = [str(word) for word in command] if isinstance(command, list) else []
    try:
        result = subprocess.run(  # noqa: S603  a list of words from the project's own config, no shell
            words, cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Neither the output nor the error's text is shown: both may hold the secret.
        message = say("config.secret_command", command=words[0] if words else "", error=type(error).__name__)
        raise SecretMissing(message, remedy=say("config.secret_command_how")) from None
    return result.stdout.split("\n", 1)[0].strip()


_READERS = {"env": _from_env, "file": _from_file, "keyring": _from_keyring, "cmd": _from_command}
