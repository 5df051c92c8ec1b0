"""`sourcespan`: finds the command, imports only its module, and tells failures in a sentence."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command as command_of

from services.failures import Failure

# command -> (module with `app`, what the overview says of it)
_COMMANDS = {
    "serve": ("services.cli.serve", "Run the service: API, ingestion workers and index."),
    "api": ("services.cli.api", "Run the API of a cluster."),
    "worker": ("services.cli.worker", "Run a worker of a cluster."),
    "scheduler": ("services.cli.scheduler", "Run the scheduler of a cluster."),
    "ingest": ("services.cli.ingest", "Upload files and folders, and watch until they are searchable."),
    "retrieve": ("services.cli.retrieve", "Find passages, each with its citation."),
    "ask": ("services.cli.ask", "Answer a question from the documents, each sentence with its citation."),
    "citation": ("services.cli.citation", "Show where a citation points, and draw it on its page."),
    "parse": ("services.cli.parse", "Read one file and print what was understood; needs no service."),
    "jobs": ("services.cli.jobs", "List, show, cancel and retry ingestion jobs."),
    "documents": ("services.cli.documents", "List, show and delete documents."),
    "collections": ("services.cli.collections", "List, create and delete collections."),
    "eval": ("services.cli.eval", "Measure retrieval with a question set, compare, and keep what came out."),
    "keys": ("services.cli.keys", "Create, list and revoke keys."),
    "index": ("services.cli.index", "Write the index again, switch to another one and back."),
    "backup": ("services.cli.backup", "Copy catalog and documents while the service runs."),
    "restore": ("services.cli.restore", "Put a backup back into an empty data folder."),
    "doctor": ("services.cli.doctor", "Check the data folder, the service and this machine."),
}


class _LazyGroup(TyperGroup):
    """The overview needs a line per command, not its module: `sourcespan --help` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  (the signature of the base)
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        known = _COMMANDS.get(cmd_name)
        return None if known is None else TyperCommand(cmd_name, help=known[1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name in _COMMANDS:
            module = importlib.import_module(_COMMANDS[name][0])
            command = command_of(module.app)
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _overview() -> None:
    """Passages from documents, each traced to the page, the box and the characters it came from.

    Exit codes: 0 done, 1 something failed, 2 wrong usage. Every command has --json for programs.
    """


def main() -> None:
    """Entry point of the `sourcespan` command."""
    try:
        app()
    except Failure as failure:
        typer.secho(f"Error: {failure}", fg="red", err=True)
        if failure.hint:
            typer.echo(failure.hint, err=True)
        sys.exit(failure.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output has left (`| head`); Python must not complain once more while it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
