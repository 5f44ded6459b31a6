"""Speak to another gateway of the same dialect: the twelve endpoints with a Bearer key (dialect.md §2).

Its flavours differ from Ark in their answers (dialect.md §6): unix times, whole objects, and a group named ``Id`` in the exchange.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import msgspec

from stagedoor.ark.account import Account, split_endpoint
from stagedoor.ark.answers import Malformed, Refusal, Success
from stagedoor.ark.attempt import Request
from stagedoor.ark.errors import EXCHANGE
from stagedoor.ark.transport import Answer
from stagedoor.clock import to_iso
from stagedoor.contract.operations import Operation

TIMES = ("CreateTime", "UpdateTime", "LastInferenceTime")


class DialectDriver:
    """Puts calls into the form of the twelve endpoints, and results back into official fields."""

    def __init__(self, account: Account) -> None:
        """Prepare for one account.

        Raises:
            ValueError: the endpoint is no plain http(s) address.

        """
        parts = split_endpoint(account.endpoint)
        self.secrets = account.secrets
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._routing = {
            name: value for name, value in (("model", account.model), ("ProjectName", account.project_name)) if value
        }
        self._headers = {
            "Authorization": f"Bearer {account.api_key}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "stagedoor",
        }

    def request(self, operation: Operation, body: Mapping[str, object]) -> Request:
        """Put a call into the dialect's form: ``model`` goes into the body, or into the query where there is none."""
        fields = self._routing | {name: value for name, value in body.items() if value is not None}
        url = self._base + operation.path.replace("{id}", _path_part(str(fields.get("Id", ""))))
        if not operation.in_query:
            headers = self._headers | {"Content-Type": "application/json"}
            return Request(operation.method, url, headers, msgspec.json.encode(fields))
        fields.pop("Id", None)
        return Request(operation.method, f"{url}?{urlencode(fields, quote_via=quote)}", self._headers, b"")

    def normalise(self, operation: Operation, success: Success) -> Success:
        """Put times into ISO form and the group of an exchange under ``GroupId``.

        Raises:
            Malformed: a time that is none.

        """
        result = _with_iso_times(success.result)
        items = result.get("Items")
        if isinstance(items, list):
            result["Items"] = [_with_iso_times(item) if isinstance(item, dict) else item for item in items]
        if operation.action == EXCHANGE and "GroupId" not in result and "Id" in result:
            # Only a group of a real person can be what a face check has earned.
            if result.get("GroupType", "LivenessFace") != "LivenessFace":
                raise Malformed("a group of another type", request_id=success.request_id)
            result["GroupId"] = result["Id"]
        return msgspec.structs.replace(success, result=result)

    def hears(self, answer: Answer) -> None:
        """Learn nothing: there is no clock in a Bearer key."""

    def corrects(self, refusal: Refusal, answer: Answer) -> bool:  # noqa: ARG002 - a Bearer key has nothing to learn
        """Return False: there is no clock in a Bearer key."""
        return False


def _path_part(text: str) -> str:
    # Dots as well: a part of nothing but dots would climb the path.
    return quote(text, safe="").replace(".", "%2E")


def _with_iso_times(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: _iso(value) if name in TIMES else value for name, value in fields.items()}


def _iso(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return to_iso(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed("a time that is none") from error
