from __future__ import annotations

from pathlib import Path

import pytest

from opscli.sources.formats.rows import FileFormat
from opscli.sources.formats.sniff import sniff


def dialect_of(tmp_path: Path, text: str, newline: str = "\n") -> tuple[str, tuple[str, ...], bool]:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    layout = sniff(path, newline, FileFormat(), "a.csv").layout
    return layout.shape.delimiter, layout.names, bool(layout.header_lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id;name\n1;a,b\n2;c,d\n", (";", ("id", "name"), True)),
        ("id\tname\n1\ta\n", ("\t", ("id", "name"), True)),
        ("id|name\n1|a;b\n", ("|", ("id", "name"), True)),
        ('id,note\n1,"a;b;c"\n2,"d;e;f"\n3,x\n', (",", ("id", "note"), True)),
        ("1,a@example.com\n2,b@example.com\n", (",", ("c1", "c2"), False)),
        ("id,,id\n1,2,3\n", (",", ("id", "c2", "id_2"), True)),
        ("name\nAnn\n", (",", ("name",), True)),
        ("", (",", (), False)),
        ("id,name\n" + "1,a\n" * 80 + '2,"stray\n3\n', (",", ("id", "name"), True)),
    ],
)
def test_the_dialect_is_decided_over_many_lines(
    tmp_path: Path, text: str, expected: tuple[str, tuple[str, ...], bool]
) -> None:
    assert dialect_of(tmp_path, text) == expected
