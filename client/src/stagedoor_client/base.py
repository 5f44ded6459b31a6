"""What both clients share: the settings, the one request builder, and what follows from an answer."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2

from stagedoor_client.answers import Answer, not_understood, read_answer, still_pending
from stagedoor_client.errors import ConfigurationError, StagedoorError
from stagedoor_client.operations import Operation
from stagedoor_client.options import NULL, Fields, Options
from stagedoor_client.reading import Page, read
from stagedoor_client.results import Asset, ExchangedGroup, Group
from stagedoor_client.retries import Retries, may_repeat
from stagedoor_client.uploads import TUS, Source
from stagedoor_client.version import __version__

Named = TypeVar("Named", Group, Asset)


@cache
def tls_context() -> ssl.SSLContext:
    """Return what checks certificates. Reading them takes longer than a request, so all clients share it."""
    return httpx2.create_ssl_context()


class BaseClient:
    """Settings and rules; the clients add the network."""

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        model: str | None,
        timeout: float,
        retries: Retries,
        keys_are_kept: bool,
    ) -> None:
        """Take the settings, from the environment where they are not given.

        Raises:
            ConfigurationError: there is no key or no base URL, or it is none.

        """
        key = api_key or os.environ.get("STAGEDOOR_API_KEY", "")
        self._base_url = _check_url(base_url or os.environ.get("STAGEDOOR_BASE_URL", ""))
        self._model = model or os.environ.get("STAGEDOOR_MODEL", "")
        self._timeout = timeout
        self._retries = retries
        self._keys_are_kept = keys_are_kept
        # httpx2 shows no authorization when its headers are printed.
        self._headers = httpx2.Headers(
            {
                "authorization": f"Bearer {_check_key(key)}",
                "accept": "application/json",
                "user-agent": f"stagedoor-client/{__version__}",
            }
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._base_url!r}, model={self._model!r})"

    def build_request(
        self, operation: Operation, fields: Fields, options: Options, *, object_id: str = ""
    ) -> httpx2.Request:
        """Return the request of an operation; None among the fields leaves a field out."""
        told = _without_none({**fields, **options.get("extra", {})})
        if operation.has_model:
            model = {"model": options.get("model") or self._model or None}
            told = _without_none(model | {"ProjectName": options.get("project_name")}) | told
        headers = httpx2.Headers(self._headers)
        if operation.kind == "creates":
            headers["idempotency-key"] = str(dict(options).get("idempotency_key") or uuid4())
        headers.update(options.get("headers", {}))
        in_query = operation.method in {"GET", "DELETE"}
        return httpx2.Request(
            operation.method,
            self._base_url + operation.path.replace("{id}", quote(object_id, safe="")),
            params=told if in_query else None,
            json=None if in_query else {name: None if value is NULL else value for name, value in told.items()},
            headers=headers,
            extensions={"timeout": httpx2.Timeout(options.get("timeout", self._timeout)).as_dict()},
        )

    def build_upload_request(
        self,
        operation: Operation,
        headers: Mapping[str, str],
        options: Options,
        *,
        object_id: str = "",
        part: bytes = b"",
    ) -> httpx2.Request:
        """Return a request of the tus protocol, whose body is a part of a file."""
        return httpx2.Request(
            operation.method,
            self._base_url + operation.path.replace("{id}", quote(object_id, safe="")),
            content=part or None,
            headers=httpx2.Headers(
                [*self._headers.multi_items(), *TUS.items(), *headers.items(), *options.get("headers", {}).items()]
            ),
            extensions={"timeout": httpx2.Timeout(options.get("timeout", self._timeout)).as_dict()},
        )

    def build_form_request(
        self, operation: Operation, fields: Fields, source: Source, options: Options
    ) -> httpx2.Request:
        """Return a request that sends a file as a form, with fields beside it."""
        told = _without_none({"model": options.get("model") or self._model or None, **fields})
        source.file.seek(0)
        return httpx2.Request(
            operation.method,
            self._base_url + operation.path,
            data=told,
            files={"file": (source.name or "file", source.file)},
            headers=httpx2.Headers([*self._headers.multi_items(), *options.get("headers", {}).items()]),
            extensions={"timeout": httpx2.Timeout(options.get("timeout", self._timeout)).as_dict()},
        )

    def _judge(self, operation: Operation, response: httpx2.Response) -> Answer | StagedoorError:
        """Return the success, if it has what was asked for, or the error."""
        answer = read_answer(response)
        if isinstance(answer, Answer) and operation.needs and not _has(answer, operation.needs):
            return not_understood(answer, operation.needs)
        return answer

    def _pause(self, operation: Operation, number: int, error: StagedoorError) -> float | None:
        """Return the seconds before the same request is sent again, or None when it is not."""
        if not may_repeat(operation.kind, error, keys_are_kept=self._keys_are_kept):
            return None
        return self._retries.pause(number, error)


def check_id(object_id: str) -> str:
    """Return an id that may stand in a path.

    Raises:
        ValueError: it is empty or a dot, which would make it another path.

    """
    if object_id in {"", ".", ".."}:
        raise ValueError(f"{object_id!r} is no id.")
    return object_id


def read_named(kind: type[Named], answer: Answer, object_id: str) -> Named:
    """Read what an update answers; where a gateway answers nothing, the id is that of the request."""
    found = read(kind, answer.result, answer.response)
    return found if found.id else replace(found, id=object_id)


def read_exchanged(answer: Answer) -> ExchangedGroup | StagedoorError:
    """Read what an exchange answers: some gateways call the group ``Id``, and some give none until the check is over."""
    found = read(ExchangedGroup, answer.result, answer.response)
    group_id = found.group_id or str(answer.result.get("Id") or "")
    return replace(found, group_id=group_id) if group_id else still_pending(answer)


def next_place(page: Page[Any], size: int) -> Fields | None:
    """Return the fields that ask for the page after this one, or None when it is the last.

    A gateway that knows only page mode answers cursor mode with its first numbered page; it is gone on with in its own way.
    """
    if page.next_token:
        return {"MaxResults": size, "NextToken": page.next_token}
    if not (page.items and page.page_number and page.page_size and page.total_count):
        return None
    if page.page_number * page.page_size >= page.total_count:
        return None
    return {"PageNumber": page.page_number + 1, "PageSize": page.page_size}


def _has(answer: Answer, name: str) -> bool:
    found = answer.result.get(name)
    return isinstance(found, list) if name == "Items" else found is not None and found != ""


def _without_none(fields: Fields) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_url(text: str) -> str:
    if not text:
        raise ConfigurationError("There is no base URL. Give base_url, or set STAGEDOOR_BASE_URL.")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigurationError("The base URL must be http(s)://host, with a path at most.")
    return text.rstrip("/")


def _check_key(key: str) -> str:
    if not key:
        raise ConfigurationError("There is no API key. Give api_key, or set STAGEDOOR_API_KEY.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("The API key has characters that no key has.")
    return key
