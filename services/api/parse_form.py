"""The form of POST /v1/parse: one file, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from parsers.policy import ParseOptions, ParsePolicy, parse_policy
from services.api.multipart import ReceivedFile
from services.api.problems import INVALID_REQUEST, ApiProblem, FieldFault

FILE_FIELD: Final = "file"
KNOWN_FIELDS: Final = frozenset({"policy", "languages", "password", "children"})
_SWITCH: Final = {"true": True, "false": False}

PARSE_FORM: dict[str, Any] = {
    "type": "object",
    "required": [FILE_FIELD],
    "properties": {
        FILE_FIELD: {
            "type": "string",
            "contentMediaType": "application/octet-stream",
            "description": "The file, with its name. The name only tells kinds of plain text apart.",
        },
        "policy": {
            "type": "string",
            "description": f"How far to go: {', '.join(ParsePolicy)}, or budget:N with the most a page may cost. "
            "Without it as the service is set.",
        },
        "languages": {
            "type": "string",
            "description": "Languages that OCR should expect, likeliest first, with commas: de,en.",
        },
        "password": {"type": "string", "description": "Opens an encrypted file. Never kept, logged or given out."},
        "children": {
            "type": "string",
            "enum": list(_SWITCH),
            "default": "true",
            "description": "Whether attachments and archive members are read too; else they are only listed.",
        },
    },
    "additionalProperties": False,
    "example": {"policy": "balanced", FILE_FIELD: "(bytes)"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseForm:
    """One file, on disk, and how it is to be read."""

    file: ReceivedFile
    options: ParseOptions
    children: bool


def parse_form(fields: Mapping[str, str], files: Sequence[ReceivedFile], default: ParseOptions) -> ParseForm:
    """The form of a request; raises a problem that names the field at fault."""
    if len(files) != 1:
        raise _fault(FILE_FIELD, "Send one file.")
    options = default
    if text := fields.get("policy", "").strip():
        try:
            options = replace(parse_policy(text), vision_model=default.vision_model)
        except ValueError as error:
            raise _fault("policy", f"{error}.") from None
    languages = tuple(part.strip().lower() for part in fields.get("languages", "").split(",") if part.strip())
    if len(languages) > 10 or not all(code.isascii() and code.isalpha() and len(code) <= 3 for code in languages):
        raise _fault("languages", "Give up to ten codes of two or three letters, as de,en.")
    children = _SWITCH.get(fields.get("children", "true").strip().lower())
    if children is None:
        raise _fault("children", "This is either true or false.")
    return ParseForm(
        file=files[0],
        options=replace(options, languages=languages or options.languages, password=fields.get("password") or None),
        children=children,
    )


def _fault(field: str, message: str) -> ApiProblem:
    return ApiProblem(INVALID_REQUEST, message, errors=[FieldFault(where="body", field=field, message=message)])
