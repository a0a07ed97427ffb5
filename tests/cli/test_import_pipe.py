from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = "kind: source\nversion: 1\npath: data/orders.csv\nentity: orders\nmap: {order_id: id, ordered_at: at, amount: sum}\n"
CSV = b"id,at,sum\n1,2026-01-02,10.50\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "configs/sources").mkdir(parents=True)
    (tmp_path / "configs/project.yaml").write_text("kind: project\nversion: 1\nname: shop\nid_key: testing\n")
    (tmp_path / "configs/sources/orders.yaml").write_text(ORDERS)
    return tmp_path


def opscli(root: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "opscli", *words]
    return subprocess.run(command, cwd=root, input=given, capture_output=True, check=False)


def test_a_pipe_stands_in_for_a_file(root: Path) -> None:
    result = opscli(root, "import", "orders", "-", "--format", "csv", given=CSV)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode().splitlines()[1].startswith("orders,loaded,1,1,0,0,0,0,0,")


def test_a_pipe_for_no_source_or_for_several_is_a_wrong_call(root: Path) -> None:
    result = opscli(root, "import", "-", given=CSV)
    assert (result.returncode, result.stdout) == (2, b"")
    assert "opscli import SOURCE -" in result.stderr.decode()
