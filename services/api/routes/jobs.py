"""/v1/jobs, with the progress of a job as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import sleep
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from ingestion.catalog import Catalog
from ingestion.errors import IngestionError
from ingestion.model import FINISHED_STATES, JobRecord, JobState, Priority
from services.api import problems
from services.api.auth import Reader, Writer
from services.api.openapi import problem_responses
from services.api.paging import DEFAULT_LIMIT, After, Limit
from services.api.parts import parts_of
from services.api.problems import problem_of
from services.api.request_context import context_of
from services.api.schemas.jobs import JobListing, JobSchema, PriorityChange

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0


@router.get("", summary="List jobs, newest first", responses=problem_responses(problems.INVALID_CURSOR))
def list_jobs(
    request: Request,
    principal: Reader,
    collection: Annotated[str | None, Query(max_length=128)] = None,
    state: JobState | None = None,
    finished_since: Annotated[AwareDatetime | None, Query(description="Only jobs that ended then or later.")] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> JobListing:
    rows, following = parts_of(request).catalog.jobs.list(
        principal.tenant, collection=collection, state=state, finished_since=finished_since, after=after, limit=limit
    )
    return JobListing(items=[JobSchema.model_validate(row) for row in rows], next=following)


@router.get("/{job_id}", summary="Read a job", responses=problem_responses(problems.UNKNOWN_JOB))
def get_job(request: Request, principal: Reader, job_id: str) -> JobSchema:
    return JobSchema.model_validate(parts_of(request).catalog.jobs.get(principal.tenant, job_id))


@router.post(
    "/{job_id}/cancel",
    summary="Cancel a job",
    responses=problem_responses(problems.UNKNOWN_JOB, problems.JOB_STATE_CONFLICT),
)
def cancel_job(request: Request, principal: Writer, job_id: str) -> JobSchema:
    """A queued job is cancelled at once; a running one stops at the next page range."""
    return JobSchema.model_validate(parts_of(request).catalog.jobs.cancel(principal.tenant, job_id))


@router.post(
    "/{job_id}/retry",
    summary="Run a job again",
    responses=problem_responses(problems.UNKNOWN_JOB, problems.JOB_STATE_CONFLICT),
)
def retry_job(request: Request, principal: Writer, job_id: str) -> JobSchema:
    """For a job that failed, was cancelled or quarantined."""
    return JobSchema.model_validate(parts_of(request).catalog.jobs.retry(principal.tenant, job_id))


@router.post(
    "/{job_id}/priority",
    summary="Have a job overtake others, or be overtaken",
    responses=problem_responses(problems.UNKNOWN_JOB, problems.JOB_STATE_CONFLICT, body=True),
)
def prioritise_job(request: Request, principal: Writer, job_id: str, wanted: PriorityChange) -> JobSchema:
    """For a job that waits or runs."""
    priority = Priority[wanted.priority.upper()]
    return JobSchema.model_validate(parts_of(request).catalog.jobs.prioritise(principal.tenant, job_id, priority))


@router.get(
    "/{job_id}/events",
    summary="Watch a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` whenever the job changes, then one `finished`, each with "
            "the job as data. The stream ends with the job.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problem_responses(problems.UNKNOWN_JOB),
    },
)
async def watch_job(request: Request, principal: Reader, job_id: str) -> StreamingResponse:
    """Stage, pages done and pages per second while the job runs; the ledger at the end. A client that reconnects
    (`Last-Event-ID`) gets the state of now: events carry the whole job, so none is missed."""
    catalog = parts_of(request).catalog
    first = await run_in_threadpool(catalog.jobs.get, principal.tenant, job_id)
    events = _events(catalog, principal.tenant, first, context_of(request).request_id)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(catalog: Catalog, tenant: str, job: JobRecord, request_id: str) -> AsyncIterator[str]:
    sent: str | None = None
    number = 0
    last_sent_at = time.monotonic()
    while True:
        data = JobSchema.model_validate(job).model_dump_json()
        finished = job.state in FINISHED_STATES
        if data != sent or finished:
            number += 1
            yield f"id: {number}\nevent: {'finished' if finished else 'progress'}\ndata: {data}\n\n"
            sent, last_sent_at = data, time.monotonic()
        elif time.monotonic() - last_sent_at > HEARTBEAT_SECONDS:
            yield ": still here\n\n"
            last_sent_at = time.monotonic()
        if finished:
            return
        await sleep(POLL_SECONDS)
        try:
            job = await run_in_threadpool(catalog.jobs.get, tenant, job.id)
        except IngestionError as error:  # the document was deleted meanwhile, or the catalog is away
            yield f"event: problem\ndata: {json.dumps(problem_of(error).document(request_id))}\n\n"
            return
