"""`sourcespan retrieve`."""

from __future__ import annotations

import textwrap
from enum import StrEnum
from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url, json_object
from services.cli.output import out, plain, print_json
from services.client import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_WIDEST = 100
_LONGEST_PASSAGE = 1200


class Mode(StrEnum):
    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class GroupBy(StrEnum):
    CHUNK = "chunk"
    PAGE = "page"
    DOCUMENT = "document"


class Format(StrEnum):
    NATIVE = "native"
    ANTHROPIC = "anthropic_search_result"
    OPENAI = "openai_vector_store"
    DIFY = "dify"


_CONTEXT = "What is shown around the passages"
_RANKING = "How they are ranked"

Grouping = Annotated[
    GroupBy, typer.Option("--group-by", help="One result per passage, page or document.", rich_help_panel=_RANKING)
]
Rerank = Annotated[
    bool,
    typer.Option("--rerank", help="Let the service's reranking model order them anew.", rich_help_panel=_RANKING),
]
Neighbours = Annotated[int, typer.Option(min=0, help="Passages before and after each.", rich_help_panel=_CONTEXT)]
Parent = Annotated[bool, typer.Option("--parent", help="The whole section or table of each.", rich_help_panel=_CONTEXT)]
ContextTokens = Annotated[
    int | None,
    typer.Option(
        "--context-tokens",
        help="At most so many tokens in all, cut between sentences and table rows.",
        rich_help_panel=_CONTEXT,
        show_default=False,
    ),
]
DeadlineMs = Annotated[
    int | None,
    typer.Option(
        "--deadline", help="Milliseconds: what there is no time for is left out, and said.", show_default=False
    ),
]


@app.command()
def retrieve(
    query: Annotated[str, typer.Argument(help="The question.", metavar="QUERY")],
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", "-c", help="Only these collections; else all that the key may read."),
    ] = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", help="How many passages.")] = 5,
    mode: Annotated[
        Mode, typer.Option(help="Search by meaning (dense), by words (lexical) or both.", rich_help_panel=_RANKING)
    ] = Mode.HYBRID,
    group_by: Grouping = GroupBy.CHUNK,
    rerank: Rerank = False,
    neighbours: Neighbours = 0,
    parent: Parent = False,
    context_tokens: ContextTokens = None,
    deadline: DeadlineMs = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Print JSON in the shape of another tool.")
    ] = Format.NATIVE,
    filters: Annotated[
        str | None,
        typer.Option("--filter", help="""JSON filter on attributes: {"type": "eq", "key": "year", "value": 2024}"""),
    ] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find passages that answer a question, each with its document, page, section and citation."""
    request: Json = {"query": query, "top_k": top_k, "mode": mode.value, "group_by": group_by.value}
    request["context"] = {"neighbours": neighbours, "parent": parent, "max_tokens": context_tokens}
    request |= {"deadline_ms": deadline, "output_format": output_format.value, "rerank": {"enabled": rerank}}
    if collection:
        request["collections"] = collection
    if (wanted := json_object(filters, "--filter")) is not None:
        request["filters"] = wanted
    with client_of(url, key, data_dir) as client:
        answer = client.retrieve(request)
    if as_json or output_format is not Format.NATIVE:
        print_json(answer)
    else:
        print_answer(answer)


def print_answer(answer: Json) -> None:
    """The passages for a person, best first."""
    for degraded in answer["degraded"]:
        out.print(plain(f"Note: {degraded['message']}", "yellow"))
    if not answer["results"]:
        out.print("Nothing was found.")
    for number, result in enumerate(answer["results"], start=1):
        _print_result(number, result)
    count = len(answer["results"])
    noun = "passage" if count == 1 else "passages"
    out.print(plain(f"{count} {noun} in {answer['timings_ms']['total']:.0f} ms", "dim"))


def _print_result(number: int, result: Json) -> None:
    document = result["document"]
    pages = sorted({span["page"] for span in result["spans"]})
    title = plain(f"{number}. ", "bold")
    title.append_text(plain(document["title"] or document["source_uri"], "bold"))
    title.append_text(plain(f"  ·  {_pages_text(pages)}  ·  score {result['score']:.3f}", "cyan"))
    out.print(title, soft_wrap=True)
    if result["section_path"]:
        out.print(plain(f"   {' › '.join(result['section_path'])}", "dim"), soft_wrap=True)
    passage = "\n\n".join(block["text"] for block in result["content"] if block["type"] == "text")
    out.print(plain(_wrapped(passage)), soft_wrap=True)
    out.print(plain(f"   {result['citation_id']}", "dim"), soft_wrap=True)
    out.print()


def _pages_text(pages: list[int]) -> str:
    """
    >>> _pages_text([4, 5])
    'pages 4–5'
    """
    if not pages:
        return "no page"
    return f"page {pages[0]}" if len(pages) == 1 else f"pages {pages[0]}–{pages[-1]}"


def _wrapped(passage: str) -> str:
    """Paragraphs filled to the width of the console, rows of a table one to a line."""
    shortened = passage if len(passage) <= _LONGEST_PASSAGE else passage[:_LONGEST_PASSAGE].rstrip() + " …"
    width = min(out.width, _WIDEST)
    lines: list[str] = []
    for block in shortened.split("\n\n"):
        if "\t" in block:
            lines += ["   " + " | ".join(cell.strip() for cell in row.split("\t")) for row in block.split("\n")]
        else:
            lines += textwrap.wrap(" ".join(block.split()), width, initial_indent="   ", subsequent_indent="   ")
    return "\n".join(lines)
