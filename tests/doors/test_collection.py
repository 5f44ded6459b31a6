"""The Postman collection: what is in it, and what is not."""

from typing import Any

import msgspec

from stagedoor.doors.openapi.build import build_openapi
from stagedoor.doors.postman.build import build_collection


def requests_of(folder: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for item in folder["item"] for found in (requests_of(item) if "item" in item else [item])]


def test_the_collection_has_every_endpoint_of_the_document_and_names_none_twice() -> None:
    document: Any = build_openapi("en")
    story, *folders = build_collection()["item"]
    assert [folder["name"] for folder in folders] == [tag["name"] for tag in document["tags"]]
    summaries = [each["summary"] for methods in document["paths"].values() for each in methods.values()]
    assert sorted(item["name"] for folder in folders for item in requests_of(folder)) == sorted(summaries)
    names = [item["name"] for item in requests_of(story)]
    assert len(names) == len(set(names))


def test_the_collection_holds_no_example_where_the_readers_own_belongs() -> None:
    text = msgspec.json.encode(build_collection(public_url="https://door.example/")["item"]).decode()
    assert "doubao" not in text
    assert "group-2026" not in text
    operators = [
        item for item in requests_of({"item": build_collection()["item"]}) if "/admin/" in str(item["request"])
    ]
    assert len(operators) > 10
    assert all("{{admin_key}}" in str(item["request"]["auth"]) for item in operators)
