"""`stagedoor listen`: events as webhooks to a program on this machine, which no gateway could reach."""

import base64
import hmac
import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.remote.connect import choose_gateway, gateway
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    import httpx2

    from stagedoor_client import Event

PATIENCE = 10.0
"""Seconds the program may take for an event; the next ones wait meanwhile."""


def listen(
    forward_to: Annotated[str, typer.Option(help="Where your program takes webhooks: http://localhost:3000/hooks.")],
    types: Annotated[list[str] | None, typer.Option("--type", help="Only of this type; repeat for more.")] = None,
    after: Annotated[str | None, typer.Option(help="Begin behind the event with this id; 0: with the first.")] = None,
) -> None:
    """Post events as they happen to a program on this machine, signed like webhooks, each once, until Ctrl-C."""
    with gateway() as client:
        import httpx2

        chosen = choose_gateway()
        secret = _secret(chosen.api_key)
        print(say("listening", url=chosen.base_url, target=forward_to, secret=secret), file=sys.stderr, flush=True)
        with httpx2.Client(trust_env=False, timeout=PATIENCE) as http:
            for event in client.stream_events(after=after, types=types or ()):
                begun = time.perf_counter()
                outcome = _post(http, forward_to, event, secret)
                ms = (time.perf_counter() - begun) * 1000
                print(event.id, event.type, event.object_id, outcome, f"{ms:.0f} ms", sep="\t", flush=True)


def _secret(api_key: str) -> str:
    """Return the secret that goes with a key, the same at every start: programs keep it in their settings."""
    from stagedoor.webhooks.sign import PREFIX

    return PREFIX + base64.b64encode(hmac.digest(api_key.encode(), b"stagedoor listen", "sha256")).decode()


def _post(http: "httpx2.Client", target: str, event: "Event", secret: str) -> str:
    import httpx2

    from stagedoor.webhooks.sign import sign

    body = json.dumps(event.raw, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign([secret], event.id, timestamp, body),
    }
    try:
        return str(http.post(target, content=body, headers=headers).status_code)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return type(error).__name__
