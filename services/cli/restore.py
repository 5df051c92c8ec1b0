"""`sourcespan restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestion.errors import IngestionError
from ingestion.lifecycle.backup import restore as put_back
from retrieval.errors import RetrievalError
from services.cli.backup import tell, working
from services.cli.options import AsJson, DataDir, settings_of
from services.failures import Failure
from services.index_building import rebuild as rebuild_index

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(metavar="FOLDER", help="A backup.")],
    rebuild: Annotated[bool, typer.Option(help="Write the index, so that the service can start.")] = True,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it back into a data folder that is empty or not there."""
    settings = settings_of(data_dir=data_dir)
    with working("Copying") as progress:
        summary = put_back(backup.absolute(), settings.data_dir, progress=progress)
    if rebuild:
        try:
            rebuild_index(settings, lambda _: None, switch=True)
        except (IngestionError, RetrievalError) as error:
            raise Failure(f"All is restored but the index: {error}") from None
    tell(summary, f"Restored {backup} to {settings.data_dir}", as_json)
