from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from opscli.errors import DataUnusable
from opscli.sources.formats.rows import ReadRequest
from opscli.sources.formats.unpack import unpacked

from .refusals import assert_refused

CONTENT = "id,name\n1,Zoë\n".encode() * 1000


def by_name(value: object) -> str:
    """An id of a case that does not hold packed bytes, which carry the time they were made."""
    return value if isinstance(value, str) else "bytes"


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def plain(tmp_path: Path, name: str, packed: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(packed)
    bench = tmp_path / "bench"
    bench.mkdir(exist_ok=True)
    request = ReadRequest(path=path, label=f"data/{name}", source="s", table="scratch.t", workbench=bench)
    return unpacked(request).path


@pytest.mark.parametrize(
    ("name", "packed", "inner"),
    [
        ("a.csv.gz", gzip.compress(CONTENT), "a.csv"),
        ("a.csv.gz", gzip.compress(CONTENT[:100]) + gzip.compress(CONTENT[100:]), "a.csv"),
        ("a.csv.GZ", gzip.compress(CONTENT), "a.csv"),
        ("a.csv.zst", zstd(CONTENT), "a.csv"),
        ("a.csv.zst", zstd(CONTENT[:100]) + zstd(CONTENT[100:]), "a.csv"),
        ("a.zip", zipped(("x/export.CSV", CONTENT)), "a.csv"),
        ("a.csv.zip", zipped(("export", CONTENT)), "a"),
        ("a.zip", zipped(("../../etc/passwd.csv", CONTENT)), "a.csv"),
        ("a.zip", zipped(("/root/x.t x t", CONTENT)), "a"),
        (
            "a.zip",
            zipped(("d/", b""), ("d/a.tsv", CONTENT), ("__MACOSX/d/._a.tsv", b"x"), (".DS_Store", b"x")),
            "a.tsv",
        ),
        ("a.zip", zipped(("a.csv", CONTENT), method=zipfile.ZIP_STORED), "a.csv"),
        ("a.zip", zipped(("a.csv", CONTENT), method=zipfile.ZIP_LZMA), "a.csv"),
        ("a.csv", gzip.compress(CONTENT), "a.csv"),
        ("a.csv", CONTENT, "a.csv"),
        ("a.csv.gz", CONTENT, "a.csv.gz"),
    ],
    ids=by_name,
)
def test_packed_files_are_unpacked_into_the_workbench(tmp_path: Path, name: str, packed: bytes, inner: str) -> None:
    found = plain(tmp_path, name, packed)
    assert found.read_bytes() == CONTENT
    assert found.name == inner
    assert found.parent == (tmp_path if packed == CONTENT else tmp_path / "bench")
    assert {path.name for path in tmp_path.iterdir()} == {name, "bench"}


def test_an_empty_file_is_packed_too(tmp_path: Path) -> None:
    for name, packed in (("a.gz", gzip.compress(b"")), ("a.zst", zstd(b"")), ("a.zip", zipped(("a.csv", b"")))):
        assert plain(tmp_path, name, packed).read_bytes() == b""


def flagged(data: bytes) -> bytes:
    """The same zip file, said to be encrypted in both of its headers."""
    local, central = data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8
    out = bytearray(data)
    out[local] |= 1
    out[central] |= 1
    return bytes(out)


def resized(data: bytes, size: int) -> bytes:
    """The same zip file with another size of its first member in both headers."""
    out = bytearray(data)
    struct.pack_into("<I", out, data.index(b"PK\x03\x04") + 22, size)
    struct.pack_into("<I", out, data.index(b"PK\x01\x02") + 24, size)
    return bytes(out)


ZIP = zipped(("a.csv", CONTENT))


@pytest.mark.parametrize(
    ("name", "packed", "message"),
    [
        ("a.csv.gz", gzip.compress(CONTENT)[:-9], "data/a.csv.gz is torn or damaged"),
        ("a.csv.gz", gzip.compress(CONTENT)[:30], "is torn or damaged"),
        ("a.csv.gz", gzip.compress(CONTENT)[:-8] + b"12345678", "is torn or damaged: CRC"),
        ("a.csv.gz", gzip.compress(CONTENT) + b"garbage", "is torn or damaged"),
        ("a.csv.zst", zstd(CONTENT)[:-5], "is torn or damaged"),
        ("a.csv.zst", zstd(CONTENT)[:8], "is torn or damaged"),
        ("a.csv.zst", zstd(CONTENT) + b"garbage", "is torn or damaged"),
        ("a.zip", ZIP[:-40], "its end is missing"),
        ("a.zip", ZIP[:40] + ZIP[60:], "is torn or damaged"),
        ("a.zip", ZIP[:60] + b"\xff" * 8 + ZIP[68:], "is torn or damaged"),
        ("a.zip", resized(ZIP, 10), "is torn or damaged"),
        ("a.zip", zipped(("a.csv", b""), ("b.csv", b"")), "is a zip file of 2 files: 'a.csv', 'b.csv'"),
        ("a.zip", zipped(*((f"{n}.csv", b"") for n in range(12))), "is a zip file of 12 files: '0.csv', .*, …"),
        ("a.zip", zipped(("a\x1b[2J.csv", b""), ("b", b"")), r"'a\\x1b\[2J.csv'"),
        ("a.zip", zipped(), "without a data file"),
        ("a.zip", zipped((".hidden", b"x")), "without a data file"),
        ("a.zip", flagged(ZIP), "is encrypted"),
        ("a.zip", zipped(("b.zip", ZIP)), "holds a packed file again"),
        ("a.gz", gzip.compress(gzip.compress(CONTENT)), "holds a packed file again"),
        ("a.zip", zipped(*((f"{n}.csv", b"") for n in range(10_001))), "lists more than 10000 files"),
    ],
    ids=by_name,
)
def test_what_cannot_be_unpacked_is_refused_by_name(tmp_path: Path, name: str, packed: bytes, message: str) -> None:
    with pytest.raises(DataUnusable, match=message) as raised:
        plain(tmp_path, name, packed)
    assert raised.value.remedy


def test_a_size_that_is_said_to_be_larger_than_it_is_changes_nothing(tmp_path: Path) -> None:
    assert plain(tmp_path, "a.zip", resized(ZIP, 1 << 30)).read_bytes() == CONTENT


def test_a_file_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    lines = "".join(f"{number},2026-01-01,Berlin,DE,web,0.00,EUR\n" for number in range(60_000)).encode()
    assert len(lines) > 2 << 20
    for name, packed in (("a.gz", gzip.compress(lines)), ("a.zst", zstd(lines)), ("a.zip", zipped(("a.csv", lines)))):
        assert plain(tmp_path, name, packed).stat().st_size == len(lines)
    small = b"0,0,0,0\n" * 100_000
    assert len(small) > 100 * len(gzip.compress(small))
    assert plain(tmp_path, "b.gz", gzip.compress(small)).read_bytes() == small


def test_a_ratio_above_a_hundred_is_refused_when_it_is_more_than_a_megabyte(tmp_path: Path) -> None:
    large = b"0,0,0,0\n" * 400_000
    with pytest.raises(DataUnusable, match="unpacks to more than 100 times its size"):
        plain(tmp_path, "a.gz", gzip.compress(large))


def deflated_zeros(megabytes: int, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()


def bomb_gz() -> bytes:
    return deflated_zeros(300, 31)


def bomb_zst() -> bytes:
    return zstd(bytes(300 << 20)) * 20


def bomb_zip() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.csv", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    return out.getvalue()


def lying_bomb() -> bytes:
    return resized(bomb_zip(), 100)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.csv.gz", bomb_gz, "unpacks to more than 100 times its size"),
        ("a.csv.zst", bomb_zst, "unpacks to more than 100 times its size"),
        ("a.zip", bomb_zip, "unpacks to more than 100 times its size"),
        ("a.zip", lying_bomb, "is torn or damaged"),
    ],
    ids=by_name,
)
def test_bombs_are_refused_quickly_and_in_little_memory(
    tmp_path: Path, name: str, make: Callable[[], bytes], message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    assert_refused(path, message)
