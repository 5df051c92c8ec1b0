"""A client of the HTTP API, for the command line: finds the service and the key, tells what went wrong in a sentence.

ClientError (a Failure)
├── NoService        nothing answers at the address
├── NoKey            no key was given and none was found
├── ConnectionBroke  it did not answer to the end
└── Refused          the service answered with a problem (RFC 9457)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from services.failures import Failure
from services.serve_lock import read_serving
from services.settings import Settings

Json = dict[str, Any]

_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_ANSWER = 120.0
_PAGE_OF_LISTING = 500
_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
_UNAVAILABLE = 503

_Answer = TypeVar("_Answer")


class ClientError(Failure):
    pass


class NoService(ClientError):
    def __init__(self, url: str) -> None:
        super().__init__(
            f"No service answers at {url}.",
            hint="Start one with `sourcespan serve`, or say where it is with --url or SOURCESPAN_URL.",
        )


class NoKey(ClientError):
    def __init__(self, looked_in: Path) -> None:
        super().__init__(
            f"There is no key for the service in {looked_in}.",
            hint="Start a service with `sourcespan serve`; or name the data folder of one with --data-dir, "
            "or give a key with --key or SOURCESPAN_API_KEY.",
        )


class ConnectionBroke(ClientError):
    pass


class Refused(ClientError):
    """The service's problem document: `kind` is the last part of its type, `fields` name what is at fault."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"The service answered {status}."))
        self.status = status
        self.kind = str(problem.get("type", "")).rpartition(":")[2]
        self.problem = problem
        if self.kind == "unauthenticated":
            self.hint = "Is the key of this service? Look at --key, SOURCESPAN_API_KEY and --data-dir."
        elif faults := problem.get("errors"):
            # A fault that the sentence tells already is not told twice.
            told = (f"{fault['field']}: {fault['message']}" for fault in faults if fault["message"] not in str(self))
            self.hint = "; ".join(told) or None


def service_url(settings: Settings) -> str:
    """Where the service should be: as set, or of the service running on the data folder, or the default address."""
    if settings.url is not None:
        return settings.url.rstrip("/")
    serving = read_serving(settings.lock_file)
    if serving is not None and serving.url is not None:
        return serving.url
    return f"http://{settings.host}:{settings.port}"


def service_key(settings: Settings) -> str:
    """The key as set, or the administrator's in the data folder. Raises `NoKey`."""
    if settings.api_key is not None:
        return settings.api_key
    try:
        return settings.admin_key_file.read_text().strip()
    except OSError:
        raise NoKey(settings.admin_key_file) from None


class Client:
    """Raises `ClientError` only. Thread-safe."""

    def __init__(self, url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(_SECONDS_TO_ANSWER, connect=_SECONDS_TO_CONNECT),
            transport=transport,
            trust_env=False,
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(service_url(settings), service_key(settings))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # ---- collections ----

    def create_collection(
        self,
        name: str,
        description: str = "",
        attributes: Mapping[str, str] | None = None,
        parsing: Json | None = None,
    ) -> Json:
        body: Json = {"name": name, "description": description, "attributes": dict(attributes or {})}
        if parsing is not None:
            body["parsing"] = parsing
        return self._json("POST", "/v1/collections", json=body)

    def collection(self, name: str) -> Json:
        return self._json("GET", f"/v1/collections/{_part(name)}")

    def collections(self) -> Iterator[Json]:
        return self._listing("/v1/collections")

    def delete_collection(self, name: str) -> None:
        self._send("DELETE", f"/v1/collections/{_part(name)}")

    def put_profile(self, collection: str, kind: str, content: Json) -> Json:
        """`kind`: profile or glossary. Gives what is in force and the versions."""
        return self._json("PUT", _profile_path(collection, kind), json=content)

    def profile(self, collection: str, kind: str, version: int | None = None) -> Json:
        wanted = {} if version is None else {"version": version}
        return self._json("GET", _profile_path(collection, kind), params=wanted)

    def remove_profile(self, collection: str, kind: str) -> None:
        self._send("DELETE", _profile_path(collection, kind))

    # ---- documents ----

    def upload(
        self,
        collection: str,
        files: Sequence[tuple[str, Path]],
        *,
        attributes: Json | None,
        idempotency_key: str,
        password: str | None = None,
    ) -> Json:
        """Send `(name, path)` pairs in one request; gives `accepted` and `rejected`. The password opens encrypted ones.

        Tried again by itself when the connection breaks: the service takes the same idempotency key only once."""
        data = {"collection": collection}
        if attributes is not None:
            data["attributes"] = json.dumps(attributes)
        if password is not None:
            data["password"] = password
        return self._again_while_away(lambda: self._upload(data, files, idempotency_key))

    def _upload(self, data: Mapping[str, str], files: Sequence[tuple[str, Path]], idempotency_key: str) -> Json:
        with ExitStack() as opened:
            parts = [
                ("files", (name, opened.enter_context(path.open("rb")), "application/octet-stream"))
                for name, path in files
            ]
            try:
                return self._json(
                    "POST", "/v1/documents", data=data, files=parts, headers={"Idempotency-Key": idempotency_key}
                )
            except Refused as error:
                if "rejected" not in error.problem:
                    raise
                return {"accepted": [], "rejected": error.problem["rejected"]}

    def documents(self, collection: str | None = None, parent: str | None = None) -> Iterator[Json]:
        """Oldest first; of one collection, or those found inside one document."""
        return self._listing("/v1/documents", collection=collection, parent=parent)

    def document(self, document_id: str) -> Json:
        return self._json("GET", f"/v1/documents/{_part(document_id)}")

    def delete_document(self, document_id: str) -> Json:
        """The receipt."""
        return self._json("DELETE", f"/v1/documents/{_part(document_id)}")

    def deletion(self, receipt_id: str) -> Json:
        return self._json("GET", f"/v1/deletions/{_part(receipt_id)}")

    # ---- jobs ----

    def jobs(
        self, collection: str | None = None, state: str | None = None, finished_since: str | None = None
    ) -> Iterator[Json]:
        """Newest first. `finished_since`: only those that ended at that time (ISO 8601) or later."""
        return self._listing("/v1/jobs", collection=collection, state=state, finished_since=finished_since)

    def job(self, job_id: str) -> Json:
        return self._json("GET", f"/v1/jobs/{_part(job_id)}")

    def cancel_job(self, job_id: str) -> Json:
        return self._json("POST", f"/v1/jobs/{_part(job_id)}/cancel")

    def retry_job(self, job_id: str) -> Json:
        return self._json("POST", f"/v1/jobs/{_part(job_id)}/retry")

    def prioritise_job(self, job_id: str, priority: str) -> Json:
        """`interactive` or `bulk`."""
        return self._json("POST", f"/v1/jobs/{_part(job_id)}/priority", json={"priority": priority})

    def pause_collection(self, name: str, *, paused: bool = True) -> Json:
        return self._json("POST", f"/v1/collections/{_part(name)}/{'pause' if paused else 'resume'}")

    # ---- retrieval ----

    def retrieve(self, request: Json) -> Json:
        return self._json("POST", "/v1/retrieve", json=request)

    def answer(self, request: Json) -> Json:
        return self._json("POST", "/v1/answers", json=request)

    def retrieve_batch(self, requests: Sequence[Json]) -> Json:
        return self._json("POST", "/v1/retrieve/batch", json={"queries": list(requests)})

    def citation(self, citation_id: str) -> Json:
        return self._json("GET", f"/v1/citations/{_part(citation_id)}")

    def citation_image(self, citation_id: str) -> bytes:
        """PNG of the page with the boxes drawn."""
        return self._send("GET", f"/v1/citations/{_part(citation_id)}/image").content

    # ---- evaluations ----

    def store_evaluation(self, record: Json) -> Json:
        return self._json("POST", "/v1/evaluations", json=record)

    def evaluations(self) -> Iterator[Json]:
        """Newest first, without the outcomes of their questions."""
        return self._listing("/v1/evaluations")

    def evaluation(self, evaluation_id: str) -> Json:
        return self._json("GET", f"/v1/evaluations/{_part(evaluation_id)}")

    def delete_evaluation(self, evaluation_id: str) -> None:
        self._send("DELETE", f"/v1/evaluations/{_part(evaluation_id)}")

    def description(self) -> Json:
        """The OpenAPI description of the service."""
        return self._json("GET", "/openapi.json")

    # ---- keys ----

    def create_key(self, name: str, scopes: Sequence[str]) -> Json:
        return self._json("POST", "/v1/keys", json={"name": name, "scopes": list(scopes)})

    def keys(self) -> Iterator[Json]:
        return self._listing("/v1/keys")

    def revoke_key(self, key_id: str) -> None:
        self._send("DELETE", f"/v1/keys/{_part(key_id)}")

    def health(self) -> Json:
        """`status` and `parts`, also while a part is not ready."""
        response = self._request("GET", "/health")
        return _object(response)

    # ---- the wire ----

    def _listing(self, path: str, **parameters: str | None) -> Iterator[Json]:
        """All items, one page after the other as they are asked for."""
        wanted: dict[str, str | int] = {name: value for name, value in parameters.items() if value is not None}
        wanted["limit"] = _PAGE_OF_LISTING
        while True:
            page = self._json("GET", path, params=wanted)
            yield from page["items"]
            if page["next"] is None:
                return
            wanted["after"] = page["next"]

    def _json(self, method: str, path: str, **options: Any) -> Json:
        return _object(self._send(method, path, **options))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        if method == "GET":
            return self._again_while_away(lambda: self._send_once(method, path, **options))
        return self._send_once(method, path, **options)

    def _again_while_away(self, send: Callable[[], _Answer]) -> _Answer:
        """Repeat what may be repeated while the service is busy or being started again."""
        for pause in _PAUSES_SECONDS:
            try:
                return send()
            except ConnectionBroke:
                time.sleep(pause)
            except Refused as error:
                if error.status != _UNAVAILABLE:
                    raise
                time.sleep(pause)
        return send()

    def _send_once(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self._request(method, path, **options)
        if response.is_success:
            return response
        raise Refused(response.status_code, _problem(response))

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NoService(self.url) from None
        except httpx.TimeoutException:
            raise ConnectionBroke(f"The service at {self.url} did not answer in time.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConnectionBroke(f"The connection to {self.url} failed: {error or type(error).__name__}.") from None


def _part(value: str) -> str:
    return quote(value, safe="")


def _profile_path(collection: str, kind: str) -> str:
    return f"/v1/collections/{_part(collection)}/{_part(kind)}"


def _object(response: httpx.Response) -> Json:
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ClientError("What answers there is not a Sourcespan service: its answer is no JSON object.")
    return value


def _problem(response: httpx.Response) -> Json:
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
