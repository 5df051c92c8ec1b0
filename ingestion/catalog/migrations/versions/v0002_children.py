"""Documents inside documents, passwords of encrypted files, how a collection's files are read, their languages.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("parent_id", sa.String(length=64), nullable=True))
        documents.add_column(sa.Column("depth", sa.Integer(), server_default="0", nullable=False))
        documents.create_foreign_key(op.f("fk_documents_parent_id_documents"), "documents", ["parent_id"], ["id"])
        documents.create_index(op.f("ix_documents_parent_id"), ["parent_id"], unique=False)
    with op.batch_alter_table("document_versions") as versions:
        versions.add_column(sa.Column("sealed_password", sa.String(), nullable=True))
    with op.batch_alter_table("collections") as collections:
        collections.add_column(sa.Column("parsing", sa.JSON(), nullable=True))
        collections.add_column(sa.Column("languages", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("collections") as collections:
        collections.drop_column("languages")
        collections.drop_column("parsing")
    with op.batch_alter_table("document_versions") as versions:
        versions.drop_column("sealed_password")
    with op.batch_alter_table("documents") as documents:
        documents.drop_index(op.f("ix_documents_parent_id"))
        documents.drop_constraint(op.f("fk_documents_parent_id_documents"), type_="foreignkey")
        documents.drop_column("depth")
        documents.drop_column("parent_id")
