"""`stagedoor channels`: the upstream accounts."""

from typing import Annotated

import msgspec
import typer
from msgspec import UNSET

from stagedoor.channels.edit import ChannelChange, NewChannel, change_channel, create_channel
from stagedoor.channels.store import Credentials, list_channels
from stagedoor.cli.common import read_secret, with_runtime
from stagedoor.errors import InvalidParameter

app = typer.Typer(help="The upstream accounts behind this gateway.", no_args_is_help=True)

Limit = Annotated[list[str] | None, typer.Option(help="ACTION=CALLS/SECONDS, e.g. CreateAsset=120/60.")]


@app.command("add")
def add(
    name: str,
    kind: Annotated[str, typer.Option(help="ark, dialect or emulator.")] = "ark",
    endpoint: Annotated[str, typer.Option()] = "https://ark.cn-beijing.volcengineapi.com",
    model: Annotated[list[str], typer.Option(help="A model that leads here; repeat for more.")] = ...,  # type: ignore[assignment]  # typer's word for required
    access_key: Annotated[str, typer.Option(help="The access key id; its secret is read from standard input.")] = "",
    region: str = "cn-beijing",
    project: str = "default",
    priority: Annotated[int, typer.Option(help="The highest that has the model is taken.")] = 0,
    limit: Limit = None,
    session_token: Annotated[bool, typer.Option(help="Read an STS session token as a second line.")] = False,
) -> None:
    """Add a channel. The secret key (or the API key of a dialect) is read from standard input."""
    secret = read_secret("API key" if kind == "dialect" else "Secret key")
    description = {
        "Name": name,
        "Kind": kind,
        "Endpoint": endpoint,
        "Models": model,
        "Region": region,
        "ProjectName": project,
        "Priority": priority,
        "Limits": _limits(limit),
        "AccessKey": access_key,
        "SecretKey": "" if kind == "dialect" else secret,
        "ApiKey": secret if kind == "dialect" else "",
        "SessionToken": read_secret("Session token") if session_token else "",
    }
    try:
        new = msgspec.convert(description, NewChannel)
    except msgspec.ValidationError as error:
        raise InvalidParameter(str(error)) from None
    print(with_runtime(lambda rt: create_channel(rt, new)).id)


@app.command("list")
def show() -> None:
    """List the channels: id, name, kind, endpoint, models, state."""
    for channel in with_runtime(lambda rt: rt.db.read(list_channels)):
        state = "disabled" if channel.disabled_at else "enabled"
        print(channel.id, channel.name, channel.kind, channel.endpoint, ",".join(channel.models), state, sep="\t")


@app.command("change")
def change(
    name: Annotated[str, typer.Argument(help="Name or id.")],
    endpoint: str | None = None,
    model: Annotated[list[str] | None, typer.Option(help="Replaces the models; repeat for more.")] = None,
    project: str | None = None,
    priority: int | None = None,
    limit: Limit = None,
    access_key: Annotated[
        str | None, typer.Option(help="New credentials: the secret is read from standard input.")
    ] = None,
    api_key: Annotated[
        bool, typer.Option("--api-key", help="Read a new API key (dialect) from standard input.")
    ] = False,
) -> None:
    """Change a channel; what is left out stays."""
    credentials = None
    if access_key is not None:
        credentials = Credentials(access_key=access_key, secret_key=read_secret("Secret key"))
    elif api_key:
        credentials = Credentials(api_key=read_secret("API key"))
    update = ChannelChange(
        endpoint=UNSET if endpoint is None else endpoint,
        models=model or UNSET,
        project_name=UNSET if project is None else project,
        priority=UNSET if priority is None else priority,
        limits=UNSET if limit is None else _limits(limit),
        credentials=UNSET if credentials is None else credentials,
    )
    with_runtime(lambda rt: change_channel(rt, name, update))


@app.command("disable")
def disable(name: str) -> None:
    """Choose the channel for nothing new; what it holds stays reachable."""
    with_runtime(lambda rt: change_channel(rt, name, ChannelChange(disabled=True)))


@app.command("enable")
def enable(name: str) -> None:
    """Choose the channel again."""
    with_runtime(lambda rt: change_channel(rt, name, ChannelChange(disabled=False)))


def _limits(texts: list[str] | None) -> dict[str, tuple[int, float]]:
    limits: dict[str, tuple[int, float]] = {}
    for text in texts or ():
        action, _, figures = text.partition("=")
        calls, _, seconds = figures.partition("/")
        try:
            limits[action] = (int(calls), float(seconds))
        except ValueError:
            raise InvalidParameter(f"{text} is not ACTION=CALLS/SECONDS.", field="Limits") from None
    return limits
