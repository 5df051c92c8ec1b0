"""`sourcespan citation`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import out, plain, print_fields, print_json
from services.failures import Failure

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def citation(
    citation_id: Annotated[str, typer.Argument(help="As printed by retrieve.", metavar="ID")],
    image: Annotated[Path | None, typer.Option(help="Write the page with the boxes drawn on it to this PNG.")] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show where a citation points: quote, page, boxes, and its lineage down to the bytes."""
    with client_of(url, key, data_dir) as client:
        answer = client.citation(citation_id)
        picture = client.citation_image(citation_id) if image is not None else b""
    if image is not None:
        try:
            image.write_bytes(picture)
        except OSError as error:
            raise Failure(f"{image} cannot be written: {error.strerror}.") from None
    if as_json:
        print_json(answer)
        return
    lineage = answer["lineage"]
    document, version, parse = lineage["document"], lineage["version"], lineage["parse"]
    pages = ", ".join(str(page) for page in lineage["pages"])
    print_fields(
        [
            ("citation", answer["citation_id"]),
            ("state", answer["state"]),
            ("document", f"{document['title'] or document['name']}  ({document['id']})"),
            ("collection", document["collection"]),
            ("source", document["source_uri"]),
            ("version", f"{version['number']}, sha256 {version['sha256']}"),
            ("read by", f"{parse['producer']}, policy {parse['policy']} ({parse['id']})"),
            ("page", pages),
            ("section", " › ".join(answer["section_path"]) or None),
            ("characters", f"{answer['start']}–{answer['end']}"),
            ("picture", image),
        ]
    )
    out.print()
    for where, quote in _evidence(answer["spans"]):
        out.print(plain(where, "dim"), soft_wrap=True)
        out.print(plain(quote), soft_wrap=True)


def _evidence(spans: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Place and quote of each span; the cells of a table's row together."""
    for (_, row), run in groupby(spans, key=lambda span: (span["page"], span["cell"][0] if span["cell"] else span)):
        together = list(run)
        boxes = (box for span in together for box in span["boxes"] or ())
        places = " ".join("[" + ", ".join(f"{edge:.0f}" for edge in box) + "]" for box in boxes)
        row_text = f", row {row + 1}" if isinstance(row, int) else ""
        yield f"page {together[0]['page']}{row_text} {places}", "  |  ".join(span["quote"] for span in together)
