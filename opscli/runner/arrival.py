"""Put the records that a moment gives into the stores of a case, as versions of their entities, and say who is who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from opscli.engine import merge
from opscli.engine.entity import Entity
from opscli.engine.warehouse import Session, next_load_seq
from opscli.runner.beside import Beside
from opscli.runner.case import Case, Part
from opscli.runner.given import SOURCE, records
from opscli.runner.stages import load_stage
from opscli.stage import Context

LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001  naive UTC: since when records without a time of their own are known
_STAGED = "scratch.test_given"


class Arrival:
    """What has arrived in a case so far."""

    def __init__(self, ctx: Context, case: Case) -> None:
        self._ctx = ctx
        self._dedupes = "identity" in case.expected()
        self._given: dict[str, int] = {}
        self._sources: dict[str, str] = {}
        self._emails: dict[str, str] = {}
        self._sent = 0

    def bring(self, parts: Sequence[Part], ctx: Context) -> None:
        """Load the records of a moment and note what is known beside them."""
        for name, entity in ctx.project.entities.items():
            if name == "customers" or any(part.data.get(name) for part in parts):
                self._load(entity, parts, ctx)
        if self._dedupes:
            stage = load_stage("dedupe")
            stage.run(stage.plan(ctx), ctx)
        beside = Beside(ctx=ctx, parts=parts, ids=self.ids(), emails=self._emails)
        beside.tags()
        beside.consents()
        beside.suppressions()
        beside.holdout()
        self._sent += beside.messages(self._sent)
        if ctx.as_of == self._ctx.as_of:
            _start_campaigns(ctx)

    def ids(self) -> dict[str, str]:
        """Id in the test → customer id."""
        if not self._dedupes:
            return {name: name for name in self._sources}
        with self._ctx.warehouse.read() as session:
            rows = session.rows("SELECT ns, ref, customer_id FROM links WHERE ns = source")
        found = {(str(ns), str(ref)): str(customer) for ns, ref, customer in rows}
        return {name: found.get((source, name), name) for name, source in self._sources.items()}

    def records(self) -> dict[str, str]:
        """Id in the test → `source:id` of its record."""
        return {name: f"{source}:{name}" for name, source in self._sources.items()}

    def _load(self, entity: Entity, parts: Sequence[Part], ctx: Context) -> None:
        """One load of an entity: new versions of its rows; of customers without dedupe also who they are."""
        known = self._given.get(entity.name, 0)
        rows = records(parts, entity, as_of=ctx.as_of, zone=ctx.project.zone, known=known)
        self._given[entity.name] = known + len(rows)
        later = ctx.as_of > self._ctx.as_of
        if entity.name == "customers":
            stated = (row for part in parts for row in part.data.get("customers", ()))
            for row, made in zip(stated, rows, strict=True):
                self._sources[made["id"]] = row.get("source", SOURCE)
                self._emails[made["id"]] = made.get("email") or self._emails.get(made["id"], "")
        staged = [self._staged(entity, row, ctx.as_of if later else None) for row in rows]
        columns = {name: kind for name, kind in merge.version_columns(entity).items() if name not in merge.STAMPED}
        with ctx.warehouse.read() as session:
            _fill(session, _STAGED, columns, staged)
            hashed = merge.row_hash_sql(merge.content_columns(entity), session.dialect)
            session.execute(f"UPDATE {_STAGED} SET row_hash = {hashed}")
        with ctx.warehouse.write(entity.versions_table) as session:
            merge.ensure_versions(session, entity)
            planned = merge.Merge(entity=entity, staged=_STAGED)
            merge.apply(session, planned, run_id=ctx.run_id, load_seq=next_load_seq(session))
        if entity.name == "customers" and not self._dedupes:
            _know(ctx, entity, rows)

    def _staged(self, entity: Entity, row: Mapping[str, Any], loaded: datetime | None) -> dict[str, Any]:
        """A row with what a load adds; what comes at a later moment is known from then on."""
        happened = row.get(entity.time or "") or LONG_AGO
        person = entity.name == "customers"
        source = self._sources[row["id"]] if person else SOURCE
        names = {"source": source, "source_id": row["id"] if person else "|".join(str(row[key]) for key in entity.key)}
        reference = row.get(entity.customer or "")
        namespace = {"customer_ns": self._sources.get(str(reference), SOURCE)} if entity.customer else {}
        return {**row, **names, **namespace, "known_from": loaded or happened, "row_hash": None}


def _start_campaigns(ctx: Context) -> None:
    """Campaigns have been running: tags of before the first moment are old, those that come in it start them.

    Otherwise the first run of a campaign without backfill would take nobody.
    """
    from opscli.campaigns import entry
    from opscli.campaigns.campaign import CampaignSpec
    from opscli.state import bulk
    from opscli.state.tables import cursors

    upto = ctx.warehouse.load_seq()
    triggered = [spec for spec in ctx.project.all("campaign", CampaignSpec) if spec.trigger]
    with ctx.state.begin() as connection:
        read = [entry.read_cursor(connection, spec, upto) for spec in triggered]
        rows = [
            {"scope": cursor.scope, "name": cursor.name, "position": upto, "value": "{}", "run_id": ctx.run_id,
             "updated_at": ctx.as_of}
            for cursor in read
        ]  # fmt: skip
        bulk.insert(connection, cursors, rows)


def _know(ctx: Context, entity: Entity, rows: Sequence[Mapping[str, Any]]) -> None:
    """Customers of their own: id, golden record and link are those of the one record."""
    from opscli.engine.tables import TABLES
    from opscli.identity.job import customer_columns, provide_customers

    columns = customer_columns(entity)
    made = {"merged_records": 1, "first_seen": ctx.as_of, "updated_at": ctx.as_of}
    golden = [{**row, "customer_id": row["id"], **made} for row in rows]
    alone = [{"ns": SOURCE, "ref": row["id"], "customer_id": row["id"], "source": SOURCE, "source_id": row["id"],
              "rule": "alone", "run_id": ctx.run_id, "as_of": ctx.as_of} for row in rows]  # fmt: skip
    with ctx.warehouse.read() as session:
        _fill(session, "scratch.test_customers", columns, golden)
        _fill(session, "scratch.test_links", {item.name: item.type for item in TABLES["links"].columns}, alone)
    with ctx.warehouse.write("customers", "links") as session:
        provide_customers(session, columns)
        for table, staged in (("customers", "test_customers"), ("links", "test_links")):
            session.execute(
                f"DELETE FROM {table} WHERE customer_id IN (SELECT customer_id FROM scratch.test_customers)"
            )
            names = ", ".join(session.dialect.quote(name) for name in session.columns(f"scratch.{staged}"))
            session.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM scratch.{staged}")


def _fill(session: Session, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A scratch table of these columns with these rows."""
    import pyarrow as pa

    types = {
        "text": pa.string(), "json": pa.string(), "integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_(),
        "money": pa.decimal128(18, 4), "timestamp": pa.timestamp("us"), "date": pa.date32(), "hash": pa.null(),
    }  # fmt: skip
    session.create(table, columns)
    data = {name: pa.array([row.get(name) for row in rows], types[kind]) for name, kind in columns.items()}
    session.insert_arrow(table, pa.table(data))
