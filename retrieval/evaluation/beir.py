"""Folders as BEIR has them: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv (Thakur et al. 2021)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.lines import json_objects
from retrieval.evaluation.rankings import Qrels
from retrieval.evaluation.trec import read_qrels

DEFAULT_SPLIT = "test"
_EXTENSION = ".txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusDocument:
    id: str
    title: str
    text: str

    @property
    def name(self) -> str:
        """What its file is called: the id, with what no file name may hold escaped."""
        return quote(self.id, safe=" ()+,;=@!$&'") + _EXTENSION

    @property
    def content(self) -> bytes:
        return "\n\n".join(part for part in (self.title, self.text) if part.strip()).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeirSet:
    """`queries`: those that have a relevant document, id → text. The corpus is read when it is needed."""

    folder: Path
    queries: dict[str, str]
    qrels: Qrels

    def corpus(self) -> Iterator[CorpusDocument]:
        """Raises `UnreadableSet`. Documents without any text are left out: there is nothing to find in them."""
        path = self.folder / "corpus.jsonl"
        for line, row in json_objects(path):
            identity, title, text = row.get("_id"), row.get("title") or "", row.get("text") or ""
            if not (
                isinstance(identity, str) and identity.strip() and isinstance(title, str) and isinstance(text, str)
            ):
                raise UnreadableSet(path, "a document has the texts '_id', 'title' and 'text'.", line=line)
            if title.strip() or text.strip():
                yield CorpusDocument(id=identity, title=title, text=text)


def read_beir(folder: Path, split: str = DEFAULT_SPLIT) -> BeirSet:
    """The queries and judgements of one split. Raises `UnreadableSet`."""
    qrels_file = folder / "qrels" / f"{split}.tsv"
    if not qrels_file.is_file():
        splits = ", ".join(sorted(path.stem for path in folder.glob("qrels/*.tsv"))) or "none"
        raise UnreadableSet(qrels_file, f"there is no such split; there are: {splits}.")
    qrels = {
        query: judged for query, judged in read_qrels(qrels_file).items() if any(value > 0 for value in judged.values())
    }
    path = folder / "queries.jsonl"
    texts: dict[str, str] = {}
    for line, row in json_objects(path):
        identity, text = row.get("_id"), row.get("text")
        if not isinstance(identity, str) or not isinstance(text, str):
            raise UnreadableSet(path, "a query has the texts '_id' and 'text'.", line=line)
        if identity in qrels:
            texts[identity] = text
    if missing := qrels.keys() - texts.keys():
        raise UnreadableSet(path, f"{len(missing)} judged queries are not in it, {min(missing)!r} for one.")
    return BeirSet(folder=folder, queries={query: texts[query] for query in qrels}, qrels=qrels)


def corpus_id(source_uri: str) -> str:
    """The corpus' id of a document that was ingested under its `CorpusDocument.name`.

    >>> corpus_id("upload:///MED%252F10.txt")
    'MED/10'
    """
    return unquote(unquote(source_uri.rpartition("/")[2]).removesuffix(_EXTENSION))
