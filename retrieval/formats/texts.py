"""What the formats share: a result's quotable texts, and the place it came from as a URI."""

from __future__ import annotations

from retrieval.results import RetrievedPassage


def texts_of(passage: RetrievedPassage) -> list[str]:
    """The slices of canonical text. The context header is no quote of the document and not among them."""
    return [block.text for block in passage.content if block.type == "text"]


def headline(passage: RetrievedPassage) -> str:
    """Title (else the source's URI) and section path."""
    title = passage.document.title or passage.document.source_uri
    return " > ".join((title, *passage.section_path))


def source_of(passage: RetrievedPassage) -> str:
    """The source's URI with the page and the citation in its fragment: a quote can be traced from it alone."""
    uri = passage.document.source_uri
    return f"{uri}{'&' if '#' in uri else '#'}page={passage.page}&citation={passage.citation_id}"
