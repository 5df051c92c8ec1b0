"""`sourcespan api`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.options import DataDir, settings_of
from services.cluster.start import become

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [8000].", min=0, max=65535)] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the API of a cluster until Ctrl-C."""
    become("api", settings_of(data_dir=data_dir, host=host, port=port))
