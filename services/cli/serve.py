"""`sourcespan serve`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DataDir, settings_of
from services.cli.output import out, plain, print_json
from services.supervisor import Supervisor, run_beside

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [8000].", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(help="Ingestion workers [one per core].", min=1)] = None,
    demo: Annotated[
        Path | None,
        typer.Option(
            help="Folder with documents/ and questions.jsonl: while the service is empty, ingest them and ask.",
            exists=True,
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object when ready, for programs.")] = False,
) -> None:
    """Run the service on one data folder until Ctrl-C: API, ingestion workers and index, each in its own process."""
    settings = settings_of(data_dir=data_dir, host=host, port=port, workers=workers)

    def report(line: str) -> None:
        if not as_json:
            out.print(plain(line), soft_wrap=True)

    def on_ready(url: str) -> subprocess.Popen[bytes] | None:
        if as_json:
            print_json({"url": url, "data_dir": str(settings.data_dir), "admin_key_file": str(settings.admin_key_file)})
            return None
        report(f"Ready at {url}  (every route with examples: {url}/docs)")
        report(f"Administrator's key: {settings.admin_key_file}")
        if demo is not None:
            return run_beside(["services.cli.demo", str(demo)], settings)
        report('Try: sourcespan ingest FOLDER    sourcespan retrieve "a question"    Ctrl-C stops the service')
        return None

    report(f"Starting Sourcespan on {settings.data_dir} …")
    Supervisor(settings, report, on_ready).run()
