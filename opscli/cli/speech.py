"""Which language this call speaks: OPSCLI_LOCALE, else `locale` of project.yaml, else English.

LANG and LC_ALL are not asked: cron has others than the terminal, and both must say the same.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from opscli.errors import UsageError
from opscli.phrases import LOCALES, listed, say, use

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "OPSCLI_LOCALE"
_LINE = re.compile(r"""^locale:[ \t]+["']?([A-Za-z_-]+)""", re.MULTILINE)


def of_caller() -> None:
    """Speak what the environment says, English without it: also of calls that find no project."""
    use(os.environ.get(VARIABLE) or "en")


def check() -> None:
    """Raises UsageError for a language that opscli does not speak: a mistyped one must not pass for English."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen and chosen.replace("_", "-").partition("-")[0] not in LOCALES:
        raise UsageError(say("cli.unknown_locale", chosen=chosen), remedy=say("cli.locales_are", names=listed(LOCALES)))


def of_project(root: Path) -> None:
    """Speak the project's language, unless the environment chose one.

    The line is looked up before anything is parsed, so that also the problems of a broken project are told in it.
    """
    if os.environ.get(VARIABLE):
        return
    try:
        text = (root / "configs" / "project.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:  # whoever reads the configuration next tells what is wrong with the file
        return
    found = _LINE.search(text)
    use(found[1] if found else "en")
