"""Every state table of the design, from the first day."""

from __future__ import annotations

from alembic import op

from opscli.state.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables. Frozen with the first release; later revisions alter."""
    metadata.create_all(op.get_bind())
