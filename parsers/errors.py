"""Why a document could not be parsed.

ParseError                      code `parse_failed`
├── UnsupportedMediaType        code `unsupported_media_type`    the content is of a kind no backend reads
├── EmptyFile                   code `empty_file`                zero bytes
├── EncryptedDocument           code `encrypted_document`        a password is needed, or the one given is wrong
├── DamagedDocument             code `damaged_document`          no backend can open it (truncated, corrupt)
├── NoPages                     code `no_pages`                  it opens, and has no page
├── PageUnreadable              code `page_unreadable`           one page of it cannot be read
├── UnreadableParse             code `unreadable_parse`          stored JSON that is no parse of a known schema version
├── LimitExceeded               code `limit_exceeded`            time, memory, pages or size over the limit
├── ParserCrashed               code `parser_crashed`            the isolated process died
└── ParseCancelled              code `parse_cancelled`           the caller asked to stop

Messages are for people: one sentence, no document text, no path of the machine.
"""

from __future__ import annotations


class ParseError(Exception):
    """A document that could not be parsed; `code` is stable, `str(error)` is a sentence for a person."""

    code = "parse_failed"


class UnsupportedMediaType(ParseError):
    code = "unsupported_media_type"


class EmptyFile(ParseError):
    code = "empty_file"


class EncryptedDocument(ParseError):
    code = "encrypted_document"


class DamagedDocument(ParseError):
    code = "damaged_document"


class NoPages(ParseError):
    code = "no_pages"


class PageUnreadable(ParseError):
    code = "page_unreadable"


class UnreadableParse(ParseError):
    code = "unreadable_parse"


class LimitExceeded(ParseError):
    code = "limit_exceeded"


class ParserCrashed(ParseError):
    code = "parser_crashed"


class ParseCancelled(ParseError):
    code = "parse_cancelled"
