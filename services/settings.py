"""What an operator may set. The only module that reads the environment.

Every setting is `SOURCESPAN_<NAME>`; a value given on the command line wins over the environment. The processes of one
service get their settings from the supervisor through `child_environment`, so all of them agree.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.model import WorkQueue
from parsers.policy import ParseLimits, ParseOptions, parse_policy

PREFIX = "SOURCESPAN_"

EmbeddingRuntime = Literal["auto", "openvino", "onnxruntime", "sentence-transformers"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

# Nothing the service does may reach the network by itself: model hubs and usage analytics are off in every process.
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "TOKENIZERS_PARALLELISM": "false",
}

# Numerical libraries start one thread per core each by default; many processes doing so only fight for the cores.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def _cores() -> int:
    return len(os.sched_getaffinity(0))


class Settings(BaseSettings):
    """Settings of a service and of the commands that talk to one. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    data_dir: Path = Field(default=Path("data"), description="Everything the service keeps lies below this folder.")
    host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on; 0 picks a free one.")
    url: str | None = Field(default=None, description="Service the commands talk to; default: the one of data_dir.")
    api_key: str | None = Field(default=None, repr=False, description="Key of the commands; default: admin.key.")

    workers: int = Field(default_factory=_cores, ge=1, le=256, description="Ingestion worker processes.")
    worker_nice: int = Field(default=10, ge=0, le=19, description="Niceness of workers and of their parser children.")
    lease_seconds: float = Field(default=30.0, gt=0, description="A job whose worker is silent this long is free.")

    versions_kept: int | None = Field(
        default=None, ge=1, description="Versions of a document that history keeps; default: all."
    )

    worker_queues: str = Field(
        default="parse,embed,index", description="What a worker of the cluster takes, separated by commas."
    )
    worker_memory_bytes: int = Field(
        default=3 * 1024**3, ge=512 * 1024**2, description="A worker of the cluster that is larger is started anew."
    )
    max_queued_jobs: int = Field(default=200_000, ge=1, description="More waiting jobs than this: uploads get a 503.")
    max_queued_jobs_per_tenant: int = Field(default=100_000, ge=1, description="Likewise of one tenant: a 429.")

    catalog_url: str = Field(
        default="", repr=False, validate_default=True, description="postgresql://…; default: SQLite in data_dir."
    )
    redis_url: str | None = Field(default=None, repr=False, description="redis://… or rediss://…")
    qdrant_url: str | None = Field(default=None, description="http://… or https://… of a Qdrant server.")
    qdrant_api_key: str | None = Field(default=None, repr=False)
    blob_bucket: str | None = Field(default=None, min_length=1, description="Bucket of an S3-compatible store.")
    blob_prefix: str = Field(default="", description="Everything in the bucket lies below this.")
    blob_endpoint: str | None = Field(default=None, description="Address of the store; default: Amazon's.")
    blob_region: str = "us-east-1"
    blob_access_key: str | None = Field(default=None, repr=False, description="Default: as boto3 finds it.")
    blob_secret_key: str | None = Field(default=None, repr=False)
    secret: str | None = Field(
        default=None,
        min_length=32,
        repr=False,
        description="Of the whole cluster: seals stored passwords, and makes the administrator's key.",
    )

    embedding_model: str | None = Field(default=None, description="Name or path; default: all-MiniLM-L6-v2.")
    embedding_runtime: EmbeddingRuntime = "auto"
    embedding_threads: int = Field(default=1, ge=1, le=64, description="Threads of the embedder in each process.")

    rerank_models: str = Field(
        default="",
        description="Cross-encoders that requests may ask for, the first by default: folders, or names in the local "
        "model cache, separated by commas. Nothing is downloaded.",
    )
    result_cache_bytes: int = Field(
        default=64 * 1024**2, ge=0, description="Memory for answers that were given before; 0 keeps none."
    )

    max_upload_bytes: int = Field(
        default=512 * 1024**2, ge=1, description="Largest upload, all files of a request together."
    )
    max_files_per_request: int = Field(default=1000, ge=1)

    parse_policy: str = Field(default="balanced", description="fast, balanced, best, or budget:N; see parse --help.")
    parse_memory_bytes: int = Field(default=ParseLimits().memory_bytes, ge=256 * 1024**2)
    parse_seconds_to_open: float = Field(default=ParseLimits().seconds_to_open, gt=0)
    parse_seconds_per_page: float = Field(default=ParseLimits().seconds_per_page, gt=0)
    parse_pages_per_range: int = Field(default=ParseLimits().pages_per_range, ge=1)
    parse_max_pages: int = Field(default=ParseLimits().pages, ge=1)
    parse_requests: int = Field(default_factory=_cores, ge=1, le=32, description="Files read for /v1/parse at a time.")
    parse_request_seconds: float = Field(default=300.0, gt=0, description="Longest reading of a file for /v1/parse.")

    vision_model: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^[\w./:@-]+$")
    vision_api_key: str | None = Field(default=None, repr=False, description="Sent to vision_url and nowhere else.")
    vision_input_price: float | None = Field(default=None, ge=0, description="US dollars per million input tokens.")
    vision_output_price: float | None = Field(default=None, ge=0, description="US dollars per million output tokens.")
    vision_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint (https://host/v1) of a vision model; none is asked without.",
    )
    vision_budget_usd: float = Field(default=0.25, ge=0, description="The most that the model may cost per document.")
    vision_requests: int = Field(default=50, ge=0, description="The most pages and parts of pages asked per document.")
    vision_image_tokens: int = Field(default=4096, ge=1, description="The most tokens that a picture counts for.")
    vision_output_tokens: int = Field(default=4096, ge=64, description="The most tokens of an answer.")
    vision_seconds: float = Field(default=60.0, gt=0, description="Longest wait for an answer.")

    answer_model: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^[\w./:@-]+$")
    answer_api_key: str | None = Field(default=None, repr=False, description="Sent to answer_url and nowhere else.")
    answer_api_key_file: Path | None = Field(default=None, description="File whose first line is the key instead.")
    answer_input_price: float | None = Field(default=None, ge=0, description="US dollars per million input tokens.")
    answer_output_price: float | None = Field(default=None, ge=0, description="US dollars per million output tokens.")
    answer_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint (https://host/v1) of a model that writes answers; without one answers "
        "are sentences of the documents.",
    )
    answer_budget_usd: float = Field(default=0.05, ge=0, description="The most that one answer may cost.")
    answer_input_tokens: int = Field(default=16_384, ge=1024, description="The most tokens of a question's passages.")
    answer_output_tokens: int = Field(default=1024, ge=64, description="The most tokens of an answer.")
    answer_seconds: float = Field(default=60.0, gt=0, description="Longest wait for an answer.")

    log_level: LogLevel = "INFO"

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return Path(os.path.abspath(value.expanduser()))  # noqa: PTH100  (resolve() would follow an operator's links)

    @field_validator("parse_policy")
    @classmethod
    def _known_policy(cls, value: str) -> str:
        parse_policy(value)
        return value

    @field_validator("worker_queues")
    @classmethod
    def _known_queues(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names or not set(names) <= set(WorkQueue):
            raise ValueError(f"name one or more of {', '.join(WorkQueue)}, separated by commas")
        return ",".join(names)

    @field_validator("catalog_url")
    @classmethod
    def _whole_catalog(cls, value: str, others: ValidationInfo) -> str:
        if not value:
            return f"sqlite:///{others.data.get('data_dir', Path('data')) / 'catalog.db'}"
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in {"sqlite", "postgresql", "postgres", "postgresql+psycopg"}:
            raise ValueError("give it as postgresql://user:password@host/database")
        return value if scheme == "sqlite" else f"postgresql+psycopg://{rest}"

    @field_validator("redis_url", "qdrant_url", "blob_endpoint")
    @classmethod
    def _whole_address(cls, value: str | None, others: ValidationInfo) -> str | None:
        schemes = {"redis_url": ("redis", "rediss", "unix"), "qdrant_url": ("http", "https", "unix")}
        known = schemes.get(str(others.field_name), ("http", "https"))
        if value is not None and not re.fullmatch(rf"({'|'.join(known)})://[^\s]+", value):
            raise ValueError(f"give an address as {known[0]}://host:port")
        return value

    @model_validator(mode="after")
    def _one_profile(self) -> Self:
        """Everything on one machine, or everything shared: a half would lose what the other processes cannot see."""
        shared = {
            "catalog_url": self.catalog_url.startswith("postgresql"),
            "redis_url": self.redis_url is not None,
            "qdrant_url": self.qdrant_url is not None,
            "blob_bucket": self.blob_bucket is not None,
        }
        missing = [name for name, is_set in shared.items() if not is_set]
        if missing and len(missing) < len(shared):
            given = [name for name in shared if name not in missing]
            raise ValueError(
                f"{' and '.join(given)} are of a cluster, which also needs {' and '.join(missing)}; or set none of them"
            )
        if not missing and self.secret is None:
            raise ValueError("a cluster also needs secret, the same for all its processes, of 32 characters or more")
        if (self.blob_access_key is None) != (self.blob_secret_key is None):
            raise ValueError("blob_access_key and blob_secret_key go together")
        return self

    @property
    def is_cluster(self) -> bool:
        """Catalog, queue, index and blobs are shared by several machines."""
        return self.redis_url is not None

    @property
    def queues(self) -> tuple[WorkQueue, ...]:
        return tuple(WorkQueue(name) for name in self.worker_queues.split(","))

    @field_validator("vision_url", "answer_url")
    @classmethod
    def _whole_endpoint(cls, value: str | None, others: ValidationInfo) -> str | None:
        """Without prices no budget could be kept: they are stated, also where they are 0."""
        if value is None:
            return None
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            raise ValueError("give an address as https://host/v1, without user name, query or fragment")
        use = str(others.field_name).removesuffix("_url")
        needed = (f"{use}_model", f"{use}_input_price", f"{use}_output_price")
        missing = [name for name in needed if others.data.get(name) is None]
        if missing:
            raise ValueError(f"it also needs {' and '.join(missing)} (0 is a price)")
        return value

    @property
    def allowed_rerank_models(self) -> tuple[str, ...]:
        return tuple(name for part in self.rerank_models.split(",") if (name := part.strip()))

    @property
    def parse_options(self) -> ParseOptions:
        return self.with_vision(parse_policy(self.parse_policy))

    def with_vision(self, options: ParseOptions) -> ParseOptions:
        """The options with the vision model, where one is configured."""
        return replace(options, vision_model=None if self.vision_url is None else self.vision_model)

    @property
    def parse_limits(self) -> ParseLimits:
        return ParseLimits(
            memory_bytes=self.parse_memory_bytes,
            seconds_to_open=self.parse_seconds_to_open,
            seconds_per_page=self.parse_seconds_per_page,
            pages_per_range=self.parse_pages_per_range,
            pages=self.parse_max_pages,
        )

    @property
    def blobs_dir(self) -> Path:
        return self.data_dir / "blobs"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def index_socket(self) -> Path:
        return self.run_dir / "index.sock"

    @property
    def embedding_dir(self) -> Path:
        """Verdicts on the embedding runtimes, and the model's graph."""
        return self.run_dir / "embedding"

    @property
    def admin_key_file(self) -> Path:
        return self.data_dir / "admin.key"

    @property
    def secrets_key_file(self) -> Path:
        """Seals what has to be stored and must not be read from a copy of the catalog."""
        return self.data_dir / "secrets.key"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "serve.lock"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment; an override that is not None wins. Raises pydantic's `ValidationError`."""
    given = {name: value for name, value in overrides.items() if value is not None}
    return Settings.model_validate({**Settings().model_dump(exclude_unset=True), **given})


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment of a child process of the service: these settings exactly, no network by itself, few threads.

    The command line's own secrets (`url`, `api_key`) are left out.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    own = {
        f"{PREFIX}{name.upper()}": str(value)
        for name, value in settings.model_dump(exclude={"url", "api_key"}).items()
        if value is not None
    }
    threads = dict.fromkeys(_THREAD_VARIABLES, str(settings.embedding_threads))
    return {**inherited, **_OFFLINE, **threads, **own, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
