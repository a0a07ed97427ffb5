"""Metrics: a number per segment and period; definitions become SQL, one file per type."""
