from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import opscli
from opscli.config.export import SCHEMAS, draft_07, index, write_schemas
from opscli.config.load import load, read_documents
from opscli.config.modeline import modeline, put_modelines, with_modeline
from opscli.config.schemas import schema_of, smallest_example, versions_of
from opscli.config.upgrade import find_upgrades
from opscli.errors import CannotCreate
from opscli.kinds import config_kinds
from tests.unit.config.conftest import Write

VERSIONS = [(kind, version) for kind in config_kinds() for version in versions_of(kind)]
DOCS = Path(opscli.__file__).parent.parent / "docs"


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_both_forms_keep_the_rules_of_their_own_draft(kind: str, version: int) -> None:
    schema = schema_of(kind, version)
    twin = draft_07(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema(twin)
    assert '"$ref": "#/$defs/' not in json.dumps(twin)
    for example in schema["examples"]:
        assert jsonschema.Draft202012Validator(schema).is_valid(example)
        assert jsonschema.Draft7Validator(twin).is_valid(example)


def test_words_of_the_user_are_no_keywords() -> None:
    schema = {
        "properties": {"$defs": {"const": "#/$defs/x"}, "dependentRequired": {"enum": [{"$ref": "#/$defs/x"}]}},
        "$defs": {"x": {"type": "string", "default": {"$defs": 1}}},
        "allOf": [{"$ref": "#/$defs/x", "description": "beside"}],
        "dependentRequired": {"a": ["b"]},
    }
    assert draft_07(schema) == {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": schema["properties"],
        "definitions": {"x": {"type": "string", "default": {"$defs": 1}}},
        "allOf": [{"description": "beside", "allOf": [{"$ref": "#/definitions/x"}]}],
        "dependencies": {"a": ["b"]},
    }


def test_every_version_is_written_and_the_index_names_the_current_one(tmp_path: Path) -> None:
    names = {path.name for path in write_schemas(tmp_path, ("health", "tags"))}
    forms = ("schema.json", "draft-07.json")
    assert names == {
        "index.json",
        *(f"{kind}.{form}" for kind in ("health.v1", "health.v2", "tags.v1") for form in forms),
    }
    written = json.loads((tmp_path / SCHEMAS / "index.json").read_text(encoding="utf-8"))
    assert [(row["kind"], row["version"], row["current"]) for row in written["schemas"]] == [
        ("health", 1, False),
        ("health", 2, True),
        ("tags", 1, True),
    ]
    assert {row[form] for row in written["schemas"] for form in ("schema", "draft_07")} | {"index.json"} == names
    assert list(written["yaml.schemas"]) == [
        ".opscli/schemas/health.v2.draft-07.json",
        ".opscli/schemas/tags.v1.draft-07.json",
    ]
    assert (tmp_path / ".opscli").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / ".opscli" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotCreate):
        list(write_schemas(tmp_path / "file", ("tags",)))


def test_the_settings_in_the_docs_are_those_of_the_index() -> None:
    page = (DOCS / "editors.md").read_text(encoding="utf-8")
    stated = index(tuple(config_kinds()))["yaml.schemas"]
    vs_code = json.loads(_block(page, "json"))["yaml.schemas"]
    helix: Any = tomllib.loads(_block(page, "toml"))
    helix = helix["language-server"]["yaml-language-server"]["config"]["yaml"]["schemas"]
    assert vs_code == helix
    assert len(vs_code) == 3
    assert vs_code.items() <= stated.items()
    assert _block(page, "yaml").startswith(modeline("configs/tags/value.yaml", "tags", 1) + "\n")


def _block(page: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_first_line_is_put_once_and_replaces_an_older_one(newline: str, mark: str) -> None:
    text = mark + newline.join(("# 说明", "# yaml-language-server: $schema=old.json", "kind: tags # x", ""))
    line = "# yaml-language-server: $schema=new.json"
    changed = with_modeline(text, line)
    assert changed == mark + newline.join((line, "# 说明", "kind: tags # x", ""))
    assert with_modeline(changed, line) == changed


def test_first_lines_lead_to_the_schema_of_the_file_and_change_no_config_version(root: Path, write: Write) -> None:
    write("configs/tags/deep/value.yaml", json.dumps(smallest_example("tags")))
    write("jobs/nightly.yaml", json.dumps(smallest_example("job")))
    write("configs/health/standard.yaml", "kind: health\nversion: 1\nmeasures: [{trait: a, good: 1, bad: 0}]\n")
    before = load(root, None).version
    list(write_schemas(root, tuple(config_kinds())))
    documents = read_documents(root)[0]
    assert len(put_modelines(root, documents)) == len(documents) == 4
    assert put_modelines(root, read_documents(root)[0]) == ()
    assert load(root, None).version == before
    for item in documents:
        first = (root / item.file).read_text(encoding="utf-8").splitlines()[0]
        schema = (root / item.file).parent / first.partition("$schema=")[2]
        content = json.loads(schema.read_text(encoding="utf-8"))
        assert (content["properties"]["kind"]["const"], "draft-07" in content["$schema"]) == (item.kind, True)
    (found,) = find_upgrades(root)
    names = [text.splitlines()[0].rpartition("/")[2] for text in (found.before, found.after)]
    assert names == ["health.v1.draft-07.json", "health.v2.draft-07.json"]
