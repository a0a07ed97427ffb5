from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opscli.config.document import Document
from opscli.config.load import load, read_documents
from opscli.config.patch import comments, patched
from opscli.config.reader import read_yaml
from opscli.config.schemas import schema_of, version_of, versions_of
from opscli.config.upgrade import find_upgrades
from opscli.config.validate import validate
from opscli.config.versions import outdated, step, upgraded
from opscli.errors import ConfigInvalid, UsageError
from opscli.kinds import config_kinds, frozen_versions, load_upgrade
from tests.unit.config.conftest import Write
from tests.unit.config.written import written

FROZEN = {"health.v1": "ed1894d5c17d047683f784818fc7dada29768a79fc6397385bc6149f0b191281"}
"""SHA-256 of every frozen schema: files in the world are written in it, so it never changes again."""
OLDER = [(kind, version) for kind in config_kinds() for version in frozen_versions(kind)]
ALERT = "alert:\n  high_value: {value} # who\n  fallback_owner: lead\n  no_login_days: 30\n"
HEALTH = "# mine\nkind: health\nversion: 1\nmeasures: [{trait: orders_90d, good: 9, bad: 0}]\n"


def test_a_frozen_schema_never_changes() -> None:
    found = {
        f"{kind}.v{version}": hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in config_kinds()
        for version, path in frozen_versions(kind).items()
    }
    assert found == FROZEN


@pytest.mark.parametrize("kind", config_kinds())
def test_versions_follow_each_other_without_a_gap(kind: str) -> None:
    assert versions_of(kind) == tuple(range(1, version_of(kind) + 1))


@pytest.mark.parametrize(("kind", "version"), OLDER)
def test_every_example_of_an_older_version_is_upgraded_to_a_legal_one(kind: str, version: int) -> None:
    schema = schema_of(kind, version)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["examples"]
    for example in schema["examples"]:
        before = copy.deepcopy(example)
        old = Document(kind=kind, version=version, name="x", file="x.yaml", data=example, marks={})
        assert validate(old) == ()
        new = upgraded(old)
        assert (validate(new), new.version, new.upgraded_from) == ((), version_of(kind), version)
        assert example == before, "the data that a step was handed stay as they were"


@st.composite
def health_v1(draw: st.DrawFn) -> dict[str, Any]:
    """A legal document of version 1, its keys in any order."""
    audience = st.sampled_from(("high_value", "vip_2", "spend >= 5 and region in ('a', 'b')", "名称 = 'x' # y", "Vip"))
    optional = {"high_value": audience, "no_login_days": st.integers(1, 3650), "baseline_min": st.integers(1, 9)}
    alert = draw(st.fixed_dictionaries({"fallback_owner": st.sampled_from(("S004", "high_value"))}, optional=optional))
    data = {"kind": "health", "version": 1, "measures": [{"trait": "high_value", "good": 9, "bad": 0}], "alert": alert}
    return {key: data[key] for key in draw(st.permutations(list(data)))}


@settings(max_examples=60)
@given(st.data())
def test_the_upgraded_text_reads_as_the_upgraded_data(choose: st.DataObject) -> None:
    before = choose.draw(health_v1())
    text = choose.draw(written(before))
    after = step("health", 1, before)
    changed = patched(text, before, after)
    tree, problems = read_yaml(changed, "x.yaml")
    assert tree is not None
    assert (tree.data, list(tree.data), problems) == (after, list(before), ())
    assert comments(changed) == comments(text)
    assert load_upgrade("health", 1).upgrade(after) == after, "a second time changes nothing"


def test_an_older_file_loads_with_a_note_and_the_places_of_its_own_text(root: Path, write: Write) -> None:
    write("configs/health/standard.yaml", HEALTH + ALERT.format(value="vip"))
    documents, issues, _ = read_documents(root)
    health = next(item for item in documents if item.kind == "health")
    assert issues == []
    assert health.data["alert"] == {"audience": "has_tag('vip')", "fallback_owner": "lead", "no_login": "30d"}
    assert (health.mark(("alert", "audience")), health.mark(("alert", "no_login"))) == ((6, 15), (8, 18))
    (note,) = outdated(documents)
    assert str(note) == (
        "configs/health/standard.yaml:3:10: written in version 1 of kind health; the current one is 2\n"
        "  it is read as before, and brought up to date in memory each time\n"
        "  bring the file up to date: opscli config upgrade --write configs/health/standard.yaml"
    )


def test_an_older_file_is_judged_by_its_own_version(root: Path, write: Write) -> None:
    write("configs/health/standard.yaml", HEALTH + ALERT.format(value="vip") + "  audience: has_tag('vip')\n")
    with pytest.raises(ConfigInvalid) as caught:
        find_upgrades(root)
    assert caught.value.details[0].startswith('configs/health/standard.yaml:9:3: unknown key "audience"')


def test_upgrading_the_files_does_not_change_the_config_version(root: Path, write: Write) -> None:
    path = write("configs/health/standard.yaml", HEALTH + ALERT.format(value="vip"))
    before = load(root, None).version
    (found,) = find_upgrades(root)
    path.chmod(0o640)
    found.write()
    assert (path.stat().st_mode & 0o777, list(path.parent.iterdir())) == (0o640, [path])
    assert (load(root, None).version, find_upgrades(root)) == (before, ())


def test_only_what_is_named_is_upgraded(root: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("configs/health/one.yaml", HEALTH)
    write("configs/health/two.yaml", HEALTH)
    write("configs/tags/broken.yaml", "kind: tags\nversion: 1\n")
    monkeypatch.chdir(root / "configs" / "health")
    assert [item.file for item in find_upgrades(root, [Path("two.yaml")])] == ["configs/health/two.yaml"]
    assert len(find_upgrades(root, [Path("configs/health")])) == 2
    with pytest.raises(ConfigInvalid):
        find_upgrades(root)
    with pytest.raises(UsageError, match=r"three\.yaml is no config file"):
        find_upgrades(root, [Path("three.yaml")])


def test_a_diff_is_one_that_patch_reads(root: Path, write: Write) -> None:
    write("configs/health/standard.yaml", HEALTH.rstrip("\n"))
    assert find_upgrades(root)[0].diff() == (
        "--- a/configs/health/standard.yaml\n+++ b/configs/health/standard.yaml\n@@ -1,4 +1,4 @@\n # mine\n"
        " kind: health\n-version: 1\n+version: 2\n measures: [{trait: orders_90d, good: 9, bad: 0}]\n"
        "\\ No newline at end of file\n"
    )
