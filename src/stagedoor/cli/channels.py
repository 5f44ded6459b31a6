"""`stagedoor channels`: the upstream accounts."""

from typing import Annotated, TypeVar

import msgspec
import typer

from stagedoor.ark.account import Kind
from stagedoor.cli.common import read_secret, with_runtime
from stagedoor.errors import InvalidParameter

Description = TypeVar("Description", bound=msgspec.Struct)

ARK = "https://ark.cn-beijing.volcengineapi.com"

app = typer.Typer(help="The upstream accounts behind this gateway.", no_args_is_help=True)

NameOrId = Annotated[str, typer.Argument(help="The channel's name or id.")]
SessionToken = Annotated[bool, typer.Option("--session-token", help="Read an STS session token as a second line.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it; no two channels share a name.")],
    model: Annotated[list[str], typer.Option(help="A model that leads here; repeat for more.")],
    kind: Annotated[
        Kind, typer.Option(help="Who answers: Ark or ModelArk, another gateway of these endpoints, the emulator.")
    ] = "ark",
    endpoint: Annotated[str | None, typer.Option(help=f"Where it answers. Left out with kind ark: {ARK}.")] = None,
    access_key: Annotated[str, typer.Option(help="The access key id; its secret is read from standard input.")] = "",
    session_token: SessionToken = False,
    region: Annotated[str, typer.Option(help="The region calls are signed for.")] = "cn-beijing",
    project: Annotated[str, typer.Option(help="The account's project for what names none.")] = "default",
    priority: Annotated[int, typer.Option(help="Of the channels with a model, the highest is taken.")] = 0,
    weight: Annotated[int, typer.Option(help="Its share among channels of equal priority, 1 to 1000.")] = 1,
    tenant: Annotated[
        list[str] | None, typer.Option(help="Only this tenant's new groups and sessions; repeat for more.")
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(help="ACTION=CALLS/SECONDS, e.g. CreateAsset=120/60; repeat for other actions."),
    ] = None,
    media_rule: Annotated[
        list[str] | None,
        typer.Option(help="TYPE.RULE=VALUE, e.g. Video.Seconds=1.8..15.2 or Video.Formats=mp4; repeat for more."),
    ] = None,
) -> None:
    """Add a channel and print its id. The secret key (or the API key of a dialect) is read from standard input."""
    from stagedoor.channels.edit import NewChannel, create_channel

    if endpoint is None and kind != "ark":
        raise InvalidParameter(f"A channel of kind {kind} needs an --endpoint.", field="Endpoint")
    if not access_key and kind != "dialect":
        raise InvalidParameter(f"A channel of kind {kind} needs an access key: --access-key.", field="AccessKey")
    values: dict[str, object] = {
        "Name": name,
        "Kind": kind,
        "Endpoint": ARK if endpoint is None else endpoint,
        "Models": model,
        "Region": region,
        "ProjectName": project,
        "Priority": priority,
        "Weight": weight,
        "Tenants": tenant or None,
        "Limits": _limits(limit or []),
        "MediaRules": _media_rules(media_rule or []),
        **(_api_key() if kind == "dialect" else _key_pair(access_key, with_token=session_token)),
    }
    new = _convert(values, NewChannel)
    print(with_runtime(lambda rt: create_channel(rt, new)).id)


@app.command("list")
def show() -> None:
    """List the channels: id, name, kind, endpoint, models, state, and what is known against them."""
    from stagedoor.channels.status import list_statuses

    for status in with_runtime(list_statuses):
        channel = status.channel
        fields = [channel.id, channel.name, channel.kind, channel.endpoint, ",".join(channel.models), channel.state]
        if status.conditions:
            fields.append(",".join(dict.fromkeys(condition.kind for condition in status.conditions)))
        print(*fields, sep="\t")


@app.command("show")
def show_one(name: NameOrId) -> None:
    """Show everything about a channel but its credentials; each condition with its age and what to do about it."""
    from stagedoor.channels.status import list_statuses, remedy
    from stagedoor.clock import to_iso
    from stagedoor.errors import NotFound

    statuses = with_runtime(list_statuses)
    status = next((one for one in statuses if name in {one.channel.name, one.channel.id}), None)
    if status is None:
        raise NotFound(f"There is no channel {name}.", field="channel")
    channel = status.channel
    fields = {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "endpoint": channel.endpoint,
        "region": channel.region,
        "project": channel.project_name,
        "models": ",".join(channel.models),
        "priority": channel.priority,
        "weight": channel.weight,
        "tenants": "all" if channel.tenants is None else ",".join(channel.tenants),
        "limits": channel.limits,
        "media rules": channel.media_rules,
        "state": channel.state,
        "passed over": "yes" if status.passed_over else "no",
    }
    for field, value in fields.items():
        print(field, value, sep="\t")
    for known in status.conditions:
        print(
            "condition", known.kind, known.action, known.code, to_iso(known.since), to_iso(known.last_seen_at), sep="\t"
        )
        print("remedy", remedy(known), sep="\t")


@app.command("change")
def change(
    name: NameOrId,
    endpoint: Annotated[str | None, typer.Option(help="Where it answers now.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Replaces all its models; repeat for more.")] = None,
    region: Annotated[str | None, typer.Option(help="The region calls are signed for.")] = None,
    project: Annotated[str | None, typer.Option(help="The account's project for what names none.")] = None,
    priority: Annotated[int | None, typer.Option(help="Of the channels with a model, the highest is taken.")] = None,
    weight: Annotated[int | None, typer.Option(help="Its share among channels of equal priority, 1 to 1000.")] = None,
    tenant: Annotated[
        list[str] | None, typer.Option(help="Replaces the tenants whose new things it takes; repeat for more.")
    ] = None,
    every_tenant: Annotated[bool, typer.Option("--every-tenant", help="Take every tenant's new things.")] = False,
    limit: Annotated[
        list[str] | None, typer.Option(help="Replaces all its limits: ACTION=CALLS/SECONDS; repeat for more.")
    ] = None,
    media_rule: Annotated[
        list[str] | None, typer.Option(help="Replaces all its rules for media: TYPE.RULE=VALUE; repeat for more.")
    ] = None,
    access_key: Annotated[
        str | None, typer.Option(help="New credentials: the secret is read from standard input.")
    ] = None,
    session_token: SessionToken = False,
    api_key: Annotated[
        bool, typer.Option("--api-key", help="Read a new API key (dialect) from standard input.")
    ] = False,
) -> None:
    """Change a channel; what is left out stays."""
    if api_key and access_key is not None:
        raise typer.BadParameter("--access-key and --api-key exclude each other.")
    if session_token and access_key is None:
        raise typer.BadParameter("--session-token goes with --access-key: credentials are replaced as a whole.")
    if tenant and every_tenant:
        raise typer.BadParameter("--tenant and --every-tenant exclude each other.")
    options = {
        "Endpoint": endpoint,
        "Models": model or None,
        "Region": region,
        "ProjectName": project,
        "Priority": priority,
        "Weight": weight,
        "Tenants": tenant or None,
        "Limits": _limits(limit) if limit else None,
        "MediaRules": _media_rules(media_rule) if media_rule else None,
    }
    update: dict[str, object] = {field: value for field, value in options.items() if value is not None}
    if every_tenant:
        update["Tenants"] = None
    if access_key is not None:
        update["Credentials"] = _key_pair(access_key, with_token=session_token)
    elif api_key:
        update["Credentials"] = _api_key()
    if not update:
        raise typer.BadParameter("Say what to change: there is no option.")
    _change(name, update)


@app.command("drain")
def drain(name: NameOrId) -> None:
    """Let no new group or session be born on the channel; everything that is there goes on, uploads included."""
    _change(name, {"State": "draining"})


@app.command("disable")
def disable(name: NameOrId) -> None:
    """Add nothing to the channel any more, no uploads either; what it holds stays reachable."""
    _change(name, {"State": "disabled"})


@app.command("enable")
def enable(name: NameOrId) -> None:
    """Choose the channel for new things again, drained or disabled."""
    _change(name, {"State": "enabled"})


def _change(name: str, update: dict[str, object]) -> None:
    from stagedoor.channels.edit import ChannelChange, change_channel

    change = _convert(update, ChannelChange)
    with_runtime(lambda rt: change_channel(rt, name, change))


def _api_key() -> dict[str, str]:
    return {"ApiKey": read_secret("API key")}


def _key_pair(access_key: str, *, with_token: bool) -> dict[str, str]:
    pair = {"AccessKey": access_key, "SecretKey": read_secret("Secret key")}
    return {**pair, "SessionToken": read_secret("Session token")} if with_token else pair


def _limits(texts: list[str]) -> dict[str, tuple[int, float]]:
    limits: dict[str, tuple[int, float]] = {}
    for text in texts:
        action, _, figures = text.partition("=")
        calls, _, seconds = figures.partition("/")
        try:
            limits[action] = (int(calls), float(seconds))
        except ValueError:
            raise InvalidParameter(f"{text} is not ACTION=CALLS/SECONDS.", field="Limits") from None
    return limits


def _media_rules(texts: list[str]) -> dict[str, dict[str, object]]:
    rules: dict[str, dict[str, object]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        asset_type, _, rule = name.partition(".")
        try:
            rules.setdefault(asset_type, {})[rule] = _media_value(rule, value)
        except ValueError:
            raise InvalidParameter(f"{text} is not TYPE.RULE=VALUE.", field="MediaRules") from None
    return rules


def _media_value(rule: str, value: str) -> object:
    if rule == "Formats":
        return value.split(",")
    if rule == "OpenEnds":
        return {"true": True, "false": False}.get(value, value)
    if rule == "MaxBytes":
        return int(value)
    low, _, high = value.partition("..")
    return [float(low), float(high)]


def _convert(values: dict[str, object], into: type[Description]) -> Description:
    """Take what the admin API takes, with the same limits."""
    from stagedoor.http.body import explain

    try:
        return msgspec.convert(values, into)
    except msgspec.ValidationError as error:
        raise explain(error) from None
