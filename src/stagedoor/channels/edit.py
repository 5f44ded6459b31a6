"""Adding and changing channels; the command line and the admin API both come here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.ark.account import split_endpoint
from stagedoor.audit.store import INSTANCE, OPERATOR, record
from stagedoor.channels.account import credentials_place
from stagedoor.channels.record import end_conditions
from stagedoor.channels.store import (
    Channel,
    ChannelKind,
    ChannelState,
    Credentials,
    add_channel,
    get_channel_by_name,
    mark_channel_changed,
)
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import Conflict, InvalidParameter, NotFound
from stagedoor.media.rules import MediaRules, check_rules
from stagedoor.quotas.limits import read_limits
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import get_tenant

Text = Annotated[str, Meta(min_length=1, max_length=128)]
Weight = Annotated[int, Meta(ge=1, le=1000)]
Limits = dict[str, tuple[int, float]]


class NewChannel(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """A channel as its operator describes it. ``limits`` is action to calls and seconds."""

    name: Text
    kind: ChannelKind
    endpoint: Annotated[str, Meta(min_length=1, max_length=1024)]
    models: Annotated[list[Text], Meta(min_length=1, max_length=100)]
    region: Text = "cn-beijing"
    project_name: Text = "default"
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    weight: Weight = 1
    tenants: Annotated[list[Text], Meta(max_length=1000)] | None = None
    state: ChannelState = "enabled"
    limits: Limits = {}
    media_rules: MediaRules = MediaRules()
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    api_key: str = ""


class ChannelChange(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """What can be changed later; what is left out stays. Credentials are replaced as a whole."""

    name: Text | UnsetType = UNSET
    endpoint: Annotated[str, Meta(min_length=1, max_length=1024)] | UnsetType = UNSET
    models: Annotated[list[Text], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    region: Text | UnsetType = UNSET
    project_name: Text | UnsetType = UNSET
    priority: Annotated[int, Meta(ge=-1000, le=1000)] | UnsetType = UNSET
    weight: Weight | UnsetType = UNSET
    tenants: Annotated[list[Text], Meta(max_length=1000)] | UnsetType | None = UNSET
    limits: Limits | UnsetType = UNSET
    media_rules: MediaRules | UnsetType = UNSET
    credentials: Credentials | UnsetType = UNSET
    state: ChannelState | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


async def create_channel(rt: Runtime, new: NewChannel, *, by: str = OPERATOR) -> Channel:
    """Add a channel; ``by`` says who does it.

    Raises:
        InvalidParameter: the endpoint, the limits, the rules for media, the tenants or the credentials cannot be used.
        Conflict: the name is taken.

    """
    credentials = Credentials(new.access_key, new.secret_key, new.session_token, new.api_key)
    _check(new.kind, new.endpoint, new.limits, credentials)
    check_rules(new.media_rules)
    channel_id, now = rt.new_id("ch"), rt.clock.now()
    channel = Channel(
        id=channel_id,
        name=new.name,
        kind=new.kind,
        endpoint=new.endpoint,
        region=new.region,
        project_name=new.project_name,
        models=_unique(new.models),
        priority=new.priority,
        limits=_json(new.limits),
        credentials=_sealed(rt, channel_id, credentials),
        created_at=now,
        updated_at=now,
        weight=new.weight,
        tenants=None if new.tenants is None else _unique(new.tenants),
        media_rules=_json(new.media_rules),
        **_state_at(now, new.state),
    )

    async def work(tx: Tx) -> None:
        await _check_tenants(tx, channel)
        await add_channel(tx, channel)
        await record(tx, INSTANCE, by, "channel.created", channel.id, {"kind": channel.kind}, now=now)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        raise Conflict(f"There is a channel named {new.name} already.", field="Name") from None
    return channel


async def change_channel(rt: Runtime, name: str, change: ChannelChange, *, by: str = OPERATOR) -> Channel:
    """Change a channel found by name or id and return it as it is now; ``by`` says who does it.

    Raises:
        NotFound: there is no such channel.
        InvalidParameter: the endpoint, the limits, the rules for media, the tenants, the state or the credentials cannot be used.
        Conflict: the new name is taken.

    """
    channel = await rt.db.read(lambda tx: get_channel_by_name(tx, name))
    changed = _apply(rt, channel, change)

    async def work(tx: Tx) -> None:
        if change.tenants is not UNSET:
            await _check_tenants(tx, changed)
        await mark_channel_changed(tx, changed)
        fields = [field for field in change.__struct_fields__ if getattr(change, field) is not UNSET]
        await record(tx, INSTANCE, by, "channel.changed", changed.id, {"fields": fields}, now=changed.updated_at)
        if any(getattr(change, name) is not UNSET for name in ("endpoint", "region", "project_name", "credentials")):
            # What was said of the account as it was says nothing of this one.
            await end_conditions(tx, rt, changed.id)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        raise Conflict(f"There is a channel named {changed.name} already.", field="Name") from None
    return changed


def _apply(rt: Runtime, channel: Channel, change: ChannelChange) -> Channel:
    values: dict[str, object] = {
        name: value
        for name in ("name", "endpoint", "region", "project_name", "priority", "weight")
        if (value := getattr(change, name)) is not UNSET
    }
    if change.models is not UNSET:
        values["models"] = _unique(change.models)
    if change.limits is not UNSET:
        values["limits"] = _json(change.limits)
    if change.media_rules is not UNSET:
        check_rules(change.media_rules)
        values["media_rules"] = _json(change.media_rules)
    if change.credentials is not UNSET:
        values["credentials"] = _sealed(rt, channel.id, change.credentials)
    if change.tenants is not UNSET:
        values["tenants"] = None if change.tenants is None else _unique(change.tenants)
    if (state := _wanted_state(channel, change)) != channel.state:
        values |= _state_at(rt.clock.now(), state)
    changed = msgspec.structs.replace(channel, updated_at=rt.clock.now(), **values)
    credentials = None if change.credentials is UNSET else change.credentials
    _check(changed.kind, changed.endpoint, msgspec.json.decode(changed.limits, type=Limits), credentials)
    return changed


def _wanted_state(channel: Channel, change: ChannelChange) -> ChannelState:
    if change.state is not UNSET and change.disabled is not UNSET:
        raise InvalidParameter("State and Disabled say the same thing: give one of them.", field="State")
    if change.state is not UNSET:
        return change.state
    if change.disabled is UNSET:
        return channel.state
    if change.disabled:
        return "disabled"
    return "enabled" if channel.state == "disabled" else channel.state


def _state_at(now: datetime, state: ChannelState) -> "_StateTimes":
    return {
        "disabled_at": now if state == "disabled" else None,
        "draining_at": now if state == "draining" else None,
    }


class _StateTimes(TypedDict):
    disabled_at: datetime | None
    draining_at: datetime | None


async def _check_tenants(tx: Tx, channel: Channel) -> None:
    for tenant_id in channel.tenants or ():
        try:
            await get_tenant(tx, tenant_id)
        except NotFound as error:
            raise InvalidParameter(error.message, field="Tenants") from None


def _check(kind: ChannelKind, endpoint: str, limits: Limits, credentials: Credentials | None) -> None:
    if not _is_endpoint(endpoint):
        raise InvalidParameter("The endpoint must be http(s)://host[:port][/path].", field="Endpoint")
    read_limits(limits)
    if credentials is None:
        return
    if kind == "dialect" and not credentials.api_key:
        raise InvalidParameter("A channel of kind dialect needs an API key.", field="ApiKey")
    if kind != "dialect" and not (credentials.access_key and credentials.secret_key):
        raise InvalidParameter(f"A channel of kind {kind} needs an access key and a secret key.", field="AccessKey")


def _is_endpoint(text: str) -> bool:
    try:
        _ = split_endpoint(text).port
    except ValueError:
        return False
    return not any(character <= " " or character == "\x7f" for character in text)


def _unique(models: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(models))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _sealed(rt: Runtime, channel_id: str, credentials: Credentials) -> bytes:
    return rt.vault.seal(credentials_place(channel_id), msgspec.json.encode(credentials))
