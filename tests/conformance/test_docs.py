"""docs/ is generated, and what stands there is what would be generated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import opscli

ROOT = Path(opscli.__file__).parent.parent


def test_the_pages_are_fresh() -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
