"""The API's documentation as a plain page, made from the OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi.responses import HTMLResponse

from website.problems import STATUS

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API – Gown Try-On</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/docs.css"></head><body><main class="docs"><h1>The API</h1>
<p>Everything the page does can be done from a program. The machine-readable form is
<a href="/api/openapi.json">/api/openapi.json</a>. Pictures live in memory while they are worked on,
and nowhere else.</p>
<pre tabindex="0"><code>curl -s -F photo=@bride.jpg -F gown_id=rosalie -F consent=yes \\
  http://127.0.0.1:8090/api/tryon</code></pre>"""


def docs_page(schema: Mapping[str, Any]) -> HTMLResponse:
    return HTMLResponse("".join([HEAD, *_routes(schema), *_problems(), "</main></body></html>"]))


def _routes(schema: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            yield f"<section><h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(about['summary'])}</p>"
            if "description" in about:
                text = re.sub("`([^`]+)`", r"<code>\1</code>", escape(about["description"]))
                yield f"<p>{text}</p>"
            yield from _fields(about)
            yield from _answers(about, schema)
            yield "</section>"


def _fields(about: Mapping[str, Any]) -> Iterator[str]:
    for content in about.get("requestBody", {}).get("content", {}).values():
        yield "<dl>"
        for name, field in content["schema"]["properties"].items():
            needed = " (required)" if name in content["schema"]["required"] else ""
            meaning = field.get("description") or " or ".join(map(str, field.get("enum", [field["type"]])))
            yield f"<dt><code>{escape(name)}</code>{needed}</dt><dd>{escape(meaning)}</dd>"
        yield "</dl>"


def _answers(about: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    for status, answer in about["responses"].items():
        for content in answer.get("content", {}).values():
            shape = content.get("schema", {})
            shape = shape.get("items", shape)
            if "$ref" in shape and not shape["$ref"].endswith("HTTPValidationError"):
                found = schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
                keys = json.dumps(sorted(found["properties"]))
                yield f"<p>{status}: <code>{escape(keys)}</code></p>"


def _problems() -> Iterator[str]:
    yield "<section><h2>When it goes wrong</h2><p>As <code>application/problem+json</code>, with these codes:</p><dl>"
    for code, status in STATUS.items():
        yield f'<dt id="{code}"><code>{code}</code></dt><dd>{status}</dd>'
    yield "</dl></section>"
