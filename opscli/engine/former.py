"""Rows that keep the customer id of their day, read under the id that it leads to today.

A merge leaves a customer with one id. What was written under the others (tags, messages, enrolments) stays as it is: it
is not lost when the merge is undone. Identity's links of the namespace FORMER lead on from there. An id of today has
no such link, and a link leads to the last id at once, never to another former one.
"""

from __future__ import annotations

FORMER = "former"
"""`links.ns` of ids that are nobody's any more."""


def led_on(alias: str) -> str:
    """JOIN behind a table that stands in a query as `alias`, for `today`."""
    return f"LEFT JOIN links {alias}_id ON {alias}_id.ns = '{FORMER}' AND {alias}_id.ref = {alias}.customer_id"


def today(alias: str) -> str:
    """SQL of the customer that a row of `alias` is about today; needs `led_on`."""
    return f"COALESCE({alias}_id.customer_id, {alias}.customer_id)"


def every_id(customer_id: str) -> str:
    """SELECT of the ids that a customer has and had; `customer_id` is SQL of the one of today."""
    return f"SELECT {customer_id} UNION ALL SELECT ref FROM links WHERE ns = '{FORMER}' AND customer_id = {customer_id}"
