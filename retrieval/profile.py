"""What a collection's owner knows of its field of work, as data: a profile and a glossary.

A profile names the kinds of documents, the ways periods are written, and where in a document things are found; a
glossary says which words mean the same. Neither is there unless it was uploaded, and neither holds code or regular
expressions: phrases are matched as words, in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from retrieval.errors import InvalidProfile
from retrieval.periods import PLACEHOLDERS, placeholders

SCHEMA_VERSION = 1
MAX_ITEMS = 2_000
MAX_PHRASES = 64
MAX_PHRASE = 200
MAX_DESCRIPTION = 2_000
MAX_WEIGHT = 4.0
DEFAULT_WEIGHT = 0.5

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedThing:
    """A kind of document or an organisation: its name, and what else it is called."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHint:
    """A question that says one of the `phrases` is about a part of a document that has the words `looks_for` on it."""

    phrases: tuple[str, ...]
    looks_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`period_patterns`: phrases with {year}, {quarter}, {month}, {day} in them, as "FY{year}"; see
    `retrieval.periods`."""

    name: str
    description: str = ""
    document_kinds: tuple[NamedThing, ...] = ()
    period_patterns: tuple[str, ...] = ()
    source_hints: tuple[SourceHint, ...] = ()
    organisations: tuple[NamedThing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryEntry:
    """Where a question has one of the `terms`, the `expansions` are looked for as well, each of their words with
    `weight` times the weight of a word of the question (0 to `MAX_WEIGHT`)."""

    terms: tuple[str, ...]
    expansions: tuple[str, ...]
    weight: float = DEFAULT_WEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    name: str
    description: str = ""
    entries: tuple[GlossaryEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionProfile:
    """What one collection has of them. `version_key` changes with every upload and removal: a key for caches."""

    collection: str
    profile: Profile | None = None
    glossary: Glossary | None = None
    version_key: str = ""


def parse_profile(data: object) -> Profile:
    """The profile that a JSON object describes. Raises InvalidProfile, with the name of the field at fault."""
    fields = _Fields(data, "")
    fields.check_version()
    profile = Profile(
        name=fields.phrase("name"),
        description=fields.text("description"),
        document_kinds=fields.items("document_kinds", _named_thing),
        period_patterns=tuple(
            _period_pattern(pattern, f"period_patterns[{number}]")
            for number, pattern in enumerate(fields.phrases("period_patterns"))
        ),
        source_hints=fields.items("source_hints", _source_hint),
        organisations=fields.items("organisations", _named_thing),
    )
    fields.check_all_read()
    return profile


def parse_glossary(data: object) -> Glossary:
    """The glossary that a JSON object describes. Raises InvalidProfile, with the name of the field at fault."""
    fields = _Fields(data, "")
    fields.check_version()
    glossary = Glossary(
        name=fields.phrase("name"),
        description=fields.text("description"),
        entries=fields.items("entries", _glossary_entry),
    )
    fields.check_all_read()
    return glossary


def _named_thing(fields: _Fields) -> NamedThing:
    return NamedThing(name=fields.phrase("name"), aliases=fields.phrases("aliases"))


def _source_hint(fields: _Fields) -> SourceHint:
    return SourceHint(
        phrases=fields.phrases("phrases", required=True), looks_for=fields.phrases("looks_for", required=True)
    )


def _glossary_entry(fields: _Fields) -> GlossaryEntry:
    return GlossaryEntry(
        terms=fields.phrases("terms", required=True),
        expansions=fields.phrases("expansions", required=True),
        weight=fields.number("weight", DEFAULT_WEIGHT, MAX_WEIGHT),
    )


def _period_pattern(pattern: str, field: str) -> str:
    names = placeholders(pattern)
    unknown = [name for name in names if name not in PLACEHOLDERS]
    if unknown or "year" not in names or len(set(names)) < len(names):
        allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise InvalidProfile(f"A period pattern has {{year}} once, and of {allowed} none twice.", field=field)
    return pattern


class _Fields:
    """The members of a JSON object, each read once and checked; what was not read is unknown."""

    def __init__(self, data: object, path: str) -> None:
        if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
            raise InvalidProfile("This must be an object.", field=path or "body")
        self._data: Mapping[str, Any] = data
        self._path = path
        self._read: set[str] = set()

    def check_version(self) -> None:
        version = self._get("schema_version", SCHEMA_VERSION)
        if type(version) is not int or version != SCHEMA_VERSION:
            raise InvalidProfile(f"schema_version must be {SCHEMA_VERSION}.", field=self._at("schema_version"))

    def check_all_read(self) -> None:
        unknown = sorted(set(self._data) - self._read)
        if unknown:
            raise InvalidProfile("There is no such field.", field=self._at(unknown[0][:MAX_PHRASE]))

    def text(self, name: str) -> str:
        value = self._get(name, "")
        if not isinstance(value, str) or len(value) > MAX_DESCRIPTION or "\x00" in value:
            raise InvalidProfile(f"This must be a text of at most {MAX_DESCRIPTION} characters.", field=self._at(name))
        return value

    def phrase(self, name: str) -> str:
        return _phrase(self._get(name, None), self._at(name))

    def phrases(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        values = self._list(name, MAX_PHRASES)
        if required and not values:
            raise InvalidProfile("At least one phrase is needed.", field=self._at(name))
        return tuple(_phrase(value, f"{self._at(name)}[{number}]") for number, value in enumerate(values))

    def number(self, name: str, default: float, highest: float) -> float:
        value = self._get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= highest:
            raise InvalidProfile(f"This must be a number from 0 to {highest:g}.", field=self._at(name))
        return float(value)

    def items(self, name: str, read: Callable[[_Fields], _Item]) -> tuple[_Item, ...]:
        found = []
        for number, value in enumerate(self._list(name, MAX_ITEMS)):
            fields = _Fields(value, f"{self._at(name)}[{number}]")
            found.append(read(fields))
            fields.check_all_read()
        return tuple(found)

    def _list(self, name: str, longest: int) -> list[Any]:
        value = self._get(name, [])
        if not isinstance(value, list) or len(value) > longest:
            raise InvalidProfile(f"This must be a list of at most {longest}.", field=self._at(name))
        return value

    def _get(self, name: str, default: Any) -> Any:
        self._read.add(name)
        return self._data.get(name, default)

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _phrase(value: object, field: str) -> str:
    """White space is collapsed."""
    if isinstance(value, str) and len(value) <= MAX_PHRASE and value.isprintable() and value.strip():
        return " ".join(value.split())
    raise InvalidProfile(f"This must be a phrase of 1 to {MAX_PHRASE} printable characters.", field=field)
