"""opscli called as users call it, a process for every call; each is forked from one that has loaded the libraries.

A fresh Python spends most of a call on imports; here they happen once. Nothing of opscli ran before the fork, so a call
starts as clean as in a process of its own. What is about starting up, terminals or signals starts Python itself.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "alembic.command", "duckdb", "holidays", "jinja2.sandbox", "jsonschema", "numpy", "pandas", "phonenumbers",
    "pyarrow.parquet", "rich.table", "sqlalchemy.dialects.sqlite", "sqlglot.optimizer", "typer", "yaml",
)  # fmt: skip
"""What commands import when they need it."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The process that forks, and the folder for what the calls print."""

    process: subprocess.Popen[str]
    printed: tempfile.TemporaryDirectory[str]

    def stop(self) -> None:
        """End it; a call that is under way is not waited for."""
        self.process.kill()
        self.process.communicate()
        self.printed.cleanup()


_running: list[_Loaded] = []


def opscli(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `opscli WORDS` in a folder and an environment (default: ours), with nothing on stdin."""
    loaded = _running[0] if _running else _start()
    out, err = Path(loaded.printed.name, "out"), Path(loaded.printed.name, "err")
    request = {"words": words, "folder": str(folder), "env": dict(os.environ if env is None else env)}
    streams = loaded.process.stdin, loaded.process.stdout
    assert streams[0] is not None
    assert streams[1] is not None
    try:
        streams[0].write(json.dumps({**request, "out": str(out), "err": str(err)}) + "\n")
        streams[0].flush()
        answer = streams[1].readline()
        assert answer, "the process that loads opscli ended; its words stand above"
    except BaseException:  # a timeout of the test: the answer would be taken for that of the next call
        _running.clear()
        loaded.stop()
        raise
    printed = (path.read_text(encoding="utf-8") for path in (out, err))
    return subprocess.CompletedProcess(["opscli", *words], int(answer), *printed)


def afresh(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The same from the very start of Python, for what is decided there: encodings, and which modules are loaded."""
    command = [sys.executable, "-m", "opscli", *words]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL
    )


def data(answer: subprocess.CompletedProcess[str]) -> Any:
    """What the JSON of a call that went well holds."""
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["data"]


def _start() -> _Loaded:
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    loaded = _Loaded(process, tempfile.TemporaryDirectory(prefix="opscli-printed-"))
    atexit.register(loaded.stop)
    _running.append(loaded)
    return loaded


def _serve() -> None:
    """Fork a child for every request on stdin and answer with its exit code, until stdin ends."""
    sys.path.pop(0)  # this file's folder
    _load()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_become(json.loads(line)))  # not sys.exit: taking all the libraries down would cost a second
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _load() -> None:
    """Import what any command may import, without running any of it."""
    import opscli as package

    for name in _LIBRARIES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, "opscli."):
        if not module.name.startswith(("opscli.__main__", "opscli.state.migrations")):  # these do something at once
            importlib.import_module(module.name)
    gc.freeze()  # children need not look through all this again


def _become(request: dict[str, Any]) -> int:
    """Be the opscli process of the request; its exit code."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    for number, path in enumerate((os.devnull, request["out"], request["err"])):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  streams for the whole process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.path[:0] = [request["folder"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    from opscli.cli.main import main

    try:
        return main(request["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    _serve()
