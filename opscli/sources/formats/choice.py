"""Which format reads a file: the one that the source states, else the one of the file's ending."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import ModuleType
from typing import cast

from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.formats import csv, jsonl, parquet
from opscli.sources.formats.rows import FileFormat, Format

_FORMATS: tuple[ModuleType, ...] = (csv, jsonl, parquet)
_PACKED = (".gz",)


def format_of(name: str, stated: FileFormat) -> Format:
    """The format module of a file called `name`. Raises DataUnusable for an unknown ending."""
    module = format_named(name) if stated.type == "auto" else format_named(f"x.{stated.type}")
    if module is None:
        raise DataUnusable(say("sources.no_format", file=name), remedy=say("sources.formats_are", endings=endings()))
    return module


def format_named(name: str) -> Format | None:
    """The format of a name's ending, seen through the ending of a compression; None for an unknown one."""
    path = PurePosixPath(name.lower())
    ending = (PurePosixPath(path.stem) if path.suffix in _PACKED else path).suffix.removeprefix(".")
    return next((cast("Format", module) for module in _FORMATS if ending in module.SUFFIXES), None)


def endings() -> str:
    """Every known ending, for people."""
    return ", ".join(f".{suffix}" for module in _FORMATS for suffix in module.SUFFIXES)
