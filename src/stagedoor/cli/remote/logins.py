"""`stagedoor login`: which gateway the commands speak to, and the key, in the system's keyring or in a file of one's own."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from stagedoor.cli.remote.words import say

SERVICE = "stagedoor"


def login(
    base_url: Annotated[str, typer.Argument(help="The gateway's address, https://….")],
    model: Annotated[str, typer.Option(help="The model that requests are routed by.")],
) -> None:
    """Remember a gateway and its API key for the commands below. The key is read from standard input and tried at once."""
    from stagedoor.cli.common import read_secret
    from stagedoor.cli.remote.connect import complaining

    with complaining():
        from stagedoor_client import Client

        key = read_secret("API key")
        with Client(base_url=base_url, api_key=key, model=model) as client:
            client.list_groups(page_number=1, page_size=1)
    ring = _keyring()
    facts = {"base_url": base_url, "model": model, **({} if ring else {"api_key": key})}
    _write(facts)
    if ring:
        ring.set_password(SERVICE, base_url, key)
    print(say("logged_in_keyring" if ring else "logged_in_file", url=base_url, file=_file()), file=sys.stderr)


def logout() -> None:
    """Forget the gateway and its key."""
    facts = _read()
    ring = _keyring()
    if ring and "base_url" in facts:
        with suppress(Exception):  # it is not there: all the better
            ring.delete_password(SERVICE, facts["base_url"])
    _file().unlink(missing_ok=True)


def load_login() -> dict[str, str]:
    """Return base URL, model and key of the gateway that was logged in to; nothing when there is none."""
    facts = _read()
    if not facts or "api_key" in facts:
        return facts
    ring = _keyring()
    key = ring.get_password(SERVICE, facts["base_url"]) if ring else None
    return {**facts, "api_key": key} if key else {}


def _keyring() -> Any:
    """Return the keyring when there is one to be used, else None."""
    try:
        import keyring
        from keyring.backends import fail
    except ModuleNotFoundError:
        return None
    return None if isinstance(keyring.get_keyring(), fail.Keyring) else keyring


def config_folder() -> Path:
    """Return where these commands keep what they know of their user."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "stagedoor"


def _file() -> Path:
    return config_folder() / "login.json"


def _read() -> dict[str, str]:
    """Return what was remembered; nothing when that is not what this program wrote."""
    try:
        facts = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(facts, dict) or not {"base_url", "model"} <= facts.keys() <= {"base_url", "model", "api_key"}:
        return {}
    return facts if all(isinstance(fact, str) for fact in facts.values()) else {}


def _write(facts: dict[str, str]) -> None:
    from stagedoor.cli.ready import write_ready_file

    _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_ready_file(_file(), facts)
