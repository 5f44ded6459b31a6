"""The OpenAPI documents: valid, complete, in two languages, and true to their own schemas."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from stagedoor.contract.operations import INVITATIONS, OPERATIONS, Operation
from stagedoor.doors.admin import ACTIONS
from stagedoor.doors.openapi import texts, zh, zh_fields
from stagedoor.doors.openapi.build import Language, build_openapi, errors_by_operation
from stagedoor.doors.openapi.errors import ACTION_DOOR, error_classes, errors_of
from stagedoor.doors.openapi.examples import REQUESTS
from stagedoor.doors.webhooks import ACTIONS as WEBHOOK_ACTIONS
from stagedoor.errors import StagedoorError

CHINESE_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
NOT_PROSE = {"value", "example", "default", "enum", "const"}
METHODS = {"get", "post", "patch", "delete"}


def build(language: Language = "en", **options: str) -> dict[str, Any]:
    """Return the document as a reader of the JSON has it."""
    document: dict[str, Any] = json.loads(msgspec.json.encode(build_openapi(language, **options)))
    return document


@pytest.fixture(scope="module", params=["en", "zh"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return build(request.param)


@pytest.fixture(scope="module")
def english() -> dict[str, Any]:
    return build("en")


def documented(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield path, method, operation


def operation_of(document: dict[str, Any], action: str) -> dict[str, Any]:
    return next(operation for _, _, operation in documented(document) if operation["operationId"] == action)


def prose(node: Any) -> Iterator[str]:
    """Yield every summary and description."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"summary", "description"} and isinstance(value, str):
                yield value
            elif key not in NOT_PROSE:
                yield from prose(value)
    elif isinstance(node, list):
        for value in node:
            yield from prose(value)


def validator(document: dict[str, Any], schema: dict[str, Any]) -> OAS31Validator:
    return OAS31Validator({**schema, "components": document["components"]}, format_checker=oas31_format_checker)


def examples(document: dict[str, Any], media: dict[str, Any]) -> Iterator[Any]:
    for example in media.get("examples", {}).values():
        if "$ref" in example:
            yield document["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
        else:
            yield example["value"]
    if "example" in media:
        yield media["example"]


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
def test_each_of_the_twelve_is_documented(document: dict[str, Any], operation: Operation) -> None:
    shown = document["paths"][operation.path][operation.method.lower()]
    assert shown["operationId"] == operation.action
    assert shown["security"] == [{"bearer": [operation.scope]}]
    assert shown["tags"][0] in {tag["name"] for tag in document["tags"]}
    names = {(parameter["in"], parameter["name"]): parameter["required"] for parameter in shown["parameters"]}
    assert (names.get(("path", "id")) is True) == operation.has_id
    assert (names.get(("query", "model")) is True) == operation.in_query
    assert (("header", "Idempotency-Key") in names) == operation.creates
    assert (("header", "Cache-Control") in names) == (operation.action == "GetAsset")
    assert ("requestBody" in shown) != operation.in_query


def test_callback_health_and_administration_are_documented(english: dict[str, Any]) -> None:
    expected = {
        "/cb/{state}",
        "/healthz",
        "/readyz",
        "/v1/events",
        "/v1/audit",
        "/admin/v1/events",
        "/admin/v1/audit",
        "/v1/deletions/{group_id}",
        "/v1/media/check",
        "/v1/imports",
        "/v1/imports/{id}",
        "/v1/imports/{id}/items",
        "/v1/imports/{id}/cancel",
        "/v1/uploads",
        "/v1/uploads/{id}",
        *ACTIONS,
        *WEBHOOK_ACTIONS,
    }
    assert expected == set(english["paths"]) - {operation.path for operation in (*OPERATIONS, *INVITATIONS)}
    for path, row in (*ACTIONS.items(), *WEBHOOK_ACTIONS.items()):
        assert set(english["paths"][path]) == {method.lower() for method in row}


def test_every_error_class_has_an_example_with_its_code_and_retry(english: dict[str, Any]) -> None:
    shown = english["components"]["examples"]
    assert set(shown) == {cls.code for cls in StagedoorError.family() if "code" in cls.__dict__}
    for cls in error_classes():
        error = shown[cls.code]["value"]["ResponseMetadata"]["Error"]
        assert error["Code"].partition(".")[0] == cls.code
        assert error["Retry"] == cls.retry


def test_every_error_is_answered_by_some_operation_or_in_the_action_door(english: dict[str, Any]) -> None:
    used = {
        code
        for _, _, operation in documented(english)
        for response in operation["responses"].values()
        for code in response.get("content", {}).get("application/json", {}).get("examples", {})
    }
    assert {cls.code for cls in error_classes()} - {cls.code for cls in ACTION_DOOR} <= used


def test_errors_stand_under_their_own_status(english: dict[str, Any]) -> None:
    statuses = {cls.code: str(cls.status) for cls in error_classes()}
    for action, kinds in errors_by_operation().items():
        responses = operation_of(english, action)["responses"]
        for kind in kinds:
            assert kind.code in responses[statuses[kind.code]]["content"]["application/json"]["examples"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
def test_only_creating_operations_document_idempotency(operation: Operation) -> None:
    codes = {cls.code for cls in errors_of(operation)}
    assert ({"IdempotencyKeyInUse", "IdempotencyKeyReused", "OutcomeUnknown"} <= codes) == operation.creates


def test_every_example_fits_its_own_schema(document: dict[str, Any]) -> None:
    checked = 0
    for _, _, operation in documented(document):
        bodies = [operation["requestBody"], *operation["responses"].values()] if "requestBody" in operation else []
        for body in bodies or operation["responses"].values():
            media = body.get("content", {}).get("application/json", {})
            for example in examples(document, media):
                validator(document, media["schema"]).validate(example)
                checked += 1
    assert checked > 300


def test_every_operation_has_examples_of_what_it_takes_and_gives(document: dict[str, Any]) -> None:
    for _, _, operation in documented(document):
        for body in (operation.get("requestBody"), operation["responses"].get("200")):
            # A file has no example: what stands there would be sent.
            media = {} if body is None else body["content"].get("application/json", {})
            assert not media or list(examples(document, media))


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS if not operation.in_query],
    ids=lambda operation: operation.action,
)
def test_the_contract_accepts_the_example_requests(operation: Operation) -> None:
    for value in REQUESTS[operation.action].values():
        msgspec.convert(value, operation.request)


@pytest.mark.parametrize("extra", [{"Unknown": 1}, {"ProjectName": None}])
def test_requests_may_have_unknown_fields_and_nulls(english: dict[str, Any], extra: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        if not operation.in_query:
            media = operation_of(english, operation.action)["requestBody"]["content"]["application/json"]
            validator(english, media["schema"]).validate({**next(examples(english, media)), **extra})


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("GetAsset", {"Status": "Unheard"}),
        ("GetAsset", {"URL": None}),
        ("GetAsset", {"CreateTime": "yesterday"}),
        ("GetAsset", {"Moderation": {}}),
        ("ListAssets", {"NextToken": "both modes"}),
        ("GetVisualValidateResult", {"GroupType": 1}),
    ],
)
def test_a_wrong_result_does_not_fit(english: dict[str, Any], action: str, change: dict[str, Any]) -> None:
    media = operation_of(english, action)["responses"]["200"]["content"]["application/json"]
    answer = next(examples(english, media))
    answer = {**answer, "Result": {**answer["Result"], **change}}
    assert not validator(english, media["schema"]).is_valid(answer)


def test_success_under_another_action_or_with_an_error_does_not_fit(english: dict[str, Any]) -> None:
    media = operation_of(english, "GetAsset")["responses"]["200"]["content"]["application/json"]
    answer = next(examples(english, media))
    check = validator(english, media["schema"])
    assert check.is_valid(answer)
    for change in ({"Action": "CreateAsset"}, {"Error": {"Code": "NotFound", "Message": "", "Retry": "never"}}):
        assert not check.is_valid({**answer, "ResponseMetadata": {**answer["ResponseMetadata"], **change}})


def test_links_lead_to_operations_with_parameters_they_have(english: dict[str, Any]) -> None:
    found = set()
    for _, _, operation in documented(english):
        for link in operation["responses"].get("200", {}).get("links", {}).values():
            target = operation_of(english, link["operationId"])
            found.add((operation["operationId"], link["operationId"]))
            names = {f"{parameter['in']}.{parameter['name']}" for parameter in target["parameters"]}
            assert set(link.get("parameters", {})) <= names
            assert ("requestBody" in link) == ("requestBody" in target)
    group, asset = "CreateAssetGroup", "CreateAsset"
    assert {(group, f"{verb}AssetGroup") for verb in ("Get", "Update", "Delete")} <= found
    assert {(asset, f"{verb}Asset") for verb in ("Get", "Update", "Delete")} <= found
    assert {("CreateVisualValidateSession", "GetVisualValidateResult"), ("GetVisualValidateResult", asset)} <= found


def test_the_chinese_document_is_all_chinese() -> None:
    chinese = build("zh")
    untranslated = [text for text in prose(chinese) if not CHINESE_CHARACTER.search(text)]
    assert untranslated == []
    assert all(CHINESE_CHARACTER.search(tag["name"]) for tag in chinese["tags"])


def test_no_english_sentence_is_left_in_the_chinese_document() -> None:
    same = set(prose(build("en"))) & set(prose(build("zh")))
    assert same == set()


def test_both_documents_are_the_same_but_for_their_words() -> None:
    def bones(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: bones(value)
                for key, value in node.items()
                if not (key in {"summary", "description", "tags"} and not isinstance(value, dict))
            }
        return [bones(value) for value in node] if isinstance(node, list) else node

    assert bones(build("en")) == bones(build("zh"))


def test_the_chinese_tables_have_the_keys_of_the_english_ones() -> None:
    for name in ("TAGS", "OPERATIONS", "SUMMARIES", "PARAMETERS", "HEADERS", "OTHERS"):
        assert set(getattr(texts, name)) == set(getattr(zh, name)), name
    assert set(texts.FIELDS) == set(zh_fields.FIELDS)


def test_every_field_of_the_contract_is_described(document: dict[str, Any]) -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, value in schema["properties"].items()
        if "description" not in value and name != "Failure"
    ]
    assert silent == []


def test_the_public_address_is_offered_before_the_own_one() -> None:
    assert [server["url"] for server in build(public_url="https://door.example/")["servers"]] == [
        "https://door.example",
        "/",
    ]
    assert [server["url"] for server in build()["servers"]] == ["/"]


def test_building_both_documents_takes_little_of_a_start() -> None:
    times = []
    for _ in range(5):
        begun = time.process_time()
        for language in ("en", "zh"):
            msgspec.json.encode(build_openapi(language))
        times.append(time.process_time() - begun)
    assert min(times) < 0.06
