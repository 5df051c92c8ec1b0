"""Names and attribute values that callers give: what is allowed, checked in one place."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath

from ingestion.errors import InvalidAttributes, InvalidName, InvalidSettings
from ingestion.model import AttributeType, ParsingSettings
from parsers.policy import parse_policy
from retrieval.model import AttributeValue

MAX_NAME = 500
MAX_TEXT = 2_000
MAX_ATTRIBUTES = 64
MAX_LANGUAGES = 8

_COLLECTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SEPARATORS = re.compile(r"[\s_\-+.]+")


def check_collection_name(name: str) -> str:
    if not _COLLECTION_NAME.fullmatch(name):
        raise InvalidName(
            "A collection's name has 1 to 64 letters, digits, dots, dashes, underscores, and begins with no sign.",
            field="name",
        )
    return name


def check_document_name(name: str) -> str:
    """A file's name or relative path: 1 to 500 characters, none of them a control character."""
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidName(f"A document's name has 1 to {MAX_NAME} characters.", field="name")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise InvalidName("A document's name has no control characters.", field="name")
    return name


def check_title(title: str) -> str:
    """1 to 500 characters on one line."""
    text = " ".join(title.split())
    if not text or len(text) > MAX_NAME or any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidName(f"A document's title has 1 to {MAX_NAME} characters on one line.", field="title")
    return text


def title_of(name: str) -> str:
    """The title that a file's name gives: its stem, with blanks for separators.

    >>> title_of("filings/ACME_2023-10K.pdf")
    'ACME 2023 10K'
    """
    last = PurePosixPath(name.replace("\\", "/")).name or name
    stem = PurePosixPath(last).stem
    return _SEPARATORS.sub(" ", stem).strip() or name.strip()


def check_parsing(settings: ParsingSettings) -> ParsingSettings:
    """A policy that exists, and at most eight language codes (ISO 639, `en` or `eng`)."""
    if settings.policy is not None:
        try:
            parse_policy(settings.policy)
        except ValueError as error:
            raise InvalidSettings(f"{error}.", field="parsing.policy") from None
    if len(settings.languages) > MAX_LANGUAGES or not all(_LANGUAGE.fullmatch(code) for code in settings.languages):
        message = f"Languages are at most {MAX_LANGUAGES} codes of two or three letters, as en or deu."
        raise InvalidSettings(message, field="parsing.languages")
    return settings


def check_schema(schema: Mapping[str, AttributeType]) -> dict[str, AttributeType]:
    if len(schema) > MAX_ATTRIBUTES:
        raise InvalidAttributes(f"A collection has at most {MAX_ATTRIBUTES} attributes.", field="attributes")
    for name in schema:
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise InvalidAttributes(
                "An attribute's name has 1 to 64 letters, digits or underscores, and starts with a letter.",
                field=f"attributes.{name}",
            )
    return dict(schema)


def check_attributes(values: Mapping[str, object], schema: Mapping[str, AttributeType]) -> dict[str, AttributeValue]:
    """The values, each known to the schema and of its type. An integer is also a number."""
    return {name: _check_value(name, value, schema) for name, value in sorted(values.items())}


def _check_value(name: str, value: object, schema: Mapping[str, AttributeType]) -> AttributeValue:
    field = f"attributes.{name}"
    kind = schema.get(name)
    if kind is None:
        raise InvalidAttributes(f"The collection has no attribute {name!r}.", field=field)
    if kind is AttributeType.BOOLEAN and isinstance(value, bool):
        return value
    if kind is AttributeType.INTEGER and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    if kind is AttributeType.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) and abs(value) < 1e300:
            return value
    elif isinstance(value, str) and len(value) <= MAX_TEXT and "\x00" not in value:
        if kind is AttributeType.STRING:
            return value
        if kind is AttributeType.DATE and _is_date(value):
            return value
    raise InvalidAttributes(f"The attribute {name!r} must be {_DESCRIPTIONS[kind]}.", field=field)


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_DESCRIPTIONS = {
    AttributeType.STRING: f"a text of at most {MAX_TEXT} characters",
    AttributeType.INTEGER: "a whole number",
    AttributeType.NUMBER: "a number",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.DATE: "a date like 2024-12-31",
}
