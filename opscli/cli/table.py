"""The command table: what `opscli --help` shows, without importing any command.

`module` is a file in `cli/commands/` that offers `app`, a Typer. A noun has several commands, a verb is one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One word after `opscli`."""

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "new": Entry("new", "Write a new config file to start from."),
    "plan": Entry("plan", "Show what a job would do: nothing is written, nothing goes out."),
    "run": Entry("run", "Run a job, once per scheduled time."),
    "status": Entry("status", "What runs now, what ran last, what waits for somebody."),
    "history": Entry("history", "Past runs with their steps and counts."),
    "logs": Entry("logs", "The log of a run."),
    "job": Entry("job", "The jobs of this project."),
    "import": Entry("import_", "Load sources into the warehouse."),
    "source": Entry("source", "The sources of this project."),
    "entity": Entry("entity", "The entities: their fields, keys and rules."),
    "dedupe": Entry("dedupe", "Find out who is the same person; one golden record per customer."),
    "customer": Entry("customer", "The customers: list, find, and the whole view of one."),
    "tag": Entry("tag", "Tags: who has them, since when and why."),
    "rule": Entry("rule", "Try a condition: how many match, and why somebody does not."),
    "campaign": Entry("campaign", "Campaigns: who would get what, who got it, and why."),
    "outbox": Entry("outbox", "Messages on their way: list, send, resolve."),
    "mail": Entry("mail", "The mail transport: send a test."),
    "consent": Entry("consent", "Who may be written to, about what."),
    "suppression": Entry("suppression", "Addresses that never get mail."),
    "unsubscribe": Entry("unsubscribe", "Take an address off a topic, or off everything."),
    "health": Entry("health", "Customer health: scores, reasons, alerts."),
    "task": Entry("task", "Tasks for people."),
    "kpi": Entry("kpi", "KPIs: query and explain numbers."),
    "report": Entry("report", "Reports: list, show, render."),
    "config": Entry("config", "The configuration: check, show, explain."),
    "test": Entry("test", "Test the configuration: given these records, expect these tags, mails, numbers."),
    "hold": Entry("hold", "Stop all sending, a campaign's, or a channel's."),
    "release": Entry("release", "Let what was held be sent."),
    "demo": Entry("demo", "Write the sample data of the demo."),
    "exit-codes": Entry("exit_codes", "What each exit code means."),
}
