"""docs/reference/endpoints.md: the twelve and the invitations, from the table of operations and the OpenAPI document made of it."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast

from docs.generate.markdown import details, fence, link, notice, page, table
from stagedoor.contract.operations import INVITATIONS, OPERATIONS, Operation
from stagedoor.doors.openapi.build import build_openapi
from stagedoor.doors.openapi.errors import ErrorType, errors_of, errors_of_invitations
from stagedoor.doors.openapi.examples import MODEL

Json = dict[str, Any]

INTRODUCTION = """\
# Endpoints

The twelve, and below them the [invitations](#invitations), which stagedoor adds in the same style. What is no call of this kind has pages of its own:
[events and webhooks](events.md), [the command line](cli.md). A running gateway shows the same at `/docs`, and as OpenAPI 3.1 at `/openapi.json` (Chinese: `/docs/zh`, `/openapi.zh.json`).
"""

COMMON = """\
## What all of them share

- **The key.** `Authorization: Bearer sd_live_…` or `sd_test_…`. A key has scopes; each endpoint below names the one it needs.
- **`model`** chooses the upstream account. It is required everywhere: in the body of POST and PATCH, in the query of GET and DELETE.
- **Bodies** are JSON objects with `Content-Type: application/json` ([limits](../explanation/limits.md)). An optional field may be left out or
  `null`. Unknown fields are ignored.
- **Answers** are `ResponseMetadata` and `Result`. A field without a value is left out, never `null`.
- **`X-Request-Id`** in an answer repeats its `RequestId`. In a request it may hold a name of your own for the call: 1 to 64 letters, digits, `-` and
  `_`. That becomes the `RequestId`; anything else is ignored.
- **Lengths** are counted in characters.
- **Another tenant's id** answers like one that does not exist.

In the examples, `$GATEWAY` is the address of the gateway and `$KEY` an API key.
"""

INVITING = """\
## Invitations

A long-lived link for one actor instead of a 120-second one: [how to invite an actor](../how-to/invite-an-actor.md). Keys, envelope, errors and limits are
those of the twelve.
"""

# Whole objects that many results hold are described once, at the end.
OBJECTS = ("Group", "Asset", "Invitation", "Decision")
TAKEN = ("Field", "Type and limits", "Required", "Meaning")
GIVEN = ("Field", "Type", "Always there", "Meaning")
# Said once, under what all of them share.
SHARED_HEADER = "X-Request-Id"


@cache
def _document() -> Json:
    return build_openapi("en")


def build_page() -> str:
    """Return the page as Markdown."""
    rows = [_row(operation) for operation in OPERATIONS]
    return page(
        notice("src/stagedoor/contract/"),
        INTRODUCTION,
        table(("", "Official Action", "Endpoint", "Does"), rows),
        COMMON,
        page("### Errors of every endpoint", _error_table(_common_errors())),
        *(_section(operation) for operation in OPERATIONS),
        INVITING,
        table(("Action", "Endpoint", "Does"), [_row(operation)[1:] for operation in INVITATIONS]),
        *(_section(operation) for operation in INVITATIONS),
        "## The objects",
        *(_object(name) for name in OBJECTS),
    )


def _row(operation: Operation) -> tuple[str, str, str, str]:
    return operation.number, link(operation.action), f"`{operation.method} {operation.path}`", operation.summary


def _section(operation: Operation) -> str:
    shown: Json = _document()["paths"][operation.path][operation.method.lower()]
    return page(
        f"## {operation.action}",
        f"**{f'{operation.number} {operation.summary}'.strip()}** · `{operation.method} {operation.path}` · scope `{operation.scope}`",
        shown["description"],
        "**Request**",
        table(TAKEN, _request_rows(shown)),
        *_request_examples(operation, shown),
        "**Result**",
        _result(operation),
        *_answer_examples(shown),
        "**Errors**, besides those of every endpoint",
        _error_table([cls for cls in _errors_of(operation) if cls not in _common_errors()]),
    )


def _errors_of(operation: Operation) -> Sequence[ErrorType]:
    return errors_of_invitations(operation) if operation in INVITATIONS else errors_of(operation)


def _common_errors() -> list[ErrorType]:
    every = [set(errors_of(operation)) for operation in OPERATIONS]
    return [cls for cls in errors_of(OPERATIONS[0]) if all(cls in some for some in every)]


def _error_table(classes: Sequence[ErrorType]) -> str:
    by_status: dict[int, list[str]] = {}
    for cls in sorted(classes, key=lambda cls: (cls.status, cls.code)):
        by_status.setdefault(cls.status, []).append(link(cls.code, "errors.md"))
    return table(("HTTP", "Code"), ((str(status), ", ".join(codes)) for status, codes in by_status.items()))


def _request_rows(shown: Json) -> Iterator[Sequence[str]]:
    for parameter in shown["parameters"]:
        if parameter["name"] == SHARED_HEADER:
            continue
        place = f"`{parameter['name']}` ({parameter['in']})"
        yield place, _type(parameter["schema"]), _yes(parameter["required"]), parameter["description"]
    if "requestBody" in shown:
        yield from _rows(_schema(shown["requestBody"]["content"]["application/json"]["schema"]))


def _result(operation: Operation) -> str:
    name = operation.result.__name__
    if name in OBJECTS:
        return f"The {link(name)}."
    schema = _document()["components"]["schemas"][name]
    return table(GIVEN, _rows(schema)) if schema["properties"] else "An empty object."


def _object(name: str) -> str:
    return page(f"### {name}", table(GIVEN, _rows(_document()["components"]["schemas"][name])))


def _rows(schema: Json, before: str = "") -> Iterator[Sequence[str]]:
    """Yield a row for every field, those of an object in it with a dot."""
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        inner = _inner_object(field)
        yield f"`{before}{name}`", _type(field), _yes(name in required), field.get("description", "")
        if inner is not None:
            yield from _rows(inner, f"{before}{name}.")


def _inner_object(field: Json) -> Json | None:
    references = [option for option in (field, *field.get("anyOf", ())) if "$ref" in option]
    return _schema(references[0]) if references else None


def _schema(reference: Json) -> Json:
    return cast("Json", _document()["components"]["schemas"][reference["$ref"].rpartition("/")[2]])


def _type(schema: Json) -> str:
    if "$ref" in schema or "anyOf" in schema:
        return "object"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = next(name for name in kinds if name != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    if kind == "array":
        return _list_type(schema)
    words = {"string": "text", "integer": "whole number", "boolean": "`true` or `false`", "object": "object"}[kind]
    return ", ".join([_FORMATS.get(schema.get("format", ""), words), *_limits(schema)])


_FORMATS = {"uri": "http(s) address", "date-time": "time"}


def _list_type(schema: Json) -> str:
    items = schema["items"]
    of = link(items["$ref"].rpartition("/")[2]) if "$ref" in items else _type(items)
    most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
    return f"list of {of}{most}" if "$ref" in items else f"list{most}, each: {of}"


def _limits(schema: Json) -> Iterator[str]:
    for least, most, unit in (("minLength", "maxLength", " characters"), ("minimum", "maximum", "")):
        if least in schema and most in schema:
            yield f"{schema[least]} to {schema[most]}{unit}"
        elif most in schema:
            yield f"at most {schema[most]}{unit}"
        elif least in schema:
            yield f"at least {schema[least]}{unit}"


def _yes(required: object) -> str:
    return "yes" if required else ""


def _request_examples(operation: Operation, shown: Json) -> Iterator[str]:
    if operation.in_query:
        path = operation.path.replace("{id}", shown["parameters"][0]["example"])
        method = "" if operation.method == "GET" else f" -X {operation.method}"
        yield fence("bash", f'curl -sS{method} "$GATEWAY{path}?model={MODEL}" -H "Authorization: Bearer $KEY"')
        return
    examples = list(shown["requestBody"]["content"]["application/json"]["examples"].values())
    shown_first, *others = [fence("bash", _curl(operation, example["value"])) for example in examples]
    yield shown_first
    for example, text in zip(examples[1:], others, strict=True):
        yield details(f"Another request: {example['summary'].lower()}", text)


def _curl(operation: Operation, body: Json) -> str:
    path = operation.path.replace("{id}", body.get("Id", ""))
    method = "" if operation.method == "POST" else f" -X {operation.method}"
    return (
        f'curl -sS{method} "$GATEWAY{path}" \\\n  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(body, ensure_ascii=False)}'"
    )


def _answer_examples(shown: Json) -> Iterator[str]:
    examples = list(shown["responses"]["200"]["content"]["application/json"]["examples"].values())
    yield fence("json", _answer(examples[0]["value"]))
    for example in examples[1:]:
        yield details(f"Another answer: {example['summary'].lower()}", fence("json", _answer(example["value"])))


def _answer(answer: Json) -> str:
    """Return an answer with its envelope on one line, which is the same every time."""
    metadata = json.dumps(answer["ResponseMetadata"], ensure_ascii=False)
    result = json.dumps(answer["Result"], ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return f'{{\n  "ResponseMetadata": {metadata},\n  "Result": {result}\n}}'
