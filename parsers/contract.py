"""The parse contract (schema version 1) as JSON: encoding and decoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import msgspec

from parsers.errors import UnreadableParse
from parsers.model import SCHEMA_VERSION, Document, Element, ParseOutcome
from parsers.tree import ParsedChild, ParseTree

_DECODER = msgspec.json.Decoder(Document)


def encode_document(document: Document) -> bytes:
    """The Document alone, without measurements: byte-identical for the same bytes, producer and policy."""
    return msgspec.json.encode(document)


def encode(outcome: ParseOutcome) -> bytes:
    """The parse contract: the Document with the measured CPU seconds in each element's derivation."""
    return b"".join(encode_parts(outcome))


def encode_parts(outcome: ParseOutcome) -> Iterator[bytes]:
    """What `encode` gives, piece by piece: of thousands of pages it need never be in memory as a whole."""
    yield from encode_tree(ParseTree(outcome=outcome))


def encode_tree(tree: ParseTree) -> Iterator[bytes]:
    """As `encode_parts`; each of `children` that was read has a contract of its own as its member `parse`, or an
    `error` with `code` and `message`."""
    document = tree.outcome.document
    before = b"{"
    for part in fields(document):
        yield before + msgspec.json.encode(part.name) + b":"
        before = b","
        if part.name == "elements":
            yield from _encode_elements(document.elements, tree.outcome.measurements.by_element)
        elif part.name == "children" and tree.children:
            yield from _encode_children(tree.children)
        else:
            yield msgspec.json.encode(getattr(document, part.name))
    yield b"}"


def _encode_children(children: Sequence[ParsedChild]) -> Iterator[bytes]:
    before = b"["
    for parsed in children:
        yield before + msgspec.json.encode(parsed.child)[:-1]
        before = b","
        if parsed.tree is not None:
            yield b',"parse":'
            yield from encode_tree(parsed.tree)
        elif parsed.error is not None:
            error = {"code": parsed.error.code, "message": str(parsed.error)}
            yield b',"error":' + msgspec.json.encode(error)
        yield b"}"
    yield b"]"


def _encode_elements(elements: Sequence[Element], seconds: Mapping[str, float]) -> Iterator[bytes]:
    before = b"["
    for element in elements:
        contract = msgspec.to_builtins(element)
        contract["derivation"]["cpu_seconds"] = round(seconds.get(element.id, 0.0), 6)
        yield before + msgspec.json.encode(contract)
        before = b","
    yield b"]" if elements else b"[]"


def decode(data: bytes) -> Document:
    """A Document from either encoding. Raises `UnreadableParse` when the data is none, or of another schema version."""
    try:
        version = msgspec.json.decode(data, type=_Versioned).schema_version
        if version == SCHEMA_VERSION:
            return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise UnreadableParse("The stored parse cannot be read: it is not valid.") from error
    raise UnreadableParse(f"The stored parse has schema version {version}; this program reads {SCHEMA_VERSION}.")


class _Versioned(msgspec.Struct):
    schema_version: int
