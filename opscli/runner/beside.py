"""What is known beside the records of a moment: tags, consents, suppressed addresses, arms, messages sent before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opscli.clock import END_OF_TIME
from opscli.engine.warehouse import next_load_seq
from opscli.runner.case import Part, moment_before
from opscli.runner.given import SOURCE
from opscli.stage import Context

_YESTERDAY = "-1d"
"""When words of consent were given and messages sent, unless the test says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The `given` blocks of a moment, written where the stages look for such things."""

    ctx: Context
    parts: Sequence[Part]
    ids: Mapping[str, str]
    """Id in the test → customer id."""
    emails: Mapping[str, str]

    def tags(self) -> None:
        """Pins that hold the tags of `tags`, and the history of those that are old."""
        from opscli.tags import pins

        held = list(self._words("tags"))
        with self.ctx.state.begin() as connection:
            for customer, word in held:
                pin = pins.Pin(
                    customer_id=customer, tag=word["tag"], verdict="add", reason="given", set_by=SOURCE,
                    set_at=self.ctx.as_of,
                )  # fmt: skip
                pins.put(connection, pin)
        self._history([(customer, word) for customer, word in held if "since" in word], origin="pin")
        self._history(list(self._words("tag_history")), origin="rule")

    def consents(self) -> None:
        """Words of consent, for every brand."""
        from opscli.state import bulk
        from opscli.state.tables import consents

        rows = [
            {"brand": brand, "customer_id": customer, "channel": word.get("channel", "all"),
             "topic": word.get("topic", "all"), "status": word["status"], "source": SOURCE,
             "occurred_at": self._when(word.get("at", _YESTERDAY))}
            for customer, word in self._words("consents") for brand in self._brands()
        ]  # fmt: skip
        with self.ctx.state.begin() as connection:
            bulk.insert(connection, consents, rows, conflict="ignore")

    def suppressions(self) -> None:
        """Addresses that get nothing."""
        from opscli.delivery.addresses import address_hash
        from opscli.state import bulk
        from opscli.state.tables import suppressions

        people = [name for part in self.parts for name in part.data.get("suppressions", ())]
        rows = [
            {"brand": brand, "channel": "all", "address_hash": address_hash(self.emails[name]), "stream": "all",
             "reason": "given", "source": SOURCE, "since": self._when(_YESTERDAY)}
            for name in people if self.emails.get(name) for brand in self._brands()
        ]  # fmt: skip
        with self.ctx.state.begin() as connection:
            bulk.insert(connection, suppressions, rows, conflict="ignore")

    def holdout(self) -> None:
        """Arms of everybody who is there: treatment, unless the test holds them out or leaves it to the bucket."""
        from opscli.state import bulk
        from opscli.state.tables import assignments

        stated = [part.data["holdout"] for part in self.parts if "holdout" in part.data]
        if "by_bucket" in stated:
            return
        held = {(name, customer) for block in stated for name, people in block.items() for customer in people}
        experiments = {"project": "project:holdout"}
        experiments |= {name: f"campaign:{name}:holdout" for name in self.ctx.project.catalog.names("campaign")}
        rows = [
            {"experiment": experiment, "customer_id": customer, "assigned_at": self.ctx.as_of,
             "run_id": self.ctx.run_id, "arm": "holdout" if (name, test_id) in held else "treatment"}
            for name, experiment in experiments.items() for test_id, customer in self.ids.items()
        ]  # fmt: skip
        with self.ctx.state.begin() as connection:
            bulk.insert(connection, assignments, rows, conflict="ignore")

    def messages(self, known: int) -> int:
        """Messages that were sent before: they stand in the outbox, count for caps, and conditions may ask for them.

        `known` keeps keys apart.
        """
        from opscli.delivery import outbox
        from opscli.delivery.channel import ChannelSpec

        channels = {spec.name: spec for spec in self.ctx.project.all("channel", ChannelSpec)}
        nodes = [node for part in self.parts for node in part.data.get("messages", ())]
        rows = []
        for number, node in enumerate(nodes, start=known + 1):
            channel = channels[node.get("channel") or next(iter(channels))]
            at = self._when(node.get("at", _YESTERDAY))
            rows.append(
                {"message_key": f"given-{number}", "occurrence": f"given-{number}", "brand": channel.brand,
                 "origin": node.get("campaign", "before"), "step": node.get("step", "send"),
                 "customer_id": self.ids[node["to"]], "channel": channel.name, "class": "marketing", "status": "sent",
                 "queued_at": at, "updated_at": at, "sent_at": at, "context": "{}"}
            )  # fmt: skip
        with self.ctx.state.begin() as connection:
            outbox.enqueue(connection, rows, {})
            for row in rows:
                outbox.record_events(connection, [row["message_key"]], "sent", row["sent_at"])
        return len(rows)

    def _words(self, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(customer, word) of a block of lists; a bare text is the tag or the status itself."""
        for part in self.parts:
            for customer, words in part.data.get(key, {}).items():
                for word in words if isinstance(words, list) else [words]:
                    yield self.ids[customer], word if isinstance(word, Mapping) else {"tag": word, "status": word}

    def _history(self, words: Sequence[tuple[str, Mapping[str, Any]]], *, origin: str) -> None:
        from opscli.tags.tags import TagSpec

        if not words:
            return
        specs = self.ctx.project.all("tags", TagSpec)
        dimensions = {tag.name: spec.dimension for spec in specs for tag in spec.tags}
        with self.ctx.warehouse.write("tag_history") as session:
            sequence = next_load_seq(session)
            for customer, word in words:
                until = self._when(word["until"]) if "until" in word else END_OF_TIME
                session.execute(
                    "INSERT INTO tag_history (customer_id, dimension, tag, entered_at, left_at, origin, rule_hash, "
                    "run_id, load_seq, left_seq) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?)",
                    (
                        customer, dimensions[word["tag"]], word["tag"], self._when(word["since"]), until, origin,
                        self.ctx.run_id, sequence, sequence if "until" in word else None,
                    ),
                )  # fmt: skip

    def _brands(self) -> tuple[str, ...]:
        from opscli.delivery.channel import ChannelSpec

        return tuple(sorted({spec.brand for spec in self.ctx.project.all("channel", ChannelSpec)})) or ("main",)

    def _when(self, text: str) -> datetime:
        return moment_before(text, self.ctx.as_of, self.ctx.project.zone)
