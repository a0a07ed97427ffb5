"""Write the demo's files: SQL steps in an in-memory database, then one COPY a file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from opscli.demo.datasets import DATASETS, own_paths, parts_of
from opscli.demo.original import original_folder
from opscli.demo.readme import TEXT
from opscli.demo.writing import WrittenFile, settle, write_part
from opscli.errors import CannotCreate, UsageError
from opscli.phrases import say
from opscli.stage import Progress, Silence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST_DAY = date(2017, 1, 2)
LAST_DAY = date(2018, 1, 1)
MAX_CUSTOMERS = 1_000_000
"""Beyond that the ids and fictitious phone numbers of the copies would repeat."""
HOUSEHOLDS = 2469


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What to write. `until` is a day in New York: only what was known before its midnight is in the files."""

    out: Path
    until: date = LAST_DAY
    customers: int = HOUSEHOLDS
    seed: int = 7
    memory_limit: str = "1GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What was written; `removed` are months of an earlier, longer set."""

    files: tuple[WrittenFile, ...]
    removed: tuple[str, ...]
    seconds: float

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def generate(settings: DemoSettings, progress: Progress | None = None) -> DemoResult:
    """Write all files of the demo into `settings.out`; equal settings give equal bytes.

    Raises UsageError for settings out of range, DataUnusable when the package with the real data is missing and
    CannotCreate when the folder cannot be written.
    """
    _check(settings)
    started = time.perf_counter()
    told = progress or Silence()
    original = original_folder()
    parts = [part for dataset in DATASETS for part in parts_of(dataset, settings.until)]
    written = []
    with _database(settings) as connection:
        _prepare(connection, settings, original)
        for done, part in enumerate(parts, start=1):
            written.append(write_part(connection, part, settings.out))
            told.advance(part.path, done, len(parts))
    written.append(_readme(settings))
    return DemoResult(
        files=tuple(written), removed=_remove_later(settings), seconds=round(time.perf_counter() - started, 2)
    )


def _check(settings: DemoSettings) -> None:
    if not FIRST_DAY <= settings.until <= LAST_DAY:
        raise UsageError(
            say("demo.other_year", until=settings.until, first=FIRST_DAY, last=LAST_DAY),
            remedy=f"opscli demo data --until {LAST_DAY}",
        )
    if not 1 <= settings.customers <= MAX_CUSTOMERS:
        raise UsageError(
            say("demo.too_many_customers", customers=settings.customers, most=MAX_CUSTOMERS),
            remedy=f"opscli demo data --customers {HOUSEHOLDS}",
        )


@contextmanager
def _database(settings: DemoSettings) -> Iterator[DuckDBPyConnection]:
    """An in-memory database whose overflow goes to a folder beside the files, gone at the end."""
    import duckdb

    try:
        settings.out.mkdir(parents=True, exist_ok=True)
        overflow = tempfile.TemporaryDirectory(prefix=".demo-", dir=settings.out)
    except OSError as error:
        raise CannotCreate(
            say("demo.not_written", folder=settings.out, error=error.strerror), remedy=say("demo.other_out")
        ) from error
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "temp_directory": overflow.name,
    }
    with overflow, duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _prepare(connection: DuckDBPyConnection, settings: DemoSettings, original: Path) -> None:
    """Set the variables that the steps read, then run the steps in the order of their numbers."""
    package = files("opscli.demo")
    variables = {
        "seed": settings.seed,
        "customers": settings.customers,
        "until": datetime(settings.until.year, settings.until.month, settings.until.day),  # noqa: DTZ001  wall time of the shops
        "original": str(original),
        "words": str(package / "words"),
    }
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    steps = [item for item in (package / "sql").iterdir() if item.name.endswith(".sql")]
    for step in sorted(steps, key=lambda item: item.name):
        connection.execute(step.read_text(encoding="utf-8"))


def _readme(settings: DemoSettings) -> WrittenFile:
    """README.txt beside the files: what is real, what is made up."""
    started = time.perf_counter()
    options = f"--until {settings.until} --customers {settings.customers} --seed {settings.seed}"
    target = settings.out / "README.txt"
    draft = settings.out / ".README.txt.draft"
    draft.write_text(f"{TEXT}\nMade with: opscli demo data {options}\n", encoding="utf-8")
    changed = settle(draft, target)
    draft.unlink(missing_ok=True)
    seconds = round(time.perf_counter() - started, 3)
    size = target.stat().st_size
    return WrittenFile(path=target.name, group=target.name, rows=0, bytes=size, seconds=seconds, changed=changed)


def _remove_later(settings: DemoSettings) -> tuple[str, ...]:
    """Delete month files that an earlier run with a later `until` left; other files are nobody's business."""
    stale = sorted(path for path in own_paths() - own_paths(settings.until) if (settings.out / path).is_file())
    for path in stale:
        (settings.out / path).unlink()
    return tuple(stale)
