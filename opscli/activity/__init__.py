"""Activity: what we did (messages, campaigns, tasks, runs) flows back as data."""
