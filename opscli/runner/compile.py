"""Documents → one frozen Project: each room parses its kinds, says what it provides, checks against all the others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from opscli.config.document import Document
from opscli.config.load import chosen_environment, loaded_from, read_documents
from opscli.config.presets import is_shipped
from opscli.config.project import ProjectSpec
from opscli.config.seal import take_seal
from opscli.config.secrets import resolve
from opscli.engine.entity import Entity, standard_entities
from opscli.errors import ConfigInvalid
from opscli.kinds import load_config_kind
from opscli.outcome import Issue
from opscli.phrases import say
from opscli.runner.kept import Checked, keep, recall
from opscli.runner.setting_up import LeftOut, entries, quoted, set_up, with_remedies
from opscli.stage import Catalog, ConfigKind, Project, Provided, collecting

_NAME = re.compile(r"[^\W\d]\w*")
ENTITY, COLUMN, CUSTOMER_FIELD = "entity", "column", "customer_field"


def check_project(root: Path, environment: str | None = None) -> Checked:
    """All config, read and checked, or as it was kept while nothing has changed since.

    Raises ConfigInvalid with every problem of every document, UsageError for an unknown environment.
    """
    chosen = chosen_environment(environment, root)
    checked = recall(root, chosen)
    if checked is None:
        seal = take_seal(root)
        checked = read_project(root, chosen)
        keep(checked, seal)
    checked.settings.settings(chosen)
    return checked


def read_project(root: Path, environment: str | None) -> Checked:
    """Read and check every file, whatever was kept; raises ConfigInvalid with every problem of every document."""
    documents, issues, texts = read_documents(root)
    if issues:
        raise ConfigInvalid(sorted({*issues, *_beside_the_broken(documents, issues, texts)}))
    loaded, left_out = set_up(loaded_from(root, environment, documents, texts))
    with collecting() as problems:
        specs, catalog, found = _cross_checked(loaded.documents, left_out)
        problems.extend(found)
    settings = cast("ProjectSpec", specs["project"][loaded.project.name])
    return Checked(loaded=loaded, settings=settings, specs=specs, catalog=catalog)


def compile_project(root: Path, environment: str | None) -> Project:
    """The frozen project of an environment: --env, else OPSCLI_ENV, else `default`, which is not live.

    Raises ConfigInvalid with every problem, UsageError for an unknown environment, SecretMissing where the address of a
    store is a secret that this machine lacks.
    """
    return freeze(check_project(root, environment), root)


def freeze(checked: Checked, root: Path) -> Project:
    """The project of what was checked; only now secrets are read. Raises SecretMissing."""
    spec, loaded = checked.settings, checked.loaded
    here = spec.settings(loaded.environment)
    return Project(
        root=root,
        name=spec.name,
        environment=loaded.environment,
        live=here.live,
        redirect_to=here.redirect_to,
        zone=spec.timezone,
        currency=spec.currency,
        country=spec.country,
        locale=spec.locale,
        id_key=resolve(here.id_key, root).reveal(),
        holdout=here.holdout,
        max_recipients=here.limits.max_recipients,
        max_delta=here.limits.max_delta,
        retention=spec.retention,
        warehouse_url=resolve(here.warehouse, root).reveal(),
        state_url=resolve(here.state, root).reveal(),
        clock_pin=here.clock,
        version=loaded.version,
        documents=loaded.documents,
        specs=checked.specs,
        entities=checked.catalog.entities,
        catalog=checked.catalog,
    )


def _cross_checked(
    documents: Iterable[Document], left_out: Sequence[LeftOut] = ()
) -> tuple[dict[str, dict[str, object]], Catalog, list[Issue]]:
    """Specs by kind and name, what they define together, and every problem that needs the other documents."""
    specs: dict[str, dict[str, object]] = defaultdict(dict)
    for document in documents:
        specs[document.kind][document.name] = _module(document.kind).parse(document)
    modules = {kind: _module(kind) for kind in specs}
    settings = cast("ProjectSpec", next(iter(specs["project"].values())))
    entities = {**standard_entities(), **_entities(specs)}
    provided = [*_entity_entries(entities), *_provided(specs, modules), *entries(left_out)]
    issues = list(_provided_twice(provided))
    zone = settings.timezone if settings.zone_exists() else "UTC"
    catalog = Catalog(entries=_by_category(provided), entities=entities, zone=zone)
    for kind, named in specs.items():
        for spec in named.values():
            issues.extend(with_remedies(modules[kind].check(spec, catalog), left_out))
    return specs, catalog, issues


def _beside_the_broken(documents: Iterable[Document], issues: list[Issue], texts: Mapping[str, str]) -> Iterator[Issue]:
    """Problems between the documents that are sound by themselves, so that nobody mends them in two rounds.

    A name that a broken file mentions may be defined there, and what is missing in a folder may be in its broken file;
    whether it is so shows when that file is mended.
    Without the project's settings or with a broken entity, whose columns everybody leans on, nothing can be said.
    """
    broken = {issue.file for issue in issues}
    sound = [item for item in documents if not any(f"{file}/".startswith(f"{item.file}/") for file in broken)]
    entities = any(file.startswith("configs/entities/") for file in broken)
    if entities or not any(item.kind == "project" for item in sound):
        return
    folders = {f"{Path(file).parent.as_posix()}/" for file in broken}
    stems = {part for file in broken for part in Path(file).with_suffix("").parts}
    doubtful = stems.union(*(_NAME.findall(texts.get(file, "")) for file in broken))
    for issue in _cross_checked(sound)[2]:
        if any(folder in issue.how for folder in folders):
            continue
        if doubtful.isdisjoint(_NAME.findall(" ".join(quoted(issue.what)))):
            yield issue


def _module(kind: str) -> ConfigKind:
    return cast("ConfigKind", load_config_kind(kind))


def _entities(specs: Mapping[str, Mapping[str, object]]) -> dict[str, Entity]:
    return {name: spec for name, spec in specs.get(ENTITY, {}).items() if isinstance(spec, Entity)}


def _entity_entries(entities: Mapping[str, Entity]) -> Iterator[Provided]:
    """Entities, their columns as `orders.amount`, and the customers' columns as fields of a customer."""
    for entity in entities.values():
        file, line = entity.document.file, entity.document.mark(())[0]
        yield Provided(category=ENTITY, name=entity.name, file=file, line=line)
        for column in entity.columns:
            place = entity.document.mark(("schema", "properties", column.name))[0]
            name = f"{entity.name}.{column.name}"
            yield Provided(category=COLUMN, name=name, type=column.type, file=file, line=place)
            if entity.name == "customers":
                yield Provided(category=CUSTOMER_FIELD, name=column.name, type=column.type, file=file, line=place)


def _provided(specs: Mapping[str, Mapping[str, object]], modules: Mapping[str, ConfigKind]) -> Iterator[Provided]:
    for kind, named in specs.items():
        for spec in named.values():
            yield from modules[kind].provides(spec)


def _by_category(provided: Iterable[Provided]) -> dict[str, dict[str, Provided]]:
    entries: dict[str, dict[str, Provided]] = defaultdict(dict)
    for item in provided:
        entries[item.category].setdefault(item.name, item)
    return dict(entries)


def _provided_twice(provided: Iterable[Provided]) -> Iterator[Issue]:
    """Two definitions of one name: nobody could say which one an expression means."""
    seen: dict[tuple[str, str], Provided] = {}
    for item in sorted(provided, key=lambda item: not is_shipped(item.file)):  # only the own one can be changed
        first = seen.setdefault((item.category, item.name), item)
        if first is not item:
            why = say("runner.defined_already", file=first.file, line=first.line)
            what = say("runner.defined_twice", category=item.category, name=item.name)
            how = say("runner.another_name")
            if is_shipped(first.file):
                preset, _, place = first.file.partition("/")
                how = say("runner.change_shipped", file=f"configs/{place}", preset=preset, name=item.name)
            yield Issue(file=item.file, line=item.line, column=1, what=what, why=why, how=how)
