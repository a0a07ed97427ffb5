from __future__ import annotations

from dataclasses import fields

import pytest

from opscli.kinds import PACKAGE_FOLDER, read_schema
from opscli.sources.file import FileSettings
from opscli.sources.formats.rows import FileFormat
from opscli.sources.source import Limit, Mapped, SourceSpec, read_limit


def test_schema_and_specs_have_the_same_words() -> None:
    source = read_schema(PACKAGE_FOLDER / "sources/source.schema.json")
    file = read_schema(PACKAGE_FOLDER / "sources/file.schema.json")
    assert set(source["properties"]) - {"kind", "version"} == names(SourceSpec) - {"document", "settings"}
    assert set(file["properties"]) == names(FileSettings)
    assert set(file["properties"]["format"]["properties"]) == names(FileFormat)
    stated = [set(form.get("properties", ())) for form in source["$defs"]["mapped"]["anyOf"]]
    assert set().union(*stated) | {"text"} == names(Mapped)


def names(type_: type) -> set[str]:
    return {field.name for field in fields(type_)}


@pytest.mark.parametrize(
    ("written", "rows", "of", "exceeded", "told"),
    [
        ("1%", 1, 100, False, "1%"),
        ("1%", 2, 100, True, "1%"),
        (0.5, 51, 100, True, "50%"),
        (3, 3, 3, False, "3 rows"),
        (0, 1, 100, True, "0 rows"),
    ],
)
def test_limits_are_shares_or_numbers(written: str | float, rows: int, of: int, exceeded: bool, told: str) -> None:
    limit = read_limit(written)
    assert limit.exceeded(rows, of) is exceeded
    assert str(limit) == told
    assert not Limit().exceeded(10, 10)
