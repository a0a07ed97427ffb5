"""What changed from one configuration to another, as it is told: moves, texts, orders, and through whom it matters."""

from __future__ import annotations

from dataclasses import replace

from opscli.config.document import Document
from opscli.config.reader import read_yaml
from opscli.runner.configurations import Configuration
from opscli.runner.difference import Difference, difference

CAMPAIGN = (
    "kind: campaign\nversion: 1\nname: may\ntopic: offers\naudience: \"has_tag('high')\"\nsend: {template: may}\n"
)
VALUE = """kind: tags
version: 1
dimension: value
exclusive: true
tags:
  - {name: high, when: "revenue >= 5000"}
  - {name: mid, when: "revenue >= 500"}
"""
VALUE_OF_RANK = 'kind: tags\nversion: 1\ndimension: rank\ntags:\n  - {name: first, when: "revenue > 1"}\n'
TRAITS = (
    "kind: traits\nversion: 1\ntraits:\n  revenue: {sum: orders.amount, where: \"status = 'paid'\", within: 365d}\n"
)


def document(file: str, text: str) -> Document:
    tree, issues = read_yaml(text, file)
    assert tree is not None
    assert not issues
    data = dict(tree.data)
    name = data.setdefault("name", file.rsplit("/", 1)[-1].removesuffix(".yaml"))
    return Document(kind=data["kind"], version=data["version"], name=name, file=file, data=data, marks=tree.marks)


def template(html: str, subject: str = "News") -> Document:
    data = {"kind": "template", "version": 1, "name": "may", "subject": subject, "html": html}
    return Document(kind="template", version=1, name="may", file="configs/templates/may", data=data, marks={})


def side(*documents: Document) -> Configuration:
    return Configuration(title="", version=str(id(documents)), documents=documents)


def found(before: list[Document], after: list[Document]) -> Difference:
    campaign = document("configs/campaigns/may.yaml", CAMPAIGN)
    return difference(side(campaign, *before), side(campaign, *after))


def sentences(before: list[Document], after: list[Document]) -> list[str]:
    return [item.sentence for item in found(before, after).told]


def test_a_trait_in_another_file_is_the_same_trait() -> None:
    old, new = document("configs/traits/one.yaml", TRAITS), document("configs/traits/two.yaml", TRAITS)
    more = TRAITS + "  orders: {count: orders}\n"
    assert sentences([old], [new]) == []
    apart = [
        document("configs/traits/one.yaml", TRAITS),
        document(
            "configs/traits/two.yaml", "kind: traits\nversion: 1\ntraits:\n  orders: {count: orders, within: 9d}\n"
        ),
    ]
    told = found([document("configs/traits/one.yaml", more)], apart).told
    assert [(item.sentence, item.place) for item in told] == [
        ("trait orders: within is now 9d, it was not stated before", "configs/traits/two.yaml:4")
    ]


def test_a_tag_that_moves_to_another_dimension_is_told_with_those_whom_it_concerns() -> None:
    rest = VALUE.replace('  - {name: high, when: "revenue >= 5000"}\n', "")
    other = 'kind: tags\nversion: 1\ndimension: rank\ntags:\n  - {name: high, when: "revenue >= 6000"}\n'
    after = [document("configs/tags/value.yaml", rest), document("configs/tags/rank.yaml", other)]
    first, second = found([document("configs/tags/value.yaml", VALUE)], after).told
    assert first.sentence == ("tag high moved from tag dimension value to tag dimension rank; decides for campaign may")
    assert second.sentence.startswith('tag high: the rule changed from "revenue is at least 5000" to')


def test_the_order_of_exclusive_tags_decides_who_is_written_to() -> None:
    high, mid = VALUE.splitlines()[-2:]
    swapped = "\n".join([*VALUE.splitlines()[:-2], mid, high, ""])
    for after in (swapped, VALUE.replace("exclusive: true", "exclusive: false")):
        (told,) = found([document("configs/tags/value.yaml", VALUE)], [document("configs/tags/value.yaml", after)]).told
        assert told.section == "who is written to"
        assert told.used_by == ("campaign may",)


def test_of_a_text_the_lines_that_changed_are_told_with_their_file() -> None:
    (told,) = found([template("<p>a</p>\n<p>b</p>\n<p>c</p>\n")], [template("<p>a</p>\n<p>B</p>\n<p>c</p>\n")]).told
    assert told.place == "configs/templates/may/body.html:2"
    assert [(line.number, line.came, line.text) for line in told.lines] == [
        (2, False, "<p>b</p>"),
        (2, True, "<p>B</p>"),
    ]
    assert told.sentence.startswith("template may: 1 line of the HTML text changed")
    assert told.as_data()["lines"][1] == {"line": 2, "operation": "added", "text": "<p>B</p>"}
    (subject,) = found([template("x", "News")], [template("x", "Old news")]).told
    assert subject.place == "configs/templates/may/subject.txt:1"
    assert subject.lines == ()


def test_a_project_has_one_file_of_settings_whatever_it_is_called() -> None:
    settings = "kind: project\nversion: 1\nname: shop\ncurrency: GBP\n"
    before = document("configs/project.yaml", settings)
    after = document("configs/project.yaml", settings.replace("shop", "store").replace("GBP", "EUR"))
    assert sentences([before], [after]) == [
        "project store was called shop before",
        'project store: currency changed from "GBP" to "EUR"',
    ]


def test_an_item_that_came_is_told_with_all_that_it_says() -> None:
    (sentence,) = sentences([], [document("configs/traits/one.yaml", TRAITS)])
    assert sentence == "trait revenue is new: {sum: orders.amount, where: status is paid, within: 365d}"


def test_of_a_folder_or_file_only_what_it_holds_is_compared_also_what_is_gone() -> None:
    value, rank = document("configs/tags/value.yaml", VALUE), document("configs/tags/rank.yaml", VALUE_OF_RANK)
    traits = document("configs/traits/one.yaml", TRAITS)
    before = side(value, rank, traits, template("x"))
    after = replace(side(value, template("y")), only="configs/tags")
    assert [item.sentence for item in difference(before, after).told] == [
        "tag first was removed: revenue is more than 1"
    ]
    assert len(difference(before, replace(after, only="configs/templates/may")).told) == 1
    assert len(difference(before, replace(after, only="")).told) == 3


def test_a_secret_that_changed_is_told_without_looking_the_same_before_and_after() -> None:
    def project(key: str) -> Document:
        return document("configs/project.yaml", f"kind: project\nversion: 1\nname: shop\nid_key: {key}\n")

    assert sentences([project("canary-1")], [project("canary-2")]) == [
        "project shop: id_key changed; it is secret: ***"
    ]
    (sentence,) = sentences([project("{cmd: [pass, canary-1]}")], [project("{cmd: [pass, canary-2]}")])
    assert sentence == "project shop: id_key changed; it is secret: *** (cmd pass)"


def test_values_that_look_the_same_at_first_are_told_from_where_they_differ() -> None:
    def project(purpose: str) -> Document:
        return document("configs/project.yaml", f"kind: project\nversion: 1\nname: shop\npurpose: {purpose}\n")

    long = "word " * 60
    (sentence,) = sentences([project(f"{long}old end")], [project(f"{long}new end")])
    assert sentence == (
        'project shop: purpose changed from "…ord word word word word old end" to "…ord word word word word new end"'
    )
    before = VALUE.replace("{name: high,", "{name: high, label: {en: High, zh: 高},")
    after = before.replace("高", "高价值")
    (label,) = sentences([document("configs/tags/value.yaml", before)], [document("configs/tags/value.yaml", after)])
    assert "高价值" in label
