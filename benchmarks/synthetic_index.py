"""Points and questions that look like those of real filings to an index: how long, how many a page, how common the
words, how near the vectors; made from a seed, so that any part can be made again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retrieval.model import AllOf, IndexPoint, IndexQuery, Locator, Match, PointKind, PointPayload

DIMENSION = 384
CHUNKS_OF_A_DOCUMENT = 200
CHUNKS_OF_A_PAGE = 4.5
TOKENS_OF_A_CHUNK = (150, 50)
WORDS_OF_A_TITLE = 8
WORDS_OF_A_QUESTION = 10
LIST_LENGTH = 200
GROUPS = ("everyone", "finance", "board", "works")
YEARS = 20

_WORDS = 200_000
# Zipf's law as Mandelbrot has it; without the commonest words, which are stop words.
_SHARES = 1 / (np.arange(_WORDS) + 9.0) ** 1.05
_UP_TO = np.cumsum(_SHARES / _SHARES.sum())
_TOPICS = 400
_MEANINGS = 32

_shape = np.random.default_rng(0)
_CENTRES = _shape.standard_normal((_TOPICS, _MEANINGS)).astype(np.float32)
_SPREAD = (_shape.standard_normal((_MEANINGS, DIMENSION)) / 6).astype(np.float32)

VISIBLE = AllOf(filters=(Match(key="tenant", values=("acme",)), Match(key="access", values=GROUPS[:3])))
"""What the caller may see: three quarters of everything."""

NARROWED = AllOf(filters=(VISIBLE, Match(key="attributes.year", values=tuple(range(2000, 2000 + YEARS // 2)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    vector: tuple[float, ...]
    tokens: tuple[str, ...]

    def queries(self, lists: str, where: AllOf = VISIBLE) -> list[IndexQuery]:
        """`lists`: one letter for each list; capital: by meaning, small: by words; c(hunks), p(ages), t(itles)."""
        kinds = {"c": PointKind.CHUNK, "p": PointKind.PAGE, "t": PointKind.TITLE}
        return [
            IndexQuery(
                limit=LIST_LENGTH,
                kind=kinds[letter.lower()],
                filter=where,
                corpus=VISIBLE,
                vector=self.vector if letter.isupper() else None,
                tokens=None if letter.isupper() else self.tokens,
            )
            for letter in lists
        ]


def points(chunks: int, *, first_document: int = 0) -> Iterator[IndexPoint]:
    """Documents with that many chunks in all, with their pages and titles."""
    for number in range(-(-chunks // CHUNKS_OF_A_DOCUMENT)):
        yield from _document(first_document + number, min(CHUNKS_OF_A_DOCUMENT, chunks - number * CHUNKS_OF_A_DOCUMENT))


def questions(count: int) -> list[Question]:
    """A few words of the texts, the common ones as often as they are there, and a vector of the same make."""
    generator = np.random.default_rng(99)
    return [
        Question(
            vector=tuple(_vectors(generator, 1)[0].tolist()),
            tokens=tuple(dict.fromkeys(_words(generator, WORDS_OF_A_QUESTION))),
        )
        for _ in range(count)
    ]


def chunk_ids_and_vectors(chunks: int) -> tuple[list[str], NDArray[np.float32], list[PointPayload]]:
    """Those of all chunks, to search them exactly."""
    made = [point for point in points(chunks) if point.payload.kind is PointKind.CHUNK]
    vectors = np.array([point.vector for point in made], dtype=np.float32)
    return [point.id for point in made], vectors, [point.payload for point in made]


def _document(number: int, chunks: int) -> Iterator[IndexPoint]:
    generator = np.random.default_rng((7, number))
    of_all = PointPayload(
        kind=PointKind.TITLE,
        tenant="acme",
        collection=f"collection-{number % 3}",
        document=f"doc-{number:07d}",
        version=f"{number:064x}",
        parse=f"{number:064x}",
        access=(GROUPS[number % len(GROUPS)],),
        attributes={"year": 2000 + number % YEARS},
    )
    of_text = replace(of_all, kind=PointKind.CHUNK, element_types=("paragraph",))
    lengths = np.maximum(10, generator.normal(*TOKENS_OF_A_CHUNK, chunks)).astype(int)
    ends = np.cumsum(lengths)
    words = _words(generator, int(ends[-1]))
    tokens = [words[first:end] for first, end in pairwise([0, *ends.tolist()])]
    locators = [Locator(offset=1000 * ordinal, length=900) for ordinal in range(chunks)]
    pages: dict[int, list[int]] = {}
    for ordinal, vector in enumerate(_vectors(generator, chunks).tolist()):
        page = 1 + int(ordinal / CHUNKS_OF_A_PAGE)
        pages.setdefault(page, []).append(ordinal)
        payload = replace(of_text, ordinal=ordinal, page=page, locator=locators[ordinal])
        yield IndexPoint(id=_id(number, ordinal), vector=vector, tokens=tuple(tokens[ordinal]), payload=payload)
    for page, ordinals in pages.items():
        passages = tuple((ordinal, locators[ordinal]) for ordinal in ordinals)
        payload = replace(of_text, kind=PointKind.PAGE, page=page, chunks=passages)
        yield IndexPoint(
            id=_id(number, -page),
            vector=_vectors(generator, 1)[0].tolist(),
            tokens=tuple(word for ordinal in ordinals for word in tokens[ordinal]),
            payload=payload,
        )
    yield IndexPoint(
        id=_id(number, 1 << 20),
        vector=_vectors(generator, 1)[0].tolist(),
        tokens=tuple(_words(generator, WORDS_OF_A_TITLE)),
        payload=of_all,
    )


def _id(document: int, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{document} {number}"))


def _words(generator: np.random.Generator, count: int) -> list[str]:
    return [f"w{number}" for number in np.searchsorted(_UP_TO, generator.random(count)).tolist()]


def _vectors(generator: np.random.Generator, count: int) -> NDArray[np.float32]:
    near = 0.7 * generator.standard_normal((count, _MEANINGS), dtype=np.float32)
    meanings = _CENTRES[generator.integers(0, _TOPICS, count)] + near
    vectors = meanings @ _SPREAD + 0.25 * generator.standard_normal((count, DIMENSION), dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
