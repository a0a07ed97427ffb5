"""Who is told while a run goes on."""

from __future__ import annotations

from typing import Protocol

from opscli.outcome import Outcome
from opscli.stage import Progress, Silence


class Observer(Progress, Protocol):
    """Who is told while a run goes on: a progress bar on a terminal, nobody in cron."""

    def step_started(self, step: str) -> None:
        """A step has its locks and begins."""
        ...

    def step_ended(self, step: str, status: str, outcome: Outcome, seconds: float) -> None:
        """A step is done: ok, leftovers, skipped, stopped or failed."""
        ...


class Quiet(Silence):
    """An observer that says nothing."""

    __slots__ = ()

    def step_started(self, step: str) -> None:
        """Nothing."""

    def step_ended(self, step: str, status: str, outcome: Outcome, seconds: float) -> None:
        """Nothing."""
