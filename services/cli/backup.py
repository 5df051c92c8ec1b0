"""`sourcespan backup` and `sourcespan restore`: a copy of the embedded profile's data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingestion.errors import IngestionError
from ingestion.lifecycle.backup import BackupSummary, back_up, verify
from services.cli.options import AsJson, DataDir, settings_of
from services.cli.output import counted, err, out, plain, print_json, size_text
from services.failures import Failure

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; must not exist.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also the administrator's key and the key of stored passwords.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Copy catalog and blobs while the service runs. The index is left out: `restore` writes it again."""
    settings = settings_of(data_dir=data_dir)
    with working("Copying") as progress:
        back_up(settings.data_dir, target.absolute(), with_keys=with_keys, progress=progress)
        summary = verify(target.absolute(), progress=progress)
    tell(summary, f"Backup of {settings.data_dir} in {target}", as_json)
    if summary.missing:
        raise Failure(
            f"{counted(len(summary.missing), 'original')} that the catalog names are missing.",
            hint="`sourcespan doctor` says which documents they are of.",
        )


@contextmanager
def working(what: str) -> Iterator[Callable[[int], None]]:
    with err.status(what) as status:

        def progress(count: int) -> None:
            status.update(f"{what}: {counted(count, 'file')}")

        try:
            yield progress
        except IngestionError as error:
            raise Failure(str(error)) from None
        except OSError as error:
            raise Failure(f"{what} failed: {error.strerror}.") from None


def tell(summary: BackupSummary, headline: str, as_json: bool) -> None:
    if as_json:
        print_json(asdict(summary))
        return
    keys = "with keys" if summary.with_keys else "without keys"
    out.print(
        plain(
            f"{headline}: {counted(summary.documents, 'document')}, {counted(summary.files, 'file')}, "
            f"{size_text(summary.size)}, {keys}; every original checked."
        )
    )
