"""Speak to Ark, and to the emulator that stands in for it: ``POST /?Action=…&Version=…``, signed (official-api.md §1.1)."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

import msgspec
import structlog

from stagedoor.ark.account import Account, split_endpoint
from stagedoor.ark.answers import Refusal, Success, http_date
from stagedoor.ark.attempt import Request
from stagedoor.ark.signing import Credentials, canonical_query, sign
from stagedoor.ark.transport import Answer
from stagedoor.clock import Clock
from stagedoor.contract.operations import SERVICE, VERSION, Operation

log = structlog.get_logger(__name__)

# Below this a clock is not what a refused timestamp is about: the gateway allows 15 minutes.
NOTEWORTHY_SKEW = timedelta(minutes=1)


class ArkDriver:
    """Puts calls into Ark's own form and signs them."""

    def __init__(self, account: Account, clock: Clock) -> None:
        """Prepare for one account.

        Raises:
            ValueError: the endpoint is no plain http(s) address.

        """
        parts = split_endpoint(account.endpoint)
        self.secrets = account.secrets
        self._clock = clock
        self._skew = timedelta()
        self._trusts_dates = True
        self._heard = ""
        self._region = account.region
        self._project = {"ProjectName": account.project_name} if account.project_name else {}
        self._credentials = Credentials(account.access_key, account.secret_key, account.session_token)
        self._path = parts.path.rstrip("/") + "/"
        self._base = f"{parts.scheme}://{parts.netloc}{self._path}"
        self._headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "stagedoor",
        }

    def request(self, operation: Operation, body: Mapping[str, object]) -> Request:
        """Put a call into Ark's form and sign it."""
        query = _query(operation.action)
        content = msgspec.json.encode(
            self._project | {name: value for name, value in body.items() if value is not None}
        )
        headers = sign(
            self._credentials,
            region=self._region,
            service=SERVICE,
            method="POST",
            path=self._path,
            query=query,
            headers=self._headers,
            body=content,
            now=self._clock.now() + self._skew,
        )
        return Request("POST", f"{self._base}?{query}", headers, content)

    def normalise(self, operation: Operation, success: Success) -> Success:  # noqa: ARG002 - Ark's results are what the others are put into
        """Return the result as it is."""
        return success

    def hears(self, answer: Answer) -> None:
        """Set our clock by the server's when they are more than a minute apart; reads one date a second at most."""
        date = answer.headers.get("date", "")
        if date == self._heard:
            return
        self._heard = date
        server_time = http_date(date)
        if server_time is None:
            return
        skew = server_time - self._clock.now()
        if not self._trusts_dates:
            # Until they tell the time again.
            self._trusts_dates = abs(skew) < NOTEWORTHY_SKEW
        elif abs(skew - self._skew) >= NOTEWORTHY_SKEW:
            self._set(skew)

    def corrects(self, refusal: Refusal, answer: Answer) -> bool:
        """Set our clock by the server's when it refused a timestamp; True when that changed something."""
        if refusal.code != "InvalidTimestamp":
            self.hears(answer)
            return False
        server_time = http_date(answer.headers.get("date", ""))
        if server_time is None:
            return False
        skew = server_time - self._clock.now()
        if abs(skew - self._skew) >= NOTEWORTHY_SKEW:
            self._set(skew)
            return True
        if abs(self._skew) < NOTEWORTHY_SKEW:
            return False
        # Signed by the server's own date and refused for it: whoever writes the dates does not know the time.
        self._trusts_dates = False
        self._set(timedelta())
        return True

    def _set(self, skew: timedelta) -> None:
        log.warning("clock_skew", seconds=round(skew.total_seconds()))
        self._skew = skew


@cache
def _query(action: str) -> str:
    return canonical_query((("Action", action), ("Version", VERSION)))
