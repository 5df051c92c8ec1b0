"""What a cluster shares: a bucket and a Qdrant server, reached as the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from qdrant_client import QdrantClient

from ingestion.blobs_s3 import S3BlobStore
from retrieval.index.qdrant_server import QdrantServerIndex
from retrieval.index.remote import RemoteIndex
from services.failures import Failure
from services.settings import Settings

_SERVER_SECONDS = 30


_ABSENT = frozenset({"404", "NoSuchBucket", "NotFound"})


def open_bucket(settings: Settings) -> S3BlobStore:
    """With a folder of this machine for uploads and copies."""
    bucket = _bucket(settings)
    return S3BlobStore(_client(settings), bucket, settings.blobs_dir, prefix=settings.blob_prefix)


def ensure_bucket(settings: Settings) -> None:
    """Make the bucket if there is none. Raises `Failure` where the store does not answer, or refuses."""
    client, bucket = _client(settings), _bucket(settings)
    try:
        try:
            client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) not in _ABSENT:
                raise
            client.create_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        raise Failure(
            f"The bucket {bucket} cannot be used ({type(error).__name__}).",
            hint="Are SOURCESPAN_BLOB_ENDPOINT, _BLOB_ACCESS_KEY and _BLOB_SECRET_KEY right?",
        ) from error


def _bucket(settings: Settings) -> str:
    if settings.blob_bucket is None:
        raise Failure("There is no bucket in this profile.")
    return settings.blob_bucket


def _client(settings: Settings) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=settings.blob_endpoint,
        region_name=settings.blob_region,
        aws_access_key_id=settings.blob_access_key,
        aws_secret_access_key=settings.blob_secret_key,
        config=Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}),
    )


def connect_server_index(settings: Settings, name: str, dimension: int) -> QdrantServerIndex | RemoteIndex:
    """A collection of the Qdrant server, or the index that an owner serves on a socket of this machine (`unix:`)."""
    url = settings.qdrant_url
    if url is None:
        raise Failure("There is no Qdrant server in this profile.")
    if url.startswith("unix://"):
        return RemoteIndex(Path(url.removeprefix("unix://")))
    client = QdrantClient(url=url, api_key=settings.qdrant_api_key, timeout=_SERVER_SECONDS, check_compatibility=False)
    return QdrantServerIndex(client, name, dimension)
