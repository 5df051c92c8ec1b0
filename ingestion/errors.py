"""What can go wrong in ingestion.

IngestionError
├── CollectionNotFound
├── CollectionExists
├── DocumentNotFound
├── JobNotFound
├── KeyNotFound
├── EvaluationNotFound
├── DeletionNotFound
├── NameTaken               another document of the collection has the name
├── IndexNotFound
├── BackupUnusable          no backup can be made there, or what is there is not a whole one
├── IndexBehind             the catalog changes faster than an index that is being built can follow
├── IndexConflict           the index's state does not allow this (dropping the live one)
├── InvalidInput            the caller's value is wrong; names the field
│   ├── InvalidName         of a collection or a document
│   ├── InvalidSettings     of a collection
│   ├── InvalidAttributes   unknown attribute, or a value of another type than the collection's schema says
│   └── InvalidCursor       a page cursor that this service did not give out
├── JobConflict             the job's state does not allow this (retrying a running job)
├── IdempotencyConflict     the key was used for another request, or that request is still running
├── TooManyJobs             so many jobs wait that no more are taken in; try again later
├── StorageFull             too little disk space is left to accept more
├── CatalogBusy             the catalog's lock could not be had in time; try again
│   └── IndexSwitched       another index became the live one meanwhile: write the points again, and publish then
├── BlobStoreUnavailable    the blob store does not answer, or with an error; try again
├── BlobMissing             bytes or an artefact that the catalog names are not in the store
├── SecretUnreadable        a stored password was sealed with another key
├── LeaseLost               another worker holds the job now: stop, write nothing more
└── Superseded              the document was deleted, cancelled or has newer bytes: nothing may be published

Messages are sentences for people, without document text, keys or paths of the machine.
"""

from __future__ import annotations


class IngestionError(Exception):
    """Base of everything `ingestion` raises on purpose."""


class CollectionNotFound(IngestionError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no collection {name!r}.")
        self.name = name


class CollectionExists(IngestionError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a collection {name!r}.")
        self.name = name


class DocumentNotFound(IngestionError):
    def __init__(self, document_id: str) -> None:
        super().__init__(f"There is no document {document_id!r}.")
        self.document_id = document_id


class JobNotFound(IngestionError):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id!r}.")
        self.job_id = job_id


class KeyNotFound(IngestionError):
    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no key {key_id!r}.")
        self.key_id = key_id


class EvaluationNotFound(IngestionError):
    def __init__(self, evaluation_id: str) -> None:
        super().__init__(f"There is no evaluation {evaluation_id!r}.")
        self.evaluation_id = evaluation_id


class NameTaken(IngestionError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Another document of the collection is called {name!r}.")
        self.name = name


class DeletionNotFound(IngestionError):
    def __init__(self, receipt_id: str) -> None:
        super().__init__(f"There is no receipt {receipt_id!r} of a deletion.")
        self.receipt_id = receipt_id


class IndexNotFound(IngestionError):
    def __init__(self, index_id: str) -> None:
        super().__init__(f"There is no index {index_id!r}.")
        self.index_id = index_id


class BackupUnusable(IngestionError):
    """The message names the folders that the operator gave."""


class IndexBehind(IngestionError):
    pass


class IndexConflict(IngestionError):
    pass


class InvalidInput(IngestionError):
    """`field` is the dotted name of the caller's field at fault."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidName(InvalidInput):
    pass


class InvalidSettings(InvalidInput):
    """A setting of a collection that cannot be."""


class InvalidAttributes(InvalidInput):
    pass


class InvalidCursor(InvalidInput):
    def __init__(self) -> None:
        super().__init__("This page cursor is not one that the service gave out.", field="after")


class JobConflict(IngestionError):
    pass


class IdempotencyConflict(IngestionError):
    """`in_progress`: the first request with this key has not ended yet, and the caller may ask again soon."""

    def __init__(self, message: str, *, in_progress: bool = False) -> None:
        super().__init__(message)
        self.in_progress = in_progress


class TooManyJobs(IngestionError):
    """`of_tenant`: the caller's own are too many, otherwise everybody's together."""

    def __init__(self, message: str, *, of_tenant: bool) -> None:
        super().__init__(message)
        self.of_tenant = of_tenant


class StorageFull(IngestionError):
    pass


class CatalogBusy(IngestionError):
    pass


class IndexSwitched(CatalogBusy):
    pass


class BlobStoreUnavailable(IngestionError):
    pass


class BlobMissing(IngestionError):
    pass


class SecretUnreadable(IngestionError):
    """A stored password was sealed with another key."""


class LeaseLost(IngestionError):
    pass


class Superseded(IngestionError):
    pass
