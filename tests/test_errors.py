"""One error shape: every class of errors.py, as it is answered, documented and found again."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from stagedoor import errors
from stagedoor.contract.operations import SERVICE, VERSION
from stagedoor.errors import MethodNotAllowed, NotFound, Retry, StagedoorError, UpstreamFault, by_code
from stagedoor.http.envelope import error_body, error_headers

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "errors.md"
FAMILIES = {"CallerError", "ExchangeError", "SignatureError", "ServiceError", "UpstreamError", "StagedoorError"}
CLASSES = [cls for cls in StagedoorError.family() if cls.__name__ not in FAMILIES]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def make(cls: type[StagedoorError]) -> StagedoorError:
    return MethodNotAllowed("GET, HEAD") if cls is MethodNotAllowed else cls()


@every_class
def test_it_renders_to_the_envelope(cls: type[StagedoorError]) -> None:
    error = make(cls)
    document = json.loads(error_body("20260601191715C9DAA092032F19CEC367", "GetAsset", "cn-beijing", error))
    assert document == {
        "ResponseMetadata": {
            "RequestId": "20260601191715C9DAA092032F19CEC367",
            "Action": "GetAsset",
            "Version": VERSION,
            "Service": SERVICE,
            "Region": "cn-beijing",
            "Error": {"Code": cls.code, "Message": (cls.__doc__ or "").strip(), "Retry": cls.retry},
        }
    }


@every_class
def test_its_facts_are_of_the_agreed_kind(cls: type[StagedoorError]) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z]+", cls.code)
    assert cls.code == cls.__name__, "an error is named after its code"
    assert "code" in cls.__dict__
    assert 400 <= cls.status < 600
    assert (cls.status < 500) is issubclass(cls, errors.CallerError)
    assert cls.retry in get_args(Retry)
    assert re.fullmatch(r"[A-Z].*[.]", cls.__doc__ or ""), "the docstring is the message: whole sentences"


def test_no_two_errors_have_one_code() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(set(codes)) == len(codes)


@every_class
def test_it_is_found_again_by_its_code(cls: type[StagedoorError]) -> None:
    found = by_code(cls.code)
    assert type(found) is cls
    assert found.message == make(cls).message


@pytest.mark.parametrize("code", [None, "", "Nope", "CallerError", "NotFound.group_id"])
def test_an_unknown_code_is_an_internal_error(code: str | None) -> None:
    assert type(by_code(code)) is errors.InternalError


@every_class
def test_it_is_in_the_reference(cls: type[StagedoorError]) -> None:
    assert f"\n### {cls.code}\n" in PAGE.read_text(encoding="utf-8")


@every_class
def test_it_is_in_the_tree_at_the_top_of_the_module(cls: type[StagedoorError]) -> None:
    assert re.search(rf"\b{cls.__name__}\b", errors.__doc__ or "")


def test_a_field_is_appended_to_the_code_and_the_upstream_is_quoted() -> None:
    error = NotFound(
        "There is no asset a.", field="asset_id", upstream=UpstreamFault(Code="NotFound.AssetId", RequestId="2026")
    )
    said = json.loads(error_body("r", "GetAsset", "cn-beijing", error))["ResponseMetadata"]["Error"]
    assert said["Code"] == "NotFound.asset_id"
    assert said["Upstream"] == {"Code": "NotFound.AssetId", "RequestId": "2026"}


@pytest.mark.parametrize(("wait", "header"), [(0.01, b"1"), (1.0, b"1"), (1.2, b"2"), (90.0, b"90"), (-5.0, b"1")])
def test_the_wait_is_said_in_whole_seconds(wait: float, header: bytes) -> None:
    error = errors.FlowLimitExceeded(retry_after=timedelta(seconds=wait))
    assert (b"retry-after", header) in error_headers(error)


@every_class
def test_headers_belong_to_their_status(cls: type[StagedoorError]) -> None:
    names = {name for name, _ in error_headers(make(cls))}
    assert (b"www-authenticate" in names) is (cls.status == 401)
    assert (b"allow" in names) is (cls.status == 405)
    assert b"retry-after" not in names
