"""Forms of dates are judged before they read: what is accepted the engine takes, what is refused has a way out."""

from __future__ import annotations

import string

import duckdb
import pytest

from opscli.sources.directives import flaws
from opscli.sources.moments import WORDS, moment_sql

FITTING = {
    "S": "%H:%M:%S", "M": "%H:%M", "I": "%I %p", "p": "%I %p", "f": "%H:%M:%S.%f", "g": "%H:%M:%S.%g", "n": "%H:%M:%S.%n",
    "a": "%a %d %m", "A": "%A %d %m", "d": "%d %m",
}  # fmt: skip


@pytest.mark.parametrize("letter", string.ascii_letters)
@pytest.mark.parametrize("dash", ["", "-"])
def test_the_engine_reads_by_every_directive_that_is_accepted(letter: str, dash: str) -> None:
    inner = FITTING.get(letter, f"%{letter}").replace(f"%{letter}", f"%{dash}{letter}")
    form = inner if letter in "Yy" else f"%Y {inner}"
    if not list(flaws(form)):
        duckdb.execute(f"SELECT {moment_sql('x', 'timestamp', (form,))} FROM (SELECT 'x' AS x)")
    else:
        assert dash or letter not in "YymdbBjHIMSpfgnzZaA"


@pytest.mark.parametrize(
    "form", [*WORDS, "%d/%m/%Y", "%d. %B %Y um %H:%M Uhr", "%Y年%m月%d日", "%m/%Y", "%Y", "%-d/%-m/%y", "100%% %Y"]
)
def test_sound_forms(form: str) -> None:
    assert list(flaws(form)) == []


@pytest.mark.parametrize(
    ("form", "offset", "how"),
    [
        ("DD.MM.YYYY HH:mm:ss", 0, "write %d.%m.%Y %H:%M:%S"),
        ("yyyy-MM-dd", 0, "write %Y-%m-%d"),
        ("d/m/Y", 0, "write a pattern such as %d/%m/%Y, or one of: epoch, epoch_ms, epoch_us, excel, iso"),
        ("ISO", 0, 'did you mean "iso"?'),
        ("%Y-%m-%d %T", 9, "write %H:%M:%S"),
        ("%Y-%m-%d %H:%i", 12, "write %M"),
        ("%Y-%m-%d%", 8, "known are"),
        ("%G-W%V-%u", 0, "known are"),
    ],
)
def test_what_is_no_form_leads_to_one(form: str, offset: int, how: str) -> None:
    found = next(iter(flaws(form)))
    assert (found.offset, found.how[: len(how)]) == (offset, how)
