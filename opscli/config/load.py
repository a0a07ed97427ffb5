"""All config files of a project → validated documents and a config version; problems of all files at once.

`config/` knows no kind's meaning: it checks that each file can be read, stands in its kind's folder, fits the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opscli.config.document import Document
from opscli.config.finding import read_text, yaml_files
from opscli.config.presets import with_presets
from opscli.config.reader import KEY, Tree, read_yaml
from opscli.config.schemas import assemble, folder_of, version_of, versions_of
from opscli.config.secrets import variable
from opscli.config.validate import did_you_mean, validate
from opscli.config.versions import upgraded
from opscli.errors import ConfigInvalid, UsageError
from opscli.ids import fingerprint
from opscli.kinds import config_kinds
from opscli.outcome import Issue
from opscli.phrases import both, listed, say

PROJECT_FILE = Path("configs") / "project.yaml"
ANYWHERE = "**"
"""Folder of a kind whose files lie beside what they are about: `configs/**/<name>.<kind>.yaml`. No run reads them."""
JOBS = "../jobs"
"""The one kind folder that lies beside configs/, not in it."""
DEFAULT_ENVIRONMENT = "default"
"""When none is chosen; it is never live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """What the files say. `texts` maps each file to its text; `version` is SHA-256 of the documents' content."""

    root: Path
    project: Document
    environment: str
    documents: Sequence[Document]
    version: str
    texts: Mapping[str, str]


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that has configs/project.yaml. Raises UsageError when there is none."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(say("config.no_project", here=here, file=PROJECT_FILE), remedy=say("config.go_there"))


def chosen_environment(stated: str | None, root: Path) -> str:
    """The environment of a call: what it states, else OPSCLI_ENV of the process, else of `.env`, else `default`."""
    return stated or variable("OPSCLI_ENV", root) or DEFAULT_ENVIRONMENT


def load(root: Path, environment: str | None) -> LoadedConfig:
    """Read and check every config file under `root`; raises ConfigInvalid with the problems of all of them."""
    documents, issues, texts = read_documents(root)
    if issues:
        raise ConfigInvalid(sorted(set(issues)))
    return loaded_from(root, environment, documents, texts)


def loaded_from(
    root: Path, environment: str | None, documents: tuple[Document, ...], texts: Mapping[str, str]
) -> LoadedConfig:
    """The config of documents without problems. Raises UsageError when none of them is the project's."""
    project = next((item for item in documents if item.kind == "project"), None)
    if project is None:
        raise UsageError(say("config.project_missing", file=root / PROJECT_FILE), remedy=say("config.go_there"))
    return LoadedConfig(
        root=root,
        project=project,
        environment=chosen_environment(environment, root),
        documents=documents,
        version=fingerprint_of(documents),
        texts=texts,
    )


def fingerprint_of(documents: Iterable[Document]) -> str:
    """The config version: SHA-256 of what the documents say, wherever it stands."""
    return fingerprint([[item.kind, item.name, item.data] for item in documents])


def read_documents(root: Path) -> tuple[tuple[Document, ...], list[Issue], dict[str, str]]:
    """Documents (by kind and name), every problem, and the text of each file that could be read."""
    issues: list[Issue] = []
    texts: dict[str, str] = {}
    documents: list[Document] = []
    for path, folder in _files(root, issues):
        document = _read(path, root, folder, issues, texts)
        if document is not None:
            documents.append(document)
    documents += _folders(root, issues, texts)
    documents.sort(key=lambda item: (item.kind, item.name, item.file))
    issues += _named_twice(documents)
    documents = with_presets(documents, issues)
    return tuple(_current(document, issues) for document in documents), issues, texts


def read_beside(root: Path) -> tuple[tuple[Document, ...], list[Issue]]:
    """Documents that lie beside what they are about (tests), by file, and every problem in them.

    They are no part of the config version and of no run, so a project is loaded without them.
    """
    issues: list[Issue] = []
    found = (
        _read(path, root, ANYWHERE, issues, {})
        for path in yaml_files(root / "configs", root, issues)
        if path.name.endswith(".test.yaml")
    )
    documents = tuple(document for document in found if document is not None)
    return tuple(_current(document, issues) for document in documents), issues


def _current(document: Document, issues: list[Issue]) -> Document:
    """The document in the current version of its kind, when it is legal in its own."""
    problems = validate(document)
    issues += problems
    return document if problems else upgraded(document)


def _files(root: Path, issues: list[Issue]) -> Iterator[tuple[Path, str]]:
    """Every YAML file with the folder that its kind must name; jobs/ lies beside configs/."""
    configs = root / "configs"
    file_folders = {folder_of(kind) for kind in config_kinds() if "x-files" in assemble(kind)}
    for path in yaml_files(configs, root, issues):
        parts = path.relative_to(configs).parts
        if not path.name.endswith(".test.yaml") and parts[0] not in file_folders:
            yield path, parts[0] if len(parts) > 1 else "."
    yield from ((path, JOBS) for path in yaml_files(root / "jobs", root, issues))


def _read(path: Path, root: Path, folder: str, issues: list[Issue], texts: dict[str, str]) -> Document | None:
    """One document whose kind and version are known, or None with the reasons in `issues`."""
    file = path.relative_to(root).as_posix()
    if path.suffix == ".yml":
        issues.append(
            Issue(
                file=file,
                line=1,
                column=1,
                what=say("config.ends_in_yaml"),
                how=say("config.rename_to", name=path.stem),
            )
        )
        return None
    text = read_text(path, root, file)
    if isinstance(text, Issue):
        issues.append(text)
        return None
    texts[file] = text
    tree, problems = read_yaml(text, file)
    issues += problems
    if tree is None:
        return None
    if not isinstance(tree.data, dict):
        what = say("config.no_block")
        issues.append(Issue(file=file, line=1, column=1, what=what, how=say("config.start_with")))
        return None
    return _identified(tree, path.stem, file, folder, issues)


def _identified(tree: Tree, stem: str, file: str, folder: str, issues: list[Issue]) -> Document | None:
    """The document, once kind, version and folder are right; without these no schema can be chosen."""
    data: dict[str, Any] = tree.data
    kind, version = data.get("kind"), data.get("version")
    name = data.get("name", stem)
    document = Document(
        kind=str(kind), version=1, name=str(name), file=file, data={**data, "name": name}, marks=tree.marks
    )
    known = config_kinds()
    if not isinstance(kind, str) or kind not in known:
        what = say("config.kind_missing") if kind is None else say("config.kind_unknown", kind=kind)
        why = say("config.kind_why")
        issues.append(document.issue(("kind",), what, why=why, how=did_you_mean(str(kind), known)))
        return None
    if isinstance(version, bool) or not isinstance(version, int) or version not in versions_of(kind):
        issues.append(_version_issue(document, version))
        return None
    single = folder == "." and stem != kind
    if folder_of(kind) != folder or single:
        issues.append(_folder_issue(document, folder_of(kind)))
        return None
    return replace(document, version=version)


def _folder_issue(document: Document, folder: str) -> Issue:
    here = Path(document.file)
    what = say("config.wrong_folder", kind=document.kind)
    if folder == ANYWHERE or here.name.endswith(".test.yaml"):
        ending = f".{document.kind}.yaml" if folder == ANYWHERE else ".yaml"
        right = here.with_name(here.name.partition(".")[0] + ending).as_posix()
        return document.issue(("kind",), what, why=say("testing.ending"), how=say("testing.rename", file=right))
    name = f"{document.kind}.yaml" if folder == "." else here.name
    right = Path("configs", folder, name).as_posix().replace("configs/../", "").replace("/./", "/")
    why = say("config.one_project_file", name=name)
    if folder != ".":
        why = say("config.other_kinds_here", folder=here.parent.as_posix())
    return document.issue(("kind",), what, why=why, how=say("config.move_to", file=right))


def _version_issue(document: Document, version: Any) -> Issue:
    current = version_of(document.kind)
    read = both(versions_of(document.kind))
    why = say("config.reads_version", versions=read, kind=document.kind)
    if version is None:
        return document.issue(
            ("version",), say("config.version_missing"), why=why, how=say("config.add_version", version=current)
        )
    newer = isinstance(version, int) and version > current
    how = say("config.newer_version") if newer else say("config.write_version", version=current)
    return document.issue(("version",), say("config.unknown_version", version=json.dumps(version)), why=why, how=how)


def _folders(root: Path, issues: list[Issue], texts: dict[str, str]) -> Iterator[Document]:
    """Documents of kinds whose schema has `x-files`: a folder each, the files' texts as properties."""
    for kind in config_kinds():
        files: dict[str, str] = assemble(kind).get("x-files", {})
        place = root / "configs" / folder_of(kind)
        if files and place.is_dir():
            yield from (_folder(root, kind, path, issues, texts) for path in _shown(place))


def _shown(folder: Path) -> list[Path]:
    """Entries of a folder but the hidden ones, which are drafts and locks of editors."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _folder(root: Path, kind: str, path: Path, issues: list[Issue], texts: dict[str, str]) -> Document:
    """One such document; files that the kind does not know are problems."""
    known = {name: field for field, name in assemble(kind)["x-files"].items()}
    data: dict[str, Any] = {"kind": kind, "version": version_of(kind), "name": path.name}
    for part in _shown(path) if path.is_dir() else [path]:
        file = part.relative_to(root).as_posix()
        if part == path or part.name not in known:
            what = say("config.file_unknown", name=part.name, kind=kind)
            how = (
                did_you_mean(part.name, known)
                if part != path
                else say("config.kind_is_folder", kind=kind, files=listed(known))
            )
            issues.append(Issue(file=file, line=1, column=1, what=what, how=how))
        elif isinstance(text := read_text(part, root, file), Issue):
            issues.append(text)
        else:
            data[known[part.name]] = texts[file] = text
    file = path.relative_to(root).as_posix()
    return Document(kind=kind, version=version_of(kind), name=path.name, file=file, data=data, marks={})


def _named_twice(documents: Iterable[Document]) -> Iterator[Issue]:
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        first = seen.setdefault((document.kind, document.name), document)
        if first is not document:
            what = say("config.named_twice", kind=document.kind, name=document.name)
            mark = ("name",) if ("name",) in document.marks else ("kind", KEY)
            yield document.issue(
                mark, what, why=say("config.name_taken", file=first.file), how=say("config.another_name_for_one")
            )
