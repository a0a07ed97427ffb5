"""Give every item an owner in one query. Deterministic: the same items and staff give the same owners.

Items are a relation with `item_id`, in the order of `item_id`; staff a relation with `staff_id`, `open_items` (how much
the person already has) and `last_assigned_at` (NULL = never). Every strategy answers `item_id, owner, owner_reason`; an
item that nobody can take goes to the fallback owner, with the reason said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opscli.phrases import say
from opscli.rules.sql import literal

_OWNER = "{owner}"
"""Stands in a text until the engine fills in the person of each row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be given away, to whom. `items` and `staff` are table names or parenthesised SELECTs.

    `staff` None means that no list of people is kept: then each item's own owner is taken at its word.
    """

    items: str
    staff: str | None
    fallback: str | None = None


def assigned(strategy: str, work: Work) -> str:
    """SELECT of `item_id, owner, owner_reason` by one of STRATEGIES. Raises KeyError for another name."""
    return STRATEGIES[strategy](work)


def to_owner(work: Work) -> str:
    """Each item to its own `owner_id`, when that person is on the staff list; items need the column `owner_id`."""
    if work.staff is None:
        join, known = "", "i.owner_id IS NOT NULL"
    else:
        join, known = f"LEFT JOIN {work.staff} s ON s.staff_id = i.owner_id", "s.staff_id IS NOT NULL"
    fallback = literal(work.fallback)
    return (
        f"SELECT i.item_id, CASE WHEN {known} THEN i.owner_id ELSE {fallback} END AS owner, "
        f"CASE WHEN {known} THEN {literal(say('assignment.account_owner'))} "
        f"WHEN i.owner_id IS NULL THEN {literal(say('assignment.no_account_owner'))} "
        f"ELSE REPLACE({literal(say('assignment.not_on_staff', owner=_OWNER))}, {literal(_OWNER)}, i.owner_id) "
        f"END AS owner_reason FROM {work.items} i {join}"
    )


def round_robin(work: Work) -> str:
    """Items in order to people in turn, whoever was assigned longest ago first."""
    turns = (
        "SELECT staff_id, ROW_NUMBER() OVER (ORDER BY CASE WHEN last_assigned_at IS NULL THEN 0 ELSE 1 END, "
        f"last_assigned_at, staff_id) AS turn, COUNT(*) OVER () AS people FROM {_staff(work)}"
    )
    reason = say("assignment.round_robin")
    return (
        f"SELECT i.item_id, {_or_fallback(work, 't.staff_id', reason)} FROM ({_numbered(work)}) i "
        f"LEFT JOIN ({turns}) t ON t.turn = 1 + (i.place - 1) % t.people"
    )


def least_loaded(work: Work) -> str:
    """Items in order to whoever has the fewest open items, each item counting at once for the next.

    A person with load L offers places at the levels L, L + 1, …; the n-th item takes the n-th lowest place.
    """
    offers = (
        "SELECT p.staff_id, ROW_NUMBER() OVER (ORDER BY COALESCE(p.open_items, 0) + n.place, p.staff_id) AS place "
        f"FROM {_staff(work)} p CROSS JOIN ({_numbered(work)}) n"
    )
    reason = say("assignment.least_loaded")
    return (
        f"SELECT i.item_id, {_or_fallback(work, 'o.staff_id', reason)} FROM ({_numbered(work)}) i "
        f"LEFT JOIN ({offers}) o ON o.place = i.place"
    )


STRATEGIES: dict[str, Callable[[Work], str]] = {
    "owner": to_owner,
    "round_robin": round_robin,
    "least_loaded": least_loaded,
}


def _staff(work: Work) -> str:
    empty = "(SELECT CAST(NULL AS VARCHAR) AS staff_id, 0 AS open_items, NULL AS last_assigned_at WHERE 1 = 0)"
    return work.staff or empty


def _numbered(work: Work) -> str:
    return f"SELECT item_id, ROW_NUMBER() OVER (ORDER BY item_id) AS place FROM {work.items}"


def _or_fallback(work: Work, owner: str, reason: str) -> str:
    nobody = literal(say("assignment.nobody_on_staff"))
    return (
        f"COALESCE({owner}, {literal(work.fallback)}) AS owner, "
        f"CASE WHEN {owner} IS NULL THEN {nobody} ELSE {literal(reason)} END AS owner_reason"
    )
