"""How a project's documents replace, change and shorten what a preset ships, and where each value comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from opscli.config.document import Document
from opscli.config.load import load, read_documents
from opscli.config.origins import resolved
from opscli.config.presets import FOLDER, is_shipped, presets, shipped, without
from opscli.errors import ConfigInvalid

SETTINGS = "kind: project\nversion: 1\nname: small\nextends: shop@1\n"


def written(root: Path, files: dict[str, str]) -> Path:
    for file, text in {"project.yaml": SETTINGS, **files}.items():
        path = root / "configs" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def document(root: Path, kind: str, name: str) -> Document:
    return next(item for item in load(root, None).documents if (item.kind, item.name) == (kind, name))


def problems(root: Path) -> list[str]:
    return [f"{issue.file}:{issue.line}:{issue.column}: {issue.what} {issue.how}" for issue in read_documents(root)[1]]


def test_a_preset_lies_below_the_project(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, {}), None)
    below = [item for item in loaded.documents if item.preset]
    assert len(below) == len(shipped("shop@1"))
    assert {item.file.split("/")[0] for item in below} == {"shop@1"}
    assert all(is_shipped(item.file) for item in below)
    assert load(written(tmp_path, {"project.yaml": SETTINGS.replace("extends: shop@1\n", "")}), None).documents != below


def test_an_own_document_replaces_the_shipped_one(tmp_path: Path) -> None:
    own = 'kind: tags\nversion: 1\ndimension: value\ntags: [{name: rich, when: "revenue_365d > 9"}]\n'
    found = document(written(tmp_path, {"tags/value.yaml": own}), "tags", "value")
    assert [tag["name"] for tag in found.data["tags"]] == ["rich"]
    assert found.file == "configs/tags/value.yaml"


OWN = """kind: tags
version: 1
extends: shop@1
without: [mid_value]
tags:
  - {name: vip, when: "revenue_365d >= 5000"}
  - {name: high_value, label: Best}
  - {name: tiny, when: "revenue_365d < 5"}
"""


def test_an_own_document_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    found = document(written(tmp_path, {"tags/value.yaml": OWN}), "tags", "value")
    assert [tag["name"] for tag in found.data["tags"]] == ["vip", "high_value", "low_value", "tiny"]
    assert found.data["tags"][1] == {"name": "high_value", "label": "Best", "when": "value_group = 5"}
    assert (found.data["dimension"], found.data["exclusive"]) == ("value", True)


def test_each_value_is_told_with_the_file_that_states_it(tmp_path: Path) -> None:
    found = document(written(tmp_path, {"tags/value.yaml": OWN}), "tags", "value")
    shipped_place = found.issue(("tags", 1, "when"), "x")
    own_place = found.issue(("tags", 1, "label"), "x")
    assert (shipped_place.file, shipped_place.line) == ("shop@1/tags/value.yaml", 9)
    assert (own_place.file, own_place.line) == ("configs/tags/value.yaml", 7)
    low = found.issue(("tags", 2, "name"), "x")
    assert (low.file, low.line) == ("shop@1/tags/value.yaml", 11), "what comes after something left out keeps its line"
    origins = resolved(found).origins
    assert origins["tags", 1, "when"] == ("shop@1/tags/value.yaml", 9)
    assert origins["tags", 1, "label"] == ("", 7)


def test_entries_by_name_are_laid_over_too(tmp_path: Path) -> None:
    own = (
        "kind: traits\nversion: 1\nextends: shop@1\nwithout: [revenue_total]\n"
        "traits:\n  revenue_90d: {within: 80d}\n  revenue_7d: {sum: orders.amount, within: 7d}\n"
    )
    traits = document(written(tmp_path, {"traits/money.yaml": own}), "traits", "money").data["traits"]
    assert traits["revenue_90d"]["within"] == "80d"
    assert traits["revenue_90d"]["sum"] == "orders.amount"
    assert "revenue_7d" in traits
    assert "revenue_total" not in traits


def test_one_document_of_a_preset_may_be_taken_alone(tmp_path: Path) -> None:
    own = "kind: metric\nversion: 1\nextends: shop@1\ntarget: {value: 0.4}\n"
    files = {"metrics/mql_to_sql.yaml": own, "project.yaml": SETTINGS.replace("extends: shop@1\n", "")}
    loaded = load(written(tmp_path, files), None)
    assert {item.kind for item in loaded.documents} == {"metric", "project"}
    assert loaded.documents[0].data["type"] == "ratio"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("project.yaml", SETTINGS.replace("shop", "shp"), 'project.yaml:4:10: there is no preset "shp@1" did you mean "shop@1"?'),
        ("project.yaml", SETTINGS.replace("@1", "@9"), 'project.yaml:4:10: there is no preset "shop@9" did you mean "shop@1"?'),
        ("tags/valeu.yaml", "kind: tags\nversion: 1\nextends: shop@1\n", 'tags/valeu.yaml:3:10: shop@1 ships no tags named "valeu" did you mean "value"?'),
        ("tags/value.yaml", "kind: tags\nversion: 1\nextends: sho@1\n", 'tags/value.yaml:3:10: there is no preset "sho@1" did you mean "shop@1"?'),
        ("tags/value.yaml", "kind: tags\nversion: 1\nextends: shop@1\nwithout: [mid_valu]\n", 'tags/value.yaml:4:11: shop@1/tags/value.yaml has no item "mid_valu" did you mean "mid_value"?'),
        ("tags/value.yaml", "kind: tags\nversion: 1\nextends: shop@1\ntags: [{name: high_value, wen: x}]\n", 'tags/value.yaml:4:27: unknown key "wen" did you mean "when"?'),
        ("tags/value.yaml", "kind: tags\nversion: 1\nextends: shop@1\ntags: [{name: new}]\n", 'tags/value.yaml:4:8: missing key "when"'),
    ],
    ids=["preset", "version", "document", "own preset", "item", "key", "half an item"],
)  # fmt: skip
def test_what_does_not_exist_is_told_with_its_place(file: str, text: str, said: str, tmp_path: Path) -> None:
    found = problems(written(tmp_path, {file: text}))
    assert any(said in problem for problem in found), found


def test_the_version_covers_what_is_shipped_wherever_it_stands(tmp_path: Path) -> None:
    with_preset = load(written(tmp_path / "a", {}), None).version
    alone = load(written(tmp_path / "b", {"project.yaml": SETTINGS.replace("extends: shop@1\n", "")}), None).version
    text = (FOLDER / "shop" / "1" / "tags" / "value.yaml").read_text(encoding="utf-8")
    copied = load(written(tmp_path / "c", {"tags/value.yaml": text}), None).version
    changed = load(written(tmp_path / "d", {"tags/value.yaml": text.replace("value_group = 5", "true")}), None).version
    assert with_preset == copied
    assert len({with_preset, alone, changed}) == 3


def test_a_document_can_be_shortened(tmp_path: Path) -> None:
    found = document(written(tmp_path, {}), "tags", "value")
    shorter = without(found, [("tags", 0)])
    assert shorter is not None
    assert [tag["name"] for tag in shorter.data["tags"]] == ["mid_value", "low_value"]
    assert shorter.mark(("tags", 0)) == found.mark(("tags", 1))
    assert without(found, [("tags", 0), ("tags", 1), ("tags", 2)]) is None
    assert without(found, [()]) is None


def test_what_is_extended_must_be_there() -> None:
    assert "shop@1" in presets()
    with pytest.raises(KeyError):
        shipped("shop@99")


def test_a_broken_own_part_is_refused_at_load(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid):
        load(written(tmp_path, {"tags/value.yaml": OWN.replace("mid_value", "nothing")}), None)
