from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from opscli.config.secrets import SecretMissing
from opscli.errors import ConfigInvalid, UsageError
from opscli.runner.compile import check_project, compile_project

HEAD = "kind: project\nversion: 1\nname: shop\ntimezone: Europe/London\ncurrency: GBP\nholdout: 5%\n"
ENVIRONMENTS = """environments:
  dev: {redirect_to: me@example.com}
  prod: {live: true, state: {env: SHOP_STATE}, limits: {max_recipients: 10}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OPSCLI_ENV", "SHOP_STATE"):
        monkeypatch.delenv(name, raising=False)
    put(tmp_path, "configs/project.yaml", HEAD + ENVIRONMENTS)
    return tmp_path


def put(root: Path, file: str, text: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_settings_of_the_environment_end_in_the_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_STATE", "postgresql://ops@host/db")
    project = compile_project(root, "prod")
    assert (project.live, project.state_url, project.max_recipients) == (True, "postgresql://ops@host/db", 10)
    assert (project.zone, project.currency, project.holdout) == ("Europe/London", "GBP", 0.05)
    assert project.retention["rejects"] == timedelta(days=90)
    assert project.id_key == "shop", "the name of the project unless it states a key"


def test_without_a_word_the_environment_is_default_and_not_live(root: Path) -> None:
    project = compile_project(root, None)
    assert (project.environment, project.live, project.redirect_to) == ("default", False, None)


def test_a_check_needs_no_secret_and_a_run_says_which_is_missing(root: Path) -> None:
    check_project(root, "prod")
    with pytest.raises(SecretMissing, match="SHOP_STATE"):
        compile_project(root, "prod")
    assert "SHOP_STATE" not in os.environ


def test_an_unknown_environment_is_a_usage_error(root: Path) -> None:
    with pytest.raises(UsageError, match="unknown environment live"):
        compile_project(root, "live")


def test_the_catalog_knows_entities_columns_and_customer_fields(root: Path) -> None:
    put(
        root,
        "configs/entities/orders.yaml",
        "kind: entity\nversion: 1\nextends: standard\nschema: {properties: {margin: {type: number, x-money: project}}}\n",
    )
    catalog = compile_project(root, None).catalog
    assert "orders" in catalog.names("entity")
    assert catalog.types("column")["orders.margin"] == "money"
    assert catalog.types("column")["orders.ordered_at"] == "timestamp"
    assert catalog.types("customer_field")["birth_date"] == "date"
    margin = catalog.get("column", "orders.margin")
    assert margin is not None
    assert (margin.file, margin.line) == ("configs/entities/orders.yaml", 4)


def test_names_are_looked_up_across_files(root: Path) -> None:
    traits = "kind: traits\nversion: 1\ntraits: {revenue_365d: {sum: orders.amount, within: 365d}}\n"
    tags = "kind: tags\nversion: 1\ndimension: value\ntags: [{name: high_value, when: 'revenu_365d >= 5000'}]\n"
    put(root, "configs/traits/basics.yaml", traits)
    put(root, "configs/tags/value.yaml", tags)
    with pytest.raises(ConfigInvalid) as caught:
        compile_project(root, None)
    (problem,) = caught.value.details
    assert problem.startswith('configs/tags/value.yaml:4:34: unknown name "revenu_365d"')
    assert "revenue_365d" in problem
    put(root, "configs/tags/value.yaml", tags.replace("revenu_", "revenue_"))
    assert compile_project(root, None).catalog.get("trait", "revenue_365d") is not None


def test_one_name_for_two_definitions_is_refused_with_both_places(root: Path) -> None:
    traits = "kind: traits\nversion: 1\ntraits: {revenue: {sum: orders.amount}}\n"
    put(root, "configs/traits/one.yaml", traits)
    put(root, "configs/traits/two.yaml", traits)
    with pytest.raises(ConfigInvalid) as caught:
        compile_project(root, None)
    assert any("configs/traits/one.yaml:3" in text and "revenue" in text for text in caught.value.details)
