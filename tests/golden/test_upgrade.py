"""Each folder golden/upgrade/<kind>_v<N>/<case> is a file of that version and what `config upgrade` makes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from opscli.config.load import read_documents
from opscli.config.patch import comments
from opscli.config.schemas import folder_of
from opscli.config.upgrade import find_upgrades
from opscli.kinds import config_kinds, frozen_versions

FOLDER = Path(__file__).parent / "upgrade"
CASES = sorted(path for path in FOLDER.glob("*/*") if path.is_dir())
PROJECT = "kind: project\nversion: 1\nname: shop\n"


def test_every_frozen_version_has_cases() -> None:
    steps = {f"{kind}_v{version}" for kind in config_kinds() for version in frozen_versions(kind)}
    assert steps == {case.parent.name for case in CASES} != set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_becomes_this_text(case: Path, tmp_path: Path, *, refresh_golden: bool) -> None:
    kind = case.parent.name.rpartition("_v")[0]
    root, folder = tmp_path, tmp_path / "configs" / folder_of(kind)
    shutil.copytree(case / "before", folder)
    (root / "configs" / "project.yaml").write_text(PROJECT, encoding="utf-8")
    in_memory = [document.data for document in read_documents(root)[0]]

    found = find_upgrades(root)
    assert [item.file for item in found] == [path.relative_to(root).as_posix() for path in sorted(folder.iterdir())]
    for item in found:
        item.write()
        expected = case / "after" / item.path.name
        if refresh_golden:
            expected.write_bytes(item.path.read_bytes())
        assert item.path.read_bytes() == expected.read_bytes()
        assert comments(item.after) == comments(item.before)

    documents, issues, _ = read_documents(root)
    assert (issues, find_upgrades(root)) == ([], ())
    assert [document.data for document in documents] == in_memory, "the file means what it meant before"
