"""What a preset ships and no source feeds yet, told where people list things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opscli.phrases import listed, say

if TYPE_CHECKING:
    from opscli.stage import Catalog


def waiting(catalog: Catalog, category: str) -> list[str]:
    """A sentence for each group of names that waits for the same sources."""
    from opscli.runner.setting_up import not_set_up

    groups: dict[str, list[str]] = {}
    for item in not_set_up(catalog, category):
        groups.setdefault(item.remedy, []).append(item.name)
    return [say("cli.waits", names=listed(names), remedy=remedy) for remedy, names in groups.items()]


def counted(catalog: Catalog) -> tuple[dict[str, Any], str]:
    """Number of names and the entities that they wait for, and the same as a sentence ("" when nothing waits)."""
    from opscli.runner.setting_up import not_set_up

    found = not_set_up(catalog)
    entities = sorted({entity for item in found for entity in item.entities})
    facts = {"count": len(found), "entities": entities}
    return facts, say("cli.waiting", count=len(found), entities=listed(entities)) if found else ""
