"""What every request meets first: its id, the size of its head, its target, its method."""

import re
from collections.abc import Mapping

import pytest

from stagedoor.app import routes
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.operations import OPERATIONS
from stagedoor.doors.admin import ACTIONS
from stagedoor.doors.visitors import Visitors
from stagedoor.keys.authenticate import KeyRing
from tests.http.test_json_door import REQUEST_ID, VALID
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.rawclient import head, talk

METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
)


def paths(gateway: RunningGateway) -> list[str]:
    keys = KeyRing(gateway.rt)
    every = routes(gateway.rt, ChannelBook(gateway.rt), keys, Visitors(gateway.settings, keys))
    known = (route.path.replace("/assets/{name}", "/assets/swagger-ui.css") for route in every)
    return [re.sub(r"\{[^}]*\}", "some", path) for path in known]


def check_error(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.metadata["RequestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("request_id", ["a", "A-z_09", "x" * 64, "20260601191715C9DAA092032F19CEC367"])
async def test_a_request_id_of_the_callers_is_kept(api: Api, request_id: str) -> None:
    for answer in (
        await api.call("ListAssetGroups", headers={"x_request_id": request_id}),
        await api.call("GetAsset", Id="no", headers={"x_request_id": request_id}),
    ):
        assert answer.headers["x-request-id"] == answer.metadata["RequestId"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a b", "a.b", "a/b", "ü", "<script>", '"', "a,b", "%41"])
async def test_a_request_id_of_another_form_is_replaced_by_ours(api: Api, request_id: str) -> None:
    answer = await api.call("ListAssetGroups", headers={"x_request_id": request_id})
    assert REQUEST_ID.fullmatch(answer.metadata["RequestId"])
    assert answer.headers["x-request-id"] == answer.metadata["RequestId"]


async def test_request_ids_are_never_given_twice(api: Api) -> None:
    given = [(await api.send("GET", "/healthz")).headers["x-request-id"] for _ in range(50)]
    assert len(set(given)) == 50
    assert all(REQUEST_ID.fullmatch(one) for one in given)


async def test_an_unknown_path_is_not_found_in_the_envelope(gateway: RunningGateway, api: Api) -> None:
    for path in (
        "/nope",
        "/v1",
        "/v1/private-avatar/groups/",
        "/v1/private-avatar/groups/a/b",
        "//healthz",
        "/healthz/",
    ):
        for method in ("GET", "POST", "PROPFIND"):
            answer = await api.send(method, path)
            check_error(answer, 404, "NotFound.Path")
            assert (answer.metadata["Action"], answer.error["Retry"]) == ("", "never")
    for line in ("OPTIONS * HTTP/1.1", "GET http://gateway/nope HTTP/1.1"):
        [answer] = await talk(gateway, head(line))
        check_error(answer, 404, "NotFound.Path")


async def test_every_path_answers_its_methods_and_says_so_to_others(gateway: RunningGateway, api: Api) -> None:
    for path in paths(gateway):
        refused = await api.send("TRACE", path)
        check_error(refused, 405, "MethodNotAllowed")
        allowed = refused.headers["allow"].split(", ")
        assert allowed
        for method in METHODS:
            answer = await api.send(method, path)
            assert (answer.status == 405) is (method not in allowed), (method, path)
            assert answer.status < 500, (method, path)
            if method == "HEAD":
                assert answer.body == b""
            elif answer.status == 405:
                check_error(answer, 405, "MethodNotAllowed")
                assert answer.headers["allow"] == refused.headers["allow"]


@pytest.mark.parametrize("line", ["get /healthz HTTP/1.1", "FOO-BAR /healthz HTTP/1.1", "CONNECT gateway:80 HTTP/1.1"])
async def test_a_method_or_target_that_is_for_others_is_refused_in_the_envelope(
    gateway: RunningGateway, line: str
) -> None:
    [answer] = await talk(gateway, head(line))
    check_error(answer, 400, "InvalidParameter.Request")
    assert answer.headers["connection"] == "close"


async def test_the_allowed_methods_are_those_of_the_contract(api: Api) -> None:
    expected: dict[str, set[str]] = {path: set(row) for path, row in ACTIONS.items()}
    for operation in OPERATIONS:
        expected.setdefault(operation.path, set()).add(operation.method)
    for path, methods in expected.items():
        answer = await api.send("TRACE", re.sub(r"\{[^}]*\}", "some", path))
        assert set(answer.headers["allow"].split(", ")) == methods


async def test_without_a_key_every_operation_asks_for_one(gateway: RunningGateway) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{id}", "some")
        for authorization, code in ODD_AUTHORIZATIONS.items():
            answer = await gateway.api("").send(operation.method, path, authorization=authorization)
            check_error(answer, 401, code)
            assert answer.headers["www-authenticate"] == 'Bearer realm="stagedoor"'
            assert answer.metadata["Action"] == operation.action


ODD_AUTHORIZATIONS: Mapping[str, str] = {
    "": "MissingAuthenticationToken",
    "Bearer": "MissingAuthenticationToken",
    "Bearer ": "MissingAuthenticationToken",
    "Basic YTpi": "MissingAuthenticationToken",
    "Bearer nope": "AuthenticationError",
    "Bearer sd_live_" + "0" * 36: "AuthenticationError",
    "Bearer sd_live_\xe9": "AuthenticationError",
    "Bearer " + "x" * 8_000: "AuthenticationError",
}

BAD_TEXT = [
    "%ff",
    "%c3",
    "%C0%AF",
    "%ED%A0%80",
    "%00",
    "%0a",
    "%0d%0a",
    "%7f",
    "%",
    "%f",
    "%zz",
    "a%2",
    "%u0041",
]


async def test_a_path_that_is_no_text_is_refused_on_every_route(gateway: RunningGateway, api: Api) -> None:
    for path in paths(gateway):
        for bad in BAD_TEXT:
            for target in {path.replace("some", bad), f"{path}{bad}"} - {path}:
                [answer] = await talk(gateway, head(f"GET {target} HTTP/1.1", key=api.key))
                check_error(answer, 400, "InvalidParameter.Path")


async def test_a_query_that_is_no_text_is_refused_on_every_route(gateway: RunningGateway, api: Api) -> None:
    for path in paths(gateway):
        for bad in BAD_TEXT:
            for query in (f"model={bad}", f"{bad}=1"):
                [answer] = await talk(gateway, head(f"GET {path}?{query} HTTP/1.1", key=api.key))
                if path.startswith("/cb/"):  # its query comes through other people's browsers and is read leniently
                    assert answer.status == 404
                else:
                    check_error(answer, 400, "InvalidParameter.Query")


async def test_texts_in_other_scripts_are_taken_in_path_and_query(api: Api) -> None:
    answer = await api.send("GET", "/v1/private-avatar/groups/%E6%BC%94%E5%91%98%2B?model=doubao-seedance-2-0-260128")
    assert (answer.status, answer.code) == (404, "NotFound.group_id")
    answer = await api.send("GET", "/v1/private-avatar/groups/a?model=%F0%9F%98%80")
    assert (answer.status, answer.code) == (400, "InvalidParameter.model")


@pytest.mark.parametrize(
    "query",
    ["model=m&model=m", "model=m&model=n", "model=", "ProjectName=", "a", "&&&", "model=m&ProjectName=p&ProjectName=q"],
)
async def test_an_odd_query_is_refused(api: Api, query: str) -> None:
    for operation in OPERATIONS:
        if operation.in_query:
            answer = await api.send(operation.method, operation.path.replace("{id}", "some") + f"?{query}")
            assert answer.status == 400
            assert answer.code.split(".")[1] in {"model", "ProjectName"}


async def test_hundreds_of_query_parameters_are_refused(api: Api) -> None:
    answer = await api.send("GET", "/v1/private-avatar/groups/a?" + "&".join(f"p{n}=1" for n in range(300)))
    assert answer.status == 400


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("GET /healthz HTTP/1.1", ["X-Large: " + "a" * 40_000]),
        ("GET /healthz HTTP/1.1", [f"X-{n}: {'a' * 1_000}" for n in range(40)]),
        (f"GET /healthz?{'a' * 40_000} HTTP/1.1", []),
        (f"GET /{'a' * 40_000} HTTP/1.1", []),
    ],
)
async def test_a_head_of_more_than_32_kib_is_too_large(gateway: RunningGateway, line: str, fields: list[str]) -> None:
    [answer] = await talk(gateway, head(line, *fields))
    check_error(answer, 413, "RequestTooLarge")


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("GET /healthz HTTP/1.1", ["X-Large: " + "a" * 65_536]),
        ("GET /healthz HTTP/1.1", ["X-Large: " + "a" * 1_000_000]),
        (f"GET /{'a' * 70_000} HTTP/1.1", []),
        (f"{'A' * 70_000} / HTTP/1.1", []),
    ],
)
async def test_a_huge_head_is_refused(gateway: RunningGateway, line: str, fields: list[str]) -> None:
    for answer in await talk(gateway, head(line, *fields)):
        assert 400 <= answer.status < 500


async def test_the_body_id_must_be_the_one_in_the_path(api: Api) -> None:
    for operation in OPERATIONS:
        if operation.method == "PATCH":
            answer = await api.send(
                "PATCH", operation.path.replace("{id}", "other"), body={"model": "m"} | VALID[operation.action]
            )
            check_error(answer, 400, "InvalidParameter.Id")
