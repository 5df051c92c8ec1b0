"""The base of every schema, the shape of listings, and the problem document for the OpenAPI description."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

Box = Annotated[
    tuple[float, float, float, float],
    Field(description="Left, top, right, bottom in PDF points from the top-left corner of the page as read."),
]
AttributeValue = str | bool | int | float


class Contract(BaseModel):
    """Strict at the border: an unknown member is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True, allow_inf_nan=False)


class Listing(Contract, Generic[Item]):
    """One page of a listing. `next` is the value of `after` that gives the next page; null at the end."""

    items: list[Item]
    next: str | None = Field(description="Give this as `after` for the next page; null when this is the last.")


class FieldFaultSchema(Contract):
    at: str = Field(alias="in", description="body, query, path or header")
    field: str = Field(description="Dotted name of the field at fault.")
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem document. Some types have members of their own (`rejected`, `limit_bytes`)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="Stable URI of the kind of problem.", examples=["urn:sourcespan:problem:invalid-request"]
    )
    title: str
    status: int
    detail: str = Field(description="A sentence for a person.")
    errors: list[FieldFaultSchema] = Field(default_factory=list, description="The fields at fault.")
    request_id: str


def example(value: Any) -> ConfigDict:
    """Model settings with one example for the OpenAPI description."""
    return ConfigDict(json_schema_extra={"examples": [value]})
