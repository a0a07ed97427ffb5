"""Tell how tests went: a line a case, the failures with their reasons, JUnit XML for CI."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opscli.cli import report
from opscli.cli.choices import CHOICES
from opscli.clock import iso
from opscli.errors import CannotCreate
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.runner.case import Failure
    from opscli.runner.simulate import Verdict

_GREEN, _RED, _PLAIN = "\033[32m", "\033[31m", "\033[0m"


@dataclass(slots=True)
class Telling:
    """Prints while the tests run; formats for programs wait for the end."""

    total: int
    _seconds: float = field(default=0.0)

    def tell(self, verdict: Verdict) -> None:
        """One line of a case."""
        self._seconds += verdict.seconds
        if report.chosen_format() == "table" and not (CHOICES.quiet and verdict.passed):
            sys.stdout.write(f"{_word(verdict)}  {verdict.case.id}  {verdict.seconds:.2f} s\n")
            sys.stdout.flush()

    def end(self, verdicts: Sequence[Verdict]) -> None:
        """The failures and the sum, or all of it in the chosen format."""
        bad = [verdict for verdict in verdicts if not verdict.passed]
        kind = report.chosen_format()
        if kind == "json":
            error = {"what": self._sum(verdicts)} if bad else None
            sys.stdout.write(report.envelope([_data(item) for item in verdicts], code=int(bool(bad)), error=error))
            return
        if kind != "table":
            report.show([_row(item) for item in verdicts] if kind != "jsonl" else [_data(item) for item in verdicts])
            return
        for verdict in bad:
            sys.stdout.write("\n" + "\n".join(told(verdict)) + "\n")
        sys.stdout.write(f"\n{self._sum(verdicts)}\n")

    def _sum(self, verdicts: Sequence[Verdict]) -> str:
        passed = sum(verdict.passed for verdict in verdicts)
        parts = [say("testing.passed", number=passed)]
        parts += [say("testing.failed", number=len(verdicts) - passed)] if passed < len(verdicts) else []
        parts += [say("testing.not_run", number=self.total - len(verdicts))] if len(verdicts) < self.total else []
        return say("testing.sum", parts=say("testing.comma").join(parts), seconds=f"{self._seconds:.1f}")


def write_junit(path: Path, verdicts: Sequence[Verdict]) -> None:
    """The result as JUnit XML: one suite a file. Raises CannotCreate (73)."""
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites")
    for file in dict.fromkeys(verdict.case.document.file for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.case.document.file == file]
        suite = ET.SubElement(root, "testsuite", name=file, time=f"{sum(item.seconds for item in mine):.3f}")
        suite.set("tests", str(len(mine)))
        suite.set("failures", str(sum(bool(item.failures) for item in mine)))
        suite.set("errors", str(sum(item.error is not None for item in mine)))
        for item in mine:
            case = ET.SubElement(suite, "testcase", classname=file, name=item.case.name, time=f"{item.seconds:.3f}")
            if not item.passed:
                bad = ET.SubElement(case, "error" if item.error else "failure", message=_headline(item))
                bad.text = "\n".join(_printable(line) for line in _reasons(item))
    ET.indent(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise CannotCreate(say("testing.no_junit", file=path, why=error.strerror)) from error


def _word(verdict: Verdict) -> str:
    word = say("testing.word_passed") if verdict.passed else say("testing.word_failed")
    if not report.console().is_terminal or report.console().no_color:
        return word
    return f"{_GREEN if verdict.passed else _RED}{word}{_PLAIN}"


def told(verdict: Verdict) -> Iterator[str]:
    """A case that failed, with every reason, line by line."""
    yield f"{say('testing.word_failed').strip()}  {verdict.case.id}"
    yield from (f"  {line}".rstrip() for line in _reasons(verdict))


def _reasons(verdict: Verdict) -> Iterator[str]:
    if verdict.error is not None:
        yield verdict.error.what
        yield from (str(line) for line in verdict.error.details)
        yield from [verdict.error.remedy] if verdict.error.remedy else []
    many = len(verdict.case.moments) > 1
    told: set[tuple[str, ...]] = set()
    for failure in verdict.failures:
        yield from _failure(failure, many)
        lines = (say("testing.as_above"),) if failure.why and failure.why in told else failure.why
        yield from (f"    {line}" for line in lines)
        told.add(failure.why)


def _failure(failure: Failure, many: bool) -> Iterator[str]:
    when = f" ({iso(failure.moment)})" if many and failure.moment else ""
    yield f"{failure.at}: {failure.what}{when}"
    yield f"  {say('testing.expected')}  {failure.expected}"
    yield f"  {say('testing.got')}  {failure.got}"


def _headline(verdict: Verdict) -> str:
    return verdict.error.what if verdict.error else "; ".join(item.what for item in verdict.failures)


def _row(verdict: Verdict) -> dict[str, Any]:
    result = "error" if verdict.error else "passed" if verdict.passed else "failed"
    reason = "" if verdict.passed else _headline(verdict)
    return {"case": verdict.case.id, "result": result, "seconds": round(verdict.seconds, 3), "reason": reason}


def _data(verdict: Verdict) -> dict[str, Any]:
    failures = [failure.data() for failure in verdict.failures]
    return {**_row(verdict), "file": verdict.case.document.file, "name": verdict.case.name, "failures": failures}


def _printable(line: str) -> str:
    """XML 1.0 has no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in line)
