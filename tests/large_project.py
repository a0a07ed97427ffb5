"""A project of a size that a big firm reaches: 500 documents of every kind, each with its own conditions and names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SHOPS = 43
"""Each shop brings eleven: two sources, traits, two files of tags, a template, a campaign, two metrics, a report, a job."""

_PROJECT = """\
kind: project
version: 1
name: large-shop
timezone: Europe/London
currency: GBP
limits: {max_recipients: 5000, max_delta: 20%}
environments:
  dev: {redirect_to: me@example.com}
  prod: {live: true, state: {env: OPS_STATE}}
"""
_CHANNEL = """\
kind: channel
version: 1
type: file
folder: outbox
from: "Shop <hello@shop.example>"
postal_address: "1 High Street, London"
unsubscribe: {mailto: unsubscribe@shop.example}
cap: {max: 3, within: 7d}
"""
_ENTITY = """\
kind: entity
version: 1
purpose: "Bookings of area {number}."
key: [booking_id]
time: booked_at
customer: customer_ref
schema:
  type: object
  required: [booking_id, booked_at]
  properties:
    booking_id: {{type: string, minLength: 1}}
    booked_at: {{type: string, format: date-time}}
    customer_ref: {{type: string, x-personal: true}}
    seats: {{type: integer, minimum: {number}}}
    price: {{type: number, x-money: project}}
    state: {{enum: [open, paid, gone]}}
"""
_SHOP = {
    "configs/sources/orders_{n}.yaml": """\
kind: source
version: 1
path: data/orders_{n}/*.csv
entity: orders
refers_to: customers_{n}
where: "status <> 'test'"
map:
  order_id: id
  ordered_at: {{column: date, timezone: Europe/London}}
  amount: total
  customer_ref: email
  status: status
""",
    "configs/sources/customers_{n}.yaml": """\
kind: source
version: 1
path: data/customers_{n}.csv
entity: customers
trust: {n}
map: {{id: number, email: mail, first_name: first, last_name: last, created_at: since}}
""",
    "configs/traits/shop_{n}.yaml": """\
kind: traits
version: 1
owner: team-{n}
traits:
  orders_90d_{n}: {{count: orders, where: "store_id = '{n}' and status <> 'cancelled'", within: 90d}}
  revenue_365d_{n}:
    sum: orders.amount
    where: "store_id = '{n}' and coalesce(status, 'paid') not in ('cancelled', 'returned')"
    within: 365d
    label: {{en: Revenue in a year, zh: 近一年消费额}}
  last_order_at_{n}: {{max: orders.ordered_at, where: "store_id = '{n}'"}}
  days_since_order_{n}: {{expr: "days_since(last_order_at_{n})"}}
  average_{n}: {{expr: "revenue_365d_{n} / orders_90d_{n}"}}
  visits_{n}: {{count_distinct: events.session_id, within: 30d}}
""",
    "configs/tags/value_{n}.yaml": """\
kind: tags
version: 1
dimension: value_{n}
exclusive: true
tags:
  - {{name: high_{n}, when: "revenue_365d_{n} >= 3000", label: {{en: High, zh: 高}}}}
  - {{name: middle_{n}, when: "revenue_365d_{n} >= 1000 and average_{n} > 20"}}
  - {{name: low_{n}, when: "revenue_365d_{n} > 0"}}
""",
    "configs/tags/lifecycle_{n}.yaml": """\
kind: tags
version: 1
dimension: lifecycle_{n}
tags:
  - {{name: active_{n}, when: "orders_90d_{n} > 0"}}
  - {{name: at_risk_{n}, when: "has_tag('high_{n}') and days_since_order_{n} between 30 and 90"}}
  - {{name: lost_{n}, when: "days_since_order_{n} > 90 and not has_tag('active_{n}')"}}
""",
    "configs/templates/winback_{n}/subject.txt": "We miss you, {{{{ customer.first_name | default('friend') }}}}",
    "configs/templates/winback_{n}/body.html": """\
<p>Hello {{{{ customer.first_name | default("there") }}}},</p>
<p>you ordered {{{{ traits.orders_90d_{n} }}}} times.</p>
<p>{{{{ postal_address }}}} <a href="{{{{ unsubscribe_url }}}}">No more offers</a></p>
""",
    "configs/campaigns/winback_{n}.yaml": """\
kind: campaign
version: 1
topic: offers
trigger: {{tag_entered: at_risk_{n}}}
audience: "revenue_365d_{n} > 100 and not has_tag('lost_{n}')"
reentry: {{after: 90d}}
holdout: 10%
exit_when: "has_tag('lost_{n}')"
steps:
  - {{id: offer, send: {{channel: mail, template: winback_{n}}}}}
  - {{id: pause, wait: {{for: 7d}}}}
  - {{id: reminder, send: {{channel: mail, template: winback_{n}}}}}
""",
    "configs/metrics/revenue_{n}.yaml": """\
kind: metric
version: 1
type: sum
of: orders.amount
where: "store_id = '{n}' and status <> 'cancelled'"
time: {{column: orders.ordered_at, grain: month}}
dimensions: [channel, region]
unit: money
good: up
target: {{value: 1000, warn_below: 900, crit_below: 500}}
""",
    "configs/metrics/basket_{n}.yaml": """\
kind: metric
version: 1
type: ratio
numerator: {{sum: orders.amount, where: "store_id = '{n}'"}}
denominator: {{count: orders, where: "store_id = '{n}'"}}
good: up
""",
    "jobs/shop_{n}.yaml": """\
kind: job
version: 1
schedule: "{n} 2 * * *"
retries: {{max: 2, delay: 5s}}
steps: [import, dedupe, profiles, tags, campaigns, send, report: daily_{n}]
""",
    "configs/reports/daily_{n}.yaml": """\
kind: report
version: 1
layout:
  - {{kpi: revenue_{n}}}
  - {{kpi: basket_{n}, by: channel}}
  - {{tags: value_{n}}}
  - {{freshness: true}}
outputs: [terminal, {{html: out/daily_{n}.html}}]
""",
}
_HEALTH = """\
kind: health
version: 2
measures:
  - {trait: days_since_order_1, good: 7, bad: 60, weight: 3}
  - {trait: orders_90d_2, good: 12, bad: 0}
"""


def files() -> Iterator[tuple[str, str]]:
    """Every file of the project with its text."""
    yield "configs/project.yaml", _PROJECT
    yield "configs/identity.yaml", "kind: identity\nversion: 1\nmatch: standard\n"
    yield "configs/topics/offers.yaml", "kind: topic\nversion: 1\npolicy: soft_opt_in\n"
    yield "configs/channels/mail.yaml", _CHANNEL
    yield "configs/health/standard.yaml", _HEALTH
    for shop in range(1, SHOPS + 1):
        yield from ((name.format(n=shop), text.format(n=shop)) for name, text in _SHOP.items())


def write_project(root: Path, documents: int = 500) -> int:
    """Write the project into `root`, filled up to that many documents with entities of its own; how many there are."""
    count = 0
    for name, text in files():
        count += not name.endswith("subject.txt")
        _write(root / name, text)
    for number in range(documents - count):
        _write(root / "configs" / "entities" / f"bookings_{number}.yaml", _ENTITY.format(number=number))
    return documents


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
