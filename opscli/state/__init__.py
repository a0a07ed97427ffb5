"""What opscli remembers: runs, outbox, enrolments, consent, tasks. SQLAlchemy Core on SQLite or PostgreSQL."""
