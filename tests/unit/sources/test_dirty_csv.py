"""Dirty CSV with no format given: no row is lost without a word, none is shifted, none is made up."""

from __future__ import annotations

from pathlib import Path

from tests.dirty_csv import files
from tests.dirty_csv.__main__ import scored
from tests.dirty_csv.readers import opscli
from tests.dirty_csv.score import Score

_SAMPLED = 12


def test_there_are_many_dirty_files_of_every_kind() -> None:
    groups = [file.group for file in files()]
    assert len(groups) >= 2048
    assert len(set(groups)) >= 26


def test_every_row_is_read_or_rejected_with_its_line(tmp_path: Path) -> None:
    everything, trouble = Score(), {}
    with opscli(tmp_path) as read:
        for file in files(_SAMPLED):
            found = scored(read, file, tmp_path)
            everything.add(found)
            if found.faults or found.refused or found.misnamed:
                trouble[f"{file.group}/{file.name}"] = found.details
    assert not trouble
    assert everything.share > 0.98
