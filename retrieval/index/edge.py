"""`VectorIndex` on Qdrant Edge: the Qdrant engine inside this process, on disk.

The bindings hold the GIL during every call, and only one process may open a shard: serve an `EdgeIndex` from a
process of its own (`retrieval.index.owner`) and reach it with a `RemoteIndex`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from qdrant_edge import (
    Bm25Params,
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    FloatIndexParams,
    HasIdCondition,
    IdfParams,
    IsEmptyCondition,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Point,
    Query,
    QueryRequest,
    RangeFloat,
    ScrollRequest,
    SearchParams,
    TextIndexParams,
    TextQuery,
    TokenizerType,
    UpdateOperation,
)

from retrieval.errors import IndexFault, IndexUnavailable
from retrieval.hits import Hits, best_first
from retrieval.index.building import shard_config
from retrieval.index.codec import IndexState
from retrieval.index.filters import of_kind, translate
from retrieval.index.maintenance import Maintenance, MaintenanceOptions, current_shard
from retrieval.index.mirror_loading import MirrorLoader
from retrieval.index.payloads import (
    BM25_B,
    BM25_K,
    KEYWORD_KEYS,
    MAX_BATCH,
    MAX_ORDERED_KEYS,
    RECORD,
    TEXT_KEYS,
    TIE_SLACK,
    TOKENS_OF,
    VECTOR_OF,
    batches,
    check_query,
    check_vector,
    cut_inside_a_tie,
    decode_payload,
    encode_payload,
    ordered_keys,
)
from retrieval.index.rows import NotInMemory
from retrieval.model import IndexPoint, IndexQuery, ScoredPoint, SearchFilter

SCHEMA_VERSION = 2
_SCROLL_PAGE = 10_000
_OTHER_SCHEMA = " Another version of this software made it: write it again with `sourcespan index rebuild`."


class IndexDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What is written beside a shard, so that it is never read as something else."""

    schema_version: int
    dimension: int
    model_id: str


class EdgeDialect:
    """The conditions of Qdrant Edge. One value is asked for by itself: `MatchAny` of one takes twice as long."""

    def nothing(self) -> Any:
        return HasIdCondition(set())

    def texts(self, key: str, values: Sequence[str]) -> Any:
        match = MatchValue(values[0]) if len(values) == 1 else MatchAny(list(values))
        return FieldCondition(key=key, match=match)

    def numbers(self, key: str, *, gt: float | None, gte: float | None, lt: float | None, lte: float | None) -> Any:
        return FieldCondition(key=key, range=RangeFloat(gt=gt, gte=gte, lt=lt, lte=lte))

    def present(self, key: str) -> Any:
        return Filter(must_not=[IsEmptyCondition(key)])

    def every(self, conditions: Sequence[Any]) -> Any:
        return Filter(must=list(conditions))

    def some(self, conditions: Sequence[Any]) -> Any:
        return Filter(should=list(conditions))

    def none_of(self, condition: Any) -> Any:
        return Filter(must_not=[condition])


_DIALECT = EdgeDialect()


class EdgeIndex:
    """A folder with one shard. Not thread-safe; a second opener gets `IndexUnavailable`.

    Writes survive the death of the process when the call returns, and that of the machine after `flush`.
    Raises `IndexFault` when the folder holds an index of another dimension, model or schema version.
    """

    def __init__(
        self,
        path: Path,
        dimension: int,
        *,
        model_id: str = "",
        create: bool = True,
        maintenance: MaintenanceOptions | None = None,
    ) -> None:
        self._path = path
        self._dimension = dimension
        if not create and not (path / "index.json").exists():
            raise IndexFault(f"There is no index in {path}.")
        path.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(path / "index.lock")
        try:
            _check_description(
                path / "index.json",
                IndexDescription(schema_version=SCHEMA_VERSION, dimension=dimension, model_id=model_id),
            )
            with _engine_errors():
                self._shard_path = current_shard(path)
                self._shard = _open_shard(self._shard_path, dimension)
                self._ordered = set(self._shard.info().payload_schema) - {*KEYWORD_KEYS, *TEXT_KEYS}
        except BaseException:
            os.close(self._lock)
            raise
        self._mirrors = MirrorLoader()
        self._maintenance = Maintenance(path, dimension, maintenance or MaintenanceOptions())
        self._dirty = True
        self._closed = False
        with self._reading():
            self._mirrors.load_some(self._shard)

    @property
    def dimension(self) -> int:
        return self._dimension

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        for batch in batches(points, MAX_BATCH):
            for point in batch:
                if point.vector is not None:
                    check_vector(point.vector, self._dimension)
            payloads = [encode_payload(point) for point in batch]
            self._index_ranges(ordered_keys(payloads))
            with self._writing():
                records = [_record(point, payload) for point, payload in zip(batch, payloads, strict=True)]
                self._shard.update(UpdateOperation.upsert_points(records))
            self._mirrors.add(batch)
            self._maintenance.note(point.id for point in batch)

    def search(
        self,
        queries: Sequence[IndexQuery],
        *,
        seconds: float | None = None,  # noqa: ARG002  (the caller's own thread searches: nothing is waited for)
    ) -> list[Hits]:
        for query in queries:
            check_query(query, self._dimension)
        # One by one: the engine's own batch of a dense and two lexical queries took twice the CPU of the three.
        return [self._search_one(query) for query in queries]

    def work(self) -> bool:
        """Goes on with reading the shard into memory and with building its graphs: a few milliseconds of it, but for
        the moment when a built copy is opened. Whether there is more to do now."""
        with self._reading():
            if self._mirrors.load_some(self._shard):
                return True
            built = self._maintenance.step(self._shard, self._shard_path)
            if built is not None:
                self._take_over(built)
            return self._maintenance.busy

    @property
    def holds_writes(self) -> bool:
        """Whether a write would wait now, until the files of the shard are copied."""
        return self._maintenance.holds_writes

    def state(self) -> IndexState:
        with self._reading():
            info = self._shard.info()
        return IndexState(
            points=info.points_count,
            in_graphs=info.indexed_vectors_count,
            in_memory=self._mirrors.ready is not None,
            building=self._maintenance.building,
            last_build_seconds=self._maintenance.last_build_seconds,
        )

    def _take_over(self, built: Any) -> None:
        for key in sorted(self._ordered - set(built.info().payload_schema)):
            built.update(UpdateOperation.create_field_index(key, FloatIndexParams()))
        old, old_path = self._shard, self._shard_path
        self._shard_path = self._maintenance.take_over()
        self._shard = built
        old.close()
        threading.Thread(target=shutil.rmtree, args=(old_path, True), daemon=True).start()

    def _search_one(self, query: IndexQuery) -> Hits:
        if query.tokens == ():
            return Hits.of([])
        mirror = self._mirrors.ready
        if mirror is not None and query.tokens is not None:
            with self._reading(), suppress(NotInMemory):
                return mirror.by_words(query)
        in_memory = mirror is not None and query.vector is not None
        answer = self._whole_ties(query, with_payload=not in_memory)
        scores = np.array([hit.score for hit in answer], dtype=np.float64)
        if mirror is not None and in_memory:
            return mirror.best(query, (hit.id for hit in answer), scores)
        order = best_first(scores, lambda place: str(answer[place].id))[: query.limit]
        return Hits.of([_decoded(answer[place]) for place in order.tolist()])

    def _whole_ties(self, query: IndexQuery, *, with_payload: bool) -> Sequence[Any]:
        """The engine's answer, which has every point that ties with the last one wanted."""
        fetched = query.limit + TIE_SLACK
        while True:
            with self._reading():
                answer: Sequence[Any] = self._shard.query(_request(query, fetched, with_payload=with_payload))
            if not cut_inside_a_tie([hit.score for hit in answer], query.limit, fetched):
                return answer
            fetched *= 4

    def count(self, where: SearchFilter) -> int:
        with self._reading():
            return int(self._shard.count(CountRequest(exact=True, filter=_filter(where))))

    def ids(self, where: SearchFilter) -> set[str]:
        wanted, found, offset = _filter(where), set[str](), None
        while True:
            with self._reading():
                page, offset = self._shard.scroll(
                    ScrollRequest(
                        offset=offset, limit=_SCROLL_PAGE, filter=wanted, with_payload=False, with_vector=False
                    )
                )
            found.update(str(record.id) for record in page)
            if offset is None:
                return found

    def delete(self, where: SearchFilter) -> None:
        for _ in self.delete_in_slices(where, MAX_BATCH):
            pass

    def delete_in_slices(self, where: SearchFilter, size: int) -> Iterator[None]:
        """Deletes `size` points at a time, so that the caller can do something else in between."""
        for batch in batches(sorted(self.ids(where)), size):
            with self._writing():
                self._shard.update(UpdateOperation.delete_points(list(batch)))
            self._mirrors.remove(batch)
            self._maintenance.note(batch)
            yield

    def flush(self) -> None:
        if self._dirty:
            with self._reading():
                self._shard.flush()
            self._dirty = False

    def close(self) -> None:
        if not self._closed:
            self.flush()
            self._maintenance.stop()
            self._closed = True
            with _engine_errors():
                self._shard.close()
            os.close(self._lock)

    def _index_ranges(self, keys: set[str]) -> None:
        """An index for each attribute that has an order, when it is first seen. It costs a pass over all points, and
        some memory, so there is a limit; ranges beyond it are right all the same, only slower."""
        for key in sorted(keys - self._ordered)[: MAX_ORDERED_KEYS - len(self._ordered)]:
            with self._writing():
                self._shard.update(UpdateOperation.create_field_index(key, FloatIndexParams()))
            self._ordered.add(key)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if self._closed:
            raise IndexUnavailable("The index is closed.")
        with _engine_errors():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._maintenance.wait_for_copy()
        self._dirty = True
        try:
            with self._reading():
                yield
        except IndexFault:
            # Some of it may have been written.
            self._mirrors = MirrorLoader()
            raise


@contextmanager
def _engine_errors() -> Iterator[None]:
    """The bindings raise plain `Exception`s. A panic of the engine is none, and ends the process on purpose: its state
    is unknown, and a restart recovers from the log."""
    try:
        yield
    except (IndexFault, IndexUnavailable):
        raise
    except Exception as error:
        raise IndexFault(f"The index answered with an error: {error}") from error


def _filter(where: SearchFilter) -> Any:
    # Nested filters hide their conditions from the engine's planner: the outermost one is the engine's own.
    with _engine_errors():
        condition = translate(where, _DIALECT)
        return condition if isinstance(condition, Filter) else Filter(must=[condition])


def _request(query: IndexQuery, limit: int, *, with_payload: bool) -> Any:
    with _engine_errors():
        scoring: Any
        if query.vector is not None:
            scoring, params = Query.Nearest(list(query.vector), using=VECTOR_OF[query.kind]), None
        else:
            scoring = TextQuery(TOKENS_OF[query.kind], " ".join(query.tokens or ()), Bm25Params(k=BM25_K, b=BM25_B))
            params = SearchParams(idf=IdfParams(corpus=_filter(of_kind(query.kind, query.corpus))))
        return QueryRequest(
            limit=limit,
            query=scoring,
            filter=_filter(of_kind(query.kind, query.filter)),
            params=params,
            with_payload=[RECORD] if with_payload else False,
        )


def _decoded(hit: Any) -> ScoredPoint:
    return ScoredPoint(id=str(hit.id), score=hit.score, payload=decode_payload(hit.payload[RECORD]))


def _record(point: IndexPoint, payload: dict[str, Any]) -> Any:
    vectors: dict[str, Any] = {}
    if point.vector is not None:
        vectors[VECTOR_OF[point.payload.kind]] = point.vector if isinstance(point.vector, list) else list(point.vector)
    return Point(point.id, vectors, payload)


def _lock(path: Path) -> int:
    """An exclusive lock that lives as long as the descriptor. A second opener must fail before it touches anything."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise IndexUnavailable(f"Another process has opened the index in {path.parent}.") from error
    return descriptor


def _check_description(path: Path, wanted: IndexDescription) -> None:
    if not path.exists():
        _write_description(path, wanted)
        return
    try:
        found = msgspec.json.decode(path.read_bytes(), type=IndexDescription)
    except (msgspec.DecodeError, OSError) as error:
        raise IndexFault(f"{path} does not describe an index: {error}") from error
    for name in IndexDescription.__struct_fields__:
        has, needs = getattr(found, name), getattr(wanted, name)
        if has != needs:
            advice = _OTHER_SCHEMA if name == "schema_version" else ""
            raise IndexFault(f"The index in {path.parent} has {name} {has!r}, not {needs!r}.{advice}")


def _write_description(path: Path, description: IndexDescription) -> None:
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(description))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _open_shard(path: Path, dimension: int) -> Any:
    """The shard, made if there is none. It is made under another name and then renamed, so that a crash in between
    leaves nothing half made under its own name."""
    if not path.exists():
        draft = path.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        shard = EdgeShard.create(str(draft), shard_config(dimension))
        for key in KEYWORD_KEYS:
            shard.update(UpdateOperation.create_field_index(key, KeywordIndexParams()))
        for key in TEXT_KEYS:
            tokens = TextIndexParams(tokenizer=TokenizerType.Whitespace, lowercase=False, scoring=True)
            shard.update(UpdateOperation.create_field_index(key, tokens))
        shard.flush()
        shard.close()
        draft.replace(path)
    return EdgeShard.load(str(path))
