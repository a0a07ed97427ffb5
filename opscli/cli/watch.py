"""Progress of a run on a terminal's stderr; silence in a pipe or cron."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opscli.cli.choices import CHOICES

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from opscli.outcome import Outcome
    from opscli.runner.observer import Observer

_MARKS = {"ok": "✓", "leftovers": "!", "skipped": "·", "stopped": "■", "failed": "✗"}

_MEASURABLE = 0.5
"""Seconds before a speed is told."""


@contextmanager
def watching() -> Iterator[Observer]:
    """An observer for this call: a live display on a terminal, lines under --verbose, else nothing."""
    from opscli.runner.observer import Quiet

    if CHOICES.quiet or not (sys.stderr.isatty() or CHOICES.verbose):
        yield Quiet()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        yield _Display(bar)


class _Lines:
    """One line per finished step."""

    def step_started(self, step: str) -> None:
        """Nothing: the line comes with the result."""

    def advance(self, what: str, done: int, total: int | None) -> None:
        """Nothing: no bars outside a terminal."""

    def step_ended(self, step: str, status: str, outcome: Outcome, seconds: float) -> None:
        """The step, its summary and its time."""
        sys.stderr.write(f"{_MARKS.get(status, '?')} {step:<12} {outcome.summary}  ({seconds:.1f} s)\n")


class _Display:
    """A spinner with a bar for the step in hand; finished steps stay as lines above it."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, rate="")
        self._what, self._since, self._last = "", 0.0, time.monotonic()

    def step_started(self, step: str) -> None:
        """Show the step."""
        self._what, self._last = "", time.monotonic()
        self._bar.reset(self._task, description=step, total=None, rate="")

    def advance(self, what: str, done: int, total: int | None) -> None:
        """Move the bar; how fast it goes counts from the last word about anything else."""
        if what != self._what:
            self._what, self._since = what, self._last
        self._last = time.monotonic()
        rate = f"{what} {done:,}" + (f" of {total:,}" if total else "")
        if (seconds := self._last - self._since) >= _MEASURABLE:
            rate += f"  {done / seconds:,.0f}/s"
        self._bar.update(self._task, completed=done, total=total, rate=rate)

    def step_ended(self, step: str, status: str, outcome: Outcome, seconds: float) -> None:
        """Leave a line behind."""
        mark = _MARKS.get(status, "?")
        self._bar.console.print(f"{mark} {step:<12} {outcome.summary}  [dim]{seconds:.1f} s[/dim]", highlight=False)
