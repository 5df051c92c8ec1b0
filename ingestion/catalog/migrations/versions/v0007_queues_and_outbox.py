"""What a job waits for, the outbox that tells it, turns and pauses of collections.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLLECTION = "UPDATE jobs SET collection_id = (SELECT collection_id FROM documents WHERE id = jobs.document_id)"
_WAITING = "INSERT INTO outbox (job_id, queue) SELECT id, 'parse' FROM jobs WHERE state = 'queued'"


def upgrade() -> None:
    with op.batch_alter_table("collections") as collections:
        collections.add_column(sa.Column("paused_at", sa.Double(), nullable=True))
        collections.add_column(sa.Column("served_at", sa.Double(), server_default="0", nullable=False))
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("collection_id", sa.String(length=64), nullable=True))
        jobs.add_column(sa.Column("queue", sa.String(length=20), server_default="parse", nullable=False))
    op.execute(_COLLECTION)
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("collection_id", existing_type=sa.String(length=64), nullable=False)
        jobs.create_foreign_key(op.f("fk_jobs_collection_id_collections"), "collections", ["collection_id"], ["id"])
        jobs.drop_index(op.f("ix_jobs_state_priority_created_at_id"))
        jobs.create_index(
            op.f("ix_jobs_collection_id_state_priority_created_at_id"),
            ["collection_id", "state", "priority", "created_at", "id"],
        )
        jobs.create_index(op.f("ix_jobs_state_lease_expires_at"), ["state", "lease_expires_at"])
    op.create_table(
        "outbox",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_outbox_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_queue_sent_at"), "outbox", ["queue", "sent_at"], unique=False)
    op.execute(_WAITING)


def downgrade() -> None:
    op.drop_table("outbox")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index(op.f("ix_jobs_state_lease_expires_at"))
        jobs.drop_index(op.f("ix_jobs_collection_id_state_priority_created_at_id"))
        jobs.create_index(op.f("ix_jobs_state_priority_created_at_id"), ["state", "priority", "created_at", "id"])
        jobs.drop_constraint(op.f("fk_jobs_collection_id_collections"), type_="foreignkey")
        jobs.drop_column("queue")
        jobs.drop_column("collection_id")
    with op.batch_alter_table("collections") as collections:
        collections.drop_column("served_at")
        collections.drop_column("paused_at")
