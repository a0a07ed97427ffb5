"""Secrets: references in config, values only at use, and a type that never shows what it holds."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opscli.errors import ConfigInvalid, OpscliError
from opscli.outcome import Issue

MASK = "***"
PLAIN_KEYS = ("id_key",)
"""Keys whose plain text is shown to nobody, although a file may hold it."""
_SECONDS = 30


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

    Raises SecretMissing with the way to set it. Paths are relative to the project.
    """
    if isinstance(value, str):
        return Secret(value)
    ((how, where),) = value.items()
    return Secret(_READERS[how](where, root))


def redacted(value: Any) -> Any:
    """Plain data for output: secret references say only where they point, and how a number was written is forgotten."""
    if is_reference(value):
        ((how, where),) = value.items()
        return f"{MASK} ({how} {where if isinstance(where, str) else where[0]})"
    if isinstance(value, Mapping):
        return {
            str(key): MASK if key in PLAIN_KEYS and isinstance(item, str) else redacted(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return float(value) if isinstance(value, float) else value


def variable(name: str, root: Path) -> str | None:
    """An environment variable, or its line in `.env` beside configs/; None when neither states a value."""
    return os.environ.get(name) or read_dotenv(root).get(name) or None


def read_dotenv(root: Path) -> dict[str, str]:
    """`KEY=value` lines of `.env`, with `#` comments, optional quotes and `export`; empty without the file."""
    path = root / ".env"
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            found[key.strip()] = _unquoted(value.strip())
    return found


def dotenv_warnings(root: Path) -> tuple[Issue, ...]:
    """A warning when others on this machine may read `.env`."""
    path = root / ".env"
    if not path.is_file() or not path.stat().st_mode & 0o077:
        return ()
    what, why = ".env can be read by others on this machine", "it may hold passwords"
    return (Issue(file=".env", line=1, column=1, what=what, why=why, how="chmod 600 .env"),)


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _from_env(name: object, root: Path) -> str:
    value = variable(str(name), root)
    if not value:
        raise SecretMissing(f"the environment variable {name} is not set", remedy=f"export {name}=… or add it to .env")
    return value


def _from_file(name: object, root: Path) -> str:
    try:
        return (root / str(name)).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"the secret file {name} cannot be read: {error.strerror}"
        raise SecretMissing(message, remedy=f"write the secret into {name} (mode 0600)") from error


def _from_keyring(name: object, _root: Path) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise SecretMissing("the keyring package is not installed", remedy="pip install keyring") from error
    service, _, user = str(name).partition("/")
    value: str | None = keyring.get_password(service, user)
    if not value:
        raise SecretMissing(f"the keyring has no entry {name}", remedy=f"keyring set {service} {user}")
    return value


def _from_command(command: object, root: Path) -> str:
    words = [str(word) for word in command] if isinstance(command, list) else []
    try:
        result = subprocess.run(  # noqa: S603  a list of words from the project's own config, no shell
            words, cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Neither the output nor the error's text is shown: both may hold the secret.
        message = f"the secret command {words[0] if words else ''} failed ({type(error).__name__})"
        raise SecretMissing(message, remedy="run it by hand to see why") from None
    return result.stdout.split("\n", 1)[0].strip()


_READERS = {"env": _from_env, "file": _from_file, "keyring": _from_keyring, "cmd": _from_command}
