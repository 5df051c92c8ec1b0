"""What documents are, what collections' owners say of their field, and counters that tell caches what has changed.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("parses") as parses:
        parses.add_column(sa.Column("facts", sa.JSON(), nullable=True))
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("change", sa.BigInteger(), server_default="0", nullable=False))
        documents.create_index(op.f("ix_documents_change"), ["change"], unique=False)
    op.create_table(
        "collection_profiles",
        sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("collection_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_profiles_collection_id_collections")
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_collection_profiles")),
        sa.UniqueConstraint(
            "collection_id", "kind", "number", name=op.f("uq_collection_profiles_collection_id_kind_number")
        ),
    )
    op.execute("INSERT INTO epochs (id, value) VALUES (2, 0)")
    op.execute("INSERT INTO epochs (id, value) VALUES (3, 0)")


def downgrade() -> None:
    op.execute("DELETE FROM epochs WHERE id > 1")
    op.drop_table("collection_profiles")
    with op.batch_alter_table("documents") as documents:
        documents.drop_index(op.f("ix_documents_change"))
        documents.drop_column("change")
    with op.batch_alter_table("parses") as parses:
        parses.drop_column("facts")
