"""When a parse became live, versions whose bytes are no longer kept, and names that only one living document has.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PUBLISHED_AT = """
UPDATE parses SET published_at = COALESCE(
    (SELECT MIN(jobs.finished_at) FROM jobs
     WHERE jobs.document_id = parses.document_id AND jobs.generation = parses.generation
       AND jobs.version_number = parses.version_number AND jobs.parse_id = parses.parse_id
       AND jobs.state IN ('succeeded', 'partial')), 0)
"""


def upgrade() -> None:
    with op.batch_alter_table("parses") as parses:
        parses.add_column(sa.Column("published_at", sa.Double(), server_default="0", nullable=False))
    op.execute(_PUBLISHED_AT)
    with op.batch_alter_table("document_versions") as versions:
        versions.add_column(sa.Column("dropped_at", sa.Double(), nullable=True))
    living = sa.text("deleted_at IS NULL")
    op.create_index(
        op.f("ix_documents_collection_id_name"),
        "documents",
        ["collection_id", "name"],
        unique=True,
        sqlite_where=living,
        postgresql_where=living,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_documents_collection_id_name"), table_name="documents")
    with op.batch_alter_table("document_versions") as versions:
        versions.drop_column("dropped_at")
    with op.batch_alter_table("parses") as parses:
        parses.drop_column("published_at")
