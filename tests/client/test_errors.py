"""Errors are a tree: what the gateway says reaches the caller, and the key does not."""

import traceback

import httpx2
import pytest

import stagedoor.errors as servers
from stagedoor.http.envelope import error_body
from stagedoor_client import (
    AnswerMalformed,
    Asset,
    AuthenticationFailed,
    Check,
    Client,
    ConfigurationError,
    ConnectionFailed,
    GatewayError,
    NotFound,
    Response,
    TimedOut,
    Upstream,
    UpstreamFailed,
)
from stagedoor_client.answers import read_answer
from stagedoor_client.reading import read
from tests.client.faces import Face, open_face
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, free_port
from tests.support.rawserver import hang, http, raw_server, say
from tests.support.story import ON_SQLITE

SECRET = "sd_live_thisisthesecretofthetest"
FIELD = "field"


@pytest.mark.parametrize("cls", sorted(servers.StagedoorError.family(), key=str))
def test_every_error_of_the_gateway_arrives_with_its_code_status_and_retry(cls: type[servers.StagedoorError]) -> None:
    error = cls()
    body = error_body("R1", "CreateAsset", "cn-beijing", error)
    read = read_answer(httpx2.Response(error.status, content=body))
    assert isinstance(read, GatewayError)
    assert (read.code, read.status, read.retry) == (error.full_code, error.status, error.retry)
    assert (read.request_id, read.message) == ("R1", error.message)
    if cls.code == cls.__name__ and issubclass(cls, servers.ExchangeError):
        assert type(read).__name__ == cls.__name__


@ON_SQLITE
async def test_what_the_asset_library_said_is_told(face: Face, control: EmulatorControl) -> None:
    await control.fault("error", "CreateAssetGroup", status=500, code="InternalServiceError", times=0)
    with pytest.raises(GatewayError) as caught:
        await face.call("create_group", "hero")
    assert caught.value.upstream is not None
    assert caught.value.upstream.code == "InternalServiceError"
    assert caught.value.request_id in str(caught.value)


@ON_SQLITE
async def test_another_tenants_group_is_not_found(face: Face, other_api: Api) -> None:
    group = await other_api.ok("CreateAssetGroup", Name="theirs")
    with pytest.raises(NotFound) as caught:
        await face.call("get_group", group["Id"])
    assert (caught.value.status, caught.value.retry) == (404, "never")
    assert caught.value.response is not None


@ON_SQLITE
async def test_a_wrong_key_is_refused_and_never_shown(face_kind: str, api: Api) -> None:
    async with open_face(face_kind, api.url, SECRET) as face:
        assert SECRET not in repr(face.client)
        with pytest.raises(AuthenticationFailed) as caught:
            await face.call("get_group", "group-1")
    assert_no_secret(caught.value)


async def test_a_gateway_that_is_not_there_is_a_connection_that_failed(face_kind: str) -> None:
    async with open_face(face_kind, f"http://127.0.0.1:{free_port()}", SECRET) as face:
        with pytest.raises(ConnectionFailed) as caught:
            await face.call("get_group", "group-1")
    assert (caught.value.status, caught.value.retry, caught.value.sent) == (None, "same_request", False)
    assert_no_secret(caught.value)


async def test_a_gateway_that_says_nothing_times_out(face_kind: str) -> None:
    async with raw_server(hang()) as raw, open_face(face_kind, raw.url, SECRET) as face:
        with pytest.raises(TimedOut) as caught:
            await face.call("create_group", "hero", timeout=0.05)
    assert_no_secret(caught.value)
    assert len(raw.requests) == 3


def assert_no_secret(error: BaseException) -> None:
    """Fail when the key is in what a log of the error has, or in an error that hangs on it."""
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert SECRET not in told
    assert SECRET not in str(error) + repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    "content",
    [b"<html>", b'{"ResponseMetadata": {"RequestId": "R', b"[]", b'{"ResponseMetadata": {}}', b"{}", b'{"Result": 7}'],
)
async def test_a_success_without_what_was_asked_for_is_none(face_kind: str, content: bytes) -> None:
    async with raw_server(say(http(content))) as raw, open_face(face_kind, raw.url) as face:
        with pytest.raises(AnswerMalformed):
            await face.call("create_group", "hero")


async def test_a_redirect_is_not_followed_with_the_key(face_kind: str) -> None:
    elsewhere = say(http(b"{}", status=302, headers={"Location": "/elsewhere"}))
    async with raw_server(elsewhere) as raw, open_face(face_kind, raw.url) as face:
        with pytest.raises(AnswerMalformed):
            await face.call("get_group", "group-1")
        assert len(raw.requests) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api_key": "k"}, "STAGEDOOR_BASE_URL"),
        ({"base_url": "http://127.0.0.1"}, "STAGEDOOR_API_KEY"),
        ({"api_key": "k", "base_url": "ftp://x"}, "http"),
        ({"api_key": "k", "base_url": "http://user:pass@x"}, "http"),
        ({"api_key": "k", "base_url": "http://x/?q=1"}, "http"),
        ({"api_key": "k\n", "base_url": "http://x"}, "characters"),
    ],
)
def test_a_client_that_cannot_work_says_what_is_missing(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Client(**options)  # type: ignore[arg-type]  # what is given is text


def test_the_environment_gives_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGEDOOR_API_KEY", SECRET)
    monkeypatch.setenv("STAGEDOOR_BASE_URL", "https://gateway.example.com/seedance/")
    monkeypatch.setenv("STAGEDOOR_MODEL", "m")
    with Client() as client:
        assert repr(client) == "Client(base_url='https://gateway.example.com/seedance', model='m')"


@pytest.mark.parametrize("object_id", ["", ".", ".."])
async def test_an_id_that_would_be_another_path_is_refused(face_kind: str, object_id: str) -> None:
    async with open_face(face_kind, "http://127.0.0.1") as face:
        with pytest.raises(ValueError, match="is no id"):
            await face.call("delete_group", object_id)


def test_what_is_secret_in_a_result_is_not_printed() -> None:
    check = read(Check, {"BytedToken": SECRET, "H5Link": f"https://h5/?t={SECRET}", "X": SECRET}, Response())
    asset = read(Asset, {"Id": "asset-1", "URL": f"https://tos/?sign={SECRET}"}, Response(content=SECRET.encode()))
    assert SECRET not in repr(check) + repr(asset)
    assert check.byted_token == SECRET


def test_an_upstream_is_compared_by_what_it_said() -> None:
    assert Upstream("A", "1") == Upstream("A", "1")
    assert issubclass(UpstreamFailed, GatewayError)
