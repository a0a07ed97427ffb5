from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from opscli.clock import to_utc
from opscli.engine.duckdb import DuckDBWarehouse
from opscli.engine.versions import literal
from opscli.sources.zones import utc_sql

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Shanghai", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_sql_and_clock_agree_around_every_change_of_three_years(zone: str, warehouse: DuckDBWarehouse) -> None:
    start = datetime(2024, 1, 1)  # noqa: DTZ001  local time
    span = (start, start + timedelta(days=1100))
    with warehouse.read() as session:
        for within in (None, span):
            rows = session.rows(
                f"SELECT t, {utc_sql('t', zone, within)} FROM generate_series({literal(span[0])}, {literal(span[1])}, "
                "INTERVAL '30 minutes') AS moments(t)"
            )
            wrong = [(local, utc, to_utc(local, zone)) for local, utc in rows if utc != to_utc(local, zone)]
            assert wrong == []
