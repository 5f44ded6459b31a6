"""The Postman collection, format 2.1, made from the OpenAPI document: a folder for each of its tags, and before them the story."""

import json
from collections.abc import Mapping
from typing import Any

from stagedoor import __version__
from stagedoor.doors.openapi import examples
from stagedoor.doors.openapi.build import build_openapi
from stagedoor.doors.postman.story import story
from stagedoor.keys.issue import ADMIN_SCOPE

Json = dict[str, Any]

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = """\
Set the variables `base_url`, `api_key` and `model`. Then run the folder "The whole story": with `stagedoor dev` it needs `emulator_url` besides, \
and goes through by itself. Before a real account leave `emulator_url` empty, set `picture_url` and `callback_url`, open the link of ⑪ on a phone, and go on with ⑫.

The other folders hold every endpoint with an example.
"""
LOCAL = "http://127.0.0.1:8080"
# What stands for the reader's own in the examples.
VARIABLES: Mapping[str, str] = {
    examples.MODEL: "{{model}}",
    examples.GROUP_ID: "{{group_id}}",
    examples.PERSON_ID: "{{person_id}}",
    examples.ASSET_ID: "{{asset_id}}",
    examples.BYTED_TOKEN: "{{byted_token}}",
    examples.CALLBACK_URL: "{{callback_url}}",
}


def build_collection(*, public_url: str = "") -> Json:
    """Return the collection; ``public_url`` is where the gateway is reached, when that is known."""
    document: Any = build_openapi("en", public_url=public_url)
    return {
        "info": {"name": "stagedoor", "version": __version__, "description": DESCRIPTION, "schema": FORMAT},
        "auth": _bearer("api_key"),
        "variable": _variables(public_url),
        "item": [story(), *(_folder(tag, document["paths"]) for tag in document["tags"])],
    }


def _variables(public_url: str) -> list[Json]:
    values = {
        "base_url": public_url.rstrip("/") or LOCAL,
        "api_key": "",
        "admin_key": "",
        "model": examples.MODEL,
        "emulator_url": "",
        "callback_url": "{{base_url}}/docs",
        "picture_url": "{{emulator_url}}/_emulator/samples/portrait.jpg",
        "byted_token": "",
        "person_id": "",
        "group_id": "",
        "asset_id": "",
    }
    return [{"key": key, "value": value, "type": "string"} for key, value in values.items()]


def _bearer(variable: str) -> Json:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _folder(tag: Mapping[str, str], paths: Mapping[str, Mapping[str, Json]]) -> Json:
    items = [
        _item(path, method, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if tag["name"] in operation["tags"]
    ]
    return {"name": tag["name"], "description": tag["description"], "item": items}


def _item(path: str, method: str, operation: Json) -> Json:
    parameters = operation.get("parameters", [])
    query = [_parameter(each) for each in parameters if each["in"] == "query"]
    segments = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    request: Json = {
        "method": method.upper(),
        "description": operation.get("description", ""),
        "header": [_parameter(each) for each in parameters if each["in"] == "header"],
        "url": {
            "raw": f"{{{{base_url}}}}/{'/'.join(segments)}",
            "host": ["{{base_url}}"],
            "path": segments,
            "query": query,
            "variable": [_parameter(each) for each in parameters if each["in"] == "path"],
        },
    }
    if operation["security"] == []:
        request["auth"] = {"type": "noauth"}
    elif operation["security"] == [{"bearer": [ADMIN_SCOPE]}]:
        request["auth"] = _bearer("admin_key")
    if "requestBody" in operation:
        request["body"] = _body(operation["requestBody"]["content"])
    return {"name": operation["summary"], "request": request, "response": []}


def _body(content: Mapping[str, Json]) -> Json:
    if "application/json" in content:
        shown = next(iter(content["application/json"]["examples"].values()))["value"]
        text = _with_variables(json.dumps(shown, indent=2, ensure_ascii=False))
        return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    if "multipart/form-data" in content:
        fields: Mapping[str, Json] = content["multipart/form-data"]["schema"]["properties"]
        return {"mode": "formdata", "formdata": [_form_field(name, field) for name, field in fields.items()]}
    return {"mode": "file"}


def _form_field(name: str, field: Json) -> Json:
    kind = "file" if name == "file" else "text"
    shown = {"key": name, "type": kind, "description": field.get("description", "")}
    return shown if kind == "file" else {**shown, "value": "", "disabled": True}


def _parameter(parameter: Json) -> Json:
    value = _with_variables(str(parameter.get("example", "")))
    shown: Json = {"key": parameter["name"], "value": value, "description": parameter["description"]}
    return shown if parameter.get("required") else {**shown, "disabled": True}


def _with_variables(text: str) -> str:
    for example, variable in VARIABLES.items():
        text = text.replace(example, variable)
    return text
