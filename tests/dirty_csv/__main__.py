"""Read every dirty file with one reader and print how it fared: `python -m tests.dirty_csv opscli --only footer`."""

# ruff: noqa: T201  it prints its table

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dirty_csv import files
from tests.dirty_csv.files import DirtyFile
from tests.dirty_csv.readers import PEERS, Reader, opscli
from tests.dirty_csv.score import Score, refused, score

COUNTS = ("rows", "whole", "rejected", "lost", "shifted", "invented", "misnamed", "refused")


def scored(reader: Reader, file: DirtyFile, folder: Path) -> Score:
    """Write the file, read it, and compare."""
    path = folder / "dirty.csv"
    path.write_bytes(file.data)
    try:
        return score(file, reader(path))
    except Exception as error:  # noqa: BLE001  whatever a reader raises, it has refused the file
        return refused(file, f"{type(error).__name__}: {str(error)[:200]}")


def line(name: str, found: Score) -> str:
    """A line of the table: files, share of cells, and the counts."""
    counts = "".join(f"{getattr(found, count):>9}" for count in COUNTS)
    return f"{name:<26}{found.files:>6}{found.share:>9.4f}{counts}"


def heading(name: str) -> str:
    """The line above the table."""
    return f"{name:<26}{'files':>6}{'cells':>9}" + "".join(f"{count:>9}" for count in COUNTS)


@contextmanager
def reader_of(name: str, folder: Path) -> Iterator[Reader]:
    """A reader by its name."""
    if name == "opscli":
        with opscli(folder) as read:
            yield read
    else:
        yield {peer.lower().replace(" ", "-"): reader for peer, reader in PEERS.items()}[name]


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dirty_csv")
    parser.add_argument("reader", choices=["opscli", *(name.lower().replace(" ", "-") for name in PEERS)])
    parser.add_argument("--only", default="", help="files whose group/name contains this")
    parser.add_argument("--details", action="store_true", help="tell the rows that are lost, shifted, invented")
    parser.add_argument("--step", type=int, default=1, help="every so-manieth file")
    parser.add_argument("--write", type=Path, help="also write the files into this folder")
    asked = parser.parse_args()
    groups: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as place, reader_of(asked.reader, Path(place)) as read:
        for number, file in enumerate(files(asked.step, asked.only)):
            if asked.write:
                asked.write.mkdir(parents=True, exist_ok=True)
                (asked.write / f"{number:04d} {file.group} {file.name.replace('/', '_')}.csv").write_bytes(file.data)
            found = scored(read, file, Path(place))
            if asked.details and (found.faults or found.refused or found.misnamed):
                print(f"{file.group}/{file.name}", *found.details[:6], sep="\n    ")
            groups.setdefault(file.group, Score()).add(found)
    print(heading(asked.reader))
    for group, found in groups.items():
        print(line(group, found))
    everything = Score()
    for found in groups.values():
        everything.add(found)
    print(line("in all", everything))


if __name__ == "__main__":
    _main()
