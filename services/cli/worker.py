"""`sourcespan worker`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.options import DataDir, settings_of
from services.cluster.start import become

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def worker(
    queues: Annotated[
        str | None, typer.Option(help="What it takes, separated by commas [parse,embed,index].", show_default=False)
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Processes [one per core].", min=1, max=256, show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Run a worker of a cluster until Ctrl-C: it takes jobs from the queues, in as many processes as told."""
    become("worker", settings_of(data_dir=data_dir, worker_queues=queues, workers=concurrency))
