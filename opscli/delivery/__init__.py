"""Delivery: the outbox, the gate before it, templates, and one file per channel behind it."""
