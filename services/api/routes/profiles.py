"""/v1/collections/{name}/profile and /glossary: what a collection's owner says of its field, every version of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request

from ingestion.model import ProfileKind, ProfileVersion
from services.api import problems
from services.api.auth import Reader, Writer
from services.api.openapi import problem_responses
from services.api.parts import parts_of
from services.api.problems import ApiProblem
from services.api.schemas.profiles import (
    GLOSSARY_EXAMPLE,
    PROFILE_EXAMPLE,
    ProfileSchema,
    ProfileVersionSchema,
)

router = APIRouter(prefix="/v1/collections", tags=["collections"])

Content = Annotated[dict[str, Any], Body(examples=[PROFILE_EXAMPLE, GLOSSARY_EXAMPLE])]
"""Checked by `retrieval.profile`, which names the field at fault."""


def _add_routes(kind: ProfileKind) -> None:
    """The three addresses of one kind."""
    path = f"/{{name}}/{kind.value}"

    @router.put(
        path,
        name=f"put_{kind.value}",
        summary=f"Set the {kind.value} of a collection",
        responses=problem_responses(problems.UNKNOWN_COLLECTION, problems.INVALID_PROFILE, body=True),
    )
    def put(
        request: Request,
        principal: Writer,
        name: str,
        content: Content,
    ) -> ProfileSchema:
        """Questions are asked with it from now on. What documents are told to be follows when they are read again. The
        content that is in force already makes no new version."""
        profiles = parts_of(request).catalog.profiles
        profiles.put(principal.tenant, name, kind, content, by=principal.id)
        return _answer(name, kind, profiles.versions(principal.tenant, name, kind))

    @router.get(
        path,
        name=f"get_{kind.value}",
        summary=f"Read the {kind.value} of a collection and its versions",
        responses=problem_responses(problems.UNKNOWN_COLLECTION, problems.UNKNOWN_PROFILE),
    )
    def get(
        request: Request,
        principal: Reader,
        name: str,
        version: Annotated[int | None, Query(ge=1, description="An earlier one instead of what is in force.")] = None,
    ) -> ProfileSchema:
        found = parts_of(request).catalog.profiles.versions(principal.tenant, name, kind)
        return _answer(name, kind, found, version)

    @router.delete(
        path,
        status_code=204,
        name=f"delete_{kind.value}",
        summary=f"Remove the {kind.value} of a collection",
        responses=problem_responses(problems.UNKNOWN_COLLECTION),
    )
    def delete(request: Request, principal: Writer, name: str) -> None:
        """None is in force from now on; the versions before stay listed."""
        parts_of(request).catalog.profiles.remove(principal.tenant, name, kind, by=principal.id)


def _answer(
    collection: str, kind: ProfileKind, versions: Sequence[ProfileVersion], number: int | None = None
) -> ProfileSchema:
    if number is None:
        chosen = versions[0] if versions else None
    else:
        chosen = next((version for version in versions if version.number == number), None)
        if chosen is None:
            raise ApiProblem(problems.UNKNOWN_PROFILE, f"There is no version {number} of this {kind.value}.")
    in_force = chosen is not None and chosen.content is not None
    return ProfileSchema(
        collection=collection,
        kind=kind,
        version=chosen.number if chosen is not None and in_force else None,
        content=dict(chosen.content) if chosen is not None and chosen.content is not None else None,
        versions=[
            ProfileVersionSchema(
                number=version.number,
                removed=version.content is None,
                created_at=version.created_at,
                created_by=version.created_by,
            )
            for version in versions
        ],
    )


for _kind in ProfileKind:
    _add_routes(_kind)
