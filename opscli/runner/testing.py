"""Find the tests of a project, choose among them, run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from opscli.config.load import chosen_environment, read_beside
from opscli.config.project import DEFAULT_STATE, DEFAULT_WAREHOUSE
from opscli.config.seal import take_seal
from opscli.config.validate import did_you_mean
from opscli.errors import ConfigInvalid, UsageError
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner import test
from opscli.runner.case import Case
from opscli.runner.compile import check_project, freeze
from opscli.runner.kept import Checked, keep_tests, recall
from opscli.runner.test import Tests
from opscli.stage import Project

_SECRETS = ("warehouse", "state", "id_key")
"""Settings that may be secrets and that a simulated run does not need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are asked for: in these files or folders, with this text in their name."""

    paths: Sequence[str] = ()
    text: str = ""


def check_tests(root: Path, environment: str | None) -> tuple[Checked, tuple[Tests, ...]]:
    """A project and its tests without problems; raises ConfigInvalid with those of both."""
    documents, problems = read_beside(root)
    issues: list[Issue] = list(problems)
    try:
        checked = check_project(root, environment)
    except ConfigInvalid as invalid:
        raise _all_of(invalid, issues) from invalid
    specs = () if issues else tuple(test.parse(document) for document in documents)
    for spec in specs:
        issues.extend(test.check(spec, checked.catalog))
    if issues:
        raise ConfigInvalid(sorted(set(issues)))
    return checked, specs


def check_all(root: Path, environment: str | None) -> Checked:
    """A project whose tests are in order too; unchanged ones are not read again."""
    chosen, seal = chosen_environment(environment, root), take_seal(root)
    checked = recall(root, chosen, with_tests=True)
    if checked is not None:
        checked.settings.settings(chosen)
        return checked
    checked, _ = check_tests(root, environment)
    keep_tests(root, seal)
    return checked


def project_for_tests(checked: Checked, root: Path) -> Project:
    """The project of a simulated run: no secret is read, since CI has none; ids are keyed by the project's name."""
    settings = checked.settings
    own = {
        name: {key: value for key, value in here.items() if key not in _SECRETS}
        for name, here in settings.environments.items()
    }
    plain = replace(settings, warehouse=DEFAULT_WAREHOUSE, state=DEFAULT_STATE, id_key=settings.name, environments=own)
    return freeze(replace(checked, settings=plain), root)


def _all_of(invalid: ConfigInvalid, more: Sequence[Issue]) -> ConfigInvalid:
    found = {item for item in invalid.issues if isinstance(item, Issue)}
    return ConfigInvalid(sorted(found.union(more)))


def choose(specs: Sequence[Tests], wanted: Wanted, root: Path) -> tuple[Case, ...]:
    """The cases that are wanted, by file. Raises UsageError for a file that is none and a text that no name has."""
    cases = tuple(case for spec in specs for case in spec.all_cases())
    chosen = [case for path in wanted.paths for case in _at(path, cases, root)] if wanted.paths else cases
    found = tuple(dict.fromkeys(case.id for case in chosen if _matches(case.id, wanted.text)))
    if wanted.text and not found:
        raise UsageError(say("testing.no_case_named", text=wanted.text), remedy="opscli test --list")
    return tuple(case for case in cases if case.id in found)


def _at(path: str, cases: Sequence[Case], root: Path) -> list[Case]:
    """Cases of a file, of a folder, or the one that `file::name` names."""
    place, _, name = path.partition("::")
    for full in (Path(place), root / place):  # from where the caller stands, else from the project
        inside = [case for case in cases if _below(root / case.document.file, full) and name in ("", case.name)]
        if inside:
            return inside
    known = dict.fromkeys(case.id if name else case.document.file for case in cases)
    hint = did_you_mean(path, known, otherwise="opscli test --list")
    raise UsageError(say("testing.no_case_at", path=path), remedy=hint)


def _below(file: Path, place: Path) -> bool:
    resolved = place.resolve()
    return resolved in (file.resolve(), *file.resolve().parents)


def _matches(name: str, text: str) -> bool:
    """Whether a name has every word of a text; a word after `not` must be missing, `or` begins an alternative."""
    return any(_has_all(name.lower(), part.split()) for part in f" {text.lower()} ".split(" or "))


def _has_all(name: str, words: Sequence[str]) -> bool:
    wanted = True
    for word in words:
        if word == "and":
            continue
        if word == "not":
            wanted = False
            continue
        if (word in name) is not wanted:
            return False
        wanted = True
    return True
