"""The pieces every operation of the OpenAPI documents is made of."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import LIMITED, REGION, REQUEST_ID, ErrorType, error_responses, header, rate_headers
from stagedoor.doors.openapi.examples import REQUESTS, RESULTS
from stagedoor.doors.openapi.schemas import NO_CONTROLS, REF, Json, Say, answer_schema
from stagedoor.doors.pages import DEFAULT_RESULTS, LONGEST_TOKEN, MOST_RESULTS
from stagedoor.http.envelope import result_body

Place = Literal["path", "query", "header"]


def parameter(
    place: Place, name: str, text: str, schema: Json, say: Say, *, required: bool = False, example: str = ""
) -> Json:
    """Return a parameter; ``text`` is its description in English."""
    if place == "path":
        schema = schema | NO_CONTROLS
    shown: Json = {"name": name, "in": place, "description": say(text), "required": required, "schema": schema}
    return {**shown, "example": example} if example else shown


def paging(say: Say) -> list[Json]:
    """Return the parameters of a list that is read page by page with GET."""
    most: Json = {"type": "integer", "minimum": 1, "maximum": MOST_RESULTS, "default": DEFAULT_RESULTS}
    token: Json = {"type": "string", "maxLength": LONGEST_TOKEN}
    return [
        parameter("query", "MaxResults", texts.PARAMETERS["per page"], most, say),
        parameter("query", "NextToken", texts.PARAMETERS["page after"], token, say),
    ]


def request_body(action: str, request: type[msgspec.Struct], say: Say) -> Json:
    """Return the JSON body an operation takes, with its examples."""
    examples = {_key(name): {"summary": say(name), "value": value} for name, value in REQUESTS[action].items()}
    content = {"schema": {"$ref": f"{REF}{request.__name__}Request"}, "examples": examples}
    return {"required": True, "content": {"application/json": content}}


def responses(action: str, result: type[msgspec.Struct], kinds: Iterable[ErrorType], say: Say) -> Json:
    """Return everything an operation can answer."""
    examples = {
        _key(name): {
            "summary": say(name),
            "value": msgspec.json.decode(result_body(REQUEST_ID, action, REGION, example)),
        }
        for name, example in RESULTS[action].items()
    }
    kinds = tuple(kinds)
    answer: Json = {
        "description": say(texts.OTHERS["answer"]),
        "headers": {"X-Request-Id": header("RequestId"), **(rate_headers() if LIMITED[0] in kinds else {})},
        "content": {"application/json": {"schema": answer_schema(action, result), "examples": examples}},
    }
    return {"200": answer, **error_responses(kinds, say)}


def _key(name: str) -> str:
    return name.lower().replace(" ", "_")
