"""Every dirty CSV file with no format given: the share of cells that opscli and other readers recover."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dirty_csv import files
from tests.dirty_csv.__main__ import heading, line, scored
from tests.dirty_csv.readers import PEERS, Reader, opscli
from tests.dirty_csv.score import Score

_EVERY = {"CleverCSV": 12}
"""It takes a second a file and more, so it reads every so-manieth."""


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_more_is_recovered_than_by_other_readers_and_nothing_is_lost(tmp_path: Path) -> None:
    import clevercsv
    import duckdb
    import pandas as pd

    with opscli(tmp_path) as read:
        readers: dict[str, Reader] = {"opscli": read, **PEERS}
        groups = {name: dict[str, Score]() for name in readers}
        mine_beside = {name: Score() for name in PEERS}
        for number, file in enumerate(files()):
            mine = scored(read, file, tmp_path)
            groups["opscli"].setdefault(file.group, Score()).add(mine)
            for name, reader in PEERS.items():
                if number % _EVERY.get(name, 1) == 0:
                    groups[name].setdefault(file.group, Score()).add(scored(reader, file, tmp_path))
                    mine_beside[name].add(mine)
    totals = {name: Score() for name in readers}
    for name, found in groups.items():
        for score in found.values():
            totals[name].add(score)
    print(f"\n\nDuckDB {duckdb.__version__}, pandas {pd.__version__}, CleverCSV {clevercsv.__version__}")
    print(f"{'share of cells recovered':<26}" + "".join(f"{name:>16}" for name in readers))
    for group in groups["opscli"]:
        print(f"{group:<26}" + "".join(f"{groups[name].get(group, Score()).share:>16.4f}" for name in readers))
    print(heading("\nin all"))
    for name, total in totals.items():
        print(line(name, total))
    mine = totals.pop("opscli")
    assert (mine.lost, mine.shifted, mine.invented) == (0, 0, 0)
    assert all(mine_beside[name].share > peer.share for name, peer in totals.items())
