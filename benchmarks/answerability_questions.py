"""Questions asked with and without the documents that answer them, and what the engine's answerability sees of each."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ingestion.artefacts import Artefacts, ChunkFileStore
from ingestion.blobs import FolderBlobStore
from ingestion.catalog import Catalog
from ingestion.model import DocumentRecord
from ingestion.visibility import CatalogVisibility
from retrieval.answerability import LOOKED_AT, Signals, signals_of
from retrieval.model import Principal
from retrieval.options import RetrieveQuery
from retrieval.passages import read_passages
from retrieval.ranking import Ranker, Run
from retrieval.stages.timing import StageLog
from services.index_parts import open_index
from services.parts import make_embedder
from services.settings import Settings

TENANT = "default"
_WORD = re.compile(r"[^\W\d_]{4,}")
_WORDS_OF_A_QUESTION = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`documents`: names (without extension) of the documents that answer it; of none: nothing does."""

    text: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One asking. `group`: what must not be on both sides of a split: a document, or a question of elsewhere."""

    group: str
    answerable: bool
    signals: Signals


def read_questions(path: Path) -> list[Question]:
    """JSON lines with `query` and `gold: [{doc or document}]`."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [
        Question(
            text=line["query"],
            documents=tuple(sorted({_stem(gold.get("doc") or gold["document"]) for gold in line.get("gold", ())})),
        )
        for line in lines
    ]


class Corpus:
    """The data folder of a service that is not running."""

    def __init__(self, data_dir: Path) -> None:
        self._closing = ExitStack()
        settings = Settings(data_dir=data_dir, url=None, api_key=None)
        catalog = self._closing.enter_context(Catalog.open(settings.catalog_url))
        self._artefacts = Artefacts(FolderBlobStore(settings.blobs_dir))
        self._chunks = ChunkFileStore(FolderBlobStore(settings.blobs_dir))
        self._visibility = CatalogVisibility(catalog)
        index = open_index(settings)
        self._closing.callback(index.close)
        self._ranker = Ranker(index, make_embedder(settings), self._visibility)
        self._principal = Principal(id="benchmark", tenant=TENANT, scopes=frozenset({"read"}))
        self._documents = {_stem(row.name): (row.id, row.live_parse_id) for row in _all_documents(catalog)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def both_ways(self, questions: Sequence[Question]) -> Iterator[Asked]:
        """Each question of the whole corpus, and of the corpus without the documents that answer it."""
        for question in questions:
            if missing := [name for name in question.documents if name not in self._documents]:
                raise SystemExit(f"A question names {missing[0]!r}, which is not in the data folder.")
            gold = [self._documents[name][0] for name in question.documents]
            group = question.documents[0] if gold else question.text
            if gold:
                yield Asked(group=group, answerable=True, signals=self._ask(question.text, None))
            others = [id for id, _ in self._documents.values() if id not in gold]
            yield Asked(group=group, answerable=False, signals=self._ask(question.text, others))

    def foreign(self, questions: Sequence[Question]) -> Iterator[Asked]:
        """Questions of another corpus, which nothing here answers."""
        for question in questions:
            yield Asked(group=question.text, answerable=False, signals=self._ask(question.text, None))

    def made(self, per_document: int, seed: int = 5) -> list[Question]:
        """Questions by a template from the documents' own prose: its longer words, in lower case, no name among them
        marked as one."""
        generator = random.Random(seed)
        questions = []
        for name, (identity, parse_id) in sorted(self._documents.items()):
            stored = None if parse_id is None else self._artefacts.read_chunks(TENANT, identity, parse_id)
            prose = [chunk for chunk in stored[0] if chunk.table is None and len(chunk.text) > 300] if stored else []
            for chunk in generator.sample(prose, min(per_document, len(prose))):
                sentence = max(" ".join(chunk.text.split()).split(". ")[:4], key=len)
                words = [word.lower() for word in _WORD.findall(sentence)][:_WORDS_OF_A_QUESTION]
                questions.append(Question(text=f"What is said about {' '.join(words)}?", documents=(name,)))
        return questions

    def _ask(self, text: str, documents: Sequence[str] | None) -> Signals:
        query = RetrieveQuery(query=text, document_ids=None if documents is None else tuple(documents))
        run = Run(query=query, principal=self._principal, log=StageLog(), degraded=[])
        ranked = self._ranker.rank(run, self._visibility.pin())
        best = [ranked.payloads[candidate.id] for candidate in ranked.candidates[:LOOKED_AT]]
        chunks = read_passages(self._chunks, TENANT, best, tokens=ranked.analysed.tokens)
        return signals_of(ranked.analysed, ranked, chunks)


def _all_documents(catalog: Catalog) -> Iterator[DocumentRecord]:
    cursor: str | None = None
    while True:
        rows, cursor = catalog.documents.list(TENANT, after=cursor, limit=1000)
        yield from rows
        if cursor is None:
            return


def _stem(name: str) -> str:
    return re.sub(r"\.(pdf|md|txt|html|docx)$", "", name, flags=re.I).casefold()
