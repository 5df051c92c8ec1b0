"""What can go wrong in retrieval.

RetrievalError
├── InvalidQuery            the request asks for something unknown or impossible; names the field
│   └── UnknownField        a filter names an attribute that no searched collection has
├── InvalidProfile          a profile or glossary is not as it has to be; names the field
├── UnknownCollection       no such collection, or none the caller may see
├── IndexUnavailable        the index cannot be reached right now; try again
├── IndexFault              the index answered with an error
├── EmbeddingFailed         the model could not be loaded or run
└── RerankFailed            an allowed reranking model could not be loaded or run
"""

from __future__ import annotations


class RetrievalError(Exception):
    """Base of everything `retrieval` raises; `str(error)` is a sentence for a person."""


class InvalidQuery(RetrievalError):
    """`field` is the dotted name of the request's field at fault."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownField(InvalidQuery):
    pass


class InvalidProfile(RetrievalError):
    """`field` is the dotted name of the profile's or glossary's field at fault, as `source_hints[2].phrases`."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownCollection(RetrievalError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no collection {name!r}.")
        self.name = name


class IndexUnavailable(RetrievalError):
    pass


class IndexFault(RetrievalError):
    pass


class EmbeddingFailed(RetrievalError):
    pass


class RerankFailed(RetrievalError):
    pass
