"""What the tag history says: members of each tag, the tags of a customer over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opscli.clock import END_OF_TIME
from opscli.engine.former import every_id
from opscli.engine.versions import literal as timestamp_literal
from opscli.phrases import current
from opscli.stage import Context
from opscli.tags.explain import label_in
from opscli.tags.tags import TagSpec

_OPEN = f"left_at = {timestamp_literal(END_OF_TIME)}"


def members_per_tag(ctx: Context) -> list[dict[str, Any]]:
    """Every tag of the config with its number of members now, in the files' order."""
    sql = f"SELECT tag, COUNT(*), MAX(entered_at) FROM tag_history WHERE {_OPEN} GROUP BY tag"
    with ctx.warehouse.read() as session:
        found = {tag: (number, newest) for tag, number, newest in session.rows(sql)}
    rows = []
    for spec in ctx.project.all("tags", TagSpec):
        for tag in spec.tags:
            number, newest = found.get(tag.name, (0, None))
            label = label_in(tag.label, current())
            rows.append(
                {"dimension": spec.dimension, "tag": tag.name, "label": label, "members": number, "newest": newest}
            )
    return rows


def members(ctx: Context, tag: str, limit: int | None) -> Sequence[Mapping[str, Any]]:
    """Customers who have a tag now, those who entered last first."""
    bound = "" if limit is None else f" LIMIT {int(limit)}"
    with ctx.warehouse.read() as session:
        return session.dicts(
            f"SELECT customer_id, entered_at, origin FROM tag_history WHERE tag = ? AND {_OPEN} "
            f"ORDER BY entered_at DESC, customer_id{bound}",
            (tag,),
        )


def of_customer(ctx: Context, customer_id: str) -> Sequence[Mapping[str, Any]]:
    """All intervals of a customer, under former ids too, the newest first; `left_at` is None while one is open."""
    with ctx.warehouse.read() as session:
        rows = session.dicts(
            "SELECT dimension, tag, entered_at, left_at, origin, run_id, left_run_id FROM tag_history "
            f"WHERE customer_id IN ({every_id('$customer')}) ORDER BY entered_at DESC, dimension, tag",
            {"customer": customer_id},
        )
    return [{**row, "left_at": None if row["left_at"] == END_OF_TIME else row["left_at"]} for row in rows]
