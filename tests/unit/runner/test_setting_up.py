"""What no source feeds is left out with all that leans on it; own rules that lean on it are problems with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from opscli.config.load import fingerprint_of
from opscli.config.seal import take_seal
from opscli.errors import ConfigInvalid
from opscli.outcome import Issue
from opscli.runner import kept
from opscli.runner.compile import check_project, read_project
from opscli.runner.configurations import Configuration, find
from opscli.runner.setting_up import not_set_up

SETTINGS = "kind: project\nversion: 1\nname: small\nextends: shop@1\n"


def written(root: Path, files: dict[str, str], entities: tuple[str, ...] = ("customers", "orders")) -> Path:
    sources = {f"sources/{name}.yaml": f"kind: source\nversion: 1\npath: x.csv\nentity: {name}\n" for name in entities}
    for file, text in {"project.yaml": SETTINGS, **sources, **files}.items():
        path = root / "configs" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def issues(root: Path) -> list[Issue]:
    with pytest.raises(ConfigInvalid) as caught:
        read_project(root, None)
    return [item for item in caught.value.issues if isinstance(item, Issue)]


def test_all_that_leans_on_it_is_left_out(tmp_path: Path) -> None:
    checked = read_project(written(tmp_path, {}), None)
    waits = {(item.category, item.name): item.entities for item in not_set_up(checked.catalog)}
    assert waits["trait", "visits_30d"] == ("events",)
    assert waits["tag", "highly_engaged"] == ("events",), "a tag leans on its traits"
    assert waits["dimension", "engagement"] == ("events",), "a dimension without tags is none"
    assert waits["metric", "ltv_cac"] == ("spend",)
    assert ("dimension", "channel_preference") not in waits, "some of its tags are there"
    (report,) = [item for item in checked.loaded.documents if item.kind == "report"]
    shown = [block.get("kpi") or block.get("tags") for block in report.data["layout"]]
    assert "revenue" in shown
    assert not {"ltv_cac", "nps", "engagement"} & set(shown)


def test_a_derived_number_goes_with_its_inputs(tmp_path: Path) -> None:
    checked = read_project(written(tmp_path, {}, ("customers",)), None)
    waits = {item.name: item.remedy for item in not_set_up(checked.catalog, "metric")}
    assert waits["revenue_per_customer"] == "not set up: add a source for orders"


def test_one_that_waits_for_two_says_both(tmp_path: Path) -> None:
    checked = read_project(written(tmp_path, {}, ("customers",)), None)
    (found,) = [item for item in not_set_up(checked.catalog, "tag") if item.name == "left_cart"]
    assert found.remedy == "not set up: add a source for events and orders"


def test_a_source_sets_it_up(tmp_path: Path) -> None:
    before = read_project(written(tmp_path, {}), None)
    after = read_project(written(tmp_path, {}, ("feedback",)), None)
    assert before.catalog.get("metric", "nps") is None
    assert after.catalog.get("metric", "nps") is not None
    assert before.loaded.version != after.loaded.version
    assert before.loaded.version == fingerprint_of(before.loaded.documents), "the version covers what is in use"


def test_a_block_stays_while_one_of_its_tags_is_there(tmp_path: Path) -> None:
    files = {"project.yaml": SETTINGS.replace("shop@1", "b2b@1")}
    checked = read_project(written(tmp_path, files, ("customers",)), None)
    assert "gone_quiet" in {item.name for item in not_set_up(checked.catalog, "tag")}
    assert "without_owner" in checked.catalog.names("tag")
    (report,) = [item for item in checked.loaded.documents if item.kind == "report"]
    assert {"tags": "attention"} in report.data["layout"]


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("tags/x.yaml", 'dimension: x\ntags: [{name: y, when: "visits_30d > 3"}]\n', "tags/x.yaml:4:25"),
        ("tags/x.yaml", "dimension: x\ntags: [{name: y, when: \"has_tag('dormant')\"}]\n", "tags/x.yaml:4:33"),
        ("traits/x.yaml", 'traits: {y: {expr: "visits_30d / 30"}}\n', "traits/x.yaml:3:21"),
        ("reports/x.yaml", "layout: [{kpi: website_visits}]\n", "reports/x.yaml:3:16"),
        ("reports/x.yaml", "layout: [{tags: engagement}]\n", "reports/x.yaml:3:17"),
    ],
    ids=["trait", "tag", "formula", "metric", "dimension"],
)
def test_own_rules_that_lean_on_it_are_told_the_way_out(file: str, text: str, place: str, tmp_path: Path) -> None:
    kinds = {"tags": "tags", "traits": "traits", "reports": "report"}
    head = f"kind: {kinds[file.partition('/')[0]]}\nversion: 1\n"
    (found,) = issues(written(tmp_path, {file: head + text}))
    assert f"{found.file}:{found.line}:{found.column}" == f"configs/{place}"
    assert found.how == "not set up: add a source for events"
    assert "shop@1/" in found.why


def test_a_shipped_number_with_an_own_target_waits_too(tmp_path: Path) -> None:
    own = "kind: metric\nversion: 1\nextends: shop@1\ntarget: {value: 40}\n"
    checked = read_project(written(tmp_path, {"metrics/nps.yaml": own}), None)
    assert "nps" in {item.name for item in not_set_up(checked.catalog, "metric")}


def test_a_second_definition_is_told_at_the_own_one(tmp_path: Path) -> None:
    own = "kind: traits\nversion: 1\ntraits:\n  revenue_365d: {sum: orders.amount}\n"
    (found,) = issues(written(tmp_path, {"traits/mine.yaml": own}))
    assert (found.file, found.line) == ("configs/traits/mine.yaml", 4)
    assert "configs/traits/money.yaml" in found.how
    assert "extends: shop@1" in found.how


def test_a_kept_project_is_the_same(tmp_path: Path) -> None:
    own = "kind: tags\nversion: 1\nextends: shop@1\ntags: [{name: high_value, label: Best}]\n"
    root = written(tmp_path, {"tags/value.yaml": own})
    checked = check_project(root)
    kept.keep(checked, take_seal(root)) if not (root / kept.FOLDER / kept.FILE).exists() else None
    recalled = kept.recall(root, "default")
    if recalled is None:  # the files are too new for a seal to be trusted
        pytest.skip("this disk counts time too coarsely")
    assert recalled.loaded.version == checked.loaded.version
    assert not_set_up(recalled.catalog) == not_set_up(checked.catalog)
    for before, after in zip(checked.loaded.documents, recalled.loaded.documents, strict=True):
        assert (before.preset, dict(before.files), before.file) == (after.preset, dict(after.files), after.file)
        assert before.data == after.data


def test_another_checkout_is_compared_as_it_would_run(tmp_path: Path) -> None:
    here = read_project(written(tmp_path / "here", {}), None)
    written(tmp_path / "there", {})
    there: Configuration = find(here, None, str(tmp_path / "there"))
    assert there.version == here.loaded.version
