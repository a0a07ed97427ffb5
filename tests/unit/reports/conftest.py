from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def daily(shop: Any) -> Any:
    """A shop with two months of everything that a report shows; one region has a hostile name."""
    shop.customers("a", "b")
    start = datetime.fromisoformat("2026-03-02T12:00")
    shop.load(
        "orders",
        *(
            {"order_id": str(n), "ordered_at": start + timedelta(days=n), "customer_ref": "ab"[n % 2], "amount": 10 + n,
             "status": "paid", "channel": "=cmd()" if n % 2 else "web"}
            for n in range(50)
        ),
    )  # fmt: skip
    stages = {"lead": 0, "mql": 2, "won": 5}
    shop.load(
        "deals",
        *(
            {
                "deal_id": f"d{n}",
                "stage": stage,
                "at": start + timedelta(days=n + wait),
                "region": HOSTILE,
                "customer_ref": "a",
            }
            for n in range(8)
            for stage, wait in list(stages.items())[: 1 + n % 3]
        ),
    )
    shop.insert("health_scores", [{"customer_id": "a", "model": "standard", "as_of": shop.as_of, "score": 80, "band": "healthy"},
                                  {"customer_id": "b", "model": "standard", "as_of": shop.as_of, "score": 20, "band": "critical"}])  # fmt: skip
    shop.insert("tag_history", [{"customer_id": "a", "dimension": "value", "tag": "high_value", "entered_at": start,
                                 "left_at": datetime.fromisoformat("9999-12-31")}])  # fmt: skip
    shop.insert("loads", [{"load_seq": 1, "source": "crm", "entity": "orders", "loaded_at": shop.as_of - timedelta(hours=5),
                           "rows_read": 50, "rejected": 1}])  # fmt: skip
    steps = [{"name": name, "where": f"stage = '{name}'"} for name in stages]
    metrics: dict[str, dict[str, Any]] = {
        "revenue": {"type": "sum", "of": "orders.amount", "good": "up", "label": {"en": "Revenue", "zh": "销售额"}},
        "orders": {"type": "count", "of": "orders", "target": {"value": 40}, "good": "up",
                   "advice": {"low": {"en": "Sell more", "zh": "多卖"}}},
        "deals": {"type": "funnel", "of": "deals.deal_id", "steps": steps},
        "first_response": {"type": "response_time", "from": "tickets.created_at", "to": "first_response_at"},
    }  # fmt: skip
    for name, body in metrics.items():
        shop.write(f"metrics/{name}.yaml", {"kind": "metric", "version": 1, "name": name, **body})
    layout = [
        {"kpi": "revenue"}, {"kpi": "orders"}, {"kpi": "orders", "by": "channel"}, {"kpi": "deals", "periods": 2},
        {"kpi": "deals", "by": "region", "grain": "quarter"}, {"kpi": "revenue", "grain": "day", "tile": False},
        {"kpi": "first_response"}, {"health": "standard"}, {"tags": "value"}, {"freshness": True}, {"platform": True},
    ]  # fmt: skip
    outputs = [
        "terminal",
        {"html": "out/daily.html"},
        {"csv": "out/daily/"},
        {"json": "out/daily.json"},
        {"markdown": "out/daily.md"},
    ]
    shop.write(
        "reports/daily.yaml", {"kind": "report", "version": 1, "name": "daily", "layout": layout, "outputs": outputs}
    )
    return shop
