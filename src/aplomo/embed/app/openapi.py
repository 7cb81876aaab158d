"""The OpenAPI document: what the endpoints take and answer, with the schemas that ship."""

from importlib.metadata import version
from typing import Any

from aplomo.decision.schema import decision_schema
from aplomo.embed.request import request_schema

__all__ = ["openapi"]

_WHAT = {
    400: "The body cannot be used.",
    401: "No valid token, or no valid signature.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    409: "Not now, or not any more: the answer says why.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "It cannot be done: an unknown question, or a draft that is no longer waiting.",
    429: "Too many calls; Retry-After says when to call again.",
    500: "Should not happen; the answer names the incident in the server's log.",
    503: "Not able to now; Retry-After says when to call again.",
}
_ALWAYS = (401, 429, 500)


def openapi() -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aplomo",
            "version": version("aplomo"),
            "description": "Drafts replies that a person approves. Nothing is sent by itself.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `aplomo serve token new`; scopes: draft, read, approve.",
                }
            },
        },
    }


def _paths() -> dict[str, Any]:
    key = _parameter("key", "The draft's key, as in the note: 32 hex digits.")
    return {
        "/hooks/{adapter}": {
            "post": {
                "operationId": "takeHook",
                "summary": "Take a webhook of a support tool; its own signature is checked.",
                "parameters": [_parameter("adapter", "The name of an [adapters.NAME] table.")],
                "requestBody": {
                    "required": True,
                    "content": {"*/*": {"schema": {}}},
                },
                "responses": _answers(
                    202, "Stored; worked on later.", "Received", 400, 404, 413, 503
                ),
            }
        },
        "/v1/draft": {
            "post": _operation(
                "draft",
                "Draft for one comment now; nothing is delivered. Scope: draft.",
                _answers(200, "The decision.", "Decision", 400, 403, 413, 415, 422, 503),
                body="Request",
            )
        },
        "/v1/decisions/{id}": {
            "get": _operation(
                "getDecision",
                "A decision, as it is kept. Scope: read.",
                _answers(200, "The decision.", "Decision", 403, 404, 503),
                parameters=[_parameter("id", "The decision's id: d- and 32 hex digits.")],
            )
        },
        "/v1/drafts/{key}": {
            "get": _operation(
                "getDraft",
                "Where a draft stands. Scope: read.",
                _answers(200, "The draft.", "Draft", 403, 404, 503),
                parameters=[key],
            )
        },
        "/v1/drafts/{key}/approve": {"post": _verdict("approve", "Approval", key)},
        "/v1/drafts/{key}/reject": {"post": _verdict("reject", "Rejection", key)},
        "/healthz": {"get": _plain("health", "The process answers.")},
        "/readyz": {"get": _plain("ready", "The store can be read.", 503)},
        "/openapi.json": {"get": _plain("openapi", "This document.")},
    }


def _verdict(name: str, body: str, key: dict[str, Any]) -> dict[str, Any]:
    return _operation(
        name,
        f"{name.capitalize()} a draft, in the name of the token's owner. Scope: approve.",
        _answers(
            200, "The draft, as it stands now.", "Draft", 400, 403, 404, 409, 413, 415, 422, 503
        ),
        parameters=[key],
        body=body,
    )


def _operation(
    name: str,
    summary: str,
    responses: dict[str, Any],
    *,
    parameters: list[dict[str, Any]] | None = None,
    body: str | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "security": [{"token": []}],
        "responses": responses,
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _plain(name: str, summary: str, *problems: int) -> dict[str, Any]:
    """An operation that needs no token."""
    content = {"application/json": {"schema": {"type": "object"}}}
    responses = {"200": {"description": summary, "content": content}}
    responses |= {str(code): _problem(code) for code in (*problems, 500)}
    return {"operationId": name, "summary": summary, "responses": responses}


def _answers(code: int, description: str, schema: str, *problems: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    good = {str(code): {"description": description, "content": content}}
    return good | {str(code): _problem(code) for code in sorted({*problems, *_ALWAYS})}


def _problem(code: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": _WHAT[code],
        "content": {"application/problem+json": {"schema": schema}},
    }


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
    }


def _schemas() -> dict[str, Any]:
    request = request_schema()
    request.pop("$schema")
    request.pop("$id")
    parts: dict[str, Any] = request.pop("$defs")
    decision = decision_schema()
    decision.pop("$schema")
    decision.pop("$id")
    text = {"type": "string"}
    named = _relocated({"Request": request, **parts})
    return named | {
        "Decision": decision,
        "Approval": _object({"text": text | {"description": "The exact text."}}, "text"),
        "Rejection": _object({"reason": text}),
        "Received": _object({"new": {"type": "integer", "minimum": 0}}, "new"),
        "Draft": {
            "type": "object",
            "properties": {"key": text, "state": text, "reason": text},
            "required": ["key", "state", "reason", "decision_id"],
        },
        "Problem": {
            "type": "object",
            "description": "RFC 9457, with what to do about it.",
            "properties": {
                "type": text,
                "title": text,
                "status": {"type": "integer"},
                "detail": text,
                "hint": text,
                "code": text,
            },
            "required": ["type", "title", "status", "detail"],
        },
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _relocated(value: Any) -> Any:
    """References inside a schema, as they read inside the document."""
    if isinstance(value, dict):
        items: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {
            key: inner.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref"
            else _relocated(inner)
            for key, inner in items.items()
        }
    if isinstance(value, list):
        return [_relocated(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value
