"""Run a reading in a process of its own, to see how long and in how much memory something hostile is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_READ = """
import json, resource, sys, tempfile, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.errors import DataUnusable
from opscli.sources import rejects
from opscli.sources.formats import choice
from opscli.sources.formats.rows import ReadRequest
path = Path(sys.argv[1])
with tempfile.TemporaryDirectory(dir=path.parent) as bench:
    warehouse = DuckDBWarehouse(Path(bench) / "w.duckdb", Path(bench) / "scratch")
    with warehouse.read() as session:
        rejects.prepare(session)
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        request = ReadRequest(path=path, label=path.name, source="s", table="scratch.t", workbench=Path(bench))
        message, rows = "", 0
        try:
            rows = choice.read(request, session).read
        except DataUnusable as error:
            message = f"{error}; {error.remedy}"
        spent = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    warehouse.close()
print(json.dumps({"message": message, "rows": rows, "seconds": spent, "megabytes": grown}))
"""


@dataclass(frozen=True)
class Refusal:
    """What was said, and what it took."""

    message: str
    rows: int
    seconds: float
    megabytes: int


def reading_of(path: Path) -> Refusal:
    done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Refusal(**json.loads(done.stdout))


def assert_refused(path: Path, message: str) -> None:
    """Refused with these words in less than a second and 200 MB; the first call of a library takes its time too."""
    found = reading_of(path)
    assert message in found.message
    assert found.seconds < 1
    assert found.megabytes < 200
