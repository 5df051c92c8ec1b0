"""The page at /docs: a reference made from the OpenAPI description, whole in itself.

It has no script and loads nothing: reading it makes a browser ask no other host.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from operator import itemgetter
from typing import Any

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem;color:#1c2430;background:#fff}
h1{margin:0 0 .3rem}h2{border-bottom:1px solid #d5dae1;margin-top:2.2rem}
details{border:1px solid #d5dae1;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:#f4f6f8;border-radius:4px;overflow-x:auto;padding:.6rem}
.m{display:inline-block;font-weight:600;min-width:4.2rem}.s{color:#5a6675}
table{border-collapse:collapse;width:100%}
td{border-top:1px solid #e6e9ee;padding:.25rem .5rem .25rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#14181d;color:#dfe4ea}pre{background:#1e242b}
details,h2,td{border-color:#333c46}.s{color:#98a4b1}a{color:#8ab8ff}}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Json = Mapping[str, Any]


def reference_page(openapi: Json) -> str:
    """The OpenAPI description as one HTML page."""
    info = openapi["info"]
    body = "".join(_sections(openapi))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} <small class=s>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. State: <a href="/health">health</a>.</p>'
        f"{body}{_problem_types(openapi)}</body></html>"
    )


def _sections(openapi: Json) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            for tag in operation.get("tags", ["other"]):
                by_tag.setdefault(tag, []).append(_operation(path, method, operation, openapi))
    for tag in openapi.get("tags", []):
        if operations := by_tag.pop(tag["name"], None):
            yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag.get('description', ''))}</p>{''.join(operations)}"
    for name, operations in by_tag.items():
        yield f"<h2>{escape(name)}</h2>{''.join(operations)}"


def _problem_types(openapi: Json) -> str:
    rows = (
        f"<tr><td>{kind['status']}</td><td><code>{escape(kind['type'])}</code></td><td>{escape(kind['title'])}</td></tr>"
        for kind in sorted(openapi["x-problem-types"], key=itemgetter("status", "type"))
    )
    return f"<h2>problems</h2><p>Every error is one of these (RFC 9457).</p><table>{''.join(rows)}</table>"


def _operation(path: str, method: str, operation: Json, openapi: Json) -> str:
    return (
        f"<details><summary><span class=m>{method.upper()}</span><code>{escape(path)}</code> "
        f"<span class=s>{escape(operation.get('summary', ''))}</span></summary>"
        f"<p>{escape(operation.get('description', ''))}</p>{_needed_scope(operation)}"
        f"{_parameters(operation)}{_body(operation, openapi)}{_responses(operation)}</details>"
    )


def _needed_scope(operation: Json) -> str:
    scopes = {scope for way in operation.get("security", []) for names in way.values() for scope in names}
    return f"<p class=s>Needs a key with the scope {escape(', '.join(sorted(scopes)))}.</p>" if scopes else ""


def _parameters(operation: Json) -> str:
    rows = [
        f"<tr><td><code>{escape(p['name'])}</code></td><td class=s>{escape(p['in'])}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in operation.get("parameters", [])
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _body(operation: Json, openapi: Json) -> str:
    shown = []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content.get("schema", {}), openapi)
        sample = next(iter(schema.get("examples", [])), schema.get("example"))
        fields = ", ".join(schema.get("properties", {}))
        shown.append(f"<p>Body <code>{escape(kind)}</code> <span class=s>{escape(fields)}</span></p>{_pre(sample)}")
    return "".join(shown)


def _responses(operation: Json) -> str:
    rows = [
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(response.get('description', ''))}</td></tr>"
        for status, response in operation.get("responses", {}).items()
    ]
    return f"<table>{''.join(rows)}</table>"


def _resolved(schema: Json, openapi: Json) -> Json:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Json = openapi["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _pre(sample: Any) -> str:
    if sample is None:
        return ""
    return f"<pre>{escape(json.dumps(sample, indent=2, ensure_ascii=False))}</pre>"
