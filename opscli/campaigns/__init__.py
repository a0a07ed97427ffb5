"""Campaigns: who enters, which step comes next, what goes to the outbox; a set at a time."""
