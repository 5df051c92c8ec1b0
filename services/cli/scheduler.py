"""`sourcespan scheduler`."""

from __future__ import annotations

import typer

from services.cli.options import DataDir, settings_of
from services.cluster.start import become

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def scheduler(
    data_dir: DataDir = None,
) -> None:
    """Run the scheduler of a cluster until Ctrl-C: it tells workers of jobs, and keeps house."""
    become("scheduler", settings_of(data_dir=data_dir))
