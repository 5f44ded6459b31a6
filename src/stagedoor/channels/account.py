"""What opens a channel's upstream account."""

from datetime import timedelta

import msgspec

from stagedoor.ark.account import Account
from stagedoor.channels.store import Channel, Credentials
from stagedoor.runtime import Runtime
from stagedoor.sealed import CREDENTIALS


def credentials_place(channel_id: str) -> str:
    return CREDENTIALS.place(channel_id)


def account_of(rt: Runtime, channel: Channel) -> Account:
    """Open a channel's credentials."""
    sealed = rt.vault.open_bytes(credentials_place(channel.id), channel.credentials)
    secrets = msgspec.json.decode(sealed, type=Credentials)
    return Account(
        kind=channel.kind,
        endpoint=channel.endpoint,
        region=channel.region,
        project_name=channel.project_name,
        model=channel.models[0] if channel.models else "",
        access_key=secrets.access_key,
        secret_key=secrets.secret_key,
        session_token=secrets.session_token,
        api_key=secrets.api_key,
        timeout=timedelta(seconds=rt.settings.upstream_timeout),
    )
