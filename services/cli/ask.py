"""`sourcespan ask`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import out, plain, print_json
from services.client import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

NOT_FOUND = 3
"""The exit code where the documents do not answer."""

_LONGEST_QUOTE = 300


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.", metavar="QUESTION")],
    collection: Annotated[
        list[str] | None, typer.Option("--collection", "-c", help="Only these collections [all that the key may read].")
    ] = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", help="From how many passages.")] = 10,
    model: Annotated[
        str | None,
        typer.Option("--model", help="`extractive`: the documents' own sentences, also where a model is configured."),
    ] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the documents, each sentence with its citation. Exit code 3: they do not answer it."""
    request: Json = {"query": question, "top_k": top_k}
    if collection:
        request["collections"] = collection
    if model is not None:
        request["model"] = model
    with client_of(url, key, data_dir) as client:
        answer = client.answer(request)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer)
    if not answer["found"]:
        raise typer.Exit(NOT_FOUND)


def print_answer(answer: Json) -> None:
    """The sentences with the numbers of their citations, and below them what each cites."""
    for degraded in answer["degraded"]:
        out.print(plain(f"Note: {degraded['message']}", "yellow"), soft_wrap=True)
    numbers: dict[str, int] = {}
    citations: dict[str, Json] = {}
    for sentence in answer["sentences"]:
        for citation in sentence["citations"]:
            numbers.setdefault(citation["citation_id"], len(numbers) + 1)
            citations.setdefault(citation["citation_id"], citation)
        marks = "".join(f" [{number}]" for number in {numbers[one["citation_id"]]: 0 for one in sentence["citations"]})
        line = plain(sentence["text"], "bold")
        line.append_text(plain(marks, "cyan"))
        if not sentence["supported"]:
            line.append_text(plain(" (unsupported)", "red"))
        out.print(line, soft_wrap=True)
    if not answer["found"]:
        out.print("Not found: the documents do not seem to answer this.")
    elif citations:
        out.print()
    for identity, citation in citations.items():
        _print_citation(numbers[identity], citation)
    out.print(plain(_verdict(answer), "dim"), soft_wrap=True)


def _print_citation(number: int, citation: Json) -> None:
    document = citation["document"]
    head = plain(f"[{number}] ", "cyan")
    head.append_text(plain(document["title"] or document["source_uri"]))
    where = [f"page {citation['page']}"]
    if citation["cell"] is not None:
        cell = citation["cell"]
        named = " / ".join(part for part in (cell["row_header"], *cell["column_headers"]) if part)
        where.append(f"cell {cell['row']},{cell['column']}" + (f" ({named})" if named else ""))
    head.append_text(plain("  ·  " + "  ·  ".join(where), "cyan"))
    out.print(head, soft_wrap=True)
    quote = " | ".join(part.strip() for part in citation["quote"].split("\t"))
    quote = " ".join(quote.split())
    shown = quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE].rstrip() + " …"
    out.print(plain(f"    “{shown}”"), soft_wrap=True)
    out.print(plain(f"    {citation['citation_id']}", "dim"), soft_wrap=True)


def _verdict(answer: Json) -> str:
    """How sure, by whom, how long."""
    verdict, by = answer["answerability"], answer["model"]
    sure = "" if verdict["score"] is None else f"answerability {verdict['score']:.2f}: "
    writer = f", written by {by}" if by is not None else ""
    return f"{sure}{verdict['reason']}{writer} ({answer['timings_ms']['total']:.0f} ms)"
