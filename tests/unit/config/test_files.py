"""Files are written whole or not at all, also where the disk is full or a name is taken."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from opscli.config.files import create, private_folder, write_atomically
from opscli.errors import CannotCreate


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_new_files_are_written_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine", encoding="utf-8")
    with pytest.raises(CannotCreate, match="b cannot be written"):
        create(tmp_path, {"x/a": "1", "b": "2"})
    assert not (tmp_path / "x" / "a").exists()
    assert (tmp_path / "b").read_text(encoding="utf-8") == "mine"
    create(tmp_path, {"x/a": "1"})
    assert (tmp_path / "x" / "a").read_bytes() == b"1"


def test_a_half_written_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "a", "\udc80", "a")
    assert not list(tmp_path.iterdir())
    target = Path("/dev/full")
    if target.exists():
        with pytest.raises(CannotCreate) as refused:
            write_atomically(target, "text", "a")
        assert "make room" in str(refused.value.remedy)


def test_a_full_disk_keeps_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotCreate) as refused:
        write_atomically(target, "new", "a")
    assert "make room" in str(refused.value.remedy)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert target.read_text(encoding="utf-8") == "old"


def test_rights_and_links_stay_and_new_files_get_the_usual_rights(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new", "link")
    assert (link.is_symlink(), target.read_text(encoding="utf-8"), target.stat().st_mode & 0o777) == (
        True,
        "new",
        0o640,
    )
    plain = tmp_path / "plain"
    plain.touch()
    write_atomically(tmp_path / "b", "text", "b")
    assert (tmp_path / "b").stat().st_mode == plain.stat().st_mode
    write_atomically(Path("/dev/null"), "text", "null")
    assert not Path("/dev/null").is_file(), "a device is written to, not replaced"


def test_the_private_folder_is_ignored_by_git_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".opscli"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="space"):
            private_folder(folder)
    assert not folder.exists()
    private_folder(folder)
    private_folder(folder)
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert folder.stat().st_mode & 0o777 == 0o700
