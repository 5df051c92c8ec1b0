"""Indexes that may lie beside each other, and receipts of deletions.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "indexes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("embedding_model", sa.String(), nullable=True),
        sa.Column("model_id", sa.String(length=500), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("built_at", sa.Double(), nullable=True),
        sa.Column("live_from", sa.Double(), nullable=True),
        sa.Column("documents_done", sa.Integer(), nullable=False),
        sa.Column("documents_total", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indexes")),
        sa.UniqueConstraint("name", name=op.f("uq_indexes_name")),
    )
    op.create_table(
        "deletions",
        sa.Column("receipt_id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=200), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("name_sha256", sa.String(length=64), nullable=False),
        sa.Column("requested_at", sa.Double(), nullable=False),
        sa.Column("completed_at", sa.Double(), nullable=True),
        sa.Column("removed", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("receipt_id", "document_id", name=op.f("pk_deletions")),
    )
    op.create_index(op.f("ix_deletions_document_id"), "deletions", ["document_id"], unique=False)
    op.execute("INSERT INTO epochs (id, value) VALUES (4, 0)")


def downgrade() -> None:
    op.execute("DELETE FROM epochs WHERE id = 4")
    op.drop_index(op.f("ix_deletions_document_id"), table_name="deletions")
    op.drop_table("deletions")
    op.drop_table("indexes")
