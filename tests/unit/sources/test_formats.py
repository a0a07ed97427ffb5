from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from opscli.errors import DataUnusable
from opscli.sources.formats.encoding import as_utf8
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


@pytest.mark.parametrize(
    ("content", "encoding", "newline"),
    [
        ("é\n".encode(), "utf-8", "\n"),
        ("\ufeffé\r\nb\r\n".encode(), "utf-8-sig", "\r\n"),
        ("é\nb".encode("utf-16"), "utf-16", "\n"),
        ("é\rb".encode("latin-1"), "cp1252", "\r"),
        (b"\x81\n", "latin-1", "\n"),
    ],
)
def test_encodings_and_newlines_are_recognised(tmp_path: Path, content: bytes, encoding: str, newline: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found = as_utf8(path, "auto", tmp_path)
    assert (found.encoding, found.newline) == (encoding, newline)
    assert found.path.read_bytes() == content.decode(encoding).encode()


def test_gzip_is_unpacked_and_a_torn_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    packed = gzip.compress(b"a\nb\n" * 1000)
    path.write_bytes(packed)
    assert as_utf8(path, "auto", tmp_path).lines == 2000
    path.write_bytes(packed[:-9])
    with pytest.raises(DataUnusable, match="no complete gzip file"):
        as_utf8(path, "auto", tmp_path)


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a")
    with pytest.raises(DataUnusable, match="no encoding is called 'utf-9'"):
        as_utf8(path, "utf-9", tmp_path)
