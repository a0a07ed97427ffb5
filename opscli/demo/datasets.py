"""Which files the demo consists of, and how each is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Format = Literal["parquet", "jsonl", "csv", "csv_bom", "csv_latin1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One view of the generator and the file it becomes; `{month}` in the path makes one file a month."""

    view: str
    path: str
    format: Format
    order: str

    @property
    def monthly(self) -> bool:
        return "{month}" in self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file to write; `group` is its path, with a star where months differ."""

    path: str
    group: str
    select: str
    format: Format


DATASETS = (
    Dataset(view="out_crm_contacts", path="crm_contacts.csv", format="csv_latin1", order="contact_id"),
    Dataset(view="out_webshop_accounts", path="webshop_accounts.jsonl", format="jsonl", order="account_id"),
    Dataset(view="out_newsletter", path="newsletter.csv", format="csv_bom", order="subscriber_id"),
    Dataset(view="out_truth", path="truth.csv", format="csv", order="source, source_id"),
    Dataset(view="out_staff", path="staff.csv", format="csv", order="staff_id"),
    Dataset(view="out_products", path="products.parquet", format="parquet", order="product_id"),
    Dataset(view="out_orders", path="orders/orders_{month}.parquet", format="parquet", order="ordered_at, order_id"),
    Dataset(
        view="out_order_lines",
        path="order_lines/order_lines_{month}.parquet",
        format="parquet",
        order="ordered_at, order_id, line_no",
    ),
    Dataset(view="out_shipments", path="shipments.csv", format="csv", order="shipment_id"),
    Dataset(view="out_web_events", path="web_events_{month}.jsonl", format="jsonl", order="occurred_at, event_id"),
    Dataset(view="out_interactions", path="interactions.csv", format="csv", order="occurred_at, interaction_id"),
    Dataset(view="out_tickets", path="tickets.csv", format="csv", order="created_at, ticket_id"),
    Dataset(view="out_feedback", path="feedback.csv", format="csv", order="answered_at, feedback_id"),
    Dataset(view="out_deals", path="deals.csv", format="csv", order="moved_at, deal_id, stage"),
    Dataset(view="out_spend", path="spend.csv", format="csv", order="day, channel, campaign"),
)
"""Every row order is total, so that equal content is equal bytes."""


def months_before(until: date) -> Iterator[date]:
    """First days of the months of 2017 that begin before `until`."""
    yield from (date(2017, month, 1) for month in range(1, 13) if date(2017, month, 1) < until)


def parts_of(dataset: Dataset, until: date) -> Iterator[Part]:
    """The files of a dataset with the query of each."""
    if not dataset.monthly:
        select = f"SELECT * FROM {dataset.view} ORDER BY {dataset.order}"
        yield Part(path=dataset.path, group=dataset.path, select=select, format=dataset.format)
        return
    for month in months_before(until):
        select = f"SELECT * EXCLUDE (month) FROM {dataset.view} WHERE month = DATE '{month}' ORDER BY {dataset.order}"
        path = dataset.path.format(month=f"{month:%Y-%m}")
        yield Part(path=path, group=dataset.path.format(month="*"), select=select, format=dataset.format)


def own_paths(until: date | None = None) -> set[str]:
    """Relative paths of all files that the demo writes, with all months when `until` is None."""
    end = until or date(2018, 1, 1)
    return {part.path for dataset in DATASETS for part in parts_of(dataset, end)}
