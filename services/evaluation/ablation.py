"""Which parts of retrieval can be switched off by a request, one at a time: found in the description of the API, so
that a new stage needs no change here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.options import LISTS_OF_MODE, CandidateList, Mode
from services.client import Json
from services.evaluation.options import Options

_REQUEST = "RetrieveRequest"
_STAGES = "stages"
_SWITCHES = ("enabled", "weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The request without one part; `options` are laid over those of the evaluation."""

    name: str
    options: Options


def variants(description: Json, options: Mapping[str, Any]) -> list[Variant]:
    """All of them for a service with this OpenAPI description. A list that the evaluation leaves out already, by its
    mode or with weight 0, is no variant."""
    weights = (options.get("fusion") or {}).get("weights") or {}
    lists = [
        Variant(name=f"without the list {name}", options={"fusion": {"weights": {name.value: 0}}})
        for name in (*LISTS_OF_MODE.get(options.get("mode", Mode.HYBRID), ()), CandidateList.DOCUMENT)
        if weights.get(name.value) != 0
    ]
    return lists + list(_stages(description))


def _stages(description: Json) -> Iterator[Variant]:
    schemas = description.get("components", {}).get("schemas", {})
    request = schemas.get(_REQUEST, {})
    stages = _resolved(request.get("properties", {}).get(_STAGES, {}), schemas)
    for name, schema in stages.get("properties", {}).items():
        off = _off(_resolved(schema, schemas))
        if off is not None:
            yield Variant(name=f"without the stage {name}", options={_STAGES: {name: off}})


def _off(schema: Json) -> object:
    """The value that switches a stage off: false, weight 0, or an object with either; None where it has no switch."""
    if "boolean" in _types(schema):
        return False
    if _types(schema) & {"number", "integer"}:
        return 0
    for switch in _SWITCHES:
        if switch in schema.get("properties", {}):
            return {switch: _off(schema["properties"][switch])}
    return None


def _types(schema: Json) -> set[str]:
    return {str(part.get("type")) for part in (schema, *schema.get("anyOf", ()))}


def _resolved(schema: Json, schemas: Mapping[str, Json]) -> Json:
    """Behind a reference, also one that may be null."""
    for part in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in part:
            return schemas.get(part["$ref"].rpartition("/")[2], {})
    return schema
