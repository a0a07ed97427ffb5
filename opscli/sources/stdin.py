"""Source type `stdin`: what a shell pipes into `opscli import NAME`, and nothing where the source is not named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.config.document import Document
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.sources import piped
from opscli.sources.file import read_format
from opscli.sources.formats.rows import FileFormat
from opscli.sources.gathering import Asked, Gathered

ONLY_NAMED = True
"""Not loaded with all the others: nothing may stand in the pipe, or what is meant for somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StdinSettings:
    """Settings of a source that reads standard input."""

    format: FileFormat = field(default_factory=FileFormat)


def settings(data: Mapping[str, Any]) -> StdinSettings:
    """Settings of a schema-valid document."""
    return StdinSettings(format=read_format(data.get("format", {})))


def check(spec: StdinSettings, document: Document) -> Iterable[Issue]:  # noqa: ARG001  a pipe shows itself at the load
    """Nothing."""
    return ()


def place(spec: StdinSettings) -> str:  # noqa: ARG001  every type is asked with its settings
    """Standard input."""
    return say("sources.standard_input")


def gather(spec: StdinSettings, asked: Asked) -> Gathered:
    """Standard input as one file. Raises UsageError at a terminal."""
    return piped.gather(spec.format, asked)
