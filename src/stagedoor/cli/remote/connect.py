"""Which gateway, with which key, and what becomes of an error: one line, and an exit code by its class."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from stagedoor.cli.remote.logins import load_login
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Client, StagedoorError
    from stagedoor_client.sandbox import Sandbox

UNEXPECTED, USAGE, REFUSED, NOT_FOUND, DENIED, LATER, FAILED, ENDED_BADLY, TIME_IS_OVER = range(1, 10)
INTERRUPTED = 130


@contextmanager
def gateway() -> "Iterator[Client]":
    """Open a client of the chosen gateway; what goes wrong meanwhile ends the program with the exit code of its class."""
    with complaining():
        from stagedoor_client import Client

        base_url, api_key, model = choose_gateway()
        with Client(base_url=base_url, api_key=api_key, model=model) as client:
            yield client


@contextmanager
def complaining() -> Iterator[None]:
    """Say what went wrong in one line and end the program, with the exit code of its class."""
    try:
        from stagedoor_client import StagedoorError
    except ModuleNotFoundError:
        stop(say("no_client"), UNEXPECTED)
    try:
        yield
    except StagedoorError as error:
        stop(f"{error.code}: {error.message}{_request(error)}{_hint(error)}", exit_code(error))
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read has seen enough; the interpreter would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def stop(complaint: str, code: int) -> NoReturn:
    """End the program with a complaint in one line."""
    print(f"stagedoor: {complaint}", file=sys.stderr)
    raise SystemExit(code)


def exit_code(error: "StagedoorError") -> int:
    """Return the exit code of an error, by its class."""
    from stagedoor_client import errors

    for kinds, code in (
        ((errors.ConfigurationError,), USAGE),
        ((errors.AssetFailed, errors.InvitationEnded, errors.ValidateFailed), ENDED_BADLY),
        ((errors.WaitTimedOut,), TIME_IS_OVER),
        ((errors.NotFound,), NOT_FOUND),
        ((errors.AuthenticationFailed, errors.AccessDenied), DENIED),
        ((errors.LimitReached,), LATER),
        ((errors.ServerFailed, errors.ConnectionFailed, errors.AnswerMalformed), FAILED),
    ):
        if isinstance(error, kinds):
            return code
    return REFUSED


def sandbox() -> "Sandbox":
    """Return the sandbox of `stagedoor dev` in this folder, running or not."""
    from stagedoor_client.sandbox import Sandbox

    facts = sandbox_facts()
    if not facts:
        stop(say("no_sandbox", file=ready_file()), USAGE)
    return Sandbox(**{name: facts[name] for name in ("gateway_url", "emulator_url", "tenant", "api_key", "admin_key")})


def ready_file() -> Path:
    """Return where `stagedoor dev` writes how it is reached."""
    return Path(os.environ.get("STAGEDOOR_DATA_DIR", ".stagedoor")) / "ready.json"


def sandbox_facts() -> Mapping[str, str]:
    """Return how `stagedoor dev` in this folder is reached; nothing where it does not run."""
    try:
        facts: dict[str, str] = json.loads(ready_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts


class Chosen(NamedTuple):
    """A gateway, and how it is called."""

    base_url: str
    api_key: str
    model: str


def choose_gateway() -> Chosen:
    """Return where to call: the environment's, else what was logged in to, else the sandbox of this folder."""
    from stagedoor.cli.dev import MODELS

    named = Chosen(*(os.environ.get(f"STAGEDOOR_{name.upper()}", "") for name in Chosen._fields))
    if named.base_url or named.api_key:
        return named
    if login := load_login():
        return Chosen(**login)
    if facts := sandbox_facts():
        return Chosen(facts["gateway_url"], facts["api_key"], MODELS[0])
    stop(say("no_gateway"), USAGE)


def _request(error: "StagedoorError") -> str:
    return f" (HTTP {error.status}, request {error.request_id})" if error.request_id else ""


def _hint(error: "StagedoorError") -> str:
    from stagedoor_client import errors

    if isinstance(error, errors.AuthenticationFailed):
        return " " + say("hint_key")
    if isinstance(error, errors.ConnectionFailed):
        return " " + say("hint_connection")
    return ""
