"""What a cluster shares: a bucket and a Qdrant server, reached as the settings say."""

from __future__ import annotations

from pathlib import Path

import boto3
from botocore.config import Config
from qdrant_client import QdrantClient

from ingestion.blobs_s3 import S3BlobStore
from retrieval.index.qdrant_server import QdrantServerIndex
from retrieval.index.remote import RemoteIndex
from services.failures import Failure
from services.settings import Settings

_SERVER_SECONDS = 30


def open_bucket(settings: Settings) -> S3BlobStore:
    """With a folder of this machine for uploads and copies."""
    if settings.blob_bucket is None:
        raise Failure("There is no bucket in this profile.")
    client = boto3.client(
        "s3",
        endpoint_url=settings.blob_endpoint,
        region_name=settings.blob_region,
        aws_access_key_id=settings.blob_access_key,
        aws_secret_access_key=settings.blob_secret_key,
        config=Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}),
    )
    return S3BlobStore(client, settings.blob_bucket, settings.blobs_dir, prefix=settings.blob_prefix)


def connect_server_index(settings: Settings, name: str, dimension: int) -> QdrantServerIndex | RemoteIndex:
    """A collection of the Qdrant server, or the index that an owner serves on a socket of this machine (`unix:`)."""
    url = settings.qdrant_url
    if url is None:
        raise Failure("There is no Qdrant server in this profile.")
    if url.startswith("unix://"):
        return RemoteIndex(Path(url.removeprefix("unix://")))
    client = QdrantClient(url=url, api_key=settings.qdrant_api_key, timeout=_SERVER_SECONDS, check_compatibility=False)
    return QdrantServerIndex(client, name, dimension)
